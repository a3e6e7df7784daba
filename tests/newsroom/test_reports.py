"""Errors that are told by mail or to Sentry, without the people who met them."""

import importlib.util
import logging
import os
import subprocess
import sys
from copy import deepcopy
from logging.config import dictConfig

from django.conf import settings
from django.core import mail
from django.test import Client, SimpleTestCase, TestCase, override_settings

from newsroom import reports
from newsroom.logs import Line, Masking
from tests.newsroom.test_logs import CANARY

# An error in a view and one in the log, as Sentry gets them; what it gets is printed.
SENTRY = f"""
import json, logging
from functools import partial

import sentry_sdk
from django.test import Client
from django.urls import path
from sentry_sdk.transport import Transport

class Printed(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            if item.payload.json:
                print(json.dumps(item.payload.json))

def broken(request, token):
    secret = "{CANARY}"
    raise ValueError("from {CANARY}@example.com")

urlpatterns = [path("broken/<str:token>/", broken)]
sentry_sdk.init = partial(sentry_sdk.init, transport=Printed)
import django
django.setup()
from django.conf import settings
settings.ROOT_URLCONF = "__main__"
client = Client(raise_request_exception=False, headers={{"Cookie": "a={CANARY}"}})
form = {{"email": "{CANARY}@example.com"}}
client.post("/broken/{CANARY}/?q={CANARY}", form, HTTP_HOST="localhost")
logging.getLogger("comments.tasks").error("Letter to %s", "{CANARY}@example.com")
"""


@override_settings(
    ROOT_URLCONF="tests.newsroom.test_logs", ADMINS=[("", "op@example.kr")], DEBUG=False
)
class ErrorMailTests(TestCase):
    def setUp(self):
        handler = reports.ErrorMail()
        handler.setLevel("ERROR")
        handler.setFormatter(Line("%(levelname)s %(name)s %(message)s"))
        handler.addFilter(Masking())
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        self.handler = handler

    def fail(self, address="/broken/abc/"):
        client = Client(raise_request_exception=False, headers={"Cookie": f"a={CANARY}"})
        return client.post(address, {"email": f"{CANARY}@example.com"})

    def test_error_is_mailed_with_where_and_what_alone(self):
        self.fail(f"/broken/abc/?q={CANARY}")
        [letter] = mail.outbox
        self.assertEqual(letter.to, ["op@example.kr"])
        self.assertIn("/broken/[token]/", letter.subject)
        self.assertIn("ValueError: abc of [email], [address], ?[query]", letter.body)
        self.assertIn("in broken", letter.body)
        self.assertNotIn(CANARY, str(letter.message()))

    def test_same_error_is_told_once_in_a_while_and_another_at_once(self):
        for _ in range(3):
            self.fail()
        self.assertEqual(len(mail.outbox), 1)
        logging.getLogger("comments.upkeep").error("Upkeep: %s failed", "end_bans")
        self.assertEqual(len(mail.outbox), 2)
        self.handler.told_at = {key: at - reports.PAUSE for key, at in self.handler.told_at.items()}
        self.fail()
        self.assertEqual(len(mail.outbox), 3)

    def test_page_that_is_not_there_is_no_error(self):
        Client().get("/없는-곳/")
        self.assertEqual(mail.outbox, [])


class LoggingSettingsTests(SimpleTestCase):
    def test_djangos_own_reports_of_whole_requests_are_off(self):
        self.assertEqual(logging.getLogger("django").handlers, [])

    def test_handler_can_be_made_as_the_settings_describe_it(self):
        described = deepcopy(settings.LOGGING)["handlers"]["mail"]
        root = logging.getLogger()
        kept = (root.handlers[:], root.level)
        try:
            dictConfig({**settings.LOGGING, "root": {"handlers": ["mail"]}, "loggers": {}})
            [handler] = root.handlers
        finally:
            root.handlers, root.level = kept
        self.assertEqual(described["class"], "newsroom.reports.ErrorMail")
        self.assertIsInstance(handler, reports.ErrorMail)
        self.assertEqual(handler.level, logging.ERROR)


class SentryTests(SimpleTestCase):
    def run_python(self, code, **environment):
        variables = os.environ | {"SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
        variables |= {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "DEBUG": "on", **environment}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=variables, cwd=settings.BASE_DIR, capture_output=True, text=True
        )

    def test_sentry_is_told_where_and_what_alone(self):
        self.assertTrue(importlib.util.find_spec("sentry_sdk"), "a requirement of development")
        done = self.run_python(SENTRY)
        first, second = done.stdout.splitlines()
        self.assertIn("from [email]", first)
        self.assertIn('"function": "broken"', first)
        self.assertIn("request_id", first)
        self.assertIn("Letter to [email]", second)
        self.assertNotIn(CANARY, done.stdout.replace(f'secret = \\"{CANARY}\\"', ""))

    def test_without_the_package_the_site_says_what_to_install(self):
        without = "import sys; sys.modules['sentry_sdk'] = None; import django; django.setup()"
        done = self.run_python(without)
        self.assertIn("pip install sentry-sdk", done.stderr)
        self.assertEqual(self.run_python(without, SENTRY_DSN="").returncode, 0)
