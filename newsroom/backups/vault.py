"""The folder of backups, in which everything is whole, read again after writing, and sealed.

    backups/NAME/   one backup: manifest.json and the database
    media/ab/abc…   every picture once, under the SHA-256 of its content

With a key, files are encrypted in age's format and the manifest, which names the SHA-256 of
every file, carries an HMAC. Without one it carries a plain SHA-256, against accidents alone.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import shutil
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pyrage
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.files import sync

FORMAT = 1
MANIFEST = "manifest.json"
NAME = "%Y-%m-%dT%H%M%S.%fZ"  # in UTC: names sort as the backups were made
PERIODS = ("%Y-%m-%d", "%G-%V", "%Y-%m")  # days, weeks, months


class BackupError(Exception):
    """Why there is no backup, or why one is refused; a sentence for who runs the paper."""


class Tally:
    """A file, or none, that counts and hashes what goes through it."""

    def __init__(self, file=None):
        self.file, self.size, self.hash, self.error = file, 0, hashlib.sha256(), None

    def read(self, size=-1):
        return self.count(self.attempt("read", size))

    def write(self, data):
        if self.file:
            self.attempt("write", data)
        return len(self.count(data))

    def flush(self):
        pass

    def attempt(self, verb, argument):
        """Read or write; keep the error, of which pyrage hands on nothing but the text."""
        try:
            return getattr(self.file, verb)(argument)
        except OSError as error:
            self.error = error
            raise

    def count(self, data):
        self.size += len(data)
        self.hash.update(data)
        return data

    @property
    def entry(self):
        """What a manifest says of the content."""
        return {"sha256": self.hash.hexdigest(), "size": self.size}


class Vault:
    """A folder of backups, and the key of this machine if BACKUP_KEY_FILE names one."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.backups, self.media = self.folder / "backups", self.folder / "media"
        self.identity = read_key(settings.BACKUP_KEY_FILE)
        self.key = key_name(self.identity) if self.identity else ""

    @contextmanager
    def locked(self, shared=False):
        """Keep others out meanwhile; `shared`, only those who write."""
        lock = self.folder / ".lock"
        if not shared:
            for folder in (self.backups, self.media):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not os.access(lock, os.R_OK):  # a copy, or a medium that cannot be written to
            yield
            return
        with open(lock, "r" if shared else "a") as file:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                text = _("Another backup, restore or drill is at work in %s.")
                raise BackupError(text % self.folder) from None
            yield

    def names(self):
        """Return the names of the backups, the oldest first."""
        if not self.backups.is_dir():
            return []
        return sorted(path.name for path in self.backups.iterdir() if path.name[0] != ".")

    # Files

    def sealed(self, name, key=None):
        """Return what a file of that name is called here, under the given key or ours."""
        key = self.key if key is None else key
        return f"{name}.{key}.age" if key else name

    def seal(self, source, path):
        """Write all of `source` under `path`, on the disk and read again; return its entry."""
        read = Tally(source)
        with open(path, "wb") as file:
            written = Tally(file)
            try:
                if self.identity:
                    pyrage.encrypt_io(read, written, [self.identity.to_public()])
                else:
                    shutil.copyfileobj(read, written, 2**20)
            except pyrage.EncryptError as error:
                raise read.error or written.error or BackupError(str(error)) from None
            file.flush()
            os.fsync(file.fileno())
            # What is read again shall come from the disk.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.check(path, read.entry, path)
        return read.entry

    def check(self, path, entry, label, target=None):
        """Read the file at `path`, into `target` if given; raise if it is not what `entry` says."""
        read = Tally(target)
        damaged = BackupError(_("%s is damaged or was changed.") % label)
        try:
            with open(path, "rb") as file:
                if self.identity:
                    pyrage.decrypt_io(file, read, [self.identity])
                else:
                    shutil.copyfileobj(file, read, 2**20)
        except FileNotFoundError:
            raise BackupError(_("%s is missing from the backup.") % label) from None
        except pyrage.DecryptError:
            raise read.error or damaged from None
        except OSError as error:  # pyrage's own has no number
            raise (error if error.errno else damaged) from None
        if read.entry != entry:
            raise damaged

    def picture(self, entry, key=None):
        """Return where the picture of an entry is kept."""
        digest = entry["sha256"]
        return self.media / digest[:2] / self.sealed(digest, key)

    def has(self, entry):
        """Whether the picture of an entry is here, as far as its size tells."""
        path = self.picture(entry)
        return path.is_file() and path.stat().st_size >= entry["size"]

    def keep(self, file):
        """Keep a picture; return its entry."""
        part = self.media / ".part"
        entry = self.seal(file, part)
        path = self.picture(entry)
        path.parent.mkdir(exist_ok=True)
        os.replace(part, path)
        sync(path.parent)
        return entry

    # Backups

    @contextmanager
    def new(self):
        """Yield a folder that becomes a backup if all goes well, and nothing otherwise."""
        name = timezone.now().strftime(NAME)
        part = self.backups / f".{name}"
        part.mkdir(mode=0o700)
        try:
            yield part, name
            sync(part)
            os.rename(part, self.backups / name)
            sync(self.backups)
        except BaseException:
            self.prune()
            raise

    def write_manifest(self, folder, content):
        """Write what a backup holds, sealed."""
        with open(folder / MANIFEST, "w") as file:
            content = {"format": FORMAT, "key": self.key, **content}
            json.dump({"content": content, "seal": self.seal_of(content)}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())

    def manifest(self, name=None):
        """Return what a backup holds, the newest unless named; raise if it cannot be trusted."""
        if name is None:
            name = next(reversed(self.names()), None)
        if name not in self.names():
            text = _("There is no backup %s.") % name if name else _("There is no backup in %s.")
            raise BackupError(text if name else text % self.folder)
        damaged = BackupError(_("%s is damaged or was changed.") % f"{name}/{MANIFEST}")
        try:
            content, seal = self.read_manifest(name)
            number, key = content["format"], content["key"]
        except FileNotFoundError:
            raise BackupError(_("%s is missing from the backup.") % MANIFEST) from None
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        if number != FORMAT:
            raise BackupError(_("The backup %s was made by another version of Newsroom.") % name)
        if key != self.key:
            raise BackupError(self.why_not(key))
        if not hmac.compare_digest(seal, self.seal_of(content)) or content["name"] != name:
            raise damaged
        return content

    def read_manifest(self, name):
        """Return (content, seal) of a manifest, whether it can be trusted or not."""
        data = json.loads((self.backups / name / MANIFEST).read_bytes())
        return data["content"], data["seal"]

    def why_not(self, key):
        """Say why a backup made under `key` is not taken with ours."""
        if not self.key:
            return _("The backup is encrypted: set BACKUP_KEY_FILE to its key (%s).") % key
        if not key:
            return _(
                "The backup is not encrypted, though BACKUP_KEY_FILE is set: anybody might have"
                " made it. Unset it to take this backup all the same."
            )
        keys = {"theirs": key, "ours": self.key}
        return _("The backup was made with another key (%(theirs)s, not %(ours)s).") % keys

    def seal_of(self, content):
        """Return the HMAC of a manifest under our key; without one, its plain hash."""
        text = b"newsroom manifest\n" + json.dumps(content, sort_keys=True).encode()
        if self.identity:
            return hmac.digest(str(self.identity).encode(), text, "sha256").hex()
        return hashlib.sha256(text).hexdigest()

    # Rotation

    def rotate(self, keep):
        """Remove backups that `keep` does not ask for, and pictures that no other names."""
        names = self.names()
        for name in set(names) - kept(names, keep):
            gone = self.backups / f".{name}"
            os.rename(self.backups / name, gone)
            shutil.rmtree(gone)
        self.prune()

    def prune(self):
        """Remove what no backup names: pictures, and what was left half done."""
        for path in self.backups.glob(".*"):
            shutil.rmtree(path)
        try:
            manifests = [self.read_manifest(name)[0] for name in self.names()]
            named = {
                self.picture(entry, content["key"])
                for content in manifests
                for entries in content["media"].values()
                for entry in entries.values()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # nobody can tell what a broken one names
        for path in [*self.media.glob("*/*"), *self.media.glob(".part")]:
            if path not in named:
                path.unlink()


def read_key(path):
    """Return the key that a file holds, as age-keygen writes it; None without a file."""
    if not path:
        return None
    try:
        lines = Path(path).read_text().split("\n")
        return pyrage.x25519.Identity.from_str(
            next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-"))
        )
    except OSError as error:
        text = f"{path}: {error.strerror}"
    except (StopIteration, ValueError, pyrage.IdentityError):
        text = str(path)
    raise BackupError(_("BACKUP_KEY_FILE holds no key of age. %s") % text)


def key_name(identity):
    """Return by what a key is told from others, which says nothing of it."""
    return hashlib.sha256(str(identity.to_public()).encode()).hexdigest()[:8]


def kept(names, keep):
    """Return which backups to keep: the newest of each of the last days, weeks and months.

    `keep` is such as 7d4w12m. The newest of all is always kept, and so is what is no backup's name.
    """
    match = re.fullmatch(r"(?=.)(?:(\d+)d)?(?:(\d+)w)?(?:(\d+)m)?", keep)
    if not match:
        raise BackupError(_("“%s” does not say what to keep; 7d4w12m would.") % keep)
    times = {}
    for name in names:
        with suppress(ValueError):
            at = datetime.strptime(name, NAME).replace(tzinfo=UTC)
            times[name] = timezone.localtime(at)
    found = set(names) - set(times) | set(names[-1:])
    for number, period in zip(match.groups(), PERIODS, strict=True):
        newest = {at.strftime(period): name for name, at in sorted(times.items())}
        found.update(sorted(newest.values(), reverse=True)[: int(number or 0)])
    return found
