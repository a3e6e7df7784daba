"""Connections of PostgreSQL: how each is set up, and which reading a replica may answer."""

import time
from contextvars import ContextVar
from weakref import WeakSet

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.http import HttpResponse
from django.urls import reverse

REPLICA = "replica"
AWAY_SECONDS = 30  # for which a replica that failed is not asked again
set_up_already = WeakSet()  # a pool hands out the same connection many times
milliseconds = 0  # that a statement of this process may take; 0: as long as the role may
reads_replica = ContextVar("reads_replica", default=False)


def set_up(connection, **kwargs):
    """Tell a new connection what holds on all of ours.

    By a statement, not at the start of the connection: PgBouncer refuses options there.
    """
    driver = connection.connection
    if connection.vendor != "postgresql" or driver in set_up_already:
        return
    # PostgreSQL would compile long queries, for seconds, which then run for milliseconds.
    driver.execute("SET jit = off")
    if milliseconds:
        driver.execute("SELECT set_config('statement_timeout', %s, false)", [str(milliseconds)])
    set_up_already.add(driver)


def limit_statements():
    """Let no statement of this process, which answers requests, take longer than is set."""
    global milliseconds
    milliseconds = settings.DATABASE_TIMEOUT
    close()


def close():
    """Close every connection, those of pools too: no process may inherit one."""
    for each in connections.all(initialized_only=True):
        each.close()
        if each.settings_dict["OPTIONS"].get("pool"):
            each.close_pool()


def alias_for_reading():
    """Return which database is read now: in a transaction always the primary."""
    return REPLICA if reads_replica.get() and not connection.in_atomic_block else DEFAULT_DB_ALIAS


class Router:
    """Read where `alias_for_reading` says; everything else is done on the primary."""

    def db_for_read(self, model, **hints):
        return alias_for_reading()

    def db_for_write(self, model, **hints):
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == DEFAULT_DB_ALIAS


class ReadReplica:
    """Let the replica answer what anybody may read, if it has all that the primary has.

    Pages that are kept must not be older than what they were drawn for, so its place in the
    log is compared with the primary's for every request. If the replica fails, the page is
    drawn anew from the primary, which then does without it for a while; if the primary is
    away, readers get what the replica has.
    """

    def __init__(self, get_response):
        if REPLICA not in settings.DATABASES:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.away_until = 0

    def __call__(self, request):
        if not self.may_read(request) or self.is_away or not self.has_all():
            return self.get_response(request)
        token = reads_replica.set(True)
        try:
            response = self.get_response(request)
        finally:
            reads_replica.reset(token)
        return self.get_response(request) if self.is_away else response

    def process_exception(self, request, exception):
        if reads_replica.get() and isinstance(exception, (OperationalError, InterfaceError)):
            self.leave()
            return HttpResponse(status=503)  # which __call__ replaces
        return None

    def may_read(self, request):
        is_asking = request.method in ("GET", "HEAD")
        is_stranger = settings.SESSION_COOKIE_NAME not in request.COOKIES
        return is_asking and is_stranger and not request.path.startswith(reverse("admin:index"))

    def has_all(self):
        """Whether the replica answers, and has what the primary had when it was asked."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
                (place,) = cursor.fetchone()
        except OperationalError:
            place = "0/0"
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place])
                return bool(cursor.fetchone()[0])  # nothing, if it is no replica
        except (OperationalError, InterfaceError):
            self.leave()
            return False

    @property
    def is_away(self):
        return time.monotonic() < self.away_until

    def leave(self):
        self.away_until = time.monotonic() + AWAY_SECONDS
