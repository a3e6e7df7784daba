"""Moderators at the same comments at the same moment, on both databases."""

import pytest
from django.test import Client, TransactionTestCase, override_settings

from comments.models import Comment, ModerationEvent
from tests.comments.test_admin import URL, fields, press
from tests.comments.test_concurrency import at_once, database_file  # noqa: F401
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import sign_in

BUTTONS = ("approve", "spam", "trash", "refuse")


@pytest.mark.usefixtures("database_file")
@override_settings(LANGUAGE_CODE="en")
class TwoModeratorsTests(TransactionTestCase):
    def setUp(self):
        self.clients = []
        for number in range(len(BUTTONS)):
            self.clients.append(Client())
            sign_in(self.clients[-1], f"조정자 {number}")
        self.article = make_article()

    def test_one_wins_and_the_others_are_told(self):
        for _ in range(5):
            comment = make_comment(self.article, state="pending")
            forms = [fields(client) for client in self.clients]

            def decide(number, comment=comment, forms=forms):
                button = f"{BUTTONS[number]}:{comment.pk}"
                return press(self.clients[number], button, data=forms[number]).status_code

            self.assertEqual(at_once(decide, len(BUTTONS)), [302] * len(BUTTONS))
            comment.refresh_from_db()
            event = comment.events.get()
            self.assertEqual(event.after, comment.state)
            told = [client.get(URL).content.decode() for client in self.clients]
            faster = f"{event.moderator} was faster"
            self.assertEqual(sum(faster in page for page in told), len(BUTTONS) - 1)
        self.article.refresh_from_db()
        self.assertEqual(self.article.comment_count, Comment.objects.visible().count())

    def test_crossing_batches_neither_fail_nor_count_twice(self):
        articles = [make_article() for _ in range(3)]
        ids = []
        for article in articles:
            parent = make_comment(article, state="pending")
            replies = [make_comment(article, parent=parent, state="pending") for _ in range(6)]
            ids += [parent.pk, *(reply.pk for reply in replies)]

        def decide(number):
            chosen = ids[number::2] + ids[number // 2 :: 3]
            action = ("approve", "mark_spam")[number % 2]
            data = {"action": action, "_selected_action": chosen[::-1]}
            return self.clients[number].post(f"{URL}?state=all", data).status_code

        for _ in range(4):
            self.assertEqual(at_once(decide, len(self.clients)), [302] * len(self.clients))
        for article in articles:
            article.refresh_from_db()
            self.assertEqual(article.comment_count, article.comments.visible().count())
            for parent in article.comments.filter(parent=None):
                visible = article.comments.visible().filter(parent=parent).count()
                self.assertEqual(parent.reply_count, visible)
        self.assertTrue(ModerationEvent.objects.exists())
