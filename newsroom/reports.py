"""Errors told to whoever looks after the site: where and what, never who asked or what was sent."""

import time
import traceback

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import AdminEmailHandler

from newsroom.logs import request_id, scrubbed

# What of an event goes to Sentry. Not the request, not the machine's name, not what came before.
KEPT = ("event_id", "timestamp", "platform", "level", "logger", "transaction", "exception")
KEPT += ("release", "environment", "modules", "sdk", "fingerprint")
PAUSE = 600  # seconds in which one error is told once, however often it happens


class Report:
    """The traceback alone, in place of Django's report of the whole request."""

    def __init__(self, request, kind, error, tb, is_email=False):
        self.lines = traceback.format_exception(kind, error, tb) if kind else []

    def get_traceback_text(self):
        return scrubbed("".join(self.lines))


class ErrorMail(AdminEmailHandler):
    """Mail an error to ERROR_MAIL, once in ten minutes from each process."""

    def __init__(self):
        super().__init__(reporter_class="newsroom.reports.Report")
        self.told_at = {}

    def emit(self, record):
        kind = record.exc_info and record.exc_info[0]
        key, now = (record.name, record.msg, kind), time.monotonic()
        if now - self.told_at.get(key, -PAUSE) < PAUSE:
            return
        self.told_at = {k: at for k, at in self.told_at.items() if now - at < PAUSE} | {key: now}
        super().emit(record)

    def format_subject(self, subject):
        return scrubbed(super().format_subject(subject))


def begin():
    """Send errors to the Sentry that SENTRY_DSN names, if it names one, from now on."""
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but sentry-sdk is not installed: .venv/bin/pip install sentry-sdk"
        ) from None
    sentry_sdk.init(
        settings.SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=event_told,
    )


def event_told(event, hint):
    """Return what of an event leaves the site: the error and where it happened."""
    told = {name: event[name] for name in KEPT if name in event}
    for error in told.get("exception", {}).get("values", []):
        error["value"] = scrubbed(error.get("value") or "")
    if "logentry" in event:
        record = hint.get("log_record")
        told["message"] = scrubbed(record.getMessage() if record else "")
    return told | {"tags": {"request_id": request_id.get()}}
