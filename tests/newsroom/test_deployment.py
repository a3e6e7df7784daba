"""The deployment kit: what `make deploy-check` finds, and examples that are what they say."""

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml
from django.conf import settings
from django.core.checks import run_checks
from django.core.files.storage import FileSystemStorage
from django.core.management import get_commands
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles.models import Page
from comments import tasks
from comments.models import Mail
from newsroom.deployment import LATE
from tests.newsroom.servers import nginx_conf

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = DEPLOY / "systemd"
IN_ORDER = {
    "HTTPS": True,
    "TRUSTED_PROXIES": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
}


@override_settings(**IN_ORDER)
class DeployCheckTests(TestCase):
    def setUp(self):
        self.backups = self.enterContext(patch("newsroom.deployment.backups"))
        self.backups.last.return_value = {"made_at": timezone.now() - timedelta(hours=20)}
        tasks.daily_upkeep.enqueue()
        for slug in ("privacy", "ethics"):
            Page.objects.create(slug=slug, title=slug)

    def found(self):
        messages = run_checks(include_deployment_checks=True, databases=["default"])
        return [m.id.removeprefix("newsroom.") for m in messages if m.id.startswith("newsroom.")]

    def test_nothing_is_found_where_all_is_set(self):
        self.assertEqual(self.found(), [])

    def test_settings_that_are_missing(self):
        for changes, expected in (
            ({"HTTPS": False}, "W001"),
            ({"TRUSTED_PROXIES": 0}, "W002"),
            ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, "W003"),
        ):
            with self.subTest(changes), self.settings(**changes):
                self.assertEqual(self.found(), [expected])

    def test_pages_that_others_lead_to(self):
        Page.objects.filter(slug="privacy").update(is_published=False)
        self.assertEqual(self.found(), ["W005"])

    def test_mail_server_that_does_not_answer(self):
        server = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1}
        backend = "django.core.mail.backends.smtp.EmailBackend"
        with self.settings(EMAIL_BACKEND=backend, **server):
            self.assertEqual(self.found(), ["E001"])

    def test_folder_that_cannot_be_written(self):
        with patch.object(FileSystemStorage, "save", side_effect=OSError("read-only")):
            self.assertEqual(self.found(), ["E002"] * 3)

    def test_cache_that_does_not_answer(self):
        with patch("newsroom.deployment.cache.set", side_effect=OSError):
            self.assertEqual(self.found(), ["E003"])

    def test_migration_that_is_not_applied(self):
        with patch("newsroom.deployment.MigrationExecutor") as executor:
            executor.return_value.migration_plan.return_value = [("articles.0009", False)]
            self.assertEqual(self.found(), ["E005"])

    def test_backup_that_is_missing_or_old(self):
        for last in (None, {"made_at": timezone.now() - timedelta(hours=31)}):
            self.backups.last.return_value = last
            self.assertEqual(self.found(), ["W004"])

    def test_worker_that_stands_still(self):
        late = timezone.now() - LATE - timedelta(seconds=1)
        letter = Mail.objects.create(kind=Mail.Kind.PASSWORD, key="1", due_at=late)
        self.assertEqual(self.found(), ["E007"])
        letter.delete()
        self.assertEqual(self.found(), [])
        DBTaskResult.objects.all().delete()  # no worker has planned the day's upkeep
        self.assertEqual(self.found(), ["E007"])


class ExampleTests(SimpleTestCase):
    def run_tool(self, *command, **environment):
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
    def test_units_are_understood_and_shut_off(self):
        folder = Path(settings.MEDIA_ROOT) / "units"
        shutil.copytree(UNITS, folder)
        for path in folder.rglob("newsroom-*"):
            if path.is_file():
                text = path.read_text().replace("/srv/newsroom/app", str(settings.BASE_DIR))
                path.write_text(text)
        units = [str(path) for path in folder.iterdir() if path.is_file()]
        paths = {"SYSTEMD_UNIT_PATH": f"{folder}:"}
        said = self.run_tool("systemd-analyze", "verify", "--man=no", *units, **paths)
        self.assertNotIn("Unknown", said)
        for unit in units:
            if unit.endswith(".service"):
                analyze = ("systemd-analyze", "security", "--offline=true", "--threshold=20")
                self.run_tool(*analyze, unit, **paths)

    @pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
    def test_nginx_understands_its_configuration(self):
        conf = nginx_conf(Path(settings.MEDIA_ROOT), [8001], 8443, 8080)
        self.run_tool("nginx", "-t", "-q", "-e", "stderr", "-c", str(conf))

    def test_every_process_that_the_units_start_is_there(self):
        commands = set()
        for path in UNITS.glob("*.service"):
            commands |= set(re.findall(r"manage\.py (\w+)", path.read_text()))
        self.assertLessEqual(commands, set(get_commands()))

    def test_body_limits_fit_the_pictures(self):
        most = settings.PHOTO_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 5
        nginx = int(re.search(r"client_max_body_size (\d+)m", text_of("nginx.conf"))[1])
        caddy = int(re.search(r"max_size (\d+)MB", text_of("Caddyfile"))[1])
        self.assertGreaterEqual(nginx * 2**20, most)
        self.assertGreaterEqual(caddy * 10**6, most)

    def test_image_is_made_of_locked_packages_and_runs_as_nobody(self):
        lines = text_of("Dockerfile").replace("\\\n", " ").splitlines()
        words = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
        self.assertEqual([rest for verb, rest in words if verb == "USER"], ["newsroom"])
        self.assertIn("--require-hashes", " ".join(lines))
        self.assertLess(
            [verb for verb, _rest in words].index("USER"), [verb for verb, _ in words].index("CMD")
        )
        ignored = text_of("Dockerfile.dockerignore").split()
        self.assertLessEqual({".env", ".git", ".venv", "var"}, set(ignored))

    def test_composition_keeps_its_secrets_outside_and_its_services_shut(self):
        services = yaml.safe_load(text_of("compose.yaml"))["services"]
        self.assertEqual(set(services), {"migrate", "web", "worker", "postgres", "redis"})
        for name in ("migrate", "web", "worker"):
            with self.subTest(name):
                service = services[name]
                self.assertEqual((service["read_only"], service["cap_drop"]), (True, ["ALL"]))
                for variable in ("SECRET_KEY", "DATABASE_URL"):
                    self.assertRegex(service["environment"][variable], r"\$\{\w+:\?\}")
        ports = [port for service in services.values() for port in service.get("ports", ())]
        self.assertEqual(ports, ["127.0.0.1:8000:8000"])

    def test_shell_scripts_can_be_read(self):
        for path in settings.BASE_DIR.rglob("*.sh"):
            if not {".venv", "var"} & set(path.parts):
                self.run_tool("sh", "-n", str(path))


def text_of(name):
    return (DEPLOY / name).read_text()
