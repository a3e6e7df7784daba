"""The day's upkeep, for cron or by hand; the worker does it too."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from comments import upkeep


class Command(BaseCommand):
    help = "End what is over and destroy what need not be kept. May run at any time."

    def handle(self, *args, **options):
        lines = []
        try:
            upkeep.run(lines.append)
        except upkeep.UpkeepFailed as error:
            raise CommandError(str(error)) from None
        finally:
            for line in lines or [_("Nothing to do.")]:
                self.stdout.write(line)
