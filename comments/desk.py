"""What a moderator does with one comment: a pressed button in, what was done in words out."""

from dataclasses import dataclass, field

from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from comments import moderation, words
from comments.models import Ban, Comment, ModerationEvent, RefusalReason, Word
from comments.queue import Card
from newsroom.paging import whole_number
from newsroom.templatetags.newsroom import stamp

State, Action = Comment.State, ModerationEvent.Action


@dataclass
class Outcome:
    """What came of it: a sentence, and the step that can be taken back."""

    text: str
    batch: str = ""
    is_warning: bool = False
    typed: dict = field(default_factory=dict)  # what is given back of a step that was refused
    email: str | None = None
    is_decision: bool = False  # the comment needs no more of a moderator


@dataclass
class Order:
    """What a moderator wants done with a comment, and what was seen of it when it was pressed."""

    comment: Comment
    moderator: object
    argument: str  # what the button says beyond its name
    data: dict  # the form around the button

    def typed(self, name):
        """Return what was typed into this comment's field; a card may have several of a name."""
        values = self.data.getlist(f"{name}-{self.comment.pk}")
        return next((value.strip() for value in values if value.strip()), "")

    @property
    def kept(self):
        """All that was typed, to be given back where nothing became of it."""
        names = ("note", "reason", "mask", "word")
        return {name: text for name in names if (text := self.typed(name))}

    @property
    def why(self):
        return {
            "moderator": self.moderator,
            "seen": {self.comment.pk: self.typed("seen").partition("-")[0]},
            "note": self.typed("note")[:1000],
        }

    def reason(self, number):
        """Return the reason of that number; None for an empty one. Raises for one that is gone."""
        if not number:
            return None
        reason = RefusalReason.objects.filter(pk=whole_number(number), is_active=True).first()
        if reason is None:
            raise ValidationError(_("This reason is not offered any more. Please choose again."))
        return reason


def carry_out(name, order):
    """Do what the button `name` says; return the `Outcome`."""
    action, permission = ACTIONS[name]
    if not order.moderator.has_perm(f"comments.{permission}"):
        raise PermissionDenied
    try:
        outcome = action(order)
    except ValidationError as error:
        outcome = Outcome(" ".join(error.messages), is_warning=True)
    outcome.typed = order.kept if outcome.is_warning else {}
    return outcome


def done(order, events, text=None, is_decision=False):
    """Say what became of a step, or why nothing did."""
    if not events:
        return Outcome(why_nothing(order), is_warning=True)
    text = text or order.comment.get_state_display()
    text = f"{order.comment.author_name}: {text}"
    return Outcome(text, batch=events[-1].batch, is_decision=is_decision)


def why_nothing(order):
    """Say who was faster and what they did, or that there is nothing to do."""
    comment, (seen, _dash, number) = order.comment, order.typed("seen").partition("-")
    comment.refresh_from_db()
    event = (
        comment.events.filter(pk__gt=whole_number(number))
        .exclude(action__in=moderation.ASIDE)
        .select_related("moderator")
        .first()
    )
    if event:
        return faster(event)
    if seen != moderation.version(comment):
        return _("It changed while you looked, by a new report for instance. Please look again.")
    return _("Nothing changed: it is decided on already.")


def faster(event):
    """Say who came first, with what and when."""
    by_writer = event.action in (Action.EDIT, Action.APPEAL) or event.after == State.DELETED
    if event.moderator:
        who = event.moderator.get_username()
    else:
        who = _("Its writer") if by_writer else _("The system")
    what = event.get_action_display()
    if event.action == Action.STATE:
        what = event.get_after_display()
    text = _("%(who)s was faster: %(what)s, %(when)s. Nothing was changed; please look again.")
    return text % {"who": who, "what": what, "when": stamp(event.created_at)}


def decide(state):
    def action(order):
        events = moderation.decide([order.comment], state, **order.why)
        return done(order, events, is_decision=True)

    return action


def refuse(order):
    reason = order.reason(order.argument)
    events = moderation.decide([order.comment], State.REJECTED, reason=reason, **order.why)
    text = order.comment.get_state_display()
    text = f"{text} ({reason})" if reason else text
    return done(order, events, text, is_decision=True)


def blind(order):
    reason = order.reason(order.typed("reason"))
    events = moderation.decide([order.comment], State.BLINDED, reason=reason, **order.why)
    return done(order, events, is_decision=True)


def keep(order):
    events = moderation.keep([order.comment], **order.why)
    return done(order, events, _("left as it is"), is_decision=True)


def pin(order):
    return done(order, moderation.pin(order.comment, **order.why), _("pinned"))


def unpin(order):
    return done(order, moderation.unpin(order.comment, **order.why), _("no longer pinned"))


def mask(order):
    """Mask the piece that was proposed under a number, or the one that was typed."""
    piece = order.typed("mask")
    if order.argument:
        proposed = Card(order.comment, order.moderator).personal
        number = whole_number(order.argument)
        piece = proposed[number] if 0 <= number < len(proposed) else ""
    comment = order.comment
    if not any(piece in text for text in (comment.author_name, comment.text, comment.edited_text)):
        return Outcome(_("The comment does not contain this text."), is_warning=True)
    if len(piece) < 2:
        return Outcome(_("Write at least two characters to be masked."), is_warning=True)
    return done(order, moderation.mask(comment, piece, **order.why), _("personal data masked"))


def ban(order):
    kind = Ban.Kind.SOURCE if order.argument == Ban.Kind.SOURCE else Ban.Kind.EMAIL
    event = moderation.ban(order.comment, kind, order.moderator, order.why["note"])
    if event is None:
        return Outcome(_("Nothing changed: the writer is banned already."), is_warning=True)
    return done(order, [event], _("writer banned (%s)") % kind.label)


def add_word(order):
    """Put a word on the list of those that hold a comment."""
    word = Word(text=order.typed("word"))
    if not word.text:
        raise ValidationError(_("Write the word that shall hold comments."))
    word.full_clean()
    words.validate(word.text, word.kind)
    word.save()
    words.refresh()
    LogEntry.objects.log_actions(order.moderator.pk, [word], ADDITION, single_object=True)
    return Outcome(_("“%s” is on the word list now.") % word.text)


def reveal(order):
    email = moderation.reveal(order.comment, order.moderator)
    if email is None:
        return Outcome(_("No e-mail is kept of this writer."), is_warning=True)
    return Outcome(_("You looked at the e-mail; the log says so."), email=email)


# Each with the permission that it needs.
ACTIONS = {
    "approve": (decide(State.APPROVED), "change_comment"),
    "refuse": (refuse, "change_comment"),
    "spam": (decide(State.SPAM), "change_comment"),
    "trash": (decide(State.TRASHED), "change_comment"),
    "keep": (keep, "change_comment"),
    "pin": (pin, "change_comment"),
    "unpin": (unpin, "change_comment"),
    "blind": (blind, "change_comment"),
    "mask": (mask, "change_comment"),
    "ban": (ban, "add_ban"),
    "word": (add_word, "add_word"),
    "reveal": (reveal, "view_contact_email"),
}
