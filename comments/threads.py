"""Reading threads: roots page by page, each with its first replies, in two queries."""

from dataclasses import dataclass

from comments.models import Comment
from comments.querysets import ROOTS_A_PAGE

SHOWN_DEPTH = 6
REPLIES_A_PAGE = 50


@dataclass
class Thread:
    """A page of a thread. `comments` stand in reading order, each with what its place needs:
    `level` (shown indentation), `opens` and `closes` (how many lists begin before and end
    after it) and `more` (whether its root has more replies than are shown).
    """

    comments: list
    next_before: int | None = None
    next_after: str | None = None


def read_thread(article, before=0):
    """Return the newest roots of `article` (older than the root `before`, if given)."""
    roots = article.comments.shown().roots().for_thread().with_first_replies().order_by("-pk")
    if before > 0:
        roots = roots.filter(pk__lt=before)
    roots = list(roots[: ROOTS_A_PAGE + 1])
    next_before = roots[ROOTS_A_PAGE - 1].pk if len(roots) > ROOTS_A_PAGE else None
    roots = roots[:ROOTS_A_PAGE]
    answered = [root for root in roots if root.reply_count]
    replies = {}
    if answered:
        for reply in Comment.objects.for_thread().first_replies_of(answered):
            replies.setdefault(reply.root_id, []).append(reply)
    ordered = []
    for root in roots:
        branch = [root, *replies.get(root.pk, ())]
        branch[-1].more_of = root if root.more_path else None
        ordered += branch
    return Thread(nest(ordered), next_before=next_before)


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
    more = rows[REPLIES_A_PAGE - 1].path if len(rows) > REPLIES_A_PAGE else None
    return Thread(nest(rows[:REPLIES_A_PAGE], base=comment.depth + 1), next_after=more)


def nest(comments, base=0):
    """Tell each comment, in reading order, how many lists open before and close after it."""
    level = 0
    previous = None
    for comment in comments:
        wanted = max(0, min(comment.depth, SHOWN_DEPTH) - base)
        # A level can only grow by one; where a comment between is missing, it stands higher.
        comment.level = min(wanted, level + 1) if previous else 0
        comment.is_deep = comment.depth > SHOWN_DEPTH
        comment.opens = comment.level > level if previous else False
        if previous:
            previous.closes = range(max(0, level - comment.level))
            previous.has_children = comment.level > level
        level, previous = comment.level, comment
    if previous:
        previous.closes = range(level)
        previous.has_children = False
    return comments
