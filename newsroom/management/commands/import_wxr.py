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
            "--update",
            action="store_true",
            help="write articles and pages imported before anew, over changes made here",
        )

    def handle(self, *args, file, media=None, dry_run=False, update=False, **options):
        if media and not Path(media).is_dir():
            raise CommandError(_("%s is not a folder.") % media)
        try:
            report = import_export(file, media, is_dry=dry_run, update=update)
        except BadExport as error:
            raise CommandError(_("Nothing was imported. %s") % error) from error
        except OSError as error:
            reason = error.strerror or error
            raise CommandError(_("Nothing was imported. %s") % f"{file}: {reason}") from error
        if dry_run:
            self.stdout.write(_("A try: nothing was written."))
        for line in report.lines():
            self.stdout.write(line)
