"""Whether an article takes comments: its own word, or else the paper's."""

from articles.models import Article

Policy = Article.CommentPolicy


def policy_of(article, masthead):
    """Return the comment policy in force for `article`."""
    return article.comment_policy or masthead.comment_policy


def is_open(article, masthead):
    """Whether readers may comment on `article` now."""
    return policy_of(article, masthead) in (Policy.OPEN, Policy.APPROVE)


def is_readable(article, masthead):
    """Whether readers see the comments on `article`."""
    return policy_of(article, masthead) != Policy.HIDDEN
