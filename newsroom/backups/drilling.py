"""The drill: a backup is restored aside, compared with what it was made of, and read."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils.html import escape
from django.utils.translation import gettext as _

from articles.models import Article
from newsroom.backups.databases import fingerprints
from newsroom.backups.making import listed, named_files, summary
from newsroom.backups.restoring import check, check_code, right_kind
from newsroom.backups.vault import BackupError, Vault

# A paper that is only tried out shares nothing with the one that people read.
APART = {
    "REDIS_URL": "",
    "PAGE_CACHE": "off",
    "DATABASE_REPLICA_URL": "",
    "DATABASE_POOL": "0",
    "MEDIA_S3": "",
    "EMAIL_URL": "",
    "DEBUG": "on",  # static files are not what is tried: they need not have been collected
}


def drill(folder, name=None, pages=20, progress=iter):
    """Prove that a backup is one, the newest unless named; return what there is to say of it.

    Every file is read and compared with the manifest, the database is restored aside and all
    its rows are compared with those of the day, every picture that it names must be there, and
    the articles must open. Raises `BackupError` with what is wrong.
    """
    vault = Vault(folder)
    with vault.locked(shared=True), tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        content = vault.manifest(name)
        live = right_kind(content)
        check_code(content)
        plain = scratch / live.file
        check(vault, content, plain, progress)
        live.check(plain)
        with live.scratch(plain, scratch) as (url, restored):
            with restored.opened() as select:
                found = fingerprints(select, restored, content["tables"])
                named = set(named_files(select))
            other = [
                name for name in content["tables"] if found.get(name) != content["tables"][name]
            ]
            if other:
                raise BackupError(_("These tables came back changed: %s.") % ", ".join(other))
            lost = sorted(named - set(listed(content)) - set(content["missing"]))
            if lost:
                raise BackupError(_("These pictures are lost: %s.") % ", ".join(lost[:10]))
            opened = open_aside(url, scratch / "media", pages)
    return summary(content) | {"pages": opened}


def open_aside(url, media, pages):
    """Open articles of the database at `url` in a process of its own; return how many."""
    code = f"from newsroom.backups.drilling import open_pages; open_pages({pages:d})"
    own = {**APART, "DATABASE_URL": url, "MEDIA_ROOT": str(media)}
    # Where a file says what a variable would, it says it of the paper that people read.
    own |= {f"{name}_FILE": "" for name in own}
    answer = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "shell", "--verbosity=0", "-c", code],
        env=os.environ | own,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        last = (answer.stderr.strip() or answer.stdout.strip()).splitlines()[-1:]
        raise BackupError(_("The restored paper does not open. %s") % "".join(last))
    return int(answer.stdout)


def open_pages(number):
    """Migrate, then open the front page and `number` of the articles; print how many opened.

    The newest half of them, and the rest by chance from the whole archive.
    """
    call_command("migrate", verbosity=0)
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0].lstrip("."), raise_request_exception=False)
    shown = Article.objects.published().order_by("-published_at", "-pk")
    newest = list(shown[: (number + 1) // 2])
    others = list(shown.exclude(pk__in=[one.pk for one in newest]).values_list("pk", flat=True))
    chosen = random.sample(others, min(number - len(newest), len(others)))
    articles = [*newest, *Article.objects.filter(pk__in=chosen)]
    addresses = {article.get_absolute_url(): article.headline for article in articles}
    for address, headline in {"/": "", **addresses}.items():
        answer = client.get(address, secure=settings.HTTPS)
        if answer.status_code != 200 or escape(headline) not in answer.content.decode():
            sys.exit(f"{address}: {answer.status_code}")
    print(len(articles))
