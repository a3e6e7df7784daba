"""What is noted of every request and statement, if wanted: a line, a number, a slow query."""

import logging
import re
import sys
import time
import uuid
from contextvars import ContextVar

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DatabaseError
from django.db.backends.signals import connection_created

from newsroom import metrics
from newsroom.logs import masked, request_id

access, slow = logging.getLogger("newsroom.access"), logging.getLogger("newsroom.slow")
# As proxies make them; nobody's name or number looks so.
ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
MOST_SQL = 2000
statements = ContextVar("statements", default=0)  # of the request at hand


class Observed:
    """Give a request its id, by which its lines in the log are found, and note its answer.

    The id is a header of the answer where somebody may ask about it: for who has signed in, and
    on errors. Pages of readers stay the same for everyone, headers too.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request_id.set(id_of(request))
        statements.set(0)
        began = time.perf_counter()
        response = self.get_response(request)
        if request.path.startswith(settings.STATIC_URL):
            return response
        seconds = time.perf_counter() - began
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.status_code >= 500:
            response.headers["X-Request-ID"] = request_id.get()
        note(request, response.status_code, seconds)
        return response


def id_of(request):
    """Return the id that our proxy gave a request, or a new one."""
    given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    return given if ID.fullmatch(given) else uuid.uuid4().hex


def note(request, status, seconds):
    method = request.method if request.method in METHODS else "other"
    if settings.ACCESS_LOG:
        fields = {"method": method, "path": masked(request), "status": status}
        fields |= {"ms": round(seconds * 1000), "queries": statements.get()}
        line = "%(method)s %(path)s %(status)d %(ms)d ms %(queries)d queries"
        access.info(line, fields, extra={"fields": fields})
    if settings.METRICS:
        view = request.resolver_match.view_name if request.resolver_match else "unknown"
        metrics.requests.count(view, method, status)
        metrics.seconds.observe(seconds, view)


def statement(execute, sql, params, many, context):
    """Run a statement of the database; count it, and log it without its values if it is slow."""
    statements.set(statements.get() + 1)
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        metrics.database_errors.count(type(error).__name__)
        raise
    finally:
        took = (time.perf_counter() - began) * 1000
        if settings.SLOW_QUERY_MS and took >= settings.SLOW_QUERY_MS:
            text = " ".join(str(sql).split())[:MOST_SQL]
            slow.warning("%d ms: %s", took, text, extra={"fields": {"ms": round(took)}})


def observe_connection(connection, **kwargs):
    if statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(statement)


def count_error(request=None, **kwargs):
    metrics.errors.count(getattr(sys.exc_info()[0], "__name__", "unknown"))


def begin():
    """Observe whatever the settings want observed, from now on, in this process."""
    if settings.ACCESS_LOG or settings.METRICS or settings.SLOW_QUERY_MS:
        connection_created.connect(observe_connection, dispatch_uid="observed")
    got_request_exception.connect(count_error, dispatch_uid="observed")
