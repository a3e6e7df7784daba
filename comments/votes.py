"""Agreeing and disagreeing: one vote a source, counted exactly, ranked by Wilson's bound."""

from math import sqrt

from django.db import transaction

from comments.models import Comment, Vote

Z = 1.96  # 95% confidence


def wilson(up, down):
    """Return the lower bound of the share of agreement (Wilson 1927): 50/5 ranks above 2/0."""
    total = up + down
    if not total:
        return 0.0
    share = up / total
    spread = Z * sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    return max(0.0, (share + Z * Z / (2 * total) - spread) / (1 + Z * Z / total))


@transaction.atomic
def vote(comment, sources, value):
    """Set the vote of a reader: 1 agrees, -1 disagrees, 0 takes it back. Sets the counts.

    `sources` are the hashes by which the reader may be known (see `comments.sources`), so
    that a change of key gives nobody a second vote.
    """
    row = (
        Comment.objects.select_for_update(no_key=True)
        .only("up_count", "down_count")
        .get(pk=comment.pk)
    )
    before = Vote.objects.filter(comment=row, source__in=sources).first()
    old = before.value if before else 0
    if old == value:
        comment.up_count, comment.down_count = row.up_count, row.down_count
        return
    if before and value:
        Vote.objects.filter(pk=before.pk).update(value=value)
    elif before:
        before.delete()
    else:
        Vote.objects.create(comment=row, source=sources[0], value=value)
    comment.up_count = max(0, row.up_count + (value == 1) - (old == 1))
    comment.down_count = max(0, row.down_count + (value == -1) - (old == -1))
    comment.score = wilson(comment.up_count, comment.down_count)
    comment.save(update_fields=["up_count", "down_count", "score"])
