"""What guests may do with what they wrote: edit, delete, appeal, take along, erase.

Whoever holds a comment's token is its writer. It lies in a cookie that is sent to the
comment's own private address only, and in the links that we mail.
"""

from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone

from comments import mail, moderation
from comments.models import Comment, Contact, ModerationEvent, Report, Signal, VerifiedEmail, Vote

State = Comment.State
EDIT_TIME = timedelta(minutes=10)
COOKIE = "writer"
COOKIE_DAYS = 90
REFUSED = (State.REJECTED, State.SPAM, State.TRASHED, State.BLINDED)
OWNER_SALT, READER_SALT, LINK_SALT = "comment-owner", "comment-reader", "comment-data"
# What an edit makes out of date; who sent the comment, and how, an edit does not change.
ABOUT_WORDS = [
    *(Signal.Rule.WORD, Signal.Rule.LINK, Signal.Rule.PERSONAL),
    *(Signal.Rule.FAILED, Signal.Rule.EDIT),
]
LINK_SECONDS = 86_400  # how long a mailed link to all of one's comments works


def owner_token(comment):
    """Return the token that shows its bearer to be the writer of `comment`."""
    return signing.Signer(salt=OWNER_SALT).sign(str(comment.pk))


def is_owner(comment, token):
    """Whether `token` is the one of `comment`."""
    try:
        return signing.Signer(salt=OWNER_SALT).unsign(token or "") == str(comment.pk)
    except signing.BadSignature:
        return False


def reader_token(email):
    """Return the proof, kept on the reader's device, that the address is theirs."""
    return signing.dumps(email, salt=READER_SALT)


def has_proof(email, token):
    """Whether `token` proves that `email` is the sender's."""
    try:
        return signing.loads(token, salt=READER_SALT) == email
    except signing.BadSignature:
        return False


def data_token(email):
    """Return the token of the mailed link to everything that was written with `email`.

    It names a comment of theirs, not the address: links stand in the logs of servers.
    """
    contact = Contact.objects.filter(email=email).order_by("-pk").first()
    return signing.dumps(contact and contact.pk, salt=LINK_SALT)


def email_of(token):
    """Return the e-mail that a mailed link stands for; None if it is forged or too old."""
    try:
        pk = signing.loads(token, salt=LINK_SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None
    return Contact.objects.filter(pk=pk).values_list("email", flat=True).first()


def may_edit(comment):
    """Whether its writer may still change the words."""
    young = timezone.now() - comment.created_at < EDIT_TIME
    return young and comment.state in (State.PENDING, State.APPROVED)


def may_appeal(comment):
    return comment.state in REFUSED and not comment.appeal


@transaction.atomic
def edit(comment, text, signals=()):
    """Change the words; those that readers see stay until the edit is approved.

    Returns whether the new words are kept: a comment that was decided on meanwhile has
    another state, and its writer is told.
    """
    if text == (comment.edited_text or comment.text):
        return True
    changes = {"queued_at": comment.queued_at or timezone.now()}
    changes["edited_text" if comment.is_visible else "text"] = text
    events = moderation.change(
        [comment], ModerationEvent.Action.EDIT, changes, expected={comment.pk: comment.state}
    )
    if events:
        comment.signals.filter(rule__in=ABOUT_WORDS).delete()
        edited = Signal(rule=Signal.Rule.EDIT)
        add_signals(comment, [*([edited] if comment.is_visible else []), *signals])
    return bool(events)


def add_signals(comment, signals):
    for signal in signals:
        signal.comment = comment
    Signal.objects.bulk_create(signals)


def delete(comment):
    """Take the comment away at its writer's wish; no moderator brings it back."""
    return bool(moderation.change_state(comment, State.DELETED))


@transaction.atomic
def ask_for_mail(comment):
    """Ask the writer, by mail, whether they want our letters about this comment."""
    contact = Contact.objects.filter(comment=comment).first()
    if contact is None:
        return False
    mail.ask_to_confirm(contact)
    return True


def stop_mail(comment):
    """Send no more letters about this comment."""
    return bool(Contact.objects.filter(comment=comment).update(notify=Contact.Notify.OFF))


@transaction.atomic
def appeal(comment, text):
    """Ask, once, that a refusal be looked at again."""

    def wanted(row):
        return {"appeal": text, "queued_at": timezone.now()} if may_appeal(row) else {}

    events = moderation.change([comment], ModerationEvent.Action.APPEAL, wanted)
    if events:
        add_signals(comment, [Signal(rule=Signal.Rule.APPEAL)])
    return bool(events)


def comments_by(email):
    """Return what was written with this e-mail address, the newest first."""
    return Comment.objects.filter(contact__email=email).select_related("article", "refusal")


def export(email):
    """Return everything that is kept of a reader, as plain data."""
    return [
        {
            "article": comment.article.headline,
            "address": comment.get_absolute_url(),
            "name": comment.author_name,
            "email": email,
            "text": comment.text,
            "edit_that_waits": comment.edited_text,
            "written_at": comment.created_at,
            "state": str(comment.get_state_display()),
            "reason": comment.refusal.text if comment.refusal else "",
            "appeal": comment.appeal,
            "mail": str(comment.contact.get_notify_display()),
        }
        for comment in comments_by(email).select_related("contact")
    ]


@transaction.atomic
def erase(email, comments=None):
    """Erase what was written with `email`: words, name, address, signals, log notes.

    What others answered stays; a place holder stands where the comment was.
    """
    comments = list(comments if comments is not None else comments_by(email))
    ids = [comment.pk for comment in comments]
    moderation.decide(
        [comment for comment in comments if comment.state != State.DELETED], State.DELETED
    )
    gone = {"text": "-", "author_name": "-", "edited_text": "", "appeal": ""}
    Comment.objects.filter(pk__in=ids).update(**gone, submission_key=None)
    Signal.objects.filter(comment__in=ids).delete()
    Report.objects.filter(comment__in=ids).update(note="")
    Vote.objects.filter(comment__in=ids).delete()
    Contact.objects.filter(comment__in=ids).delete()
    if email:
        Report.objects.filter(email=email).update(email="", note="")
        if not Contact.objects.filter(email=email).exists():
            VerifiedEmail.objects.filter(email=email).delete()
    ModerationEvent.objects.filter(comment__in=ids).update(note="", snapshot={})
    events = [
        ModerationEvent(
            comment_id=pk, action=ModerationEvent.Action.ERASE, before="deleted", after="deleted"
        )
        for pk in ids
    ]
    ModerationEvent.objects.bulk_create(events)
    return len(ids)
