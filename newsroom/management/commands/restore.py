"""The `restore` command: a backup becomes the paper again."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from newsroom.backups.restoring import restore, what_is_there
from newsroom.management.commands.backup import bar, explained, say


class Command(BaseCommand):
    help = "Put a backup back, into an empty database and media folder. Stop the site before."
    requires_system_checks = []  # they may ask the database, which may be lost

    def add_arguments(self, parser):
        parser.add_argument("folder", help="where backups are kept")
        parser.add_argument("--backup", metavar="NAME", help="which one; the newest unless named")
        parser.add_argument(
            "--replace", action="store_true", help="in the place of the paper that is there"
        )
        parser.add_argument(
            "--no-input", action="store_false", dest="is_asked", help="do not ask before"
        )

    def handle(self, *args, folder, backup, replace, is_asked, **options):
        with explained(_("Nothing was restored. %s")):
            if replace and is_asked and (there := what_is_there()):
                self.stdout.write(_("This will be gone: %s.") % ", ".join(there))
                if input(_("Type “yes” to go on: ")) != "yes":
                    raise CommandError(_("Nothing was restored. %s") % _("You did not say yes."))
            restored, is_older = restore(folder, backup, replace, bar)
        say(self, _("Restored %s:") % restored["name"], restored)
        if is_older:
            self.stdout.write(_("The code is newer than the backup: run `manage.py migrate` now."))
