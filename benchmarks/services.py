"""PostgreSQL, Redis and small disks of one's own, to be killed and filled."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from benchmarks.crowd import children_of, free_port, wait_for

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


class Service:
    """A process that can be killed as by a loss of power, and started again."""

    process = None

    def start(self):
        self.process = self.run()

    def kill(self):
        """End it and all that it has started with SIGKILL."""
        os.kill(self.process.pid, signal.SIGSTOP)  # so that it starts nothing meanwhile
        for pid in [*children_of(self.process.pid), self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        if self.process:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL: do not wait for connections
            self.process.wait(30)


class Postgres(Service):
    """A cluster in a folder, which root lets the user `postgres` have."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), Path(folder, "postgres")
        self.user = {"user": "postgres"} if os.geteuid() == 0 else {}
        self.folder.mkdir()
        if self.user:
            Path(folder).chmod(0o755)
            shutil.chown(self.folder, "postgres")
        command = [POSTGRES[-1].with_name("initdb"), "-D", self.folder, "-U", "postgres"]
        command += ["-E", "UTF8", "--no-locale", "-A", "trust"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)

    @property
    def address(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def run(self):
        command = [POSTGRES[-1], "-D", self.folder, "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        return subprocess.Popen(
            command, cwd="/", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **self.user
        )

    def wait(self, seconds=30):
        """Wait until it takes connections."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                psycopg.connect(self.address, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit("PostgreSQL does not come up.")


class Redis(Service):
    """A Redis that keeps nothing on the disk."""

    def __init__(self):
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"

    def run(self):
        command = ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")
        wait_for(self.port)
        return process

    def kept(self):
        """Return how many keys it has."""
        with redis.Redis.from_url(self.address) as client:
            return client.dbsize()


@contextmanager
def small_disk(folder, megabytes):
    """Give a disk of that size, in memory; needs root."""
    folder = Path(folder, "disk")
    folder.mkdir()
    options = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk):
    """Fill a disk to its last byte; return the file that does so."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast
