"""What has to be done once a day: end what is over, destroy what need not be kept.

Every step may run at any time, twice, and in two processes at once. `docs/mail.md` has the
table of what is kept how long.
"""

import logging
from datetime import timedelta

from django.core.management import call_command
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from articles import cards, writings
from articles.models import Article, Byline, Correction, TaggedArticle
from authors.models import AccessEvent
from comments import checks, guests, mail, moderation, sources
from comments.models import (
    Ban,
    Comment,
    Contact,
    Mail,
    ModerationEvent,
    Report,
    SourceKey,
    VerifiedEmail,
    Vote,
)
from comments.querysets import EMAIL_DAYS, KEEP_DAYS
from newsroom import changes

logger = logging.getLogger(__name__)
State, Action = Comment.State, ModerationEvent.Action
DELETED_DAYS = 30  # how long the words of a comment that its writer deleted are kept
MAIL_DAYS = 60  # that a letter was sent: longer than a temporary measure lasts
TASK_DAYS = 7
FORM_DAYS = 2  # a form can be sent for one day
ACCESS_DAYS = 400  # the law asks for a year at least
# Who asked for a correction may go to mediation or court until six months after the article
# (언론중재법 14, 18, 26조), and an answer to that takes its time.
REQUESTER_DAYS = 365
AT_ONCE = 500


class UpkeepFailed(Exception):
    """Some steps failed; the log says which."""


def ago(days):
    return timezone.now() - timedelta(days=days)


def over_blinds():
    """Comments whose temporary measure is over."""
    return Comment.objects.filter(state=State.BLINDED, blinded_until__lte=timezone.now())


def end_blinds():
    """Give comments the state that they had before a temporary measure that is over."""
    ended = 0
    for comment in over_blinds().order_by("pk"):
        blinding = comment.events.filter(after=State.BLINDED).exclude(before=State.BLINDED).first()
        before = blinding.before if blinding else State.PENDING
        why = {"expected": {comment.pk: State.BLINDED}, "note": _("The temporary measure is over.")}
        ended += moderation.change_state(comment, before, **why) is not None
    return ended


def rotate_keys():
    """Make a new key for hashing addresses where the newest has served its month."""
    if sources.is_fresh(sources.live_keys()):
        return 0
    sources.renewed_keys()
    return 1


@transaction.atomic
def destroy_keys():
    """Destroy keys after 90 days, and every hash that was made before the oldest one left.

    A vote keeps counting and a report stays a report; whose it was is gone.
    """
    number, _rows = SourceKey.objects.exclude(pk__in=SourceKey.objects.live()).delete()
    oldest = SourceKey.objects.order_by("created_at").first()
    since = oldest.created_at if oldest else ago(KEEP_DAYS)
    Contact.objects.filter(source__gt="", created_at__lt=since).update(source="")
    AccessEvent.objects.filter(source__gt="", at__lt=since).update(source="")
    nobody = Concat(Value("-"), Cast("pk", CharField()))
    for model in (Vote, Report):
        known = model.objects.filter(created_at__lt=since).exclude(source__startswith="-")
        known.update(source=nobody)
    Ban.objects.filter(kind=Ban.Kind.SOURCE, created_at__lt=since).delete()
    return number


def end_bans():
    """Forget bans that are over."""
    return Ban.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def drop_unanswered():
    """Take a wish for mail back that nobody confirmed within a week."""
    week_ago = ago(mail.ANSWER_DAYS)
    asked = Mail.objects.filter(
        kind=Mail.Kind.CONFIRM, comment=OuterRef("pk"), created_at__gte=week_ago
    )
    waiting = Contact.objects.filter(notify=Contact.Notify.ASKED, created_at__lt=week_ago)
    return waiting.exclude(Exists(asked)).update(notify=Contact.Notify.OFF)


def purge_emails():
    """Destroy e-mails of comments after a year, unless their owner has mail on."""
    old = Contact.objects.filter(created_at__lt=ago(EMAIL_DAYS))
    return old.exclude(notify=Contact.Notify.ON).delete()[0]


def purge_verified():
    """Forget that an address was confirmed which no comment has any more."""
    used = Contact.objects.filter(email=OuterRef("email"))
    return VerifiedEmail.objects.exclude(Exists(used)).delete()[0]


def erase_deleted():
    """Erase the words of comments a month after their writers deleted them."""
    deletion = ModerationEvent.objects.filter(comment=OuterRef("pk"), after=State.DELETED)
    recently = deletion.filter(created_at__gte=ago(DELETED_DAYS))
    erased = deletion.filter(action=Action.ERASE)
    old = Comment.objects.filter(state=State.DELETED).exclude(Exists(recently) | Exists(erased))
    number = 0
    while comments := list(old.order_by("pk")[:AT_ONCE]):
        number += guests.erase("", comments)
    return number


