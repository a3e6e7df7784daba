"""Many readers at once, on a database file or server as in production."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import Client, TransactionTestCase

from comments import moderation
from comments.models import Comment, Contact, Report, SourceKey, Vote
from tests.comments.posting import comment_data, token
from tests.factories import make_article, make_comment

AT_ONCE = 24  # threads; a PostgreSQL server takes 100 connections at first


@pytest.fixture(autouse=True)
def database_file(request, tmp_path, transactional_db):
    """SQLite's tests run in memory, where nobody waits for a lock: use a file."""
    if connection.vendor != "sqlite":
        yield
        return
    path = str(tmp_path / "newsroom.db")
    memory, name = connections["default"], connections.settings["default"]["NAME"]
    memory.cursor().execute("VACUUM INTO %s", [path])
    connections.settings["default"]["NAME"] = path
    connections["default"] = connections.create_connection("default")
    connections["default"].inc_thread_sharing()
    yield
    connections["default"].close()
    connections.settings["default"]["NAME"] = name
    connections["default"] = memory


def at_once(work, number):
    """Do `work(0)` … `work(number - 1)` in many threads; return what they return."""

    def do(place):
        try:
            return work(place)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(do, range(number)))


@pytest.mark.usefixtures("database_file")
class ManyAtOnceTests(TransactionTestCase):
    def setUp(self):
        self.article = make_article()

    def test_hundred_sendings_of_one_form_make_one_comment(self):
        data, url = comment_data(self.article), f"/articles/{self.article.pk}/comments/"
        answers = at_once(lambda _: Client().post(url, data), 100)
        self.assertEqual({answer.status_code for answer in answers}, {302})
        self.assertEqual(len({answer.url for answer in answers}), 1)
        self.assertEqual((Comment.objects.count(), Contact.objects.count()), (1, 1))

    def test_two_hundred_votes_count_exactly(self):
        comment = make_comment(self.article)

        def vote(number):
            client = Client(REMOTE_ADDR=f"10.0.{number // 100}.{number % 100}")
            value = -1 if number % 4 == 3 else 1
            data = {"vote": value, "token": token("vote")}
            return client.post(f"/comments/{comment.pk}/vote/", data).status_code

        self.assertEqual(set(at_once(vote, 200)), {302})
        comment.refresh_from_db()
        self.assertEqual((comment.up_count, comment.down_count), (150, 50))
        self.assertEqual(Vote.objects.filter(comment=comment).count(), 200)

    def test_one_source_voting_in_parallel_counts_once_from_the_first_key_on(self):
        comment = make_comment(self.article)
        data = {"vote": 1, "token": token("vote")}
        url = f"/comments/{comment.pk}/vote/"
        self.assertEqual(SourceKey.objects.count(), 0)
        answers = at_once(lambda _: Client().post(url, data).status_code, 60)
        self.assertEqual(set(answers), {302})
        comment.refresh_from_db()
        self.assertEqual((comment.up_count, comment.down_count), (1, 0))
        self.assertEqual(SourceKey.objects.count(), 1)

    def test_reports_at_once_are_one_a_source(self):
        comment = make_comment(self.article)

        def report(number):
            client = Client(REMOTE_ADDR=f"10.0.0.{number % 3}")
            data = {"reason": "abuse", "token": token(f"report.{comment.pk}")}
            return client.post(f"/comments/{comment.pk}/report/", data).status_code

        self.assertEqual(set(at_once(report, 45)), {302})
        comment.refresh_from_db()
        self.assertEqual((comment.report_count, Report.objects.count()), (3, 3))

    def test_answers_votes_and_decisions_at_once_leave_the_counters_exact(self):
        root = make_comment(self.article)
        replies = [make_comment(self.article, parent=root, state="pending") for _ in range(20)]

        def work(number):
            reply = Comment.objects.get(pk=replies[number % 20].pk)
            if number < 20:
                return bool(moderation.approve(reply))
            if number < 40:
                url = f"/articles/{self.article.pk}/comments/"
                data = comment_data(self.article, parent=root.pk, text=f"답 {number}")
                return Client().post(url, data).status_code == 302
            client = Client(REMOTE_ADDR=f"10.1.0.{number}")
            data = {"vote": 1, "token": token("vote")}
            return client.post(f"/comments/{root.pk}/vote/", data).status_code == 302

        self.assertEqual(set(at_once(work, 60)), {True})
        root.refresh_from_db()
        self.article.refresh_from_db()
        self.assertEqual((root.reply_count, root.up_count), (20, 20))
        self.assertEqual(self.article.comment_count, 21)
        self.assertEqual(Comment.objects.count(), 41)
