"""How a backup comes back: everything is read and compared before anything is touched."""

import tempfile
from pathlib import Path

from django.core.files import File
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom import changes
from newsroom.backups.databases import KINDS, database
from newsroom.backups.making import listed, stored, summary
from newsroom.backups.vault import BackupError, Vault
from newsroom.models import PageChange
from newsroom.pagestores import shared_store

SHOWN = 10  # reasons that are told one by one


def forget_pages():
    """Drop the pages that were kept of the former paper, and what was noted of its changes."""
    shared_store().clear()
    if changes.TABLE in connection.introspection.table_names():  # older backups have none
        with transaction.atomic():
            PageChange.objects.all().delete()  # their positions are of another server
            changes.note(changes.PAPER)


def what_is_there():
    """Return what a restore would replace, in words; empty where there is nothing."""
    found = [_("rows in %s") % name for name in database().held()]
    return found + ([_("pictures")] if any(stored()) else [])


def restore(folder, name=None, replace=False, progress=iter):
    """Make database and pictures what a backup of `folder` holds, the newest unless named.

    Returns (what there is to say of the backup, whether `migrate` has to follow). Without
    `replace` there must be nothing yet; with it, what the backup does not hold is removed.
    """
    vault = Vault(folder)
    with vault.locked(shared=True), tempfile.TemporaryDirectory() as scratch:
        content = vault.manifest(name)
        live = right_kind(content)
        check_code(content)
        if not replace and (there := what_is_there()):
            text = _("There is a paper already (%s). --replace puts the backup in its place.")
            raise BackupError(text % ", ".join(there))
        plain = Path(scratch) / live.file
        check(vault, content, plain, progress)
        live.check(plain)
        # Pictures first: the database never names one that is not there yet.
        for alias, entries in content["media"].items():
            for path, entry in progress(entries.items()):
                put_back(vault, storages[alias], path, entry)
        live.load(plain)
        if replace:
            kept = set(listed(content))
            for alias, path in list(stored()):
                if f"{alias}/{path}" not in kept:
                    storages[alias].delete(path)
    forget_pages()
    executor = MigrationExecutor(connection)
    return summary(content), bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def right_kind(content):
    """Return the database of the settings; raise if it is not of the kind of a backup's."""
    live, kind = database(), content["database"]["kind"]
    if kind != live.kind:
        text = _("The backup is of %(theirs)s, but DATABASE_URL names %(ours)s.")
        raise BackupError(text % {"theirs": kind, "ours": live.kind})
    return live


def check_code(content):
    """Raise if a backup has migrations that this code does not know."""
    known = {".".join(key) for key in MigrationExecutor(None).loader.disk_migrations}
    unknown = sorted(set(content["migrations"]) - known)
    if unknown:
        text = _("The backup was made by a newer version: %s is unknown here. Upgrade first.")
        raise BackupError(text % unknown[0])


def check(vault, content, plain, progress=iter):
    """Read all of a backup, its database into `plain`; raise with what is wrong with it."""
    wrong = []

    def attempt(path, entry, label, target=None):
        try:
            vault.check(path, {key: entry[key] for key in ("sha256", "size")}, label, target)
        except BackupError as error:
            wrong.append(str(error))

    entry = content["database"]
    file = vault.sealed(KINDS[entry["kind"]].file)
    with open(plain, "wb") as target:
        attempt(vault.backups / content["name"] / file, entry, file, target)
    pictures = {
        vault.picture(entry): (entry, f"{alias}/{path}")
        for alias, entries in content["media"].items()
        for path, entry in entries.items()
    }
    for path, (entry, label) in progress(pictures.items()):
        attempt(path, entry, label)
    if wrong:
        more = len(wrong) - SHOWN
        rest = [ngettext("… and %d more.", "… and %d more.", more) % more] if more > 0 else []
        raise BackupError("\n".join(wrong[:SHOWN] + rest))


def put_back(vault, storage, path, entry):
    """Store a picture under its path, in the place of any other content."""
    with tempfile.TemporaryFile() as file:
        vault.check(vault.picture(entry), entry, path, file)
        file.seek(0)
        if storage.exists(path):
            storage.delete(path)
        storage.save(path, File(file))
