"""The records: who did what in the admin, and who came in, in one list, the latest first.

Two tables hold them, Django's log of the admin and our own of the door. Each gives as many
rows as a page shows; the page is the newest of both. Nothing is counted, and the next page
begins where this one ends, so that the list is as quick after ten years.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from heapq import merge
from itertools import islice

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from authors.models import AccessEvent, User

PAGE = 50
DONE = {"added": ADDITION, "changed": CHANGE, "deleted": DELETION}
Kind = AccessEvent.Kind
FAILURES = (Kind.FAILED, Kind.WRONG_CODE, Kind.LOCKED)
ARRIVALS = (Kind.SIGNED_IN, Kind.RECOVERED, Kind.SIGNED_OUT, Kind.ELSEWHERE)
PROTECTION = tuple(kind for kind in Kind if kind not in (*FAILURES, *ARRIVALS, Kind.PASSWORD))
AT_THE_DOOR = {"arrivals": ARRIVALS, "failures": FAILURES, "protection": PROTECTION}
CHOICES = [
    ("", _("everything")),
    ("added", _("added")),
    ("changed", _("changed")),
    ("deleted", _("deleted")),
    ("arrivals", _("signed in and out")),
    ("failures", _("failed to sign in")),
    ("protection", _("passwords and two-step sign-in")),
]


DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


@dataclass
class Record:
    """One line of the list."""

    at: datetime
    pk: int
    who: str
    what: str
    detail: str = ""
    subject: str = ""
    address: str = ""
    is_failure: bool = False


@dataclass
class Page:
    """A page of records, and the query that leads to the older ones."""

    records: list = field(default_factory=list)
    older: str = ""


class FilterForm(forms.Form):
    """Which records to show."""

    who = forms.ModelChoiceField(
        label=_("Account"), queryset=User.objects.order_by("username"), required=False
    )
    what = forms.ChoiceField(label=_("What"), choices=CHOICES, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=DAY)
    until = forms.DateField(label=_("Until"), required=False, widget=DAY)


def page_of(wishes, log_before=0, door_before=0):
    """Return the page of records that `wishes` (who, what, since, until) describe."""
    log, door = entries_of_log(wishes), entries_of_door(wishes)
    if log_before > 0:
        log = log.filter(pk__lt=log_before)
    if door_before > 0:
        door = door.filter(pk__lt=door_before)
    rows = merge(
        [("log", entry.action_time, entry) for entry in log[: PAGE + 1]],
        [("door", event.at, event) for event in door[: PAGE + 1]],
        key=lambda row: row[1],
        reverse=True,
    )
    rows = list(islice(rows, PAGE + 1))
    shown = rows[:PAGE]
    page = Page([RECORDS[source](row) for source, _at, row in shown])
    if len(rows) > PAGE:
        ends = {"log": log_before, "door": door_before}
        ends |= {source: row.pk for source, _at, row in shown}
        page.older = urlencode(ends)
    return page


def entries_of_log(wishes):
    """What was added, changed and deleted in the admin."""
    entries = LogEntry.objects.select_related("user", "content_type").order_by("-pk")
    if wishes.get("who"):
        entries = entries.filter(user=wishes["who"])
    if wishes.get("what"):
        entries = entries.filter(action_flag=DONE.get(wishes["what"], 0))
    return within(entries, "action_time", wishes)


def entries_of_door(wishes):
    """Who came in or failed to, and what became of passwords and second factors."""
    events = AccessEvent.objects.select_related("user").order_by("-pk")
    if wishes.get("who"):
        events = events.filter(user=wishes["who"])
    if wishes.get("what"):
        events = events.filter(kind__in=AT_THE_DOOR.get(wishes["what"], ()))
    return within(events, "at", wishes)


def within(rows, name, wishes):
    """Return the rows whose time lies within the wished days."""
    if since := wishes.get("since"):
        rows = rows.filter(**{f"{name}__gte": midnight(since)})
    if until := wishes.get("until"):
        rows = rows.filter(**{f"{name}__lt": midnight(until + timedelta(days=1))})
    return rows


def midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def record_of_log(entry):
    kind = entry.content_type
    model = kind.model_class() if kind else None
    return Record(
        at=entry.action_time,
        pk=entry.pk,
        who=entry.user.get_username(),
        what=entry.get_action_flag_display(),
        detail=entry.get_change_message(),
        subject=f"{model._meta.verbose_name}: {entry.object_repr}" if model else entry.object_repr,
        address="" if entry.is_deletion() or model is None else entry.get_admin_url() or "",
    )


def record_of_door(event):
    return Record(
        at=event.at,
        pk=event.pk,
        who=event.user.get_username() if event.user else "",
        what=event.get_kind_display(),
        is_failure=event.kind in FAILURES,
    )


RECORDS = {"log": record_of_log, "door": record_of_door}
