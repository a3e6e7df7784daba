"""Comments of an export: their text, their threads, and the counters on top of them."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import OuterRef
from django.utils.translation import gettext as _

from articles.models import Article
from articles.querysets import number_of
from comments.models import MAX_LENGTH, Comment, Contact, ModerationEvent
from newsroom.text import excerpt, one_line
from newsroom.wxr.bodies import line_of, prose_of
from newsroom.wxr.pictures import fit, key_of
from newsroom.wxr.times import moment

STATES = {
    "1": "approved",
    "approve": "approved",
    "approved": "approved",
    "spam": "spam",
    "trash": "trashed",
    "post-trashed": "trashed",
}
BATCH = 500
EMAIL = re.compile(r"[(<\[]?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[)>\]]?")
PLACE = ("import_key", "article_id", "root_id", "depth", "path", "created_at")
WORDS = ("state", "author_name", "text")  # what a later import may change


def signature(html, length):
    """Return how somebody signs: without an e-mail address, but for its first part if alone."""
    name = line_of(html)
    return fit(one_line(EMAIL.sub(" ", name)) or name.split("@")[0], length)


class CommentDesk:
    """Gathers comments of many articles and writes them level by level."""

    def __init__(self, site, report):
        self.site, self.report = site, report
        self.waiting = {}  # import_key: (Comment, parent's import_key, e-mail)
        self.touched = set()  # keys of articles whose counters must be counted anew

    def key(self, number):
        return key_of(f"{self.site}?c={number}")

    def add(self, article_id, comments, published_at):
        """Take the comments of one article; a flush writes them."""
        for values in comments:
            kind = values.get("wp:comment_type", "").strip()
            if kind not in ("", "comment"):
                self.report.skip("comment", _("not a comment: %s") % line_of(kind)[:30])
                continue
            number = values.get("wp:comment_id", "").strip()
            text = prose_of(values.get("wp:comment_content", ""))
            if not (text and number.isascii() and number.isdigit()):
                self.report.skip("comment", _("without text or number"), f"#{number} {text}")
                continue
            comment = self.comment(values, text, published_at)
            comment.article_id, comment.import_key = article_id, self.key(number)
            above = values.get("wp:comment_parent", "").strip()
            parent = self.key(above) if above not in ("", "0") else ""
            email = values.get("wp:comment_author_email", "").strip()
            self.waiting[comment.import_key] = (comment, parent, email)
        if len(self.waiting) >= BATCH:
            self.flush()

    def comment(self, values, text, published_at):
        """Return the unsaved comment that `values` describe. Nothing of its text is cut."""
        if len(text) > MAX_LENGTH:
            reason = _("longer than our form takes, kept whole")
            self.report.note("comment", reason, excerpt(text, 40))
        name = signature(values.get("wp:comment_author", ""), 1000)
        if len(name) > 30:
            self.report.note("comment", _("long name cut"), name)
        comment = Comment(
            author_name=fit(name, 30) or _("Anonymous"),
            text=text,
            state=STATES.get(values.get("wp:comment_approved", "").strip(), "pending"),
        )
        written_at = moment(values.get("wp:comment_date_gmt"), values.get("wp:comment_date"))
        if written_at is None:
            reason = _("without a usable date: that of the article")
            self.report.note("comment", reason, excerpt(text, 40))
        comment.created_at = written_at or published_at or comment.created_at
        is_waiting = comment.state == Comment.State.PENDING
        comment.queued_at = comment.created_at if is_waiting else None
        return comment

    def flush(self):
        """Write what is waiting, parents before children, then the e-mails."""
        keys = {key for key, (_c, parent, _e) in self.waiting.items() for key in (key, parent)}
        found = Comment.objects.only(*PLACE, *WORDS)
        placed = found.in_bulk(list(keys - {""}), field_name="import_key")
        fresh = {key: row for key, row in self.waiting.items() if key not in placed}
        self.update([(placed[key], self.waiting[key][0]) for key in self.waiting if key in placed])
        self.report.count("comment", "made", len(fresh))
        for level in levels(fresh):
            for comment, parent_key, _email in level:
                parent = placed.get(parent_key)
                if parent and parent.article_id == comment.article_id:
                    comment.answer(parent)
                elif parent_key:
                    reason = _("answers what is not there: begins a thread")
                    self.report.note("comment", reason, excerpt(comment.text, 40))
            rows = [comment for comment, _parent, _email in level]
            Comment.objects.bulk_create(rows)
            for comment in rows:
                comment.take_place()
                placed[comment.import_key] = comment
            Comment.objects.bulk_update(rows, ["path", "root"], batch_size=200)
        self.save_contacts(fresh.values())
        self.touched.update(comment.article_id for comment, _p, _e in fresh.values())
        self.waiting.clear()

    def update(self, pairs):
        """Bring comments that were here (`ours`, `theirs`) up to date, if nobody decided here."""
        changed = [
            (ours, theirs)
            for ours, theirs in pairs
            if any(getattr(ours, name) != getattr(theirs, name) for name in WORDS)
        ]
        numbers = [ours.pk for ours, _theirs in changed]
        decided = set()
        for start in range(0, len(numbers), BATCH):
            events = ModerationEvent.objects.filter(comment__in=numbers[start : start + BATCH])
            decided.update(events.values_list("comment", flat=True))
        rows = []
        for ours, theirs in changed:
            if ours.pk in decided:
                reason = _("decided on here: ours stays")
                self.report.skip("comment", reason, excerpt(ours.text, 40))
                continue
            for name in (*WORDS, "queued_at"):
                setattr(ours, name, getattr(theirs, name))
            rows.append(ours)
        Comment.objects.bulk_update(rows, [*WORDS, "queued_at"], batch_size=200)
        self.touched.update(comment.article_id for comment in rows)
        self.report.count("comment", "updated", len(rows))
        self.report.count("comment", "unchanged", len(pairs) - len(changed))

    def save_contacts(self, rows):
        contacts = []
        for comment, _parent, email in rows:
            try:
                validate_email(email)
                if len(email) <= 254:
                    contacts.append(Contact(comment=comment, email=email))
            except ValidationError:
                if email:
                    self.report.note("comment", _("invalid e-mail left out"))
        Contact.objects.bulk_create(contacts)

    def recount(self):
        """Count anew what moderation keeps: visible comments of articles, roots and parents."""
        ids = sorted(self.touched)
        below = Comment.objects.visible().order_by()
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            of_article = below.filter(article=OuterRef("pk"))
            Article.objects.filter(pk__in=part).update(comment_count=number_of(of_article))
            comments = Comment.objects.filter(article__in=part)
            in_thread = below.filter(root=OuterRef("pk"), depth__gt=0)
            comments.filter(depth=0).update(reply_count=number_of(in_thread))
            answers = below.filter(parent=OuterRef("pk"))
            comments.filter(depth__gt=0).update(reply_count=number_of(answers))


def levels(rows):
    """Yield the rows in waves in which a parent comes before its children.

    A parent that is not among the rows, or that is its own descendant, makes a root.
    """
    depth = {}
    for key in rows:
        chain = {}
        while key in rows and key not in depth and key not in chain:
            chain[key] = True
            key = rows[key][1]
        start = depth.get(key, -1)
        for place, step in enumerate(reversed(chain), start=start + 1):
            depth[step] = place
    waves = {}
    for key, place in depth.items():
        waves.setdefault(place, []).append(rows[key])
    for place in sorted(waves):
        yield sorted(waves[place], key=order)


def order(row):
    """By time, then by number: of two numbers the shorter is the smaller."""
    comment = row[0]
    return comment.created_at, len(comment.import_key), comment.import_key
