"""How an article gets on: who may do what with it, and the steps from draft to withdrawal.

An article's state changes here and nowhere else. Each step locks the article, refuses in a
sentence what cannot be done as it stands, and leaves a revision and an entry in the log.
"""

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import copycheck, indexnow, related, revisions
from articles.models import Article, Note, Revision
from newsroom.text import one_line

State = Article.State
Kind = Revision.Kind
SCHEDULED = "scheduled"  # no state of its own: published, with a time to come
REASON_LENGTH = Article._meta.get_field("withdrawal_reason").max_length
NOTE_LENGTH = Revision._meta.get_field("note").max_length
WORDS = ("headline", "subtitle", "lead", "body")  # what readers are told of when it changes

# The permission that each action needs; where there are two, either will do.
NEEDS = {
    **dict.fromkeys(("view", "preview"), ("view_article", "change_article")),
    **dict.fromkeys(("write", "submit", "give_back"), ("change_article",)),
    "delete": ("delete_article",),
    **dict.fromkeys(
        ("publish", "schedule", "unschedule", "withdraw", "republish", "correct", "place"),
        ("publish_article",),
    ),
}
# Where an article must stand for a step.
STEPS = {
    "submit": {State.DRAFT},
    "give_back": {State.REVIEW},
    "publish": {State.DRAFT, State.REVIEW, SCHEDULED, State.PUBLISHED},
    "schedule": {State.DRAFT, State.REVIEW, SCHEDULED},
    "unschedule": {SCHEDULED},
    "withdraw": {State.PUBLISHED},
    "republish": {State.WITHDRAWN},
    "delete": {State.DRAFT, State.REVIEW},
}
# What somebody who may not publish may do, with articles of their own, and while they are what.
OWN = {
    "view": frozenset(State),
    "preview": frozenset(State),
    "write": {State.DRAFT},
    "submit": {State.DRAFT},
    "delete": {State.DRAFT},
    "give_back": {State.REVIEW},
}


class Refused(Exception):
    """A step that cannot be taken as things stand; its text tells why."""


class Unready(Refused):
    """A text that the check of the copy keeps from readers, or asks about."""


class Gone(Refused):
    """An article that was deleted meanwhile."""


# Who may do what


def may(user, action, article=None):
    """Return whether `user` may do `action` with `article` as it stands, or with any at all."""
    if not any(user.has_perm(f"articles.{name}") for name in NEEDS[action]):
        return False
    if article is None:
        return True
    if action in STEPS and stage(article) not in STEPS[action]:
        return False
    if is_editor(user):
        return True
    return article.state in OWN[action] and is_own(article, user)


def is_editor(user):
    """Return whether `user` publishes, and so works with everybody's articles."""
    return user.has_perm("articles.publish_article")


def is_own(article, user):
    """Return whether `user` began the article, is responsible for it or signs it."""
    if user.pk in (article.created_by_id, article.responsible_id):
        return True
    return article.bylines.filter(author__user=user).exists()


def may_change_photo(user, photo):
    """Return whether `user` may change the picture and its words: readers see both at once.

    Who may not publish changes only their own, as long as they stand in drafts alone.
    """
    return is_editor(user) or (photo.added_by_id == user.pk and not photo.is_public)


def seen_by(user, articles):
    """Return those of `articles` that `user` may view."""
    if not may(user, "view"):
        return articles.none()
    return articles if is_editor(user) else articles.own(user)


def stage(article):
    """Return the state of the article, or that it is scheduled."""
    is_waiting = article.state == State.PUBLISHED and not article.is_published
    return SCHEDULED if is_waiting else article.state


def stage_name(article):
    """Return how people call where the article stands."""
    return _("scheduled") if stage(article) == SCHEDULED else article.get_state_display()


# The steps


@transaction.atomic
def submit(article, user, note=""):
    """Hand a draft to the editors."""
    begin(article, user, "submit")
    article.state = State.REVIEW
    end(article, user, Kind.SUBMITTED, note, _("Submitted for review."))


@transaction.atomic
def give_back(article, user, note=""):
    """Make a draft again of what waits for review: an editor gives it back, or its writer
    takes it back.
    """
    begin(article, user, "give_back")
    article.state = State.DRAFT
    if is_editor(user):
        end(article, user, Kind.RETURNED, note, _("Given back to be written on."))
    else:
        end(article, user, Kind.TAKEN, note, _("Taken back to be written on."))


