"""Whether an article takes comments, and who need not wait: its own word, or the paper's."""

from datetime import timedelta

from django.utils import timezone

from articles.models import Article

Policy = Article.CommentPolicy


def policy_of(article, masthead):
    """Return the comment policy in force for `article`.

    An article's own policy stands as it is; under the paper's, comments close by
    themselves a number of days after publication.
    """
    if article.comment_policy:
        return article.comment_policy
    days = masthead.comments_close_after_days
    takes_comments = masthead.comment_policy in (Policy.OPEN, Policy.APPROVE)
    if days and takes_comments and article.published_at < timezone.now() - timedelta(days=days):
        return Policy.CLOSED
    return masthead.comment_policy


def is_open(article, masthead):
    """Whether readers may comment on `article` now."""
    return policy_of(article, masthead) in (Policy.OPEN, Policy.APPROVE)
