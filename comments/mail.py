"""Letters to readers and moderators, written in the transaction of what they tell of.

A letter begins as a row of `Mail` that says only what it is about; `comments.letters`
finds its words and its address when `comments.tasks` sends it. Nothing goes to an address
before its owner followed a link that we mailed there, except that question itself, what
the owner asked for, and what the law wants both sides of a temporary measure to be told
(임시조치, 정보통신망법 44조의2 2항).
"""

import secrets
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from authors.models import User
from comments.models import Comment, Contact, Mail, ModerationEvent, NoMail, Report, VerifiedEmail
from comments.sources import email_digest

Kind, State, Action = Mail.Kind, Comment.State, ModerationEvent.Action
SALT = "comment-mail"
UNDO_TIME = timedelta(seconds=15)  # in which a decision can be taken back before it is told
ANSWER_DAYS = 7  # how long a question waits for its answer
DATA_LINKS_A_DAY = 3
TAKEN_AWAY = (State.REJECTED, State.SPAM, State.TRASHED)
# What is told of a measure that somebody asked for, to the writer and to who asked.
MEASURES = (Kind.BLINDED, Kind.RESTORED)


def mail_token(contact):
    """Return the token of the links in letters about a comment: confirming, unsubscribing."""
    return signing.Signer(salt=SALT).sign(str(contact.pk))


def contact_of(token):
    """Return the Contact that a link in a letter stands for; None if the token is not ours."""
    try:
        pk = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Contact.objects.filter(pk=pk).select_related("comment").first()


def write(letters, delay=timedelta(0)):
    """Put `letters` into the outbox, where the worker finds them, bar those that were told."""
    due_at = timezone.now() + delay
    for letter in letters:
        letter.due_at = due_at
    Mail.objects.bulk_create(letters, ignore_conflicts=True)


def ask_to_confirm(contact):
    """Write the letter that asks the owner of an address whether they want our mail.

    An address gets one such question a day until its owner answers, a comment one as long
    as the question may be answered: nobody can fill a stranger's mailbox through our form.
    """
    if contact.notify == Contact.Notify.ON:
        return
    if contact.notify != Contact.Notify.ASKED:
        contact.notify = Contact.Notify.ASKED
        contact.save(update_fields=["notify"])
    digest, now = email_digest(contact.email), timezone.now()
    asked = Mail.objects.filter(
        kind=Kind.CONFIRM,
        comment=OuterRef("pk"),
        created_at__gt=now - timedelta(days=ANSWER_DAYS),
    )
    answers = VerifiedEmail.objects.filter(email=OuterRef("email"))
    row = (
        Contact.objects.filter(pk=contact.pk)
        .exclude(Exists(asked) | Exists(NoMail.objects.filter(digest=digest)))
        .annotate(answered_at=Subquery(answers.values("verified_at")))
        .first()
    )
    if row:
        # Each answer lets us ask once more: whoever answers is not being bombed.
        answer = int(row.answered_at.timestamp()) if row.answered_at else 0
        key = f"{Kind.CONFIRM}:{digest}:{timezone.localdate():%y%m%d}:{answer}"
        write([Mail(kind=Kind.CONFIRM, key=key, comment_id=contact.pk)])


@transaction.atomic
def confirm(contact):
    """The owner of the address wants our mail about this comment.

    It holds for every comment with the address that asked for mail. What was decided
    meanwhile is told now.
    """
    now = timezone.now()
    VerifiedEmail.objects.update_or_create(email=contact.email, defaults={"verified_at": now})
    NoMail.objects.filter(digest=email_digest(contact.email)).delete()
    waiting = Contact.objects.filter(
        Q(pk=contact.pk) | Q(email=contact.email, notify=Contact.Notify.ASKED)
    ).exclude(notify=Contact.Notify.ON)
    missed = list(waiting.values_list("pk", "comment__state"))
    Contact.objects.filter(pk__in=[pk for pk, _ in missed]).update(notify=Contact.Notify.ON)
    contact.notify = Contact.Notify.ON
    kinds = {State.APPROVED: Kind.APPROVED, **dict.fromkeys(TAKEN_AWAY, Kind.REFUSED)}
    write(
        [
            Mail(kind=kinds[state], key=f"{kinds[state]}:confirm:{pk}", comment_id=pk)
            for pk, state in missed
            if state in kinds
        ]
    )


@transaction.atomic
def unsubscribe(contact):
    """Send no more mail to the address of `contact`, about any comment."""
    Contact.objects.filter(email=contact.email).update(notify=Contact.Notify.OFF)
    NoMail.objects.get_or_create(digest=email_digest(contact.email))


def send_data_link(email):
    """Mail the private link to everything written with `email`, if anything was.

    At most three a day: more of them would only fill the mailbox.
    """
    contact = Contact.objects.filter(email=email).order_by("-pk").first()
    prefix = f"{Kind.DATA}:{email_digest(email)}:{timezone.localdate():%y%m%d}:"
    number = Mail.objects.filter(key__startswith=prefix).count()
    if contact and number < DATA_LINKS_A_DAY:
        write([Mail(kind=Kind.DATA, key=f"{prefix}{number}", comment_id=contact.pk)])


