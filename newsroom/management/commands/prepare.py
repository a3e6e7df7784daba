"""Everything between the code and a paper that can be served, in one process: for `make run`."""

import hashlib
import secrets

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from articles.models import SearchEntry
from authors.models import User

SIGN_IN = "editor"


class Command(BaseCommand):
    help = "Migrate, fill an empty site, collect static files, make the first account."
    requires_system_checks = []

    def handle(self, *args, **options):
        settings.VAR_DIR.mkdir(exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("seed", if_empty=True)
        if not SearchEntry.objects.exists():  # a paper older than its index
            call_command("reindex")
        self.collect_static()
        self.make_sign_in()

    def collect_static(self):
        """Collect and compress the static files if any of them changed since the last time."""
        digest = hashlib.sha256()
        shaped_by = ("requirements.txt", "newsroom/storage.py")
        files = [
            *settings.STATICFILES_DIRS[0].rglob("*"),
            *(settings.BASE_DIR / name for name in shaped_by),
        ]
        for path in sorted(path for path in files if path.is_file()):
            digest.update(str(path).encode() + path.read_bytes())
        mark = settings.STATIC_ROOT / ".collected"
        if not mark.exists() or mark.read_text() != digest.hexdigest():
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            mark.write_text(digest.hexdigest())

    def make_sign_in(self):
        """Make the first account where there is none, keep its password in .env, say where."""
        env = settings.BASE_DIR / ".env"
        lines = env.read_text().splitlines() if env.exists() else []
        password = dict(line.split("=", 1) for line in lines if "=" in line).get("SAMPLE_PASSWORD")
        if not User.objects.filter(is_superuser=True).exists():
            if not password:
                password = secrets.token_urlsafe(9)
                with env.open("a") as file:
                    file.write(f"SAMPLE_PASSWORD={password}\n")
            User.objects.create_superuser(SIGN_IN, password=password)
        address = {"address": f"http://127.0.0.1:{settings.PORT}"}
        self.stdout.write(_("The paper:    %(address)s/") % address)
        desk = {"address": f"{address['address']}/{settings.ADMIN_PATH}"}
        self.stdout.write(_("The newsroom: %(address)s") % desk)
        if password:
            self.stdout.write(
                _("Sign in as %(name)s with %(password)s (kept in .env)")
                % {"name": SIGN_IN, "password": password}
            )
