"""What breaks under the paper, for some seconds each: nothing that a reader was told is missing.

The scenarios are those of `benchmarks.faults`, on the database of the run.
"""

import os
import re
import shutil
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import TestCase, TransactionTestCase
from django.utils.translation import gettext

from benchmarks import faults
from comments.models import Comment
from newsroom.models import Masthead
from tests.comments.posting import comment_data
from tests.comments.shared import SharedDatabase
from tests.factories import make_article
from tests.newsroom.servers import static_files  # noqa: F401

RULES = {"comments_hold_first": False, "comments_per_sender": 9999, "comments_on_site": 9999}


@pytest.mark.usefixtures("static_files")
class ScenarioTests(SharedDatabase, TransactionTestCase):
    def setUp(self):
        Masthead(pk=1, title="미르내신문", comment_policy="open", **RULES).save()
        self.article = make_article("장터에 다시 켜진 불", hours_ago=24)
        self.share()
        folder = Path(settings.MEDIA_ROOT)
        self.paper = faults.Paper(self.address, folder, self.article.pk)
        self.paper.environment["SECRET_KEY"] = settings.SECRET_KEY

    def assert_nothing_missing(self, outcome):
        self.assertGreater(outcome.told, 0)
        self.assertEqual(outcome.told, outcome.there, outcome)
        self.assertEqual(outcome.failures, 0, outcome)

    def test_killed_workers(self):
        self.assert_nothing_missing(faults.workers_killed(self.paper, seconds=3))

    def test_power_that_goes(self):
        if connection.vendor != "sqlite":
            self.skipTest("PostgreSQL's files are its own affair")
        outcome = faults.power_cut(self.paper, seconds=3)
        self.assert_nothing_missing(outcome)
        self.assertIn(" 0 broken", outcome.note)

    def test_damaged_pages(self):
        outcome = faults.store_damaged(self.paper, seconds=3)
        self.assert_nothing_missing(outcome)
        self.assert_seen(outcome)

    def test_clock_that_jumps(self):
        outcome = faults.clock_jumps(self.paper, seconds=4)
        self.assert_nothing_missing(outcome)
        self.assert_seen(outcome)
        self.assertLess(outcome.back, 1)

    @pytest.mark.skipif(not shutil.which("redis-server"), reason="there is no redis-server")
    def test_killed_redis(self):
        outcome = faults.redis_killed(self.paper, seconds=4)
        self.assert_nothing_missing(outcome)
        self.assert_seen(outcome)

    def test_clients_that_say_nothing(self):
        self.assert_nothing_missing(faults.silent_clients(self.paper, seconds=2))

    def assert_seen(self, outcome):
        """Every change was seen in every worker, within a second and what a busy machine needs."""
        self.assertNotIn("not seen", outcome.note)
        for seconds in re.findall(r"seen after ([\d.]+) s", outcome.note):
            self.assertLess(float(seconds), 2 if "CI" in os.environ else 1.5, outcome.note)


class RefusalTests(TestCase):
    """A comment that cannot be kept: its writer is told, and has their words yet."""

    def setUp(self):
        Masthead(pk=1, title="미르내신문", comment_policy="open", **RULES).save()
        self.article = make_article()
        self.url = f"/articles/{self.article.pk}/comments/"
        self.data = comment_data(self.article, text="장터 불빛 <이야기>", items="x")

    def test_full_disk(self):
        with (
            mock.patch("comments.writing.save", side_effect=OperationalError("disk is full")),
            self.assertLogs("comments.views", "ERROR"),
        ):
            response = self.client.post(self.url, self.data)
        self.assertContains(response, "장터 불빛 &lt;이야기&gt;</textarea>", status_code=503)
        sentence = "Your comment could not be kept just now. Please send it again in a few minutes."
        self.assertContains(response, gettext(sentence), status_code=503)
        self.assertEqual(self.client.post(self.url, self.data).status_code, 302)
        self.assertEqual(Comment.objects.count(), 1)

    def test_database_that_is_away(self):
        self.client.raise_request_exception = False
        with (
            mock.patch("comments.views.commented_article", side_effect=OperationalError("away")),
            self.assertLogs("django.request", "ERROR"),
        ):
            response = self.client.post(self.url, self.data)
        self.assertContains(response, "장터 불빛 &lt;이야기&gt;</textarea>", status_code=500)
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', response.content.decode()))
        self.assertContains(response, 'name="email" autocomplete="email" required', status_code=500)
        self.assertNotContains(response, self.data["email"], status_code=500)
        typed = {"text": self.data["text"], "email": self.data["email"]}
        again = self.client.post(self.url, {**form, **typed})
        self.assertEqual(again.status_code, 302)
        self.assertEqual(Comment.objects.get().text, self.data["text"])

    def test_page_of_errors_gives_back_nothing_of_the_newsroom(self):
        self.client.raise_request_exception = False
        data = {"username": "editor", "password": "hunter2", "text": "hunter2"}
        with (
            mock.patch("django.contrib.auth.forms.authenticate", side_effect=OperationalError),
            self.assertLogs("django.request", "ERROR"),
        ):
            response = self.client.post("/admin/login/", data)
        self.assertNotContains(response, "hunter2", status_code=500)
