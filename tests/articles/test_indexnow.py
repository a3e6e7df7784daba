"""IndexNow: what search engines are told, by a server of ours that stands in for theirs."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from unittest import mock
from urllib.parse import unquote

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles import flow, indexnow
from articles.models import Announcement, Article
from comments import tasks
from tests.factories import make_account, make_article, make_section

SITE = "http://127.0.0.1:8000"
KEY = "0123abcd-4567"


class Engine(HTTPServer):
    """A search engine that notes what it is told, and answers as the test wants."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Told)
        self.requests, self.status = [], 200
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/indexnow"

    def end(self):
        self.shutdown()
        self.server_close()


class Told(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args):
        pass


class IndexNowTests(TestCase):
    def setUp(self):
        self.engine = Engine()
        self.addCleanup(self.engine.end)
        changed = override_settings(INDEXNOW_KEY=KEY, INDEXNOW_URL=self.engine.url)
        changed.enable()
        self.addCleanup(changed.disable)
        travel = time_machine.travel(timezone.now(), tick=False)
        self.clock = travel.start()
        self.addCleanup(travel.stop)
        self.editor = make_account("editor", "editor")

    def draft(self, headline="장터에 다시 켜진 불"):
        return make_article(
            headline, state="review", published_at=None, section=make_section(headline[:9])
        )

    def told(self):
        """Run the task; return the addresses that the engine was told of by it."""
        self.engine.requests.clear()
        indexnow.tell.func()
        lists = [unquote(url) for _, _, data in self.engine.requests for url in data["urlList"]]
        return [url.removeprefix(SITE) for url in lists]

    def path(self, article):
        return unquote(Article.objects.get(pk=article.pk).get_absolute_url())

    def test_publication_change_and_withdrawal_are_told_once_each(self):
        article = self.draft()
        self.assertEqual(self.told(), [])
        flow.publish(article, self.editor)
        self.assertEqual(self.told(), [self.path(article)])
        self.assertEqual(self.told(), [])
        flow.withdraw(article, self.editor, "사실과 다릅니다.")
        self.assertEqual(self.told(), [self.path(article)])
        flow.republish(article, self.editor)
        self.assertEqual(self.told(), [self.path(article)])
        self.assertFalse(Announcement.objects.exists())

    def test_request_is_what_the_protocol_asks(self):
        flow.publish(self.draft(), self.editor)
        self.told()
        ((path, kind, data),) = self.engine.requests
        self.assertEqual((path, kind), ("/indexnow", "application/json; charset=utf-8"))
        self.assertEqual(set(data), {"host", "key", "keyLocation", "urlList"})
        self.assertEqual(data["host"], "127.0.0.1:8000")
        self.assertEqual(data["keyLocation"], f"{SITE}/{KEY}.txt")
        self.assertTrue(all(url.startswith(f"{SITE}/articles/") for url in data["urlList"]))
        page = self.client.get(f"/{KEY}.txt")
        self.assertEqual((page.content.decode(), page["Content-Type"][:10]), (KEY, "text/plain"))
        self.assertEqual(self.client.get("/0123abcd-4568.txt").status_code, 404)
        self.assertContains(self.client.get("/robots.txt"), "User-agent")

    def test_scheduled_article_is_told_at_its_time_and_not_before(self):
        article = self.draft()
        flow.publish(article, self.editor, at=timezone.now() + timedelta(hours=2))
        recalled = self.draft("다시 거둔 기사")
        flow.publish(recalled, self.editor, at=timezone.now() + timedelta(hours=2))
        flow.unschedule(recalled, self.editor)
        self.clock.shift(timedelta(hours=1, minutes=59))
        self.assertEqual(self.told(), [])
        self.clock.shift(timedelta(minutes=2))
        self.assertEqual(self.told(), [self.path(article)])
        self.assertFalse(Announcement.objects.exists())

    def test_failure_is_tried_again_ever_later_and_given_up(self):
        flow.publish(self.draft(), self.editor)
        for status in (429, 500, 403):
            self.engine.status = status
            with self.assertLogs("articles.indexnow", "WARNING") as log:
                self.assertEqual(len(self.told()), 1)
            self.assertIn(f"1 addresses ({status})", log.output[0])
            self.assertEqual(self.told(), [])  # not before its time
            self.clock.shift(Announcement.objects.get().due_at - timezone.now())
        self.engine.status = 202
        self.assertEqual(len(self.told()), 1)
        self.assertFalse(Announcement.objects.exists())
        flow.publish(self.draft("다른 기사"), self.editor)
        self.engine.status = 500
        tries = 0
        while row := Announcement.objects.first():
            self.clock.shift(max(row.due_at - timezone.now(), timedelta(0)))
            with self.assertLogs("articles.indexnow", "WARNING"):
                tries += len(self.told())
        self.assertEqual(tries, len(indexnow.DELAYS) + 1)

    def test_nobody_answers(self):
        flow.publish(self.draft(), self.editor)
        with (
            self.settings(INDEXNOW_URL="http://127.0.0.1:9/indexnow"),
            self.assertLogs("articles.indexnow", "WARNING"),
        ):
            self.assertEqual(self.told(), [])
        self.clock.shift(timedelta(days=2))
        self.assertEqual(len(self.told()), 1)

    def test_change_while_it_is_told_is_told_again(self):
        article = self.draft()
        flow.publish(article, self.editor)

        def meanwhile(addresses):
            flow.withdraw(article, self.editor, "사실과 다릅니다.")

        with mock.patch("articles.indexnow.send", meanwhile):
            indexnow.tell.func()
        self.assertEqual(self.told(), [self.path(article)])

    @override_settings(INDEXNOW_KEY="")
    def test_without_a_key_nothing_is_noted_told_or_shown(self):
        flow.publish(self.draft(), self.editor)
        self.assertFalse(Announcement.objects.exists())
        self.assertEqual(self.client.get(f"/{KEY}.txt").status_code, 404)

    def test_correction_is_a_change(self):
        article = self.draft()
        flow.publish(article, self.editor)
        self.told()
        self.client.force_login(self.editor)
        fields = {"article": article.pk, "kind": "correction", "text": "고칩니다.", "do": "publish"}
        response = self.client.post("/admin/articles/correction/add/", fields)
        self.assertEqual(response.status_code, 302)
        self.assertEqual(self.told(), [self.path(article)])

    def test_worker_tells_when_something_is_due_and_only_then(self):
        queued = DBTaskResult.objects.filter(task_path=indexnow.tell.module_path)
        flow.publish(self.draft(), self.editor, at=timezone.now() + timedelta(hours=1))
        tasks.plan()
        self.assertFalse(queued.exists())
        self.clock.shift(timedelta(hours=2))
        with self.settings(INDEXNOW_KEY=""):
            tasks.plan()
        self.assertFalse(queued.exists())
        tasks.plan()
        self.assertEqual(queued.count(), 1)
