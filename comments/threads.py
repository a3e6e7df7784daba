"""Reading threads: roots page by page, each with its first replies, in three queries."""

import re
from dataclasses import dataclass, field

from django.db.models import Count, F, Q

from comments.models import Comment
from comments.querysets import ROOTS_A_PAGE
from newsroom.paging import whole_number
from newsroom.prepared import prepared

SHOWN_DEPTH = 6  # levels of indentation; a phone shows NARROW_DEPTH of them
NARROW_DEPTH = 2
REPLIES_A_PAGE = 50
ORDERS = ("newest", "best", "oldest")
SCORE = re.compile(r"\d(\.\d{1,20})?(e-\d{1,2})?", re.ASCII)


@dataclass
class Thread:
    """A page of a thread. `comments` stand in reading order, each with what its place needs:
    `has_children` (a list begins after it), `closes` (as many lists end after it), `level`
    (shown indentation), `is_nested` and `is_deep` (it stands, on a phone or anywhere, no
    deeper than what it answers) and `more_of` (its root, if more replies follow).
    """

    comments: list
    order: str = "newest"
    next: str | None = None  # the cursor from which the next page goes on
    removed: list = field(default_factory=list)  # (kind of reason, how many)


def read_thread(article, order="newest", cursor=""):
    """Return a page of the roots of `article`, each with its first replies.

    `order` is one of `ORDERS`. A page goes on after `cursor`, the key of the last root of
    the page before, so that what is written meanwhile moves nothing. The pinned comment
    stands on top, but in the oldest order in its own place.
    """
    is_first = order == "newest" and not cursor
    roots = newest_roots(article.pk) if is_first else list(roots_of(article.pk, order, cursor))
    has_next = len(roots) > ROOTS_A_PAGE
    roots = roots[:ROOTS_A_PAGE]
    following = key_of(roots[-1], order) if has_next else None
    thread = Thread(branches(roots), order, following)
    if roots and not cursor:
        thread.removed = removals(article.pk)
    return thread


def roots_of(article, order, cursor):
    """Return a page of roots, and one more, of the article with this key."""
    roots = ordered(Comment.objects.filter(article=article).shown().roots(), order, cursor)
    return roots.for_thread().with_first_replies()[: ROOTS_A_PAGE + 1]


@prepared
def newest_roots(article):
    """What the page of the article with this key begins with."""
    return roots_of(article, "newest", "")


def ordered(roots, order, cursor):
    """Return `roots` in `order`, from `cursor` on."""
    if order == "oldest":
        return (roots.filter(pk__gt=whole_number(cursor)) if cursor else roots).order_by("pk")
    if cursor:
        score, _, pk = cursor.rpartition("_")
        below = Q(pk__lt=whole_number(pk))
        if order == "best":
            score = float(score) if SCORE.fullmatch(score) else 0.0
            below = Q(score__lt=score) | Q(score=score) & below
        roots = roots.filter(below, is_pinned=False)
    if order == "best":
        return roots.order_by("-is_pinned", "-score", "-pk")
    return roots.order_by("-is_pinned", "-pk")


def key_of(root, order):
    return f"{root.score!r}_{root.pk}" if order == "best" else str(root.pk)


def branches(roots):
    """Return `roots` each followed by its first replies, in reading order."""
    replies = {}
    answered = [root for root in roots if root.reply_count]
    if answered:
        for reply in first_replies(answered):
            replies.setdefault(reply.root_id, []).append(reply)
    rows = []
    for root in roots:
        branch = [root, *replies.get(root.pk, ())]
        branch[-1].more_of = root if root.more_path else None
        rows += branch
    return nest(rows)


def first_replies(roots):
    """Return the replies shown at first below `roots`, in the order of the thread."""
    if any(root.last_path for root in roots):
        return Comment.objects.for_thread().first_replies_of(roots)
    return replies_below([root.pk for root in roots])


@prepared
def replies_below(roots):
    """All replies below the roots with these keys, in the order of the thread."""
    replies = Comment.objects.for_thread().shown().filter(root__in=roots, depth__gt=0)
    return replies.order_by(F("root").desc(), "path")


@prepared
def removals(article):
    """How many comments moderators took away from the article with this key, by reason."""
    state = Comment.State
    gone = Comment.objects.filter(article=article, state__in=[state.REJECTED, state.BLINDED])
    counted = gone.order_by().values(kind=F("refusal__name")).annotate(n=Count("pk"))
    return counted.order_by("-n").values_list("kind", "n")


def read_replies(comment, after=""):
    """Return what answers `comment`, in the order of the thread, a page from `after` on."""
    replies = (
        Comment.objects.shown()
        .for_thread()
        .order_by("path")
        .filter(root=comment.root_id, path__startswith=comment.path, depth__gt=comment.depth)
    )
    if after:
        replies = replies.filter(path__gt=after)
    rows = list(replies[: REPLIES_A_PAGE + 1])
    following = rows[REPLIES_A_PAGE - 1].path if len(rows) > REPLIES_A_PAGE else None
    return Thread(nest(rows[:REPLIES_A_PAGE], base=comment.depth + 1), next=following)


def nest(comments, base=0):
    """Tell each comment, in reading order, where it stands among those around it.

    `base` is the depth that stands outermost. A level can only grow by one; where a
    comment between is missing, its answers stand higher.
    """
    above = []  # the comment itself and those that it stands below, the outermost first
    for comment in comments:
        steps = comment.depth - base
        comment.level = min(max(steps, 0), SHOWN_DEPTH, len(above))
        comment.is_deep, comment.is_nested = steps > SHOWN_DEPTH, steps > NARROW_DEPTH
        comment.has_children, comment.closes = False, ()
        if above:
            before = above[-1]
            before.has_children = comment.level > before.level
            before.closes = range(before.level - comment.level)
        del above[comment.level :]
        above.append(comment)
    if above:
        above[-1].closes = range(above[-1].level)
    return comments
