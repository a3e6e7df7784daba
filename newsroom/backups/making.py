"""How a backup is made: the database first, then the pictures that it names."""

import json
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from newsroom import backups, pictures
from newsroom.backups.databases import database, fingerprints, migrations
from newsroom.backups.vault import NAME, BackupError, Vault, kept

STORAGES = ("default", "originals")  # cards are drawn again when asked for
COUNTED = {
    "articles": "articles_article",
    "comments": "comments_comment",
    "photos": "articles_photo",
}


def back_up(folder, keep, progress=iter):
    """Make a backup in `folder`, then remove those that `keep` does not ask for.

    Returns what `backups.last()` will. The paper may be written to meanwhile: the backup is the
    state of one moment, and everything that was saved before is in it.
    """
    vault = Vault(folder)
    kept([], keep)  # bad words are said before the work
    with vault.locked():
        vault.prune()
        known = known_pictures(vault)
        with vault.new() as (part, name):
            content, named = copy_database(vault, part)
            content["name"] = name
            content["media"] = copy_pictures(vault, known, progress)
            content["missing"] = sorted(named - set(listed(content)))
            vault.write_manifest(part, content)
        vault.rotate(keep)
    record = summary(content) | {"is_encrypted": bool(vault.key)}
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    part = settings.MEDIA_ROOT / f".{backups.RECORD}"
    part.write_text(json.dumps(record))
    part.replace(settings.MEDIA_ROOT / backups.RECORD)
    return backups.last()


def copy_database(vault, part):
    """Write the database into `part`; return what there is to say of it, and the files it names.

    What is to be encrypted is not written beside the backups in the clear before.
    """
    live = database()
    with tempfile.TemporaryDirectory(dir=None if vault.key else part) as scratch:
        plain = Path(scratch) / live.file
        with live.copied(plain) as select:
            content = {
                "tables": fingerprints(select, live),
                "migrations": migrations(select),
            }
            named = set(named_files(select))
        with open(plain, "rb") as file:
            entry = vault.seal(file, part / vault.sealed(live.file))
    return {"database": {"kind": live.kind, **entry}, **content}, named


def copy_pictures(vault, known, progress):
    """Keep the files of all storages; return {storage: {path: entry}}.

    A path belongs to one content, so that what an earlier backup has is not read again.
    """
    found = {alias: {} for alias in STORAGES}
    for alias, path in progress(list(stored())):
        entry = known.get(alias, {}).get(path)
        if not entry or not vault.has(entry):
            try:
                with storages[alias].open(path) as file:
                    entry = vault.keep(file)
            except FileNotFoundError:
                continue  # removed just now
        found[alias][path] = entry
    return found


def known_pictures(vault):
    """Return the pictures of the newest backup; none if it cannot be trusted."""
    with suppress(BackupError):
        return vault.manifest()["media"]
    return {}


def stored():
    """Yield (storage, path) of every file that is there entirely."""
    for alias in STORAGES:
        yield from ((alias, path) for path in paths(storages[alias]))


def paths(storage, folder=""):
    """Yield the path of every file of a storage."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (folder + name for name in names if not name.endswith(".part"))
    for name in folders:
        yield from paths(storage, f"{folder}{name}/")


def named_files(select):
    """Yield “storage/path” of the files that the database names."""
    rows = select("SELECT original, version, width, height FROM articles_photo")
    for original, version, width, height in rows:
        yield f"originals/{original}"
        for path in pictures.paths(version, width, height):
            yield f"default/{path}"


def listed(content):
    """Yield “storage/path” of the pictures of a backup."""
    for alias, entries in content["media"].items():
        yield from (f"{alias}/{path}" for path in entries)


def summary(content):
    """Return what is worth to know of a backup."""
    entries = [entry for entries in content["media"].values() for entry in entries.values()]
    counts = {word: content["tables"].get(name, [0])[0] for word, name in COUNTED.items()}
    return {
        "name": content["name"],
        "made_at": datetime.strptime(content["name"], NAME).replace(tzinfo=UTC).isoformat(),
        "size": content["database"]["size"] + sum(entry["size"] for entry in entries),
        "counts": {**counts, "files": len(entries)},
        "missing": len(content["missing"]),
    }
