"""The `drill` command: the proof that a backup can be restored."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from newsroom.backups.drilling import drill
from newsroom.management.commands.backup import bar, explained, say


class Command(BaseCommand):
    help = "Restore a backup aside, compare every row and picture, open articles, clean up."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="where backups are kept")
        parser.add_argument("--backup", metavar="NAME", help="which one; the newest unless named")
        parser.add_argument("--pages", type=int, default=20, help="how many articles to open")

    def handle(self, *args, folder, backup, pages, **options):
        with explained(_("The drill failed. %s")):
            proved = drill(folder, backup, pages, bar)
        say(
            self,
            _("%s can be restored. Every row and every file is as it was:") % proved["name"],
            proved,
        )
        self.stdout.write(_("%d articles were opened in the restored paper.") % proved["pages"])
        if proved["missing"]:
            text = _("%d files were missing on the day of the backup already.")
            self.stdout.write(self.style.WARNING(text % proved["missing"]))
