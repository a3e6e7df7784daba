"""Where made pages are kept for all processes: files of this machine, or Redis.

A store holds bytes under a name, for as long as `KEPT_SECONDS`, and hands out leases: who has
one makes the page, the others wait. It may fail in any way; `Guarded` turns every failure
into "not there" and then leaves the store alone for a while.
"""

import contextlib
import hashlib
import json
import logging
import os
import platform
import shutil
import time
from functools import cache
from pathlib import Path

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
KEPT_SECONDS = 600
LEASE_SECONDS = 2  # for which others wait for a page, whose maker may have died
MOST_BYTES = 256 * 2**20
SWEEP_EVERY = 200  # pages written by a process
LEFT_ALONE_SECONDS = 5
PATIENCE = 0.1  # seconds in which Redis must answer


class FileStore:
    """Files in a folder, one a page: shared by the processes of a machine without a server."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.written = 0

    def file(self, name):
        return self.folder / hashlib.blake2b(name.encode(), digest_size=16).hexdigest()

    def get(self, name):
        try:
            return self.file(name).read_bytes()
        except FileNotFoundError:
            return None

    def set(self, name, data):
        self.write(self.file(name), data)
        self.written += 1
        if self.written % SWEEP_EVERY == 0:
            self.sweep()

    def write(self, file, data):
        """Write a file that is there entirely or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
        try:
            part.write_bytes(data)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def lease(self, name):
        """Whether the lease of a name is ours now."""
        file = self.file(name).with_suffix(".lease")
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                if abs(time.time() - file.stat().st_mtime) > LEASE_SECONDS:
                    file.unlink()  # its owner has died; the next who asks gets it
            return False
        return True

    def release(self, name):
        self.file(name).with_suffix(".lease").unlink(missing_ok=True)

    def sweep(self):
        """Remove what is too old, then the oldest, until the folder is well below its bound."""
        found = []
        for entry in os.scandir(self.folder):
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat()
                found.append((status.st_mtime, status.st_size, entry.path))
        total, now = sum(size for _, size, _ in found), time.time()
        for modified, size, path in sorted(found):
            if now - modified < KEPT_SECONDS and total < MOST_BYTES * 0.9:
                break
            Path(path).unlink(missing_ok=True)
            total -= size

    def count(self, outcomes):
        """Tell the outcomes of this process so far."""
        self.write(self.folder / f"{os.getpid()}.count", json.dumps(outcomes).encode())

    def counts(self):
        """Return the outcomes that processes told lately, one after the other."""
        return [json.loads(file.read_text()) for file in self.folder.glob("*.count")]

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisStore:
    """Keys in Redis, which several machines may share."""

    def __init__(self, url, prefix):
        self.client = redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self.prefix = prefix

    def get(self, name):
        return self.client.get(f"{self.prefix}:{name}")

    def set(self, name, data):
        self.client.set(f"{self.prefix}:{name}", data, ex=KEPT_SECONDS)

    def lease(self, name):
        """Whether the lease of a name is ours now."""
        return bool(self.client.set(f"{self.prefix}:{name}:lease", b"1", nx=True, ex=LEASE_SECONDS))

    def release(self, name):
        self.client.delete(f"{self.prefix}:{name}:lease")

    def count(self, outcomes):
        """Tell the outcomes of this process so far."""
        name = f"{self.prefix}:count:{platform.node()}-{os.getpid()}"
        self.client.set(name, json.dumps(outcomes), ex=KEPT_SECONDS)

    def counts(self):
        """Return the outcomes that processes told lately, one after the other."""
        names = list(self.client.scan_iter(f"{self.prefix}:count:*"))
        return [json.loads(told) for told in self.client.mget(names) if told] if names else []

    def clear(self):
        for name in self.client.scan_iter(f"{self.prefix}:*"):
            self.client.delete(name)


class Guarded:
    """A store whose failures cost speed and nothing else."""

    def __init__(self, store):
        self.store = store
        self.left_alone_until = 0

    def ask(self, method, *args, otherwise=None):
        if time.monotonic() < self.left_alone_until:
            return otherwise
        try:
            return getattr(self.store, method)(*args)
        except (OSError, ValueError, redis.RedisError) as error:
            self.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            logger.warning("The store of pages fails (%s)", type(error).__name__)
            return otherwise

    def get(self, name):
        return self.ask("get", name)

    def set(self, name, data):
        self.ask("set", name, data)

    def lease(self, name):
        return self.ask("lease", name, otherwise=True)

    def release(self, name):
        self.ask("release", name)

    def count(self, outcomes):
        self.ask("count", outcomes)

    def counts(self):
        return self.ask("counts", otherwise=[])

    def clear(self):
        self.ask("clear")


@cache
def shared_store():
    """Return the store that the settings name: Redis if there is one, or else files."""
    if settings.REDIS_URL:
        prefix = f"{settings.CACHES['default']['KEY_PREFIX']}:pages:{release()}"
        return Guarded(RedisStore(settings.REDIS_URL, prefix))
    return Guarded(FileStore(settings.VAR_DIR / "pages" / release()))


def release():
    """Return what tells the pages of this code and these settings from those of others."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in ("newsroom", "articles", "comments", "authors", "templates", "static", "locale"):
        for file in sorted(settings.BASE_DIR.joinpath(folder).rglob("*")):
            if file.suffix in (".py", ".html", ".css", ".js", ".mo"):
                digest.update(file.read_bytes())
    database = {key: str(value) for key, value in settings.DATABASES["default"].items()}
    shaping = (settings.SITE_URL, settings.LANGUAGE_CODE, settings.TIME_ZONE, settings.SECRET_KEY)
    digest.update(repr((database["HOST"], database["NAME"], shaping)).encode())
    return digest.hexdigest()
