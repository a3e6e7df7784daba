"""The `import_wxr` command: a WordPress export becomes our articles and comments."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from newsroom.wxr.importer import import_export
from newsroom.wxr.reader import BadExport


class Command(BaseCommand):
    help = "Import a WordPress export (WXR 1.0 to 1.2). Safe to run twice; all or nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", help="the export, as WordPress wrote it (.xml)")
        media = parser.add_mutually_exclusive_group()
        media.add_argument("--media", help="a copy of wp-content/uploads/, for the pictures")
        media.add_argument("--no-media", action="store_true", help="without pictures")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be made")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="take the export's text also where an article or a page was changed here",
        )

    def handle(self, *args, file, media=None, dry_run=False, overwrite=False, **options):
        if media and not Path(media).is_dir():
            raise CommandError(_("%s is not a folder.") % media)
        try:
            report = import_export(file, media, is_dry=dry_run, overwrite=overwrite)
        except BadExport as error:
            raise CommandError(_("Nothing was imported. %s") % error) from error
        except KeyboardInterrupt:
            raise CommandError(_("Nothing was imported. %s") % _("It was interrupted.")) from None
        except OSError as error:
            text = f"{error.filename or file}: {reason_of(error)}"
            raise CommandError(_("Nothing was imported. %s") % text) from error
        if dry_run:
            self.stdout.write(_("A try: nothing was written."))
        for line in report.lines():
            self.stdout.write(line)


def reason_of(error):
    """Return in words of ours why a file could not be opened; the system's words for the rest."""
    reasons = {
        FileNotFoundError: _("there is no such file"),
        IsADirectoryError: _("this is a folder; the export is a file"),
        PermissionError: _("this file may not be read"),
    }
    return reasons.get(type(error)) or error.strerror or error