def send_new_password_link(users):
    """Mail to each of these accounts the link under which its password is set anew.

    Where there is none a letter to nobody is written, which is dropped when its turn comes:
    the answer must not tell by its time who has an account here.
    """
    key = f"{Kind.PASSWORD}:{secrets.token_hex(16)}:"
    users = users or [None]
    write([Mail(kind=Kind.PASSWORD, key=f"{key}{n}", user=user) for n, user in enumerate(users)])


def tell_owner(user, kind, address=""):
    """Mail to the owner of an account what became of it: an invitation, a password, a place.

    It goes to the account's e-mail, or to the one that it had before, `address`.
    """
    key = f"{kind}:{secrets.token_hex(16)}"
    write([Mail(kind=kind, key=key, user=user, address=address)])


def write_digests():
    """Write to every moderator with an e-mail what waits, once a day, if anything does."""
    if not Comment.objects.queued().exists():
        return 0
    users = User.objects.with_perm(
        "comments.change_comment", backend="django.contrib.auth.backends.ModelBackend"
    ).exclude(email="")
    day = timezone.localdate()
    letters = [
        Mail(kind=Kind.DIGEST, key=f"{Kind.DIGEST}:{day:%y%m%d}:{user.pk}", user=user)
        for user in users.distinct()
    ]
    told = Mail.objects.filter(key__in=[letter.key for letter in letters])
    told = set(told.values_list("key", flat=True))
    letters = [letter for letter in letters if letter.key not in told]
    write(letters)
    return len(letters)


def tell(events):
    """Write what the log's new events mean for writers and those they answered.

    Who gets which letter is decided here, for all events together; whether it is still
    true, when it is sent (see `comments.letters`).
    """
    news = [(event, kind) for event in events if (kind := news_of(event))]
    requests = [event for event in events if may_answer_request(event)]
    letters = []
    if news:
        wanted = wanting_mail(news)
        for event, kind in news:
            pk = event.comment_id
            if pk in wanted or kind in MEASURES:
                letters.append(Mail(kind=kind, key=f"{kind}:{event.pk}", comment_id=pk))
            if event.after == State.APPROVED and event.comment.parent_id in wanted:
                letters.append(Mail(kind=Kind.REPLY, key=f"{Kind.REPLY}:{pk}", comment_id=pk))
    if requests:
        letters += answers_to_requests(requests)
    write(letters, UNDO_TIME)


def news_of(event):
    """Return the kind of letter that an event is worth to the writer; None if it is no news."""
    before, after = event.before, event.after
    if before == after or (before in TAKEN_AWAY and after in TAKEN_AWAY):
        answers = event.action in (Action.STATE, Action.KEEP) and event.snapshot.get("queued_at")
        is_appeal = event.comment.appeal and after in (*TAKEN_AWAY, State.BLINDED)
        return Kind.STANDS if answers and is_appeal else None
    if after == State.APPROVED:
        return Kind.RESTORED if before == State.BLINDED else Kind.APPROVED
    if after == State.BLINDED:
        return Kind.BLINDED
    return Kind.REFUSED if after in TAKEN_AWAY else None


def wanting_mail(news):
    """Return the primary keys of those comments, and those they answer, with mail on."""
    ids = {event.comment_id for event, _ in news}
    ids |= {event.comment.parent_id for event, _ in news if event.after == State.APPROVED}
    wanted = Contact.objects.filter(pk__in=ids - {None}, notify=Contact.Notify.ON)
    return set(wanted.values_list("pk", flat=True))


def may_answer_request(event):
    """Whether an event may answer those who asked, in their own right, for a measure."""
    if State.BLINDED in (event.before, event.after):
        return event.before != event.after
    return bool(event.snapshot.get("report_count")) and event.action != Action.UNDO


def answers_to_requests(events):
    """Return the letters to those who asked for a measure on the comments of `events`."""
    outcomes = {}
    for event in events:
        if event.after == State.BLINDED:
            outcome = Kind.REQUEST_TAKEN
        elif event.after in (*TAKEN_AWAY, State.DELETED):
            outcome = Kind.REQUEST_REMOVED
        elif event.before == State.BLINDED:
            outcome = Kind.REQUEST_ENDED
        else:
            outcome = Kind.REQUEST_DECLINED
        outcomes[event.comment_id] = outcome
    requests = Report.objects.filter(comment__in=outcomes, reason=Report.Reason.RIGHTS)
    return [
        Mail(
            kind=outcomes[request.comment_id],
            key=f"{outcomes[request.comment_id]}:{request.pk}",
            comment_id=request.comment_id,
            report=request,
        )
        for request in requests.exclude(email="")
    ]
