"""PostgreSQL's pool, its limit of time, and a real replica that lags, dies and survives."""

import glob
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, TransactionTestCase

from newsroom import databases
from tests.factories import make_article
from tests.newsroom.servers import Servers, free_port, static_files  # noqa: F401

BINARIES = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)), "")
on_postgresql = pytest.mark.skipif(
    "postgres" not in os.environ.get("DATABASE_URL", ""), reason="PostgreSQL is asked for"
)


class SettingTests(SimpleTestCase):
    def told(self, **environment):
        """Return what `manage.py check` says with these settings."""
        run = subprocess.run(
            [settings.BASE_DIR / ".venv/bin/python", "manage.py", "check"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": "sqlite:///:memory:", **environment},
            capture_output=True,
            text=True,
        )
        return run.stderr + run.stdout

    def test_pool_and_replica_are_for_postgresql(self):
        for wrong in (
            {"DATABASE_POOL": "2"},
            {"DATABASE_REPLICA_URL": "postgres://somewhere/newsroom"},
        ):
            self.assertIn("are for PostgreSQL alone", self.told(**wrong))
        right = {"DATABASE_URL": "postgres:///newsroom", "DATABASE_POOL": "2"}
        self.assertIn("no issues", self.told(**right))


class FailingReplicaTests(SimpleTestCase):
    def test_page_is_drawn_anew_on_the_primary(self):
        asked = []

        def page(request):
            asked.append(databases.alias_for_reading())
            if asked[-1] == databases.REPLICA:
                return middleware.process_exception(request, OperationalError("conflict"))
            return HttpResponse("the page")

        with patch.dict(settings.DATABASES, replica={}):
            middleware = databases.ReadReplica(page)
        with patch.object(databases.ReadReplica, "has_all", return_value=True):
            self.assertEqual(middleware(RequestFactory().get("/")).content, b"the page")
            self.assertEqual(asked, ["replica", "default"])
            middleware(RequestFactory().get("/"))
        self.assertEqual(asked[2:], ["default"])  # the replica is left alone for a while

    def test_what_is_written_and_whoever_signed_in_reads_the_primary(self):
        asked = []
        with patch.dict(settings.DATABASES, replica={}):
            middleware = databases.ReadReplica(
                lambda request: asked.append(databases.alias_for_reading())
            )
        signed_in = RequestFactory().get("/")
        signed_in.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
        with patch.object(databases.ReadReplica, "has_all", return_value=True):
            for request in (
                *(RequestFactory().post("/"), RequestFactory().get("/admin/"), signed_in),
                *(RequestFactory().get("/"), RequestFactory().head("/")),
            ):
                middleware(request)
        self.assertEqual(asked, ["default"] * 3 + ["replica"] * 2)


@on_postgresql
class LimitTests(TransactionTestCase):
    def test_requests_are_limited_and_commands_are_not(self):
        def sleep():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.2), current_setting('jit')")
                return cursor.fetchone()[1]

        connection.close()
        self.assertEqual(sleep(), "off")
        self.addCleanup(connection.close)
        self.addCleanup(setattr, databases, "milliseconds", 0)
        with self.settings(DATABASE_TIMEOUT=50):
            databases.limit_statements()
        with self.assertRaisesMessage(OperationalError, "statement timeout"):
            sleep()


@pytest.fixture(scope="session")
def clusters():
    """Yield the ports of a PostgreSQL server and of its replica, and what stops one of them."""
    home = Path(tempfile.mkdtemp(prefix="newsroom-replica-"))
    shutil.chown(home, "postgres")
    ports = {"primary": free_port(), "replica": free_port()}

    def run(program, *arguments):
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        command += [f"{BINARIES}/{program}", *arguments]
        subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, timeout=60)

    def start(name):
        options = f"-p {ports[name]} -c listen_addresses=127.0.0.1 -c fsync=off -k {home}"
        run("pg_ctl", "start", "-w", "-D", f"{home}/{name}", "-l", f"{home}/log", "-o", options)

    def stop(name):
        run("pg_ctl", "stop", "-m", "immediate", "-D", f"{home}/{name}")

    try:
        run(
            "initdb", "-N", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", f"{home}/primary"
        )
        start("primary")
        source = f"host=127.0.0.1 port={ports['primary']} user=postgres"
        run("pg_basebackup", "-N", "-c", "fast", "-R", "-d", source, "-D", f"{home}/replica")
        start("replica")
        yield ports, start, stop
    finally:
        for name in ports:
            if (home / name / "postmaster.pid").exists():
                stop(name)
        shutil.rmtree(home)


@on_postgresql
@pytest.mark.skipif(not BINARIES or os.geteuid() != 0, reason="starts servers of its own, as root")
@pytest.mark.usefixtures("clusters")
class ReplicaTests(Servers, TransactionTestCase):
    @pytest.fixture(autouse=True)
    def take_clusters(self, clusters):
        self.ports, self.start, self.stop = clusters

    def url(self, name):
        return f"postgres://postgres@127.0.0.1:{self.ports[name]}/postgres"

    def ask(self, name, query, *values):
        with psycopg.connect(self.url(name), autocommit=True) as link:
            return link.execute(query, values)

    def rename(self, headline):
        self.ask("primary", "UPDATE articles_article SET headline = %s", headline)

    def copy(self):
        """Bring what the test wrote to the primary."""
        dump = ["pg_dump", "-h", "127.0.0.1", "-U", "postgres", connection.settings_dict["NAME"]]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as out:
            subprocess.run(
                ["psql", "-q", self.url("primary")],
                stdin=out.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )

    @contextmanager
    def paused(self):
        self.ask("replica", "SELECT pg_wal_replay_pause()")
        yield
        self.ask("replica", "SELECT pg_wal_replay_resume()")

    def test_readers_are_answered_by_whichever_server_can(self):
        article = make_article(headline="장터가 열렸다")
        self.copy()
        web = self.serve(
            DATABASE_URL=self.url("primary"),
            DATABASE_REPLICA_URL=self.url("replica"),
            PAGE_CACHE="off",
        )
        page = article.get_absolute_url()

        with self.subTest("a replica that lags is not asked"), self.paused():
            self.rename("장터가 닫혔다")
            self.assertIn("장터가 닫혔다", self.get(web, page).text)

        self.stop("primary")
        with self.subTest("readers are served while the primary is away, staff are not"):
            for path in ("/", page):
                answer = self.get(web, path)
                self.assertEqual((answer.status, "장터가 닫혔다" in answer.text), (200, True))
            self.assertEqual(self.get(web, page, Cookie="sessionid=x").status, 500)
            self.assertEqual(self.get(web, "/readyz").status, 503)

        self.start("primary")
        self.stop("replica")
        with self.subTest("and while the replica is"):
            self.assertEqual(self.get(web, page).status, 200)
            self.rename("다시 열린 장터")
            self.assertIn("다시 열린 장터", self.get(web, page).text)