def purge_reports():
    """Destroy e-mails and words of reports 90 days after they were answered."""
    old = Report.objects.filter(closed_at__lt=ago(KEEP_DAYS))
    old = old.exclude(comment__state=State.BLINDED)  # who asked for that is told of its end
    return old.exclude(email="", note="").update(email="", note="")


def purge_log():
    """Destroy what the log keeps of people's words; who did what, when and why stays."""
    number = moderation.forget()
    notes = ModerationEvent.objects.filter(created_at__lt=ago(KEEP_DAYS)).exclude(note="")
    about_people = Q(action__in=[Action.MASK, Action.REVEAL, Action.BAN])
    number += notes.filter(about_people).update(note="")
    rows = notes.order_by().values_list("pk", "note").iterator()
    found = [pk for pk, note in rows if checks.PERSONAL.search(note)]
    for start in range(0, len(found), AT_ONCE):
        number += notes.filter(pk__in=found[start : start + AT_ONCE]).update(note="")
    return number


def purge_letters():
    """Forget letters that were sent or given up; of a reply, that it was told, is kept."""
    old = Mail.objects.filter(due_at=None, created_at__lt=ago(MAIL_DAYS))
    return old.exclude(kind=Mail.Kind.REPLY, sent_at__isnull=False).delete()[0]


def purge_tasks():
    """Forget tasks that are done, and those whose worker was killed."""
    done = DBTaskResult.objects.finished().filter(finished_at__lt=ago(TASK_DAYS))
    lost = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=ago(1))
    return done.delete()[0] + lost.delete()[0]


def purge_access():
    """Forget who signed in and who failed to; the law wants a year of it."""
    return AccessEvent.objects.filter(at__lt=ago(ACCESS_DAYS)).delete()[0]


def forget_requesters():
    """Forget who asked for a correction a year after it was settled; what was asked stays."""
    settled = Correction.objects.settled(before=ago(REQUESTER_DAYS))
    known = settled.exclude(requested_by="", requester_phone="")
    return known.update(requested_by="", requester_phone="")


def clear_forms():
    """Forget which forms were used: they are too old to be sent again."""
    used = Comment.objects.filter(submission_key__isnull=False, created_at__lt=ago(FORM_DAYS))
    return used.update(submission_key=None)


def note_corrections():
    """Note on articles the corrections that were dated ahead and have appeared since."""
    return Article.objects.with_news_of_corrections().note_corrections()


def date_places():
    """Date the bylines and tags that a server of the version before wrote during an upgrade."""
    number = 0
    for model, key in ((Byline, "article"), (TaggedArticle, "content_object")):
        times = Article.objects.filter(pk=OuterRef(key)).values("published_at")
        undated = model.objects.filter(published_at=None, **{f"{key}__published_at__isnull": False})
        number += undated.update(published_at=Subquery(times))
    return number


def clear_sessions():
    """Forget the sign-ins that have ended."""
    call_command("clearsessions")
    return 0


STEPS = (
    (end_blinds, gettext_lazy("temporary measures ended")),
    (rotate_keys, gettext_lazy("keys for addresses made")),
    (destroy_keys, gettext_lazy("keys for addresses destroyed")),
    (end_bans, gettext_lazy("bans ended")),
    (drop_unanswered, gettext_lazy("unanswered wishes for mail dropped")),
    (erase_deleted, gettext_lazy("deleted comments erased")),
    (purge_emails, gettext_lazy("e-mails destroyed")),
    (purge_verified, gettext_lazy("confirmations of e-mails destroyed")),
    (purge_reports, gettext_lazy("reports emptied")),
    (purge_log, gettext_lazy("entries of the log emptied")),
    (purge_letters, gettext_lazy("letters forgotten")),
    (purge_tasks, gettext_lazy("tasks forgotten")),
    (purge_access, gettext_lazy("records of access forgotten")),
    (forget_requesters, gettext_lazy("people who asked for a correction forgotten")),
    (clear_forms, gettext_lazy("used forms forgotten")),
    (writings.expire, gettext_lazy("unsaved texts forgotten")),
    (note_corrections, gettext_lazy("corrections that appeared noted")),
    (date_places, gettext_lazy("bylines and tags dated")),
    (cards.forget, gettext_lazy("old headline cards deleted")),
    (changes.forget, gettext_lazy("changes of pages forgotten")),
    (clear_sessions, gettext_lazy("old sign-ins forgotten")),
    (mail.write_digests, gettext_lazy("letters to moderators written")),
)


def run(say=logger.info):
    """Do every step, whatever became of the others; `say` what was done."""
    failed = 0
    for step, label in STEPS:
        try:
            number = step()
        except Exception as error:  # named by its kind alone: its text may hold an address
            failed += 1
            logger.error("Upkeep: %s failed (%s)", step.__name__, type(error).__name__)
            continue
        if number:
            say(f"{label}: {number}")
    if failed:
        raise UpkeepFailed(f"{failed} of {len(STEPS)} steps failed")
