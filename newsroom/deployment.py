"""What `make deploy-check` asks besides Django's own questions: does all that is needed answer?"""

from datetime import timedelta

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.checks import Error, Tags, Warning, register
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from articles.models import Page
from comments import tasks
from comments.models import Mail
from newsroom import backups

LATE = timedelta(minutes=10)  # for work that is due: a worker looks every second
DRIFT = timedelta(seconds=5)
BACKUP_AGE = timedelta(hours=30)  # a night, and time for the backup itself
LINKED_PAGES = {"privacy", "ethics"}
STORES = {"default": "public", "originals": "originals", "cards": "cards"}


@register(deploy=True)
def address(app_configs, **kwargs):
    """Readers, and what they type, are met over TLS."""
    if not settings.HTTPS:
        yield Warning(_("SITE_URL does not begin with https://."), id="newsroom.W001")
    elif not settings.TRUSTED_PROXIES:
        text = _("TRUSTED_PROXIES is 0: all readers seem to come from the address of the proxy.")
        yield Warning(text, id="newsroom.W002")


@register(deploy=True)
def letters(app_configs, **kwargs):
    """Letters go to a mail server, and it answers."""
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        yield Warning(
            _("EMAIL_URL is not set: letters are written into files and sent to nobody."),
            id="newsroom.W003",
        )
        return
    try:
        with mail.get_connection():
            pass
    except OSError as error:  # smtplib's own are of this kind
        text = _("The mail server cannot be used: %s") % reason_of(error)
        yield Error(text, id="newsroom.E001")


@register(Tags.database, deploy=True)
def media(app_configs, **kwargs):
    """Pictures can be kept, wherever that is."""
    for alias, name in STORES.items():
        storage = storages[alias]
        try:
            storage.delete(storage.save("deploy-check.txt", ContentFile(b"")))
        except Exception as error:  # each store raises its own kinds
            words = {"name": name, "reason": reason_of(error)}
            text = _("Files of “%(name)s” cannot be written: %(reason)s") % words
            yield Error(text, id="newsroom.E002")


@register(Tags.database, deploy=True)
def shared(app_configs, **kwargs):
    """The cache answers."""
    try:
        cache.set("deploy-check", "ok", 5)
        working = cache.get("deploy-check") == "ok"
    except Exception:  # each client raises its own kinds
        working = False
    if not working:
        yield Error(_("The cache (REDIS_URL) does not answer."), id="newsroom.E003")


@register(Tags.database, deploy=True)
def database(app_configs, **kwargs):
    """The tables fit the code; then whether clock, worker and backup are as they should be."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        text = _("The database does not answer: %s") % reason_of(error)
        yield Error(text, id="newsroom.E004")
        return
    if missing:
        text = _("%(number)d migrations are not applied, the first of them %(name)s.")
        text %= {"number": len(missing), "name": missing[0][0]}
        yield Error(text, _("Run manage.py migrate."), id="newsroom.E005")
        return
    yield from (*clock(), *worker(), *backup(), *linked_pages())


def clock():
    if connection.vendor != "postgresql":  # SQLite has no clock of its own
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        drift = abs(cursor.fetchone()[0] - timezone.now())
    if drift > DRIFT:
        text = _("The clocks of this machine and of the database differ by %d seconds.")
        yield Error(text % drift.total_seconds(), id="newsroom.E006")


def worker():
    since = timezone.now() - LATE
    waits = DBTaskResult.objects.ready().filter(enqueued_at__lt=since).exists()
    if waits or Mail.objects.due().filter(due_at__lt=since).exists() or not tasks.was_upkept():
        text = _("Work is due and not done: the worker does not run.")
        yield Error(text, _("See systemctl status newsroom-worker."), id="newsroom.E007")


def backup():
    last = backups.last()
    if last is None or timezone.now() - last["made_at"] > BACKUP_AGE:
        text = _("The last backup is older than a night, or there is none.")
        yield Warning(text, _("See systemctl status newsroom-daily."), id="newsroom.W004")


def linked_pages():
    """The pages are there that the form for comments and the articles' metadata name."""
    there = Page.objects.filter(slug__in=LINKED_PAGES, is_published=True)
    missing = sorted(LINKED_PAGES - set(there.values_list("slug", flat=True)))
    if missing:
        text = _("Readers are sent to pages that are not there: %s") % ", ".join(
            f"/pages/{slug}/" for slug in missing
        )
        yield Warning(text, _("Write them at the desk, under Pages."), id="newsroom.W005")


def reason_of(error):
    """Return what an error says in one line; its kind, if it says nothing."""
    return str(error).strip().split("\n")[0] or type(error).__name__
