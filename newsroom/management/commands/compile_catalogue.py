"""Compile the catalogues without gettext's tools, which a bare machine does not have."""

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/django.po where the .po is newer than the .mo."
    requires_system_checks = []

    def handle(self, *args, **options):
        for po in settings.LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.po"):
            mo = po.with_suffix(".mo")
            if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
                polib.pofile(str(po)).save_as_mofile(str(mo))
