"""The process beside the web server: sends the letters, does the day's upkeep."""

import logging
import os
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from comments import tasks
from newsroom.models import LifeSign
from newsroom.purge import Purge

logger = logging.getLogger(__name__)
AWAY_SECONDS = 5  # how long to wait for a database that is away
SIGN_SECONDS = 30  # how often the worker says that it lives


class Desk(Worker):
    """The library's worker, run on what waits; asked to end, it finishes the task at hand."""

    def __init__(self):
        super().__init__(
            queue_names=["default"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        self.signs_at = 0

    def run_task(self, task):
        self.sign()
        super().run_task(task)

    def sign(self):
        """Say that the worker lives, for who looks after the site."""
        if time.monotonic() >= self.signs_at:
            LifeSign.give("worker")
            self.signs_at = time.monotonic() + SIGN_SECONDS

    def shutdown(self, signum, frame):
        # A terminal and `deploy/run.sh` may both ask: the second time says nothing new.
        self.running = False
        if not self.running_task:
            sys.exit(0)


class Command(BaseCommand):
    help = "Send letters and do the day's upkeep until told to end. Several may run at once."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Do what waits, then end.")
        parser.add_argument("--interval", type=float, default=1, help="Seconds between looks.")

    def handle(self, *args, once, interval, **options):
        desk = Desk()
        desk.configure_signals()
        purge = Purge() if settings.CDN_PURGE_URL else None
        self.stdout.write(_("The worker is ready (process %(pid)d)") % {"pid": os.getpid()})
        self.stdout.flush()
        while desk.running:
            pause = interval
            try:
                desk.sign()
                if purge:
                    purge.run()
                tasks.plan()
                if DBTaskResult.objects.ready().exists():
                    desk.run()
            except DatabaseError as error:
                if once:
                    raise
                logger.warning("The worker waits for the database (%s)", type(error).__name__)
                pause = AWAY_SECONDS
            close_old_connections()
            if once:
                break
            if desk.running:
                time.sleep(pause)
