"""The door of the admin: passwords, codes, locks, and the ways out."""

import re
import time
from datetime import timedelta
from threading import Thread

import time_machine
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from authors import access, hashing, second_factor
from authors.models import AccessEvent, User
from comments import tasks, upkeep
from comments.models import Mail, SourceKey
from newsroom.models import Masthead

PASSWORD = "장터에 켜진 불"
LOGIN, CODE, INDEX = "/admin/login/", "/admin/login/code/", "/admin/"
FACTOR, SET_UP, ASK = (
    "/admin/second-factor/",
    "/admin/second-factor/set-up/",
    "/admin/password-reset/",
)
Kind = AccessEvent.Kind


def make_staff(name="한도경", group="", **fields):
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True, **fields)
    if group:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def sign_in(client, name="한도경", password=PASSWORD, address="203.0.113.7", **data):
    return client.post(LOGIN, {"username": name, "password": password, **data}, REMOTE_ADDR=address)


def code_of(user, steps=0):
    """Return the code that the app of an account shows, or showed some steps of 30 s ago."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, t0=-30 * steps):06d}"


def give_factor(user):
    """Set up a second factor; return the recovery codes."""
    key = second_factor.new_key()
    # The code of the step before, so that the present one is still unused.
    device = second_factor.set_up(user, key, f"{totp(bytes.fromhex(key), t0=30):06d}")
    assert device
    return second_factor.new_recovery_codes(user)


def addresses_of(patterns, before="/admin/"):
    """Return an address for each pattern, with 1 for whatever it asks for."""
    for pattern in patterns:
        address = before + re.sub(r"<[^>]+>", "1", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from addresses_of(pattern.url_patterns, address)
        elif not address.endswith("$"):
            yield address


def is_inside(client):
    return client.get(INDEX).status_code == 200


def kinds(user=None):
    events = AccessEvent.objects.order_by("pk")
    return list((events.filter(user=user) if user else events).values_list("kind", flat=True))


class PasswordTests(TestCase):
    def setUp(self):
        self.user = make_staff()

    def test_right_password_leads_in_and_on_to_the_wanted_page(self):
        response = sign_in(self.client, next="/admin/password_change/")
        self.assertRedirects(response, "/admin/password_change/")
        self.assertEqual(kinds(self.user), [Kind.SIGNED_IN])

    def test_wrong_password_is_refused_and_the_name_comes_back(self):
        response = sign_in(self.client, password="아닌 것")
        self.assertContains(response, 'value="한도경"')
        self.assertFalse(is_inside(self.client))
        self.assertEqual(kinds(self.user), [Kind.FAILED])

    def test_foreign_address_is_not_followed(self):
        for wanted in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            self.assertRedirects(
                sign_in(Client(), next=wanted), INDEX, fetch_redirect_response=False
            )

    def test_account_that_is_not_staff_or_left_stays_outside(self):
        User.objects.create_user("독자", password=PASSWORD)
        make_staff("퇴사자", is_active=False)
        for name in ("독자", "퇴사자"):
            self.assertEqual(sign_in(self.client, name).status_code, 200)
            self.assertFalse(is_inside(self.client))

    def test_signing_out_and_a_new_password_are_recorded(self):
        sign_in(self.client)
        data = {"old_password": PASSWORD, "new_password1": "새벽 첫차를 타고 떠난 날"}
        self.client.post("/admin/password_change/", {**data, "new_password2": "다른 것"})
        data["new_password2"] = data["new_password1"]
        self.client.post("/admin/password_change/", data)
        self.client.post("/admin/logout/")
        self.assertEqual(kinds(), [Kind.SIGNED_IN, Kind.PASSWORD_CHANGED, Kind.SIGNED_OUT])

    def test_neither_address_nor_typed_name_is_kept(self):
        sign_in(self.client, "wrong-field-secret", "x", address="203.0.113.77")
        event = AccessEvent.objects.get()
        kept = " ".join(str(value) for value in vars(event).values())
        self.assertNotIn("203.0.113", kept)
        self.assertNotIn("wrong-field-secret", kept)
        self.assertIsNone(event.user)


class LockTests(TestCase):
    def setUp(self):
        self.user = make_staff()

    def fail(self, times, name="한도경", address="203.0.113.7"):
        for _number in range(times):
            response = sign_in(self.client, name, "아닌 것", address)
        return response

    def test_account_is_locked_for_a_while_and_told_how_long(self):
        self.assertEqual(self.fail(access.NAME_LIMIT).status_code, 200)
        response = sign_in(self.client)
        self.assertEqual(response.status_code, 429)
        self.assertIn(ASK, response.content.decode())
        self.assertLessEqual(int(response["Retry-After"]), 15 * 60)
        self.assertContains(response, "15", status_code=429)
        with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
            self.assertEqual(sign_in(self.client).status_code, 302)
        self.assertEqual(kinds(self.user).count(Kind.LOCKED), 1)

    def test_failures_within_the_limit_lock_nobody_and_success_begins_anew(self):
        for _round in range(3):
            self.fail(access.NAME_LIMIT - 1)
            self.assertEqual(sign_in(self.client).status_code, 302)

    def test_lock_holds_from_everywhere(self):
        for number in range(access.NAME_LIMIT):
            self.fail(1, address=f"198.51.100.{number}")
        self.assertEqual(sign_in(self.client, address="192.0.2.1").status_code, 429)

    def test_strangers_do_not_lock_out_whoever_signed_in_from_here_lately(self):
        sign_in(Client(), address="192.0.2.1")
        for number in range(access.NAME_LIMIT):
            self.fail(1, address=f"198.51.100.{number}")
        self.assertEqual(sign_in(self.client, address="192.0.2.2").status_code, 429)
        self.assertEqual(sign_in(self.client, address="192.0.2.1").status_code, 302)
        self.fail(access.NAME_LIMIT, address="192.0.2.1")
        self.assertEqual(sign_in(self.client, address="192.0.2.1").status_code, 429)

    def test_one_place_cannot_try_many_names(self):
        for number in range(access.PLACE_LIMIT):
            self.fail(1, f"기자{number}")
        self.assertEqual(sign_in(self.client).status_code, 429)
        self.assertEqual(sign_in(self.client, address="192.0.2.1").status_code, 302)

    def test_lock_does_not_tell_whether_there_is_such_an_account(self):
        self.fail(access.NAME_LIMIT, "없는이", "192.0.2.1")
        self.fail(access.NAME_LIMIT, "한도경", "192.0.2.2")
        unknown = sign_in(Client(), "없는이", address="192.0.2.3")
        known = sign_in(Client(), "한도경", address="192.0.2.3")
        self.assertEqual((unknown.status_code, known.status_code), (429, 429))

    def test_spelling_of_the_name_does_not_matter(self):
        make_staff("Kim")
        self.fail(access.NAME_LIMIT, "KIM")
        self.assertEqual(sign_in(self.client, "Kim").status_code, 429)

    @override_settings(TRUSTED_PROXIES=1)
    def test_address_behind_the_proxy_counts(self):
        for number in range(access.PLACE_LIMIT):
            data = {"username": f"기자{number}", "password": "x"}
            self.client.post(LOGIN, data, headers={"x-forwarded-for": "9.9.9.9, 198.51.100.1"})
        data = {"username": "한도경", "password": PASSWORD}
        forged = self.client.post(LOGIN, data, headers={"x-forwarded-for": "8.8.8.8, 198.51.100.1"})
        self.assertEqual(forged.status_code, 429)
        other = self.client.post(LOGIN, data, headers={"x-forwarded-for": "198.51.100.2"})
        self.assertEqual(other.status_code, 302)

    def test_publisher_lifts_a_lock(self):
        self.fail(access.NAME_LIMIT)
        User.objects.create_superuser("발행인", password=PASSWORD)
        publisher = Client()
        sign_in(publisher, "발행인", address="192.0.2.9")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertContains(publisher.get(url), 'value="lift"')
        publisher.post(url, {"do": "lift"})
        self.assertNotContains(publisher.get(url), 'value="lift"')
        self.assertEqual(sign_in(self.client).status_code, 302)
        self.assertEqual(LogEntry.objects.get().object_id, str(self.user.pk))

    def test_reporter_lifts_nothing(self):
        make_staff("기자")
        sign_in(self.client, "기자")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertEqual(self.client.get(url).status_code, 403)
        self.assertEqual(self.client.post(url, {"do": "lift"}).status_code, 403)

    def test_odd_wish_is_not_found(self):
        User.objects.create_superuser("발행인", password=PASSWORD)
        sign_in(self.client, "발행인")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertEqual(self.client.post(url, {"do": "x"}).status_code, 404)
        self.assertEqual(self.client.get("/admin/authors/user/99999/door/").status_code, 404)


class NewPasswordTests(TestCase):
    def setUp(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        self.user = make_staff(email="desk@example.com")

    def ask(self, email, address="203.0.113.7"):
        return self.client.post(ASK, {"email": email}, REMOTE_ADDR=address, follow=True)

    def link(self):
        tasks.send_due()
        [message] = mail.outbox
        self.assertEqual(message.to, ["desk@example.com"])
        return re.search(r"https?://[^/]+(/admin/password-reset/\S+)", message.body)[1]

    def test_letter_leads_to_a_new_password_and_ends_the_lock(self):
        for _number in range(access.NAME_LIMIT):
            sign_in(self.client, password="아닌 것")
        self.assertEqual(sign_in(self.client).status_code, 429)
        self.ask("desk@example.com")
        form = self.client.get(self.link(), follow=True)
        url = form.redirect_chain[-1][0]
        self.assertNotIn(self.link().split("/")[-2], url)
        new = "새벽 첫차를 타고 떠난 날"
        refused = self.client.post(url, {"new_password1": "1234", "new_password2": "1234"})
        self.assertEqual(refused.status_code, 200)
        done = self.client.post(url, {"new_password1": new, "new_password2": new}, follow=True)
        self.assertEqual(done.status_code, 200)
        self.assertEqual(sign_in(self.client, password=new).status_code, 302)
        self.assertIn(Kind.PASSWORD_RESET, kinds(self.user))

    def test_link_works_once_and_not_for_ever(self):
        self.ask("desk@example.com")
        link = self.link()
        with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
            self.assertFalse(self.client.get(link, follow=True).context.get("validlink"))
        self.user.set_password("바뀐 지 오래다")
        self.user.save()
        self.assertFalse(self.client.get(link, follow=True).context.get("validlink"))

    def test_same_answer_and_as_many_rows_for_an_unknown_mailbox(self):
        known, unknown = self.ask("desk@example.com"), self.ask("nobody@example.com")
        strip = re.compile(rb"csrfmiddlewaretoken[^>]*>")
        self.assertEqual(strip.sub(b"", known.content), strip.sub(b"", unknown.content))
        self.assertEqual(Mail.objects.count(), 2)
        tasks.send_due()
        self.assertEqual(len(mail.outbox), 1)
        self.assertEqual(Mail.objects.count(), 1)

    def test_mailbox_gets_a_few_a_day_and_a_place_asks_for_a_few_an_hour(self):
        for _number in range(access.RESETS_A_MAILBOX + 2):
            self.ask("desk@example.com")
        tasks.send_due()
        self.assertEqual(len(mail.outbox), access.RESETS_A_MAILBOX)
        for number in range(access.RESETS_A_PLACE):
            self.ask(f"desk{number}@example.com", "192.0.2.1")
        refused = self.ask("desk@example.com", "192.0.2.1")
        self.assertTrue(refused.context["form"].errors["email"])
        self.assertContains(refused, "desk@example.com")

    def test_nobody_without_a_password_or_who_left_gets_one(self):
        for fields in ({"is_active": False}, {"password": "!"}):
            User.objects.update(**fields)
            self.ask("desk@example.com")
        tasks.send_due()
        self.assertEqual(mail.outbox, [])

    def test_second_factor_is_still_asked_for(self):
        give_factor(self.user)
        self.ask("desk@example.com")
        url = self.client.get(self.link(), follow=True).redirect_chain[-1][0]
        new = "새벽 첫차를 타고 떠난 날"
        self.client.post(url, {"new_password1": new, "new_password2": new})
        response = sign_in(self.client, password=new)
        self.assertTrue(response["Location"].startswith(CODE))


class CodeTests(TestCase):
    def setUp(self):
        self.user = make_staff()
        self.codes = give_factor(self.user)

    def send(self, code, client=None, **data):
        return (client or self.client).post(CODE, {"code": code, **data})

    def test_password_alone_does_not_lead_in(self):
        response = sign_in(self.client, next="/admin/password_change/")
        self.assertTrue(response["Location"].startswith(CODE))
        self.assertFalse(is_inside(self.client))
        self.assertNotIn("_auth_user_id", self.client.session)
        page = self.client.get(response["Location"])
        self.assertContains(page, 'autocomplete="one-time-code"')
        response = self.send(code_of(self.user), next="/admin/password_change/")
        self.assertRedirects(response, "/admin/password_change/")
        self.assertEqual(kinds(self.user), [Kind.PASSWORD, Kind.SIGNED_IN])

    def test_code_may_have_spaces_and_wide_digits(self):
        sign_in(self.client)
        code = code_of(self.user)
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
        self.assertEqual(self.send(f" {wide[:3]} {wide[3:]} ").status_code, 302)

    def test_wrong_code_is_refused_in_words(self):
        sign_in(self.client)
        for code in ("000000", "", "코드", "0" * 400, "a\x00b", "１２"):
            with self.subTest(code):
                AccessEvent.objects.update(counts=False)
                response = self.send(code)
                self.assertContains(response, "errornote")
        self.assertFalse(is_inside(self.client))

    def test_code_works_once(self):
        code = code_of(self.user)
        sign_in(self.client)
        self.assertEqual(self.send(code).status_code, 302)
        second = Client()
        sign_in(second)
        self.assertEqual(self.send(code, second).status_code, 200)
        self.assertFalse(is_inside(second))

    def test_recovery_code_works_once_however_it_is_typed(self):
        code = self.codes[0]
        sign_in(self.client)
        self.assertContains(self.client.get(CODE + "?recovery=1"), 'name="code"')
        self.assertEqual(self.send(code.upper().replace("-", " ")).status_code, 302)
        self.assertTrue(is_inside(self.client))
        second = Client()
        sign_in(second)
        self.assertEqual(self.send(code, second).status_code, 200)
        self.assertEqual(self.send(self.codes[1], second).status_code, 302)
        self.assertEqual(kinds().count(Kind.RECOVERED), 2)

    def test_recovery_codes_are_kept_as_hashes(self):
        kept = set(StaticToken.objects.values_list("token", flat=True))
        self.assertEqual(len(kept), second_factor.RECOVERY_CODES)
        self.assertFalse(kept & {code.replace("-", "") for code in self.codes})

    def test_guessing_codes_locks_the_account_even_with_the_right_one(self):
        sign_in(self.client)
        for _number in range(access.CODE_LIMIT):
            self.assertEqual(self.send("000000").status_code, 200)
        self.assertEqual(self.send(code_of(self.user)).status_code, 429)
        access.lift(self.user)
        self.assertEqual(self.send(code_of(self.user)).status_code, 302)

    def test_code_page_without_a_password_leads_back(self):
        self.assertRedirects(self.client.get(CODE), LOGIN)
        self.assertRedirects(self.send(code_of(self.user)), LOGIN)

    def test_password_is_forgotten_after_a_while_or_when_it_changed(self):
        sign_in(self.client)
        with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
            self.assertRedirects(self.client.get(CODE), LOGIN)
        sign_in(self.client)
        self.user.set_password("바뀐 지 오래다")
        self.user.save()
        self.assertRedirects(self.client.get(CODE), LOGIN)

    def test_session_from_before_is_asked_for_a_code(self):
        client = Client()
        client.force_login(self.user)
        response = client.get("/admin/password_change/", follow=True)
        self.assertTrue(response.redirect_chain[-1][0].startswith(CODE))
        self.assertContains(response, "/admin/logout/")
        self.send(code_of(self.user), client)
        self.assertTrue(is_inside(client))

    def test_signing_in_as_another_does_not_stay_the_first(self):
        first = make_staff("주은결")
        self.client.force_login(first)
        sign_in(self.client)
        self.send(code_of(self.user))
        self.assertEqual(int(self.client.session["_auth_user_id"]), self.user.pk)

    @override_settings(STAFF_SECOND_FACTOR="off")
    def test_switched_off_by_the_site_no_code_is_asked_for(self):
        self.assertRedirects(sign_in(self.client), INDEX)
        self.assertEqual(self.client.get(FACTOR).status_code, 404)
        self.assertNotContains(self.client.get(INDEX), FACTOR)


class SetUpTests(TestCase):
    def setUp(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        self.user = make_staff()
        sign_in(self.client)

    def key(self):
        return self.client.session["new_second_factor"]

    def app_code(self):
        return f"{totp(bytes.fromhex(self.key())):06d}"

    def set_up(self):
        self.client.get(SET_UP)
        return self.client.post(SET_UP, {"code": self.app_code()})

    def test_page_shows_a_picture_of_the_key_from_this_site(self):
        page = self.client.get(FACTOR, follow=True)
        self.assertContains(page, "<svg")
        self.assertNotContains(page, "style=")
        self.assertContains(page, second_factor.spelled(self.key()))
        self.assertContains(page, "otpauth://totp/")
        self.assertEqual(
            self.client.get(SET_UP).content.count(b"<svg"), page.content.count(b"<svg")
        )
        self.assertIn("no-store", page["Cache-Control"])

    def test_right_code_turns_it_on_and_shows_recovery_codes_once(self):
        page = self.set_up()
        codes = re.findall(r"<code>(\w{4}-\w{4})</code>", page.content.decode())
        self.assertEqual(len(codes), second_factor.RECOVERY_CODES)
        self.assertTrue(is_inside(self.client))
        self.assertNotContains(self.client.get(FACTOR), codes[0])
        self.client.post("/admin/logout/")
        self.assertTrue(sign_in(self.client)["Location"].startswith(CODE))
        self.client.post(CODE, {"code": codes[0]})
        self.assertTrue(is_inside(self.client))
        self.assertIn(Kind.FACTOR_ON, kinds(self.user))

    def test_wrong_code_sets_up_nothing_and_keeps_the_picture(self):
        self.client.get(SET_UP)
        key = self.key()
        for code in ("000000", "", "코드", "9" * 300):
            response = self.client.post(SET_UP, {"code": code})
            self.assertContains(response, "errornote")
        self.assertEqual(self.key(), key)
        self.assertFalse(TOTPDevice.objects.exists())

    def test_turning_off_asks_for_the_password(self):
        self.set_up()
        refused = self.client.post(FACTOR, {"do": "off", "password": "아닌 것"})
        self.assertContains(refused, "errornote")
        self.assertTrue(TOTPDevice.objects.exists())
        self.assertRedirects(self.client.post(FACTOR, {"do": "off", "password": PASSWORD}), INDEX)
        self.assertFalse(TOTPDevice.objects.exists() or StaticToken.objects.exists())
        self.assertIn(Kind.FACTOR_OFF, kinds(self.user))

    def test_guessing_the_password_there_is_counted_too(self):
        self.set_up()
        for _number in range(access.NAME_LIMIT):
            self.client.post(FACTOR, {"do": "off", "password": "아닌 것"})
        response = self.client.post(FACTOR, {"do": "off", "password": PASSWORD})
        self.assertContains(response, "errornote")
        self.assertTrue(TOTPDevice.objects.exists())

    def test_renewing_asks_for_the_password_and_asks_other_sessions_anew(self):
        self.set_up()
        other = Client()
        sign_in(other)
        other.post(CODE, {"code": second_factor.new_recovery_codes(self.user)[0]})
        self.assertTrue(is_inside(other))
        self.assertRedirects(self.client.get(SET_UP), FACTOR)
        self.client.post(FACTOR, {"do": "renew", "password": PASSWORD})
        old = TOTPDevice.objects.get()
        self.client.post(SET_UP, {"code": "000000"})
        self.assertEqual(TOTPDevice.objects.get(), old)
        self.client.post(SET_UP, {"code": self.app_code()})
        self.assertNotEqual(TOTPDevice.objects.get().pk, old.pk)
        self.assertTrue(is_inside(self.client))
        self.assertFalse(is_inside(other))

    def test_new_recovery_codes_replace_the_old_ones(self):
        self.set_up()
        old = set(StaticToken.objects.values_list("token", flat=True))
        self.client.post(FACTOR, {"do": "codes", "password": PASSWORD})
        self.assertFalse(old & set(StaticToken.objects.values_list("token", flat=True)))

    def test_owner_is_told_by_mail_of_every_change(self):
        User.objects.update(email="desk@example.com")
        publisher = Client()
        User.objects.create_superuser("발행인", password=PASSWORD)
        sign_in(publisher, "발행인")
        self.set_up()
        self.client.post(FACTOR, {"do": "codes", "password": "아닌 것"})
        self.client.post(FACTOR, {"do": "codes", "password": PASSWORD})
        self.client.post(FACTOR, {"do": "renew", "password": PASSWORD})
        self.client.post(SET_UP, {"code": "000000"})
        self.client.post(SET_UP, {"code": self.app_code()})
        self.client.post(FACTOR, {"do": "off", "password": PASSWORD})
        give_factor(self.user)
        publisher.post(f"/admin/authors/user/{self.user.pk}/door/", {"do": "reset"})
        tasks.send_due()
        self.assertEqual({to for letter in mail.outbox for to in letter.to}, {"desk@example.com"})
        said = ["휴대전화로", "복구 코드", "휴대전화로", "껐습니다", "초기화했습니다"]
        for letter, words in zip(mail.outbox, said, strict=True):
            self.assertIn(words, letter.body)
            self.assertIn("‘한도경’", letter.body)

    def test_owner_without_a_mailbox_is_not_told_and_nothing_fails(self):
        self.set_up()
        self.assertEqual(tasks.send_due(), 0)
        self.assertFalse(Mail.objects.exists())

    def test_stranger_finds_no_page(self):
        for url in (FACTOR, SET_UP):
            self.assertRedirects(Client().get(url), f"{LOGIN}?next={url}")

    def test_publisher_resets_a_lost_device_and_it_is_logged(self):
        give_factor(self.user)
        publisher = Client()
        User.objects.create_superuser("발행인", password=PASSWORD)
        sign_in(publisher, "발행인")
        url = f"/admin/authors/user/{self.user.pk}/door/"
        self.assertContains(publisher.get(f"/admin/authors/user/{self.user.pk}/change/"), url)
        self.assertContains(publisher.get(url), 'value="reset"')
        self.assertRedirects(publisher.post(url, {"do": "reset"}), url)
        self.assertFalse(TOTPDevice.objects.exists())
        entry = LogEntry.objects.get()
        self.assertEqual((entry.user.username, entry.object_id), ("발행인", str(self.user.pk)))
        self.assertRedirects(sign_in(Client()), INDEX, fetch_redirect_response=False)

    def test_who_may_not_change_a_superuser_resets_nothing_of_theirs(self):
        chief = User.objects.create_superuser("발행인", password=PASSWORD)
        give_factor(chief)
        url = f"/admin/authors/user/{chief.pk}/door/"
        self.assertEqual(self.client.post(url, {"do": "reset"}).status_code, 403)
        self.assertTrue(TOTPDevice.objects.filter(user=chief).exists())


@override_settings(STAFF_SECOND_FACTOR="editors")
class RequiredTests(TestCase):
    def test_editors_get_no_further_than_the_setup_page(self):
        for name, fields in (
            ("편집자", {"group": "editor"}),
            ("발행인", {"group": "publisher"}),
            ("관리자", {"is_superuser": True}),
        ):
            client = Client()
            make_staff(name, **fields)
            for url in (INDEX, "/admin/password_change/", "/admin/articles/article/"):
                response = sign_in(client, name, next=url) if url == INDEX else client.get(url)
                self.assertEqual(response.status_code, 302, url)
                page = client.get(url, follow=True)
                self.assertEqual(page.redirect_chain[-1][0], SET_UP, url)
                self.assertContains(page, "/admin/logout/")
            code = totp(bytes.fromhex(client.session["new_second_factor"]))
            self.assertContains(client.post(SET_UP, {"code": f"{code:06d}"}), "<code>")
            self.assertTrue(is_inside(client))
            response = client.post(FACTOR, {"do": "off", "password": PASSWORD})
            self.assertEqual(TOTPDevice.objects.filter(user__username=name).count(), 1)

    def test_no_other_page_of_the_admin_opens_before(self):
        make_staff("관리자", is_superuser=True)
        sign_in(self.client, "관리자")
        addresses = set(addresses_of(admin.site.get_urls()))
        self.assertGreater(len(addresses), 100)
        for address in addresses - {SET_UP, LOGIN, CODE, FACTOR, "/admin/logout/"}:
            for send in (self.client.get, self.client.post):
                with self.subTest(address):
                    response = send(address)
                    self.assertIn(response.status_code, (302, 403, 405))
                    if response.status_code == 302:
                        self.assertTrue(response["Location"].startswith(LOGIN), address)

    def test_reporters_and_moderators_may_go_on_without(self):
        for name in ("reporter", "moderator"):
            client = Client()
            make_staff(name, group=name)
            sign_in(client, name)
            self.assertTrue(is_inside(client))


class HashingTests(TestCase):
    @override_settings(PASSWORD_HASHERS=["authors.hashing.OneAtATimeArgon2"])
    def test_one_hash_at_a_time_and_still_argon2(self):
        encoded = make_password(PASSWORD)
        self.assertTrue(encoded.startswith("argon2$"))
        with hashing.ONE:
            thread = Thread(target=check_password, args=(PASSWORD, encoded))
            thread.start()
            thread.join(0.6)
            self.assertTrue(thread.is_alive())
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.assertTrue(check_password(PASSWORD, encoded))
        self.assertFalse(check_password("아닌 것", encoded))

    def test_who_finds_a_line_is_sent_away_at_once(self):
        make_staff()
        for _number in range(hashing.IN_LINE):
            hashing.LINE.acquire()
        try:
            response = sign_in(self.client)
            self.assertContains(response, "errornote", status_code=503)
        finally:
            for _number in range(hashing.IN_LINE):
                hashing.LINE.release()
        self.assertEqual(kinds(), [])
        self.assertEqual(sign_in(self.client).status_code, 302)

    @override_settings(PASSWORD_HASHERS=["authors.hashing.OneAtATimeArgon2"])
    def test_answer_takes_as_long_for_an_unknown_name(self):
        make_staff()
        User.objects.create_user("암호없음", is_staff=True)
        times = {}
        for name in ("한도경", "암호없음", "없는이"):
            times[name] = []
            for _round in range(3):
                begin = time.perf_counter()
                sign_in(self.client, name, "아닌 것")
                times[name].append(time.perf_counter() - begin)
        fastest = [min(rounds) for rounds in times.values()]
        self.assertLess(max(fastest), 2.5 * min(fastest), times)


class UpkeepTests(TestCase):
    def test_sources_go_with_their_key_and_records_after_a_year(self):
        make_staff()
        sign_in(self.client)
        AccessEvent.objects.create(kind=Kind.FAILED, name="x", source="y")
        AccessEvent.objects.filter(kind=Kind.FAILED).update(at=timezone.now() - timedelta(days=100))
        SourceKey.objects.update(created_at=timezone.now() - timedelta(days=10))
        upkeep.destroy_keys()
        self.assertEqual(AccessEvent.objects.get(kind=Kind.FAILED).source, "")
        self.assertNotEqual(AccessEvent.objects.get(kind=Kind.SIGNED_IN).source, "")
        AccessEvent.objects.filter(kind=Kind.FAILED).update(at=timezone.now() - timedelta(days=401))
        self.assertEqual(upkeep.purge_access(), 1)


class QueryTests(TestCase):
    def test_second_factor_costs_no_query_inside(self):
        plain = make_staff("주은결")
        self.client.force_login(plain)
        with CaptureQueriesContext(connection) as without:
            self.client.get("/admin/password_change/done/")
        number = len(without)
        user = make_staff()
        give_factor(user)
        sign_in(self.client)
        self.client.post(CODE, {"code": code_of(user)})
        with self.assertNumQueries(number):
            self.client.get("/admin/password_change/done/")
