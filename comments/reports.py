"""Readers' reports: several people fold a comment until a moderator has looked."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from comments.models import Comment, Report, Signal


@transaction.atomic
def report(comment, sources, reason, note="", email=""):
    """Keep a report and put the comment into the queue; return whether it is a new one.

    Reports from one source are one until a moderator has looked.
    """
    rows = Comment.objects.select_for_update(no_key=True).only("report_count", "queued_at")
    row = rows.get(pk=comment.pk)
    before = Report.objects.filter(comment=row, source__in=sources, closed_at=None).first()
    if before:
        add_to(before, reason, note, email)
        return False
    Report.objects.create(comment=row, source=sources[0], reason=reason, note=note, email=email)
    Signal.objects.create(
        comment=row, rule=Signal.Rule.REPORT, found=Report.Reason(reason).label[:200]
    )
    Comment.objects.filter(pk=row.pk).update(
        report_count=F("report_count") + 1, queued_at=row.queued_at or timezone.now()
    )
    return True


def add_to(report, reason, note, email):
    """Keep what the same source says again; a claim of rights outweighs what it said before."""
    if reason == Report.Reason.RIGHTS:
        report.reason = reason
    if note and note not in report.note:
        report.note = f"{report.note}\n{note}".strip()
    report.email = report.email or email
    report.save(update_fields=["reason", "note", "email"])
