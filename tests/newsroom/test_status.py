"""How the site itself is doing: numbers for Prometheus, and who may read them."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from http.client import HTTPConnection
from unittest import mock

import django
import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from comments.models import Mail
from comments.tasks import send_letters
from newsroom import metrics, observed, status
from newsroom.models import LifeSign
from tests.factories import make_account, make_article

WORKER = "comments.management.commands.worker"
TOKEN = "a-token-of-this-test"
TOKEN_HEADER = {"Authorization": f"Bearer {TOKEN}"}


def numbers(text):
    """Return {(name, labels): value} of what /metrics says."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class MetricsAccessTests(TestCase):
    def status(self, **request):
        return self.client.get("/metrics", **request).status_code

    def test_address_is_not_there_without_the_setting(self):
        with override_settings(METRICS=False):
            self.assertEqual(self.status(), 404)

    @override_settings(METRICS=True, METRICS_TOKEN="")
    def test_without_a_token_only_this_machine_may_ask_and_through_no_proxy(self):
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.status(REMOTE_ADDR="203.0.113.9"), 404)
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"):
            with self.subTest(name):
                self.assertEqual(self.status(headers={name: "127.0.0.1"}), 404)

    @override_settings(METRICS=True, METRICS_TOKEN=TOKEN)
    def test_with_a_token_only_who_has_it_may_ask(self):
        through_proxy = {**TOKEN_HEADER, "X-Forwarded-For": "203.0.113.9"}
        self.assertEqual(self.status(headers=through_proxy, REMOTE_ADDR="203.0.113.9"), 200)
        for given in ("", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer 장터"):
            with self.subTest(given):
                self.assertEqual(self.status(headers={"Authorization": given}), 404)

    @override_settings(METRICS=True, SECURE_SSL_REDIRECT=True)
    def test_machine_itself_need_not_ask_through_tls(self):
        self.assertEqual(self.status(), 200)


@override_settings(METRICS=True)
class MetricsTests(TestCase):
    def read(self):
        return numbers(self.client.get("/metrics").content.decode())

    def test_answers_are_counted_by_view_method_and_status(self):
        article = make_article()
        before = self.read()
        self.client.get(f"/articles/{article.pk}/")
        self.client.get("/없는-곳/")
        self.client.generic("장터", "/healthz")
        after = self.read()
        for labels in (
            ("301", "GET", "articles:short"),
            ("404", "GET", "unknown"),
            ("405", "healthz", "other"),
        ):
            name = ("newsroom_requests_total", *sorted(labels))
            with self.subTest(name):
                self.assertEqual(after[name], before.get(name, 0) + 1)
        took = ("newsroom_request_seconds_count", "articles:short")
        self.assertEqual(after[took], before.get(took, 0) + 1)

    def test_nothing_is_counted_without_the_setting(self):
        name, labels = "newsroom_page_cache_total", {"outcome": "hit"}
        metrics.page_cache.count("hit")
        before = REGISTRY.get_sample_value(name, labels)
        with override_settings(METRICS=False):
            metrics.page_cache.count("hit")
        self.assertEqual(REGISTRY.get_sample_value(name, labels), before)
        metrics.page_cache.count("hit")
        self.assertEqual(REGISTRY.get_sample_value(name, labels), before + 1)

    def test_statements_that_fail_are_counted(self):
        name, labels = "newsroom_database_errors_total", {"kind": "OperationalError"}
        if connection.vendor == "postgresql":
            labels = {"kind": "ProgrammingError"}
        before = REGISTRY.get_sample_value(name, labels) or 0
        with (
            connection.execute_wrapper(observed.statement),
            self.assertRaises(DatabaseError),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT nothing_of_that_name")
        self.assertEqual(REGISTRY.get_sample_value(name, labels), before + 1)

    @override_settings(ROOT_URLCONF="tests.newsroom.test_logs")
    def test_errors_are_counted_by_kind(self):
        name, labels = "newsroom_errors_total", {"kind": "ValueError"}
        before = REGISTRY.get_sample_value(name, labels) or 0
        Client(raise_request_exception=False).get("/broken/abc/")
        self.assertEqual(REGISTRY.get_sample_value(name, labels), before + 1)

    def test_what_waits_is_told(self):
        send_letters.enqueue()
        due_at = timezone.now() + timedelta(hours=1)
        Mail.objects.create(key="1", kind=Mail.Kind.PASSWORD, due_at=due_at)
        Mail.objects.create(key="2", kind=Mail.Kind.PASSWORD, due_at=None, sent_at=due_at)
        found = self.read()
        self.assertEqual(found["newsroom_tasks_waiting",], 1)
        self.assertEqual(found["newsroom_letters_waiting",], 1)
        self.assertNotIn(("newsroom_worker_seen_seconds",), found)

    def test_worker_says_that_it_lives(self):
        before = timezone.now()
        for _ in range(2):
            with mock.patch("comments.tasks.plan"), mock.patch(f"{WORKER}.close_old_connections"):
                call_command("worker", once=True, stdout=io.StringIO())
        self.assertGreaterEqual(LifeSign.objects.get(name="worker").seen_at, before)
        self.assertGreaterEqual(self.read()["newsroom_worker_seen_seconds",], before.timestamp())


@override_settings(LANGUAGE_CODE="en")
class StatusPageTests(TestCase):
    def setUp(self):
        self.client.force_login(make_account("발행인", "publisher"))

    def rows(self):
        """Return {label: (value, warning)} of the page."""
        page = BeautifulSoup(self.client.get("/admin/status/").content, "html.parser")
        found = {}
        for row in page.select(".status dl div"):
            warning = row.dd.strong.extract().text if row.dd.strong else ""
            found[row.dt.text] = (row.dd.text.strip(), warning)
        return found

    def test_all_is_well(self):
        LifeSign.give("worker")
        Mail.objects.create(key="1", kind="password", due_at=None, sent_at=timezone.now())
        with mock.patch("newsroom.backups.last", return_value={"made_at": timezone.now()}):
            rows = self.rows()
        self.assertEqual({warning for _, warning in rows.values()}, {""})
        self.assertEqual(rows["Django"][0], django.get_version())
        self.assertEqual(rows["Migrations that wait"][0], "–")
        self.assertIn(str(timezone.localdate().year), rows["Last letter sent"][0])
        self.assertRegex(rows["Size of the database"][0], r"^[\d.]+\s[KM]B$")

    def test_backup_that_is_missing_or_old_is_said(self):
        self.assertIn("no backup", self.rows()["Last backup"][1])
        last = {"made_at": timezone.now() - timedelta(days=3)}
        with mock.patch("newsroom.backups.last", return_value=last):
            self.assertIn("no backup", self.rows()["Last backup"][1])

    def test_worker_that_is_gone_is_missed(self):
        self.assertIn("does not run", self.rows()["Worker last at work"][1])
        LifeSign.objects.create(name="worker", seen_at=timezone.now() - timedelta(minutes=6))
        self.assertIn("does not run", self.rows()["Worker last at work"][1])

    def test_what_went_wrong_is_said(self):
        now = timezone.now()
        send_letters.enqueue()
        DBTaskResult.objects.update(enqueued_at=now - timedelta(minutes=11))
        send_letters.enqueue()
        DBTaskResult.objects.order_by("enqueued_at").filter(enqueued_at__gt=now).update(
            status="FAILED", finished_at=now
        )
        Mail.objects.create(key="1", kind="password", due_at=now, attempts=2)
        Mail.objects.create(key="2", kind="password", due_at=None)
        rows = self.rows()
        for label in (
            "Oldest task that waits",
            "Tasks that failed in seven days",
            "Of these, tried in vain so far",
            "Letters given up",
        ):
            with self.subTest(label):
                self.assertTrue(rows[label][1])
        self.assertEqual(rows["Tasks that wait"][0], "1")

    def test_migration_that_was_not_applied_and_a_full_disk_are_named(self):
        MigrationRecorder(connection).record_unapplied("newsroom", "0001_initial")
        with mock.patch("shutil.disk_usage", return_value=mock.Mock(free=2**30)):
            rows = self.rows()
        self.assertEqual(rows["Migrations that wait"][0], "newsroom.0001_initial")
        self.assertIn("nearly full", rows["Free space for pictures"][1])

    def test_settings_that_do_not_fit_a_server_are_named(self):
        bad = {"DEBUG": True, "SECRET_KEY": "short", "ALLOWED_HOSTS": ["*"], "HTTPS": False}
        good = {"DEBUG": False, "SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": ["testserver"]}
        good |= {"HTTPS": True, "TRUSTED_PROXIES": 1, "STAFF_SECOND_FACTOR": "optional"}
        good |= {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
        bad |= {"STAFF_SECOND_FACTOR": "off"}
        with override_settings(**good):
            self.assertEqual(status.warnings_of_settings(), [])
            with override_settings(**bad):
                named = " ".join(status.warnings_of_settings())
        for name in ("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "STAFF_SECOND_FACTOR"):
            with self.subTest(name):
                self.assertIn(name, named)

    def test_dashboard_leads_publishers_there_and_nobody_else(self):
        self.assertContains(self.client.get("/admin/"), "/admin/status/")
        self.client.force_login(make_account("편집자", "editor"))
        self.assertNotContains(self.client.get("/admin/"), "/admin/status/")


def get(port, address):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", address)
    response = connection.getresponse()
    return response.status, response.read().decode()


@pytest.fixture
def server(tmp_path):
    """The site as gunicorn serves it with two processes, on a database that is empty."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "SECRET_KEY": "of-a-server-under-test",
        "DATABASE_URL": f"sqlite:///{tmp_path}/empty.db",
        "METRICS": "on",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "TMPDIR": str(tmp_path),
        "LOG_FORMAT": "json",
        "ACCESS_LOG": "on",
    }
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*gunicorn, "newsroom.wsgi:application"],
            cwd=settings.BASE_DIR,
            env=environment,
            stderr=log,
        )
        try:
            until = time.monotonic() + 20
            while True:
                try:
                    get(port, "/healthz")
                    break
                except OSError:
                    assert time.monotonic() < until, (tmp_path / "log").read_text()
                    time.sleep(0.1)
            yield process, port, tmp_path
        finally:
            process.terminate()
            process.wait(20)


def test_numbers_of_all_processes_are_one_even_of_those_that_ended(server):
    process, port, folder = server
    asked = 1

    def ask():
        nonlocal asked
        for _ in range(20):
            assert get(port, "/healthz")[0] == 200
            asked += 1

    def counted():
        status, text = get(port, "/metrics")
        assert status == 200
        return numbers(text)[("newsroom_requests_total", "200", "GET", "healthz")]

    ask()
    assert counted() == asked
    process.send_signal(signal.SIGHUP)  # every worker is another now
    time.sleep(2)
    ask()
    assert counted() == asked
    [shared] = folder.glob("newsroom-metrics-*")
    assert {path.stem.rpartition("_")[2] for path in shared.iterdir()} <= {"0", "1", "2", "3"}
    process.terminate()
    process.wait(20)
    assert not shared.exists()
    lines = [line for line in (folder / "log").read_text().splitlines() if "access" in line]
    assert sum('"/healthz"' in line for line in lines) == asked
