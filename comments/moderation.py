"""What becomes of a comment. Every change of state goes through `change_state()`."""

from django.db import transaction
from django.db.models import F

from articles.models import Article
from comments.models import Comment, ModerationEvent

State = Comment.State


@transaction.atomic
def change_state(comment, state, moderator=None):
    """Give `comment` the `state`, keep the counters true, and write it into the log.

    Returns whether anything changed: of two moderators at once, one did.
    """
    before = Comment.objects.select_for_update().values_list("state", flat=True).get(pk=comment.pk)
    if before == state:
        return False
    changed = Comment.objects.filter(pk=comment.pk, state=before).update(state=state)
    if not changed:
        return False
    comment.state = state
    ModerationEvent.objects.create(comment=comment, moderator=moderator, before=before, after=state)
    count((state == State.APPROVED) - (before == State.APPROVED), comment)
    return True


def count(difference, comment):
    """Add `difference` to what counts the visible comments: article, parent and root."""
    if not difference:
        return
    Article.objects.filter(pk=comment.article_id).update(
        comment_count=F("comment_count") + difference
    )
    above = {comment.parent_id, comment.root_id} - {comment.pk, None}
    if above:
        Comment.objects.filter(pk__in=above).update(reply_count=F("reply_count") + difference)


def approve(comment, moderator=None):
    """Show the comment to readers."""
    return change_state(comment, State.APPROVED, moderator)


def reject(comment, moderator=None):
    """Refuse the comment."""
    return change_state(comment, State.REJECTED, moderator)


def mark_spam(comment, moderator=None):
    """Put the comment aside as spam."""
    return change_state(comment, State.SPAM, moderator)


def trash(comment, moderator=None):
    """Take the comment away."""
    return change_state(comment, State.TRASHED, moderator)
