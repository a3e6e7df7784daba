"""Letters to the owner of an account: its password, its e-mail, sign-ins from new places."""

import re
from datetime import timedelta
from unittest.mock import patch

import time_machine
from django.core import mail
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from authors.models import User
from comments import tasks
from comments.models import Mail
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
from tests.newsroom.test_admin import change

NEW = "새벽 첫차를 타고 떠난 날"
HOME, AWAY = "203.0.113.7", "198.51.100.9"
OURS, OTHER = "dokyung@example.com", "new@example.com"


class LetterTests(TestCase):
    def setUp(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        self.user = make_staff(email=OURS)
        self.form = f"/admin/authors/user/{self.user.pk}/change/"

    def sent(self):
        """Send what waits; return whom it went to and what it says."""
        mail.outbox.clear()
        tasks.send_due()
        return [(*letter.to, letter.body) for letter in mail.outbox]

    def assert_told(self, *words, to=OURS):
        [(address, body)] = self.sent()
        self.assertEqual(address, to)
        for word in ("‘한도경’", *words):
            self.assertIn(word, body)

    def publisher(self):
        client = Client()
        client.force_login(User.objects.create_superuser("발행인"))
        return client


class PasswordTests(LetterTests):
    def change(self, again=NEW):
        data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": again}
        return self.client.post("/admin/password_change/", data)

    def test_owner_is_told_of_a_password_that_was_changed(self):
        sign_in(self.client)
        self.change("다른 것")
        self.assertEqual(self.sent(), [])
        self.change()
        self.assert_told("비밀번호가 바뀌었습니다", "/admin/password-reset/")

    def test_letter_has_no_link_that_signs_in_and_both_forms(self):
        sign_in(self.client)
        self.change()
        tasks.send_due()
        [letter] = mail.outbox
        [(html, kind)] = letter.alternatives
        self.assertEqual(kind, "text/html")
        for text in (letter.body, html):
            paths = re.findall(r"https?://[^/\s\"]+(/admin/[^\s\"<]*)", text)
            self.assertEqual(set(paths), {"/admin/password-reset/", "/admin/sign-ins/"})
            self.assertNotIn(HOME, text)

    def test_owner_is_told_of_one_set_by_mail(self):
        self.client.post("/admin/password-reset/", {"email": OURS})
        [(_to, body)] = self.sent()
        link = re.search(r"https?://[^/]+(/admin/password-reset/\S+)", body)[1]
        url = self.client.get(link, follow=True).redirect_chain[-1][0]
        self.client.post(url, {"new_password1": NEW, "new_password2": NEW})
        self.assert_told("비밀번호가 바뀌었습니다")

    def test_owner_is_told_of_one_set_by_the_desk(self):
        url = f"/admin/authors/user/{self.user.pk}/password/"
        data = {"password1": NEW, "usable_password": "true"}
        publisher = self.publisher()
        publisher.post(url, {**data, "password2": "다른 것"})
        self.assertEqual(self.sent(), [])
        publisher.post(url, {**data, "password2": NEW})
        self.assert_told("비밀번호가 바뀌었습니다")

    def test_account_without_a_mailbox_gets_none_and_nothing_fails(self):
        User.objects.update(email="")
        sign_in(self.client)
        self.assertEqual(self.change().status_code, 302)
        self.assertEqual(self.sent(), [])
        self.assertFalse(Mail.objects.exists())


class EmailTests(LetterTests):
    def test_former_mailbox_is_told_and_forgotten(self):
        change(self.publisher(), self.form, email=OTHER)
        self.assert_told("다른 이메일", to=OURS)
        [letter] = mail.outbox
        self.assertNotIn(OTHER, letter.body)
        self.assertNotIn("/admin/", letter.body)
        self.assertFalse(Mail.objects.exclude(address="").exists())

    def test_former_mailbox_is_told_of_an_account_that_has_none_now(self):
        change(self.publisher(), self.form, email="")
        self.assert_told("다른 이메일", to=OURS)

    def test_nobody_is_told_of_another_change_or_a_first_mailbox(self):
        publisher = self.publisher()
        change(publisher, self.form, first_name="도경")
        User.objects.filter(pk=self.user.pk).update(email="")
        change(publisher, self.form, email=OTHER)
        self.assertEqual(User.objects.get(pk=self.user.pk).email, OTHER)
        self.assertEqual(self.sent(), [])


class PlaceTests(LetterTests):
    def test_first_sign_in_and_known_places_are_not_told(self):
        for _number in range(2):
            sign_in(Client(), address=HOME)
        self.assertEqual(self.sent(), [])

    def test_new_place_is_told_once(self):
        sign_in(Client(), address=HOME)
        for _number in range(2):
            self.assertTrue(sign_in(self.client, address=AWAY).status_code == 302)
        self.assert_told("로그인했습니다", "/admin/password-reset/")
        self.assertNotIn(AWAY, mail.outbox[0].body)

    def test_wrong_password_from_there_is_not_told(self):
        sign_in(Client(), address=HOME)
        sign_in(Client(), password="아닌 것", address=AWAY)
        self.assertEqual(self.sent(), [])

    def test_place_is_new_again_after_thirty_days(self):
        now = timezone.now()
        for days, told in ((0, 0), (29, 0), (60, 1)):
            with time_machine.travel(now + timedelta(days=days), tick=True):
                sign_in(Client(), address=HOME)
                self.assertEqual(len(self.sent()), told, days)

    def test_with_a_second_factor_it_is_the_code_that_counts(self):
        sign_in(Client(), address=HOME)
        give_factor(self.user)
        sign_in(self.client, address=AWAY)
        self.assertEqual(self.sent(), [])
        self.client.post(CODE, {"code": code_of(self.user)}, REMOTE_ADDR=AWAY)
        self.assert_told("로그인했습니다")

    def test_first_sign_in_may_be_elsewhere_than_where_the_password_was_set(self):
        self.client.post("/admin/password-reset/", {"email": OURS}, REMOTE_ADDR=HOME)
        [(_to, body)] = self.sent()
        link = re.search(r"https?://[^/]+(/admin/password-reset/\S+)", body)[1]
        url = self.client.get(link, follow=True).redirect_chain[-1][0]
        data = {"new_password1": NEW, "new_password2": NEW}
        self.client.post(url, data, REMOTE_ADDR=HOME)
        self.sent()
        sign_in(Client(), password=NEW, address=AWAY)
        self.assertEqual(self.sent(), [])

    @override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1)
    def test_mail_that_is_down_keeps_nobody_out(self):
        sign_in(Client(), address=HOME)
        self.assertRedirects(sign_in(self.client, address=AWAY), INDEX)
        with patch("comments.tasks.logger"):
            self.assertEqual(tasks.send_due(), 0)
        self.assertTrue(is_inside(self.client))
        self.assertTrue(Mail.objects.get().due_at)

    def test_account_without_a_mailbox_signs_in_from_anywhere(self):
        User.objects.update(email="")
        for address in (HOME, AWAY):
            self.assertEqual(sign_in(Client(), address=address).status_code, 302)
        self.assertFalse(Mail.objects.exists())
