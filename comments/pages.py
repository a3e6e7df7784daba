"""What a page with a thread on it shows, besides the comments themselves."""

from comments.policy import Policy, policy_of
from newsroom.addresses import address
from newsroom.forms import make_token

VOTE_TOKEN = "vote"  # one token serves every vote on a page


def conversation(article, masthead, thread, form=None):
    """Return the context of a thread: whether readers may write, vote, read, and how."""
    policy = policy_of(article, masthead)
    return {
        "article": article,
        "thread": thread,
        "form": form,
        "is_readable": policy != Policy.HIDDEN,
        "is_open": policy in (Policy.OPEN, Policy.APPROVE),
        "is_approved_first": policy == Policy.APPROVE,
        "folds_at": masthead.comments_fold_reports,
        "vote_token": make_token(VOTE_TOKEN),
        "thread_url": address("comments:thread", article.pk),
    }
