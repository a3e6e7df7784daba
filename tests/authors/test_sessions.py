"""Sessions: how long one lasts, and how an account ends those elsewhere."""

from datetime import timedelta

import time_machine
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authors import access
from authors.models import AccessEvent, User
from newsroom.models import Masthead
from tests.authors.test_door import (
    CODE,
    INDEX,
    PASSWORD,
    code_of,
    give_factor,
    is_inside,
    make_staff,
    sign_in,
)
from tests.factories import make_article, make_section
from tests.newsroom.test_admin import typed

HOUR = timedelta(hours=1)
SIGN_INS = "/admin/sign-ins/"
Kind = AccessEvent.Kind
KEY = settings.SECRET_KEY


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


class ElsewhereTests(TestCase):
    def setUp(self):
        self.user = make_staff()
        self.other = Client()
        for client in (self.client, self.other):
            sign_in(client)

    def end(self, password=PASSWORD):
        return self.client.post(SIGN_INS, {"password": password})

    def test_every_other_session_is_refused_and_this_one_goes_on(self):
        former = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.assertRedirects(self.end(), SIGN_INS)
        self.assertTrue(is_inside(self.client))
        self.assertFalse(is_inside(self.other))
        stolen = Client()
        stolen.cookies[settings.SESSION_COOKIE_NAME] = former
        self.assertFalse(is_inside(stolen))
        self.assertEqual(AccessEvent.objects.first().kind, Kind.ELSEWHERE)

    def test_it_can_be_done_again_and_one_can_sign_in_again(self):
        self.end()
        sign_in(self.other)
        self.assertTrue(is_inside(self.other))
        self.end()
        self.assertTrue(is_inside(self.client))
        self.assertFalse(is_inside(self.other))

    def test_wrong_password_ends_nothing_and_is_counted(self):
        self.assertContains(self.end("아닌 것"), "errornote")
        self.assertTrue(is_inside(self.other))
        for _number in range(access.NAME_LIMIT):
            self.end("아닌 것")
        self.assertContains(self.end(), "errornote")
        self.assertTrue(is_inside(self.other))

    def test_others_sessions_stay(self):
        make_staff("주은결")
        sign_in(self.other, "주은결")
        self.end()
        self.assertTrue(is_inside(self.other))

    def test_password_that_waits_for_its_code_has_to_be_typed_again(self):
        codes = give_factor(self.user)
        self.client.post("/admin/login/code/", {"code": codes[0]})
        self.assertTrue(is_inside(self.client))
        sign_in(self.other)
        self.end()
        self.assertRedirects(self.other.post(CODE, {"code": code_of(self.user)}), "/admin/login/")
        self.assertTrue(is_inside(self.client))

    @override_settings(SECRET_KEY="k" * 50)
    def test_sessions_under_a_former_key_go_on_and_end_like_others(self):
        with self.settings(SECRET_KEY_FALLBACKS=[KEY]):
            self.assertTrue(is_inside(self.other))
            self.user.end_sessions()
            self.assertFalse(is_inside(self.other))

    def test_page_shows_own_sign_ins_and_which_came_from_here(self):
        make_staff("주은결")
        for name, address in (("한도경", "198.51.100.9"), ("주은결", "198.51.100.9")):
            sign_in(Client(), name, address=address)
        sign_in(Client(), password="아닌 것", address="198.51.100.9")
        page = self.client.get(SIGN_INS, REMOTE_ADDR="203.0.113.7")
        self.assertContains(page, " · 로그인", count=3)
        self.assertContains(page, "틀린 비밀번호", count=1)
        self.assertContains(page, "이 네트워크에서", count=2)
        self.assertNotContains(page, "198.51.100")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertContains(self.client.get(INDEX), SIGN_INS)

    def test_stranger_finds_no_page(self):
        self.assertRedirects(Client().get(SIGN_INS), f"/admin/login/?next={SIGN_INS}")
        self.assertEqual(Client().post(SIGN_INS, {"password": PASSWORD}).status_code, 302)
        self.assertTrue(is_inside(self.other))

    @override_settings(STAFF_SECOND_FACTOR="off")
    def test_page_is_there_without_two_step_sign_in(self):
        self.assertEqual(self.client.get(SIGN_INS).status_code, 200)

    def test_publisher_signs_an_account_out_everywhere(self):
        User.objects.create_superuser("발행인", password=PASSWORD)
        publisher = Client()
        sign_in(publisher, "발행인")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertContains(publisher.get(url), 'value="end"')
        self.assertRedirects(publisher.post(url, {"do": "end"}), url)
        self.assertFalse(is_inside(self.client) or is_inside(self.other))
        self.assertTrue(is_inside(publisher))
        self.assertEqual(LogEntry.objects.get().object_id, str(self.user.pk))
        self.assertEqual(sign_in(self.client).status_code, 302)

    def test_reporter_signs_nobody_out(self):
        make_staff("주은결")
        sign_in(self.other, "주은결")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertEqual(self.other.post(url, {"do": "end"}).status_code, 403)
        self.assertTrue(is_inside(self.client))
