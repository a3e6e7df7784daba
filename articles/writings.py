"""What people type and have not saved yet: kept for each form that somebody has open."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from articles.models import Writing

SEEN = timedelta(seconds=40)  # how long after its last word a form counts as open
KEPT = timedelta(days=30)


@transaction.atomic
def keep(key, user, article, base, fields=None, step=None):
    """Note that `user` has a form open, and keep the `fields` that it holds; return its row.

    `step` counts what the form sent, so that what comes late is not taken for the newest;
    without one it is. Nothing is kept of a form whose text has been saved.
    """
    row = {"user": user, "article": article, "base": base}
    Writing.objects.get_or_create(key=key, defaults=row)
    writing = Writing.objects.select_for_update().get(key=key)
    if writing.user_id != user.pk or writing.article_id != (article and article.pk):
        raise PermissionDenied
    if writing.saved_at:
        return writing
    writing.seen_at = timezone.now()
    step = writing.step + 1 if step is None else step
    if fields is not None and step > writing.step:
        writing.content, writing.step = fields, step
        writing.changed_at = writing.seen_at
    writing.save()
    return writing


def close(key, user):
    """Forget what was typed into a form, now that its text is saved.

    The row stays for a while, so that what the form sent late is known for what it is.
    """
    own = Writing.objects.filter(key=key, user=user)
    return own.update(content=None, changed_at=None, saved_at=timezone.now())


def unsaved(user, article):
    """Return what `user` typed into forms of `article` (None: of new ones), the newest first."""
    own = Writing.objects.filter(user=user, article=article, content__isnull=False)
    return own.order_by("-changed_at")


def also_open(user, article):
    """Return the names of others who have a form of `article` open."""
    if article is None:
        return []
    rows = Writing.objects.filter(
        article=article, seen_at__gte=timezone.now() - SEEN, saved_at=None
    ).exclude(user=user)
    return sorted({str(row.user) for row in rows.select_related("user")})


def as_sent(fields):
    """Return kept fields as the form sent them."""
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values)
    return data


def expire():
    """Forget what was not touched for 30 days; a step of the day's upkeep."""
    return Writing.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()[0]
