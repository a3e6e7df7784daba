"""Django, with a database and a folder of its own that are thrown away, for a benchmark.

Import this before anything of Django's. DATABASE_URL names a database that is kept instead.
"""

import os
import tempfile

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
FOLDER = tempfile.TemporaryDirectory()
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER.name}/bench.db")
os.environ["MEDIA_ROOT"] = FOLDER.name

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402


def prepare(is_served=False):
    """Make the tables and collect the static files; `is_served`, where a server looks for them."""
    if not is_served:
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.STATIC_ROOT = f"{FOLDER.name}/static"
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def analyze():
    """Let PostgreSQL look at what it holds now, as it does by itself in time.

    SQLite keeps no statistics unless it is told to, and the site does not: its plans must do
    without, and stay the same at every size.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
