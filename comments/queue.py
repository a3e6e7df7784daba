"""What a moderator sees: comments as cards, each with all that speaks for a decision.

A page of the queue costs three queries however long the queue is: what stands around the
list, its comments, and what is known of them.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.contrib.admin.views.main import ChangeList
from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from authors.lists import CountedPages
from comments.checks import PERSONAL
from comments.guests import REFUSED
from comments.models import Comment, Contact, ModerationEvent, RefusalReason, Report, Signal
from comments.moderation import version

State = Comment.State

WAITS = Q(queued_at__isnull=False)
# The views of the list. The first few are small, and counted on every page.
VIEWS = {
    "queued": (_("everything that waits"), WAITS),
    "pending": (_("new"), Q(state=State.PENDING)),
    "edits": (_("edited"), WAITS & Q(state=State.APPROVED) & ~Q(edited_text="")),
    "reported": (_("reported"), WAITS & Q(report_count__gt=0)),
    "appeals": (_("appeals"), WAITS & Q(state__in=REFUSED) & ~Q(appeal="")),
    "blinded": (State.BLINDED.label, Q(state=State.BLINDED)),
    "pinned": (_("pinned"), Q(is_pinned=True)),
}
COUNTED = tuple(VIEWS)
VIEWS |= {
    state.value: (state.label, Q(state=state))
    for state in (State.APPROVED, State.REJECTED, State.SPAM, State.TRASHED, State.DELETED)
}
VIEWS["all"] = (_("all"), Q())
FIRST_VIEW = "queued"
IN_ORDER = ("queued", "pending", "edits", "reported", "appeals")  # who waits longest comes first
WORDS = re.compile(r"\s+|\S+")


def text(value):
    """Return an expression, or a plain text, as a column that unites with other tables'."""
    return Cast(value if hasattr(value, "resolve_expression") else Value(value), TextField())


# A plain count of all rows. `Count` would group them by the texts beside it, and sort them.
NUMBER = Func(F("pk"), function="COUNT", output_field=BigIntegerField())

# What stands around the list


@dataclass
class Around:
    """How many comments there are of each kind, how many match, the reasons to refuse."""

    counts: dict
    reasons: list
    matching: int

    def views(self, chosen=None):
        """Return the small views with their numbers, as links."""
        base = reverse("admin:comments_comment_changelist")
        return [
            {
                "key": name,
                "name": VIEWS[name][0],
                "number": self.counts[name],
                "url": base if name == FIRST_VIEW else f"{base}?state={name}",
                "is_chosen": name == chosen,
            }
            for name in COUNTED
        ]


def look_around(matching):
    """Return what stands around a list of the comments `matching`, in one query."""
    kinds = {"": Comment.objects.filter(pk__in=matching)}
    kinds |= {name: Comment.objects.filter(VIEWS[name][1]) for name in COUNTED}
    counts = [
        rows.order_by().values_list(text(kind), NUMBER, Value(0), text(""))
        for kind, rows in kinds.items()
    ]
    reasons = RefusalReason.objects.filter(is_active=True).order_by()
    reasons = reasons.values_list(
        text("reason"), Cast("pk", BigIntegerField()), F("position"), text(F("name"))
    )
    found, offered = {}, []
    for kind, number, place, name in counts[0].union(*counts[1:], reasons, all=True):
        if kind == "reason":
            offered.append((place, number, name))
        else:
            found[kind] = number
    return Around(
        counts={name: found.get(name, 0) for name in COUNTED},
        reasons=[(pk, name) for _place, pk, name in sorted(offered)],
        matching=found.get("", 0),
    )


class QueuePages(CountedPages):
    """Pages of the queue: the keys of one are found in the query of its rows."""

    def page(self, number):
        begin = (self.validate_number(number) - 1) * self.per_page
        keys = self.object_list.values("pk")[begin : begin + self.per_page]
        return self._get_page(self.object_list.filter(pk__in=keys), number, self)


