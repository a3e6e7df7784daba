"""What becomes of comments. Every change goes through `change()`, which can take it back."""

import hashlib
import uuid
from collections import defaultdict
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Replace
from django.utils import timezone

from articles.models import Article
from comments import mail
from comments.models import Ban, Comment, Contact, ModerationEvent, Report
from comments.querysets import KEEP_DAYS
from comments.sources import email_digest
from newsroom.text import one_line

State = Comment.State
Action = ModerationEvent.Action
BLIND = timedelta(days=30)  # 정보통신망법 44조의2: a temporary measure lasts 30 days at most
MASK = "○○"
MASK_UNDO = timedelta(days=1)  # how long masked personal data can be brought back
UNDO = timedelta(days=30)  # how long any other step can
ASIDE = (Action.BAN, Action.REVEAL)  # what leaves the comment as it is
# What a step may change; a snapshot of it is kept in the log, so that undo() can restore it.
FIELDS = (
    *("state", "author_name", "text", "edited_text", "edited_at", "queued_at"),
    *("report_count", "refusal_id", "blinded_until", "is_pinned", "appeal"),
)


def version(comment):
    """Return what a moderator sees of a comment, in short: if it differs, they look anew."""
    seen = [
        *(comment.state, comment.author_name, comment.text, comment.edited_text),
        *(comment.appeal, comment.report_count, comment.refusal_id),
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def locked(comments):
    """Return the rows of `comments`, locked together with those that count their answers.

    Everyone locks in the same order, so that two changes never wait for each other.
    """
    ids = {comment.pk for comment in comments}
    above = {pk for comment in comments for pk in (comment.parent_id, comment.root_id) if pk}
    rows = Comment.objects.select_for_update(no_key=True).filter(pk__in=ids | above)
    return [row for row in rows.order_by("pk").defer("path") if row.pk in ids]


@transaction.atomic
def change(
    comments,
    action,
    changes,
    moderator=None,
    *,
    expected=None,
    seen=None,
    reason=None,
    note="",
    batch="",
):
    """Give each of `comments` what `changes` says, keep the counters true, write the log.

    `changes` maps names of `FIELDS` to values, or is a function that returns such a dict
    for a comment. `expected` maps primary keys to a state and `seen` to a `version()`: a
    comment that has another one by now is left alone, since somebody was faster. Events
    that share a `batch` are taken back together.

    Returns the log's new events; a comment that nothing changed for has none.
    """
    comments, expected, seen = list(comments), expected or {}, seen or {}
    now, batch = timezone.now(), batch or uuid.uuid4().hex
    events, differences, alike = [], {}, defaultdict(list)
    for row in locked(comments):
        if expected.get(row.pk, row.state) != row.state:
            continue
        if row.pk in seen and seen[row.pk] != version(row):
            continue
        wanted = changes(row) if callable(changes) else changes
        before = {name: getattr(row, name) for name in wanted}
        if before == wanted:
            continue
        alike[repr(wanted)].append((row, wanted))
        after = wanted.get("state", row.state)
        differences[row] = (after == State.APPROVED) - (row.state == State.APPROVED)
        events.append(
            ModerationEvent(
                comment=row,
                moderator=moderator,
                action=action,
                note=note,
                before=row.state,
                after=after,
                snapshot={name: exact(value) for name, value in before.items()},
                batch=batch,
                reason=reason.name if reason else "",
                created_at=now,
            )
        )
    # Only one comment of an article is pinned: let go of one before another takes its place.
    for group in sorted(alike.values(), key=lambda group: group[0][1].get("is_pinned", False)):
        wanted = group[0][1]
        Comment.objects.filter(pk__in=[row.pk for row, _ in group]).update(**wanted)
        for row, _ in group:
            for name, value in wanted.items():
                setattr(row, name, value)
    count(differences)
    ModerationEvent.objects.bulk_create(events)
    if action != Action.UNDO:
        close_reports(events, now)
    mail.tell(events)
    changed = {event.comment_id: event.comment for event in events}
    for comment in comments:
        if row := changed.get(comment.pk):
            for name in FIELDS:
                setattr(comment, name, getattr(row, name))
    return events


def exact(value):
    """Return a time as JSON keeps it to the microsecond; anything else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def count(differences):
    """Add to what counts the visible comments: article, parent and root of each comment."""
    articles, above = defaultdict(int), defaultdict(int)
    for comment, difference in differences.items():
        articles[comment.article_id] += difference
        for pk in {comment.parent_id, comment.root_id} - {comment.pk, None}:
            above[pk] += difference
    if len(articles) > 1:  # in one order, see locked()
        rows = Article.objects.select_for_update(no_key=True).filter(pk__in=articles)
        list(rows.order_by("pk").values_list("pk"))
    add(Article.objects, "comment_count", articles)
    add(Comment.objects, "reply_count", above)


def let_in(comment):
    """Count, log and tell of a comment that was just written and need not wait."""
    count({comment: 1})
    event = ModerationEvent(
        comment=comment, action=Action.STATE, before=State.PENDING, after=State.APPROVED
    )
    event.save()
    parent = comment.parent
    if parent and getattr(getattr(parent, "contact", None), "notify", "") == Contact.Notify.ON:
        mail.tell([event])


def add(rows, field, differences):
    """Add to `field` of the rows with these primary keys, those that get the same together."""
    alike = defaultdict(list)
    for pk, difference in differences.items():
        if difference:
            alike[difference].append(pk)
    for difference, ids in alike.items():
        rows.filter(pk__in=ids).update(**{field: F(field) + difference})


def close_reports(events, now):
    """Mark the open reports on the comments of decisions as looked at."""
    decided = [e.comment_id for e in events if e.snapshot.get("report_count")]
    if decided:
        Report.objects.filter(comment__in=decided, closed_at=None).update(closed_at=now)


def change_state(comment, state, moderator=None, **why):
    """Give `comment` the `state`; return the event, or None where nothing changed.

    A decision takes the comment out of the queue, accepts or drops an edit that waited,
    and answers the reports. `why` goes to `change()`.
    """
    return next(iter(decide([comment], state, moderator, **why)), None)


def decide(comments, state, moderator=None, *, reason=None, **why):
    """Give each of `comments` the `state`; return the events."""
    now = timezone.now()

    def wanted(row):
        if row.state == State.DELETED:
            return {}  # what its writer took back is not ours to bring back
        values = {"state": state, "queued_at": None, "report_count": 0, "refusal_id": None}
        until = now + BLIND if state == State.BLINDED else None
        # To blind again what is blinded gives it no more time.
        values["blinded_until"] = row.blinded_until if row.state == state else until
        if state == State.PENDING:
            values["queued_at"] = row.queued_at or now
        if state in (State.REJECTED, State.BLINDED) and reason:
            values["refusal_id"] = reason.pk
        if row.edited_text:
            values["edited_text"] = ""
            if state == State.APPROVED:
                values |= {"text": row.edited_text, "edited_at": now}
        if row.is_pinned and state != State.APPROVED:
            values["is_pinned"] = False
        if row.state == state and not row.queued_at:
            return {}  # decided already
        return values

    return change(comments, Action.STATE, wanted, moderator, reason=reason, **why)


def approve(comment, moderator=None, **why):
    """Show the comment to readers, with the edit that waited, if one did."""
    return change_state(comment, State.APPROVED, moderator, **why)


def reject(comment, moderator=None, **why):
    """Refuse the comment, with the `reason` that its writer will read."""
    return change_state(comment, State.REJECTED, moderator, **why)


def mark_spam(comment, moderator=None, **why):
    """Put the comment aside as spam."""
    return change_state(comment, State.SPAM, moderator, **why)


def trash(comment, moderator=None, **why):
    """Take the comment away."""
    return change_state(comment, State.TRASHED, moderator, **why)


def blind(comment, moderator=None, **why):
    """Hide the comment for 30 days (임시조치); `comments.upkeep` shows it again."""
    return change_state(comment, State.BLINDED, moderator, **why)


def keep(comments, moderator=None, **why):
    """Leave comments as they are: drop edits that waited, answer reports and appeals."""
    changes = {"queued_at": None, "report_count": 0, "edited_text": ""}

    def wanted(row):
        return changes if row.state != State.PENDING else {}  # these need a decision

    return change(comments, Action.KEEP, wanted, moderator, **why)


def pin(comment, moderator=None, **why):
    """Put a visible comment on top of its thread, in place of the one that stood there.

    Both are one step. Nothing changes where somebody pins another at the same moment.
    """
    batch = uuid.uuid4().hex
    pinned = Comment.objects.filter(article=comment.article_id, is_pinned=True)

    def wanted(row):
        return {"is_pinned": True} if row.is_visible and not row.parent_id else {}

    try:
        with transaction.atomic():
            others = pinned.exclude(pk=comment.pk)
            change(others, Action.UNPIN, {"is_pinned": False}, moderator, batch=batch)
            events = change([comment], Action.PIN, wanted, moderator, batch=batch, **why)
            if not events:
                transaction.set_rollback(True)
            return events
    except IntegrityError:
        return []


def unpin(comment, moderator=None, **why):
    """Let the comment stand in its own place again."""
    return change([comment], Action.UNPIN, {"is_pinned": False}, moderator, **why)


@transaction.atomic
def mask(comment, piece, moderator=None, **why):
    """Put circles in place of `piece`, somebody's personal data, wherever the comment has it.

    For a day the log knows what stood there, so that it can be taken back; see `forget()`.
    """
    piece = piece.strip()

    def wanted(row):
        texts = {name: getattr(row, name) for name in ("author_name", "text", "edited_text")}
        return {name: text.replace(piece, MASK) for name, text in texts.items() if piece in text}

    if len(piece) < 2 or piece in MASK:
        return []
    events = change([comment], Action.MASK, wanted, moderator, **why)
    if events:
        found = comment.signals.filter(found__contains=piece)
        found.update(found=Replace("found", Value(piece), Value(MASK)))
    return events


@transaction.atomic
def ban(comment, kind, moderator=None, note=""):
    """Hold from now on what comes from the writer's e-mail or network address.

    An address is banned for as long as it can be recognised. Returns the event; None if
    nothing is known of the writer, or the ban stands already.
    """
    contact = Contact.objects.filter(comment=comment).first()
    now, until = timezone.now(), None
    if contact and kind == Ban.Kind.SOURCE:
        digest, until = contact.source, now + timedelta(days=KEEP_DAYS)
    else:
        digest = email_digest(contact.email) if contact and contact.email else ""
    if not digest:
        return None
    Ban.objects.filter(digest=digest, expires_at__lte=now).delete()
    fields = {"kind": kind, "note": one_line(note)[:200], "moderator": moderator}
    ban, is_new = Ban.objects.get_or_create(digest=digest, defaults={**fields, "expires_at": until})
    if not is_new:
        return None
    return write_down(comment, Action.BAN, moderator, note=note, snapshot={"ban": ban.pk})


def reveal(comment, moderator):
    """Return the e-mail of the comment's writer, and log that it was looked at."""
    contact = Contact.objects.filter(comment=comment).first()
    if contact is None:
        return None
    write_down(comment, Action.REVEAL, moderator)
    return contact.email


def write_down(comment, action, moderator, note="", snapshot=None):
    """Log what leaves the comment as it is; return the event."""
    return ModerationEvent.objects.create(
        comment=comment,
        action=action,
        moderator=moderator,
        note=note,
        before=comment.state,
        after=comment.state,
        snapshot=snapshot or {},
        batch=uuid.uuid4().hex,
    )


@transaction.atomic
def undo(events, moderator=None):
    """Take back steps of moderators: each comment gets what it had before, counters too.

    Only the latest step on a comment can be taken back, and none of its writer's own.
    Returns the events of doing so.
    """
    steps = [e for e in events if e.moderator_id and e.snapshot and e.action != Action.UNDO]
    bans = [lift(step, moderator) for step in steps if step.action == Action.BAN]
    comments = Comment.objects.filter(pk__in=[s.comment_id for s in steps if s.action not in ASIDE])
    rows = locked(comments)
    log = ModerationEvent.objects.filter(comment__in=[row.pk for row in rows])
    latest = log.exclude(action__in=ASIDE).order_by().values("comment").annotate(last=Max("pk"))
    last = {row["last"] for row in latest}
    due = {step.comment_id: step for step in steps if step.pk in last}

    def before(row):
        values = {
            name: Comment._meta.get_field(name.removesuffix("_id")).to_python(value)
            for name, value in due[row.pk].snapshot.items()
        }
        if values.get("is_pinned") and not is_free_to_pin(row, due):
            values["is_pinned"] = False
        return values

    done = change([row for row in rows if row.pk in due], Action.UNDO, before, moderator)
    reopen_reports([step for step in due.values() if step.snapshot.get("report_count")])
    return [*filter(None, bans), *done]


def lift(event, moderator):
    """Take back the ban that `event` tells of; return the event of it, if the ban still stood."""
    number, _ = Ban.objects.filter(pk=event.snapshot["ban"]).delete()
    return write_down(event.comment, Action.UNDO, moderator) if number else None


def is_free_to_pin(comment, apart):
    pinned = Comment.objects.filter(article=comment.article_id, is_pinned=True)
    return not pinned.exclude(pk__in=apart).exists()


def reopen_reports(steps):
    """Open again the reports that steps closed, bar those sent anew since."""
    together = defaultdict(list)
    for step in steps:
        together[step.created_at].append(step.comment_id)
    sent = Report.objects.filter(comment=OuterRef("comment"), closed_at=None)
    for moment, ids in together.items():
        closed = Report.objects.filter(comment__in=ids, closed_at=moment)
        closed.exclude(Exists(sent.filter(source=OuterRef("source")))).update(closed_at=None)
    still_open = Report.objects.filter(comment=OuterRef("pk"), closed_at=None)
    number = still_open.order_by().values("comment").annotate(n=Count("pk")).values("n")
    rows = Comment.objects.filter(pk__in=[step.comment_id for step in steps])
    rows.update(report_count=Coalesce(Subquery(number), 0))


def forget():
    """Drop from the log what can no longer be taken back: the words, not the decisions.

    A day after personal data was masked nothing tells any more what it was. Called by the
    day's upkeep; returns how many entries it emptied.
    """
    now = timezone.now()
    log = ModerationEvent.objects.exclude(snapshot={})
    number = log.filter(created_at__lt=now - UNDO).update(snapshot={})
    masked = log.filter(action=Action.MASK, created_at__lt=now - MASK_UNDO).order_by()
    for comment, last in masked.values_list("comment").annotate(last=Max("pk")):
        number += log.filter(comment=comment, pk__lte=last).update(snapshot={})
    return number
