"""The `backup` command: the paper as it is now, in a folder of backups."""

import sqlite3
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from tqdm import tqdm

from newsroom.backups.making import back_up
from newsroom.backups.vault import BackupError
from newsroom.management.commands.export_wxr import reason_of


class Command(BaseCommand):
    help = "Back up database and pictures while people write; encrypted with BACKUP_KEY_FILE."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="where backups are kept")
        parser.add_argument(
            "--keep",
            default=settings.BACKUP_KEEP,
            help="the newest of how many days, weeks and months stay (default: %(default)s)",
        )

    def handle(self, *args, folder, keep, **options):
        with explained(_("There is no new backup; the earlier ones are as they were. %s")):
            made = back_up(folder, keep, bar)
        say(self, _("Backed up as %s:") % made["name"], made)
        if made["missing"]:
            text = _("%d files that the database names were not there; the manifest lists them.")
            self.stderr.write(self.style.WARNING(text % made["missing"]))


def say(command, line, made):
    """Print what a backup holds."""
    counts = _("%(articles)d articles, %(comments)d comments, %(photos)d photos, %(files)d files")
    command.stdout.write(line, command.style.SUCCESS)
    command.stdout.write(f"{counts % made['counts']}, {filesizeformat(made['size'])}.")


def bar(items):
    return tqdm(items, disable=None)


@contextmanager
def explained(what):
    """Turn what went wrong into the command's error; `what` says how things stand now."""
    try:
        yield
    except BackupError as error:
        raise CommandError(what % error) from None
    except KeyboardInterrupt:
        raise CommandError(what % _("It was interrupted.")) from None
    except OSError as error:
        raise CommandError(what % f"{error.filename or ''} {reason_of(error)}".strip()) from error
    except (DatabaseError, sqlite3.Error) as error:
        is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise CommandError(what % (_("the disk is full") if is_full else error)) from error