class QueueList(ChangeList):
    """The list of the admin, as cards, counted in the same query as what is around it."""

    def get_results(self, request):
        self.paginator = pages = self.model_admin.get_paginator(
            request, self.queryset, self.list_per_page
        )
        self.around = look_around(self.queryset.values("pk")[: pages.most])
        pages.count = self.result_count = self.around.matching
        # A page that the work has emptied is followed by what stands on the last one.
        self.page_num = max(1, min(self.page_num, pages.num_pages))
        self.result_list = pages.page(self.page_num).object_list
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.can_show_all, self.multi_page = False, pages.num_pages > 1
        self.cards = make_cards(self.result_list, request.user, self.around.reasons)

    @property
    def views(self):
        return self.around.views(self.params.get("state", FIRST_VIEW))


# The cards


@dataclass
class Card:
    """A comment with what is known of it, as `user` may see it."""

    comment: Comment
    user: object
    reasons: list = field(default_factory=list)
    signals: list = field(default_factory=list)  # (rule, its name, what it found)
    reports: list = field(default_factory=list)  # (reason, note, when), open ones
    above: list = field(default_factory=list)  # (author, text) of what stands over the parent
    last: dict | None = None  # the latest decision
    last_event: int = 0
    approved: int = 0
    refused: int = 0
    has_email: bool = False
    has_source: bool = False
    # What has just been done, by whoever looks: a sentence, and the step to take back.
    said: str = ""
    is_warning: bool = False
    typed: dict = field(default_factory=dict)  # what was typed for a step that was refused
    batch: str = ""
    is_done: bool = False
    email: str | None = None

    @property
    def seen(self):
        """What the moderator's decision is about: it comes back with the decision."""
        return f"{version(self.comment)}-{self.last_event}"

    @property
    def waits(self):
        return self.comment.queued_at is not None

    @property
    def is_appealed(self):
        return self.waits and bool(self.comment.appeal) and self.comment.state in REFUSED

    @property
    def can_decide(self):
        return self.comment.state != State.DELETED and self.may("change_comment")

    @property
    def can_approve(self):
        return self.comment.state != State.APPROVED or bool(self.comment.edited_text)

    @property
    def can_keep(self):
        return self.waits and self.comment.state != State.PENDING

    @property
    def can_pin(self):
        return self.comment.is_visible and self.comment.parent_id is None

    @property
    def can_ban(self):
        return self.may("add_ban") and (self.has_email or self.has_source)

    @property
    def can_add_word(self):
        return self.may("add_word")

    @property
    def can_reveal(self):
        return self.has_email and self.may("view_contact_email")

    def may(self, codename):
        return self.user.has_perm(f"comments.{codename}")

    @property
    def found(self):
        """The pieces of text that speak against the comment."""
        return [found for _rule, _name, found in self.signals if found]

    @property
    def name(self):
        return marked(self.comment.author_name, self.found)

    @property
    def text(self):
        return marked(self.comment.text, self.found)

    @property
    def edit(self):
        """What would change with the edit that waits."""
        return difference(self.comment.text, self.comment.edited_text, self.found)

    @cached_property
    def personal(self):
        """What looks like personal data and may be masked, each piece once."""
        comment = self.comment
        everything = f"{comment.author_name}\n{comment.text}\n{comment.edited_text}"
        return list(dict.fromkeys(match[0] for match in PERSONAL.finditer(everything)))


def make_cards(comments, user, reasons):
    """Return the cards of `comments`, in their order, with one query for all that is known."""
    cards = {comment.pk: Card(comment, user, reasons) for comment in comments}
    if not cards:
        return []
    over = {pk: comment.ancestor_ids[:-1] for pk, comment in zip(cards, comments, strict=True)}
    texts, senders, records = {}, {}, defaultdict(dict)
    for kind, of, one, two, three, four, number, at in known_of(cards, over):
        card = cards.get(of)
        if kind == "signal":
            card.signals.append((one, Signal.Rule(one).label, two))
        elif kind == "report":
            card.reports.append((Report.Reason(one).label, two, at))
        elif kind == "event":
            card.last, card.last_event = event_as_dict(one, two, three, four, at), number
        elif kind == "above":
            texts[of] = (one, two)
        elif kind == "writer":
            senders[of] = one
            card.has_email, card.has_source = bool(one), bool(two)
        else:
            records[one][two] = number
    for pk, card in cards.items():
        card.above = [texts[above] for above in over[pk] if above in texts]
        record = records.get(senders.get(pk) or None, {})
        own = card.comment.state
        card.approved = record.get(State.APPROVED, 0) - (own == State.APPROVED)
        card.refused = sum(record.get(state, 0) for state in REFUSED) - (own in REFUSED)
        card.approved, card.refused = max(card.approved, 0), max(card.refused, 0)
    return list(cards.values())


