"""How the site itself is doing: a page of the admin for publishers, numbers for Prometheus."""

import platform
import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import django
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min, Q
from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from comments.models import Mail
from newsroom import backups, metrics
from newsroom.models import LifeSign
from newsroom.pagecache import statistics

# When what is not done by then is worth a warning.
WORKER_QUIET, TASK_WAITS = timedelta(minutes=5), timedelta(minutes=10)
BACKUP_OLD = timedelta(days=2)
LEAST_FREE = 2 * 2**30
# What a proxy adds. Whoever comes through one comes from elsewhere, whatever REMOTE_ADDR says.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via")


def waiting():
    """Return what waits to be done: tasks, since when, and letters; and what failed."""
    ready = Q(pk__in=DBTaskResult.objects.ready().values("pk"))
    tasks = DBTaskResult.objects.aggregate(
        tasks=Count("pk", filter=ready),
        since=Min("enqueued_at", filter=ready),
        failed=Count("pk", filter=Q(status=TaskResultStatus.FAILED)),
    )
    letters = Mail.objects.filter(due_at__isnull=False).aggregate(
        letters=Count("pk"), tried=Count("pk", filter=Q(attempts__gt=0))
    )
    return tasks | letters


def worker_seen_at():
    """Return when a worker was last at work; None if none ever was."""
    return LifeSign.objects.filter(name="worker").values_list("seen_at", flat=True).first()


class Row(NamedTuple):
    """A line of the page: what, how it is or when it was, and what is wrong with that."""

    label: str
    value: object
    warning: str = ""

    @property
    def is_time(self):
        return isinstance(self.value, datetime)


def rows_of_work():
    """What is done where nobody sees it: by the worker, the mail, the backup."""
    now, work, seen_at = timezone.now(), waiting(), worker_seen_at()
    given_up = Mail.objects.filter(due_at=None, sent_at=None).count()
    sent = Mail.objects.filter(sent_at__isnull=False).order_by("pk").last()
    is_quiet = seen_at is None or now - seen_at > WORKER_QUIET
    is_late = work["since"] is not None and now - work["since"] > TASK_WAITS
    failed, tried = work["failed"], work["tried"]
    stands = _("It does not run: no letter is sent. Start newsroom-worker.")
    yield Row(_("Worker last at work"), seen_at, is_quiet and stands)
    yield Row(_("Tasks that wait"), work["tasks"])
    lags = _("The worker does not keep up, or does not run.")
    yield Row(_("Oldest task that waits"), work["since"], is_late and lags)
    why = _("The log of the worker says why.")
    yield Row(_("Tasks that failed in seven days"), failed, failed and why)
    yield Row(_("Letters that wait"), work["letters"])
    refused = _("The mail server does not take them. See EMAIL_URL.")
    yield Row(_("Of these, tried in vain so far"), tried, tried and refused)
    again = _("They can be sent again: docs/mail.md.")
    yield Row(_("Letters given up"), given_up, given_up and again)
    yield Row(_("Last letter sent"), sent and sent.sent_at)
    last = backups.last()
    is_old = last is None or now - last["made_at"] > BACKUP_OLD
    missing = _("There is no backup of the last two days.")
    yield Row(_("Last backup"), last and last["made_at"], is_old and missing)


def rows_of_machine():
    """What the site stands on: space, database, versions."""
    places = (settings.MEDIA_ROOT, *settings.MEDIA_ROOT.parents)
    free = shutil.disk_usage(next(place for place in places if place.exists())).free
    full = _("The disk is nearly full.")
    yield Row(_("Free space for pictures"), filesizeformat(free), free < LEAST_FREE and full)
    yield Row(_("Size of the database"), filesizeformat(database_size()))
    pending = ", ".join(sorted(migrations() - applied()))
    yield Row(_("Migrations that wait"), pending or None, pending and _("Run manage.py migrate."))
    if settings.PAGE_CACHE:
        counted = statistics()
        share = 100 * counted["hit"] / (counted.total() or 1)
        yield Row(_("Pages from the page cache"), f"{share:.0f} %")
    yield Row("Python", platform.python_version())
    yield Row("Django", django.get_version())
    version = ".".join(map(str, connection.get_database_version()))
    yield Row(connection.display_name, version)


@cache
def migrations():
    """Return the names of all migrations of this code."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations}


def applied():
    return {".".join(key) for key in MigrationRecorder(connection).applied_migrations()}


def database_size():
    """Return how many bytes the database takes on its disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return cursor.fetchone()[0]
    path = str(connection.settings_dict["NAME"])
    return sum(file.stat().st_size for file in map(Path, (path, f"{path}-wal")) if file.exists())


def warnings_of_settings():
    """Return what of the settings is not as it should be on a server, in words."""
    found = {
        _("DEBUG is on: visitors see the inside of the site."): settings.DEBUG,
        _("SECRET_KEY is short. Make a longer one."): len(settings.SECRET_KEY) < 40,
        _("SITE_URL does not begin with https://: what is typed can be read on its way."): (
            not settings.HTTPS
        ),
        _("ALLOWED_HOSTS takes any host."): "*" in settings.ALLOWED_HOSTS,
        _("EMAIL_URL is not set: letters are files and reach nobody."): (
            "filebased" in settings.EMAIL_BACKEND
        ),
        _("STAFF_SECOND_FACTOR is off: a password alone opens the newsroom."): (
            settings.STAFF_SECOND_FACTOR == "off"
        ),
        _("TRUSTED_PROXIES is 0: with a proxy in front, all readers count as one."): (
            settings.HTTPS and not settings.TRUSTED_PROXIES
        ),
    }
    return [words for words, is_so in found.items() if is_so]


@require_safe
def page(request):
    """How the site is doing, for who may change its masthead."""
    if not request.user.has_perm("newsroom.change_masthead"):
        raise PermissionDenied
    context = {
        "title": _("How the site is doing"),
        "groups": [(_("Work"), list(rows_of_work())), (_("Machine"), list(rows_of_machine()))],
        "warnings": warnings_of_settings(),
    }
    return admin.site.page(request, "admin/status.html", context)


class Waiting:
    """What waits, for Prometheus: asked of the database when somebody reads it."""

    def collect(self):
        from prometheus_client.core import GaugeMetricFamily

        try:
            now, seen_at = waiting(), worker_seen_at()
        except DatabaseError as error:  # the other numbers are wanted all the more
            metrics.database_errors.count(type(error).__name__)
            return
        yield GaugeMetricFamily("newsroom_tasks_waiting", "Tasks in the queue.", now["tasks"])
        yield GaugeMetricFamily("newsroom_tasks_failed", "Tasks of 7 days.", now["failed"])
        yield GaugeMetricFamily("newsroom_letters_waiting", "Letters not sent.", now["letters"])
        if seen_at:
            text = "When the worker was last at work."
            yield GaugeMetricFamily("newsroom_worker_seen_seconds", text, seen_at.timestamp())


def is_for_machines(request):
    """Whether a request has the token, or comes from this machine and through no proxy."""
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN:
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    is_here = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    return is_here and not any(name in request.headers for name in FORWARDED)


@never_cache
@require_safe
def numbers(request):
    """The numbers of this server, where METRICS is on; for nobody else this address is there."""
    if not (settings.METRICS and is_for_machines(request)):
        raise Http404
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return HttpResponse(metrics.exposition(Waiting()), content_type=kind)
