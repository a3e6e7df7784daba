"""The database as a file: copied while people write, put back, and opened aside.

Both kinds are asked through a `select(sql)` that yields the rows of one consistent state.
"""

import errno
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.backends.postgresql.client import DatabaseClient
from django.utils.translation import gettext as _

from newsroom.backups.vault import BackupError
from newsroom.settings import env

PATIENCE = 10  # seconds for which a restore waits until others let go of PostgreSQL's tables
LOCK_NOT_AVAILABLE = "55P03"
# A database that has rows in none of these is an empty one.
HELD = ("articles_article", "comments_comment", "articles_photo", "authors_user")


def database():
    """Return the database of the settings as what can be copied and put back."""
    return KINDS[connection.vendor](connection.settings_dict["NAME"])


class SQLite:
    kind, file = "sqlite", "database.sqlite3"
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    rows = "SELECT * FROM {0}"

    def __init__(self, name):
        self.path = Path(name)

    @contextmanager
    def opened(self):
        """Yield a `select` on this database, which is only read."""
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as own:
            yield own.execute

    @contextmanager
    def copied(self, path):
        """Write the database into `path`; yield a `select` on that state of it."""
        source = f"{self.path.absolute().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(source, uri=True, timeout=20)) as live,
            closing(sqlite3.connect(path)) as copy,
        ):
            live.backup(copy)  # in one step: writers go on into the -wal file meanwhile
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, no other beside it
        self.check(path)
        with SQLite(path).opened() as select:
            yield select

    def check(self, path):
        """Raise if a copy is no sound database."""
        try:
            with SQLite(path).opened() as select:
                is_sound = list(select("PRAGMA integrity_check")) == [("ok",)]
        except sqlite3.DatabaseError:
            is_sound = False
        if not is_sound:
            raise BackupError(_("The database is damaged: SQLite's integrity check fails."))

    def held(self):
        """Return which tables that matter hold rows; a file that cannot be read counts as all."""
        if not self.path.exists() or not self.path.stat().st_size:
            return []
        try:
            with self.opened() as select:
                return [name for name in present(select, self, HELD) if any_row(select, name)]
        except sqlite3.DatabaseError:
            return list(HELD)

    def load(self, path):
        """Put the copy in `path` into the place of this database, in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection.close()
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            shutil.copyfile(path, part)
            shutil.copymode(self.path if self.path.exists() else path, part)
            with open(part, "rb") as file:
                os.fsync(file.fileno())
            self.close_down()
            os.replace(part, self.path)
        finally:
            part.unlink(missing_ok=True)

    def close_down(self):
        """Have the files beside the database gone, which belong to it and not to its successor."""
        try:
            with closing(sqlite3.connect(self.path, timeout=1)) as own:
                own.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise BackupError(in_use()) from None
            raise
        except sqlite3.DatabaseError:
            pass  # what is damaged may well be replaced
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def scratch(self, path, folder):
        """Yield (its DATABASE_URL, a database made of the copy in `path`), gone afterwards."""
        name = folder / "scratch.db"
        os.rename(path, name)
        yield f"sqlite:///{name}", SQLite(name)


class PostgreSQL:
    kind, file = "postgresql", "database.dump"
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    rows = "SELECT whole_row::text FROM {0} whole_row"
    functions = (
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS"
        " (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"  # of extensions
    )

    def __init__(self, name):
        self.name = name

    @contextmanager
    def opened(self, export=False):
        """Yield a `select` on one state of this database; with `export`, its name for pg_dump."""
        with closing(self.connection()) as own:
            own.set_autocommit(False)
            with own.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = cursor.fetchone()[0]

            def select(sql):
                with own.chunked_cursor() as cursor:
                    cursor.execute(sql)
                    while rows := cursor.fetchmany(1000):
                        yield from rows

            yield (select, snapshot) if export else select
            own.rollback()

    @contextmanager
    def copied(self, path):
        """Write the database into `path`; yield a `select` on that state of it."""
        self.check_client()
        with self.opened(export=True) as (select, snapshot):
            options = ["--format=custom", "--no-owner", "--no-privileges"]
            self.run("pg_dump", *options, f"--snapshot={snapshot}", f"--file={path}")
            self.check(path)
            yield select

    def check(self, path):
        """Raise if a copy is no dump that pg_restore can read."""
        self.run("pg_restore", "--list", path, is_client=False)

    def held(self):
        """Return which tables that matter hold rows."""
        with self.opened() as select:
            return [name for name in present(select, self, HELD) if any_row(select, name)]

    def load(self, path):
        """Make this database what the copy in `path` is, in one transaction."""
        connection.close()
        with self.opened() as select:
            drops = [f'DROP TABLE "{name}" CASCADE;\n' for (name,) in select(self.tables)]
            drops += [f"DROP FUNCTION {name};\n" for (name,) in select(self.functions)]
        with tempfile.TemporaryFile() as errors:
            read = self.start(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--file=-",
                path,
                is_client=False,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"]
            write = self.start(
                "psql", *options, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
            )
            with suppress(BrokenPipeError), write.stdin as into:
                into.write(f"BEGIN;\nSET LOCAL lock_timeout = '{PATIENCE}s';\n".encode())
                into.write("".join(drops).encode())
                shutil.copyfileobj(read.stdout, into)
                if read.wait() == 0:  # what ends without this is rolled back
                    into.write(b"COMMIT;\n")
            read.stdout.close()
            if write.wait() or read.wait():
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip()
                raise BackupError(in_use() if LOCK_NOT_AVAILABLE in text else text)

    @contextmanager
    def scratch(self, path, folder):
        """Yield (its DATABASE_URL, a database made of the copy in `path`), gone afterwards."""
        name = f"{self.name[:40]}_drill_{os.getpid()}"
        with closing(self.connection()) as own, own.cursor() as cursor:
            cursor.execute(
                "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"
            )
            collate, ctype = cursor.fetchone()
            try:
                cursor.execute(
                    f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"
                    f" LC_COLLATE '{collate}' LC_CTYPE '{ctype}'"
                )
            except DatabaseError as error:
                text = _("The drill could not make a database of its own. %s") % error
                raise BackupError(text.strip()) from None
            try:
                PostgreSQL(name).load(path)
                yield database_url(name), PostgreSQL(name)
            finally:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def connection(self):
        """Return a connection of one's own to the server of the settings, outside of any pool."""
        own = connection.copy()
        own.settings_dict["NAME"] = self.name
        own.settings_dict["OPTIONS"].pop("pool", None)
        return own

    def start(self, program, *arguments, is_client=True, **streams):
        """Start one of PostgreSQL's programs; a client is told where the database is."""
        settings = connection.settings_dict | {"NAME": self.name}
        (_psql, *where, name), own = DatabaseClient.settings_to_cmd_args_env(settings, [])
        where = [*where, f"--dbname={name}"] if is_client else []
        try:
            own = {**os.environ, **(own or {}), "LC_ALL": "C"}
            return subprocess.Popen([program, *where, *arguments], env=own, **streams)
        except FileNotFoundError:
            text = _("%(program)s is not installed; it comes with PostgreSQL's client programs.")
            raise BackupError(text % {"program": program}) from None

    def run(self, program, *arguments, **options):
        """Run one of PostgreSQL's programs to its end; return what it prints."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with self.start(program, *arguments, **options, **pipes) as process:
            out, errors = process.communicate()
        if process.returncode:
            text = errors.decode(errors="replace").strip()
            if os.strerror(errno.ENOSPC) in text:
                raise OSError(errno.ENOSPC, text)
            raise BackupError(f"{program}: {text}")
        return out.decode()

    def check_client(self):
        """Raise if pg_dump is older than the server, of which it would understand too little."""
        version = self.run("pg_dump", "--version", is_client=False)  # pg_dump (PostgreSQL) 15.20 …
        client = int(re.search(r"\d+", version)[0])
        server = connection.pg_version // 10_000
        if client < server:
            text = _("pg_dump %(client)d is too old for the server, PostgreSQL %(server)d.")
            raise BackupError(text % {"client": client, "server": server})


KINDS = {"sqlite": SQLite, "postgresql": PostgreSQL}


def in_use():
    return _("The database is in use. Stop the site and the worker, and try again.")


def present(select, kind, names):
    """Return those of the tables `names` that there are."""
    there = {name for (name,) in select(kind.tables)}
    return [name for name in names if name in there]


def any_row(select, name):
    return next(iter(select(f'SELECT 1 FROM "{name}" LIMIT 1')), None) is not None


def fingerprints(select, kind, names=None):
    """Return {table: (rows, a hash over all of them)} of what the models have, or of `names`.

    The hashes of rows are added up, so that their order means nothing.
    """
    if names is None:
        models = apps.get_models(include_auto_created=True)
        names = {model._meta.db_table for model in models if model._meta.managed}
    found = {}
    for name in present(select, kind, sorted(names)):
        number = total = 0
        for row in select(kind.rows.format(f'"{name}"')):
            number += 1
            total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
        found[name] = [number, f"{total % 2**256:064x}"]
    return found


def migrations(select):
    """Return the migrations that were applied, as “app.name”."""
    rows = select("SELECT app, name FROM django_migrations ORDER BY app, name")
    return [f"{app}.{name}" for app, name in rows]


def database_url(name):
    """Return DATABASE_URL with the name of another database."""
    address, mark, query = env("DATABASE_URL").partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{query}"