def known_of(ids, over):
    """Return what is known of the comments `ids` as rows of one query: kind, whose, four
    texts, a number, a time. It is a union, since each table alone would be a query more.
    """
    log = ModerationEvent.objects.filter(comment=OuterRef("pk")).order_by("-pk").values("pk")
    latest = Comment.objects.filter(pk__in=ids).annotate(last=Subquery(log[:1])).values("last")
    contacts = Contact.objects.filter(comment__in=ids)
    record = Contact.objects.filter(email__in=contacts.exclude(email="").values("email"))
    above = {pk for pks in over.values() for pk in pks}
    first, *others = (
        known("signal", Signal.objects.filter(comment__in=ids), "comment_id", "rule", "found"),
        known(
            "report",
            Report.objects.filter(comment__in=ids, closed_at=None),
            *("comment_id", "reason", "note"),
            at="created_at",
        ),
        known(
            "event",
            ModerationEvent.objects.filter(pk__in=latest),
            *("comment_id", "action", "after", "reason", "moderator__username"),
            at="created_at",
        ),
        known("writer", contacts, "comment_id", "email", "source"),
        known("above", Comment.objects.filter(pk__in=above), "pk", "author_name", "text"),
        known("record", record, None, "email", "comment__state", number=Count("pk")),
    )
    # In the order in which they were written down.
    return sorted(first.union(*others, all=True), key=lambda row: row[6])


def known(kind, rows, of, *texts, number="pk", at=None):
    """Return `rows` as a part of `known_of()`."""
    texts = [text(F(name)) for name in texts] + [text("")] * (4 - len(texts))
    is_counted = not isinstance(number, str)
    columns = {
        "kind_": text(kind),
        "of_": Cast(F(of) if of else Value(0), BigIntegerField()),
        **{f"text_{place}": value for place, value in enumerate(texts)},
        "at_": Cast(F(at) if at else Value(None), DateTimeField()),
    }
    count = number if is_counted else Cast(F(number), BigIntegerField())
    rows = rows.order_by().values(**columns).annotate(number_=count)
    names = ("kind_", "of_", "text_0", "text_1", "text_2", "text_3", "number_", "at_")
    return rows.values_list(*names)


def event_as_dict(action, after, reason, moderator, at):
    """Return a decision as templates show it."""
    is_state = action == ModerationEvent.Action.STATE
    what = State(after).label if is_state else ModerationEvent.Action(action).label
    return {"what": what, "reason": reason, "moderator": moderator or "", "at": at}


# Text with marks


def marked(text, found):
    """Return `text` as HTML in which the pieces `found` stand in <mark>."""
    if not found or not text:
        return format_html("{}", text)
    longest_first = sorted({piece for piece in found if piece.strip()}, key=len, reverse=True)
    pattern = "|".join(re.escape(piece) for piece in longest_first)
    parts = re.split(f"({pattern})", text) if pattern else [text]
    return together(
        format_html("<mark>{}</mark>" if place % 2 else "{}", part)
        for place, part in enumerate(parts)
    )


def difference(old, new, found=()):
    """Return as HTML how `new` differs from `old`, word by word."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        if kind == "equal":
            pieces.append(marked(gone, found))
            continue
        if gone:
            pieces.append(format_html("<del>{}</del>", gone))
        if come:
            pieces.append(format_html("<ins>{}</ins>", marked(come, found)))
    return together(pieces)


def together(parts) -> SafeString:
    return mark_safe("".join(parts))  # each part came out of format_html