@transaction.atomic
def publish(article, user, at=None, note="", is_small=False, slug_follows=False, ask=False):
    """Give the article to readers now, or at the time `at`; of a public one, what was changed
    since. A small change is not shown as a revision. If asked, the address takes the headline on.
    With `ask` the check's warnings refuse too.
    """
    if at is not None and at <= timezone.now():
        raise Refused(_("This time has passed. Choose one to come, or publish now."))
    begin(article, user, "schedule" if at else "publish")
    if article.is_published and article.working_copy_id is None:
        raise Refused(_("Readers have this article as it is; nothing was changed since."))
    look_over(article, ask)
    if slug_follows:
        article.slug = ""  # save() makes it anew; old addresses lead on to it
    if not article.is_published:
        article.state, article.published_at = State.PUBLISHED, at or timezone.now()
        kind, text = Kind.PUBLISHED, _("Published.")
        if at:
            kind = Kind.SCHEDULED
            text = _("Scheduled for %s.") % timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
        return end(article, user, kind, note, text)
    apply_changes(article, is_small)
    end(article, user, Kind.PUBLISHED, note, _("Published what was changed."))


@transaction.atomic
def unschedule(article, user, note=""):
    """Take a scheduled article back to review before its time comes."""
    begin(article, user, "unschedule")
    article.state, article.published_at = State.REVIEW, None
    end(article, user, Kind.RECALLED, note, _("No longer scheduled."))


@transaction.atomic
def withdraw(article, user, reason):
    """Take a public article from readers, and tell them why."""
    begin(article, user, "withdraw")
    article.withdrawal_reason = one_line(reason)
    if not article.withdrawal_reason:
        raise Refused(_("Tell the readers why it is withdrawn."))
    if len(article.withdrawal_reason) > REASON_LENGTH:
        raise Refused(_("The reason has more than %d characters.") % REASON_LENGTH)
    article.state, article.withdrawn_at = State.WITHDRAWN, timezone.now()
    end(article, user, Kind.WITHDRAWN, reason, _("Withdrawn."))


@transaction.atomic
def republish(article, user, note="", is_small=False, ask=False):
    """Bring a withdrawn article back, with what was changed meanwhile."""
    begin(article, user, "republish")
    look_over(article, ask)
    article.state, article.withdrawn_at, article.withdrawal_reason = State.PUBLISHED, None, ""
    apply_changes(article, is_small)
    end(article, user, Kind.PUBLISHED, note, _("Published again."))


@transaction.atomic
def delete(article, user):
    """Delete a draft that readers have never seen."""
    begin(article, user, "delete")
    article.delete()


def begin(article, user, step):
    """Read the article anew and hold it for a step, or refuse."""
    if not may(user, step):
        raise PermissionDenied
    try:
        revisions.lock(article)
    except Article.DoesNotExist:
        raise Gone(_("“%s” was deleted meanwhile.") % article.headline) from None
    if stage(article) not in STEPS[step]:
        text = _("“%(headline)s” is %(state)s: this cannot be done with it. Nothing was changed.")
        raise Refused(text % {"headline": article.headline, "state": stage_name(article)})
    if not may(user, step, article):
        raise PermissionDenied


def look_over(article, ask):
    """Refuse to give readers a text with errors; with `ask`, one with warnings too."""
    findings = copycheck.check(revisions.current(article))
    errors = sum(finding.is_error for finding in findings)
    if errors:
        text = ngettext(
            "“%(headline)s” is not published: %(number)d thing must be put right first.",
            "“%(headline)s” is not published: %(number)d things must be put right first.",
            errors,
        )
        raise Unready(text % {"headline": article.headline, "number": errors})
    if ask and findings:
        text = ngettext(
            "“%(headline)s” is not published yet: look at %(number)d place or publish anyway.",
            "“%(headline)s” is not published yet: look at %(number)d places or publish anyway.",
            len(findings),
        )
        raise Unready(text % {"headline": article.headline, "number": len(findings)})


def end(article, user, kind, note, sentence):
    """Save what the step changed, write down who took it and why, and tell whom it concerns."""
    article.save()
    if article.state == State.PUBLISHED:
        related.relate_neighbours(related.relate(article))
    revisions.record(article, user, kind, one_line(note)[:NOTE_LENGTH])
    if note and kind != Kind.WITHDRAWN:
        write_note(article, user, note)
    indexnow.announce(article)
    log(article, user, sentence)


def apply_changes(article, is_small):
    """Put what was saved since publication into the row; new words are a revision."""
    before = [one_line(getattr(article, name)) for name in WORDS]
    revisions.publish_working_copy(article)
    after = [one_line(getattr(article, name)) for name in WORDS]
    if before != after and not is_small:
        article.revised_at = timezone.now()


def write_note(article, user, text):
    """Tell the others at the desk something about the article."""
    return Note.objects.create(article=article, text=text, made_by=user)


def log(article, user, sentence):
    """Write into the log of the admin what was done with the article."""
    LogEntry.objects.log_actions(user.pk, [article], CHANGE, sentence, single_object=True)
