"""Sessions: how long one lasts, and how an account ends those elsewhere."""

from datetime import timedelta

import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.models import Masthead
from tests.authors.test_door import INDEX, is_inside, make_staff, sign_in
from tests.factories import make_article, make_section
from tests.newsroom.test_admin import typed

HOUR = timedelta(hours=1)


class IdleTests(TestCase):
    def setUp(self):
        self.user = make_staff(is_superuser=True)
        self.now = timezone.now()
        self.traveller = time_machine.travel(self.now, tick=False)
        self.clock = self.traveller.start()
        self.addCleanup(self.traveller.stop)
        sign_in(self.client)

    def at(self, time):
        self.clock.move_to(self.now + time)

    def test_session_ends_twelve_hours_after_the_last_request(self):
        for hours in (11, 22, 33):
            self.at(hours * HOUR)
            self.assertTrue(is_inside(self.client), hours)
        self.at(46 * HOUR)
        self.assertFalse(is_inside(self.client))
        sign_in(self.client)
        self.assertTrue(is_inside(self.client))

    def test_cookie_lasts_as_long_as_the_session(self):
        self.at(6 * HOUR)
        cookie = self.client.get(INDEX).cookies[settings.SESSION_COOKIE_NAME]
        self.assertEqual(cookie["max-age"], 12 * 3600)

    def test_session_ends_after_two_weeks_though_it_is_used(self):
        for number in range(1, 34):
            self.at(number * 10 * HOUR)
            self.assertTrue(is_inside(self.client), number)
        self.at(timedelta(days=14, seconds=1))
        self.assertFalse(is_inside(self.client))

    def test_nothing_is_written_at_every_request(self):
        for minutes, writes in ((1, 0), (9, 0), (11, 1), (12, 0)):
            self.at(timedelta(minutes=minutes))
            with CaptureQueriesContext(connection) as captured:
                self.client.get(INDEX)
            written = [query for query in captured if "UPDATE" in query["sql"]]
            self.assertEqual(len(written), writes, minutes)

    def test_typing_in_an_open_form_counts_and_the_form_alone_does_not(self):
        draft = make_article(state="draft", published_at=None, created_by=self.user)
        url = f"/admin/articles/article/{draft.pk}/"
        form = typed(self.client.get(f"{url}change/"), "[data-article-form]")
        for hours in (6, 12, 18):
            self.at(hours * HOUR)
            answer = self.client.post(f"{url}autosave/", {**form, "typed": "1", "step": hours})
            self.assertEqual(answer.status_code, 200)
        for hours in (24, 29):
            self.at(hours * HOUR)
            answer = self.client.post(f"{url}autosave/", {**form, "step": 18})
            self.assertEqual(answer.status_code, 200)
        self.at(31 * HOUR)
        answer = self.client.post(f"{url}autosave/", {**form, "typed": "1", "step": 31})
        self.assertEqual(answer.status_code, 302)

    def test_session_from_before_goes_on_and_learns_to_end(self):
        session = self.client.session
        for name in ("seen", "began"):
            session.pop(name)
        session.save()
        Session.objects.update(expire_date=self.now + timedelta(days=14))
        self.at(13 * HOUR)
        self.assertTrue(is_inside(self.client))
        self.at(26 * HOUR)
        self.assertFalse(is_inside(self.client))

    def test_readers_page_neither_looks_at_a_session_nor_keeps_it(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        before = Session.objects.values().get()
        self.at(6 * HOUR)
        response = self.client.get(make_section().get_absolute_url())
        self.assertEqual(response.status_code, 200)
        self.assertFalse(response.cookies)
        self.assertEqual(Session.objects.values().get(), before)
        response = Client().get(INDEX)
        self.assertNotIn(settings.SESSION_COOKIE_NAME, response.cookies)
