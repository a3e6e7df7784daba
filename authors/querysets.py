"""How we speak of many records of access."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

LOCK_WINDOW = timedelta(minutes=15)


class AccessEventQuerySet(models.QuerySet):
    """What happened at the door."""

    def counting(self, kind):
        """Failures of a kind that count towards a lock now."""
        recent = timezone.now() - LOCK_WINDOW
        return self.filter(kind=kind, counts=True, at__gt=recent)
