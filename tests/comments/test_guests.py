"""What guests do with what they wrote, and who cannot."""

import json
from datetime import timedelta

import time_machine
from bs4 import BeautifulSoup
from django.apps import apps
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from comments import guests, mail, moderation, votes
from comments.models import Comment, Contact, RefusalReason, Report, VerifiedEmail
from tests.comments.posting import act, own, token, write
from tests.factories import make_article, make_comment
from tests.newsroom.test_safety import HOSTILE, active


class OwnPageTests(TestCase):
    def setUp(self):
        self.article = make_article()
        self.comment = make_comment(
            self.article, "남의 눈에 띄면 안 될 글", state="pending", email="me@example.com"
        )
        self.url = own(self.client, self.comment)

    def page(self):
        return self.client.get(self.url)

    def again(self):
        self.comment.refresh_from_db()
        return self.comment

    def test_cookie_goes_to_the_page_of_its_comment_alone(self):
        for https in (False, True):
            with self.subTest(https=https), override_settings(HTTPS=https):
                response = write(Client(), self.article, text=f"글 {https}")
                pk = Comment.objects.latest("pk").pk
                self.assertEqual(list(response.cookies), ["writer"])
                cookie = response.cookies["writer"]
                self.assertEqual(cookie["path"], f"/comments/{pk}/mine/")
                self.assertTrue(cookie["httponly"])
                self.assertEqual(cookie["samesite"], "Lax")
                self.assertEqual(bool(cookie["secure"]), https)

    def test_nobody_else_sees_anything_of_the_comment(self):
        other = make_comment(self.article, state="pending")
        devices = {"none": None, "of another comment": guests.owner_token(other), "forged": "1:x"}
        for name, cookie in devices.items():
            with self.subTest(name):
                client = Client()
                if cookie:
                    client.cookies[guests.COOKIE] = cookie
                page = client.get(self.url)
                self.assertContains(page, 'action="/comments/data/', status_code=403)
                self.assertNotContains(page, "남의 눈에", status_code=403)
                self.assertNotContains(page, "me@example.com", status_code=403)
                sent = client.post(self.url, {"do": "delete", "token": token("delete.1")})
                self.assertEqual(sent.status_code, 403)
        self.assertContains(self.page(), "남의 눈에")
        self.assertNotContains(self.page(), "me@example.com")

    def test_page_is_kept_by_nobody(self):
        for address in (self.url, "/comments/data/", f"/comments/{self.comment.pk}/mine/x/"):
            response = self.client.get(address)
            if response.status_code == 200:
                self.assertIn("no-store", response["Cache-Control"])
                self.assertEqual(response["X-Robots-Tag"], "noindex")

    def test_mailed_link_opens_it_on_any_device(self):
        client = Client()
        link = f"{self.url}{guests.owner_token(self.comment)}/"
        page = client.get(link, follow=True)
        self.assertEqual(page.redirect_chain, [(f"{self.url}#message", 302)])
        self.assertContains(page, "남의 눈에")
        self.assertEqual(Client().get(f"{self.url}1:forged/").status_code, 404)
        other = make_comment(self.article)
        wrong = f"{self.url}{guests.owner_token(other)}/"
        self.assertEqual(Client().get(wrong).status_code, 404)

    def test_says_what_became_of_it(self):
        reason = RefusalReason.objects.create(name="기사와 다른 이야기", text="다른 데서 나눠요.")
        steps = (
            (lambda: None, "댓글이 접수됐습니다"),
            (lambda: moderation.approve(self.again()), "댓글이 표시되고 있습니다"),
            (lambda: moderation.reject(self.again(), reason=reason), "다른 데서 나눠요."),
            (lambda: moderation.mark_spam(self.again()), "광고로 보여"),
            (lambda: moderation.trash(self.again()), "운영 기준에 맞지 않아"),
            (lambda: moderation.blind(self.again()), "임시조치로 가렸습니다"),
        )
        for step, words in steps:
            step()
            self.assertContains(self.page(), words)
        until = timezone.localtime(self.again().blinded_until)
        self.assertContains(self.page(), f"{until:%Y.%m.%d.}")

    def test_edit_within_ten_minutes_and_not_after(self):
        response = act(self.client, self.comment, "edit", text="고친 글")
        self.assertEqual(response.url, f"{self.url}?done=edit#message")
        self.assertEqual(self.again().text, "고친 글")
        self.assertContains(self.page(), "data-seconds")
        with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
            self.assertNotContains(self.page(), "data-seconds")
            late = act(self.client, self.comment, "edit", age=-600, text="늦게 고친 글")
            self.assertContains(late, "늦게 고친 글", status_code=409)
        self.assertEqual(self.again().text, "고친 글")

    def test_readers_see_the_approved_words_until_the_edit_is_approved(self):
        moderation.approve(self.comment)
        url = self.comment.get_absolute_url()
        act(self.client, self.comment, "edit", text="고친 글")
        self.assertContains(self.client.get(url), "남의 눈에")
        self.assertNotContains(self.client.get(url), "고친 글")
        self.assertContains(self.page(), "고친 글")
        self.assertIsNotNone(self.again().queued_at)
        moderation.approve(self.again())
        self.assertContains(self.client.get(url), "고친 글")
        self.assertNotContains(self.client.get(url), "남의 눈에")

    def test_edit_drops_no_signal_of_who_sent_it_and_how(self):
        for rule in ("honeypot", "blocked", "word"):
            self.comment.signals.create(rule=rule)
        act(self.client, self.comment, "edit", text="연락은 010-1234-5678 로")
        rules = set(self.comment.signals.values_list("rule", flat=True))
        self.assertEqual(rules, {"honeypot", "blocked", "personal"})

    def test_edit_that_lost_a_race_comes_back(self):
        stale = Comment.objects.get(pk=self.comment.pk)
        moderation.reject(self.comment)
        self.assertFalse(guests.edit(stale, "고친 글"))
        self.assertEqual(self.again().text, "남의 눈에 띄면 안 될 글")
        response = act(self.client, self.comment, "edit", text="고친 글")
        self.assertContains(response, "고친 글", status_code=409)

    def test_bad_edit_comes_back_with_the_reason(self):
        for changes in ({"text": "가" * 2001}, {"text": "소중한 글", "token": "forged"}):
            response = act(self.client, self.comment, "edit", **changes)
            self.assertContains(response, changes["text"], status_code=422)
            self.assertContains(response, 'role="alert"', status_code=422)
        empty = act(self.client, self.comment, "edit", text="  ")
        self.assertContains(empty, "댓글 내용을 적어 주세요", status_code=422)
        self.assertEqual(self.again().text, "남의 눈에 띄면 안 될 글")

    def test_appeal_once(self):
        moderation.approve(self.comment)
        refused = act(self.client, self.comment, "appeal", appeal="왜요?")
        self.assertContains(refused, "왜요?", status_code=409)
        moderation.reject(self.again())
        self.assertEqual(act(self.client, self.comment, "appeal", appeal=" ").status_code, 422)
        sent = act(self.client, self.comment, "appeal", appeal="욕이 아니라 사투리입니다.")
        self.assertEqual(sent.status_code, 302)
        self.assertEqual(self.again().appeal, "욕이 아니라 사투리입니다.")
        self.assertIsNotNone(self.comment.queued_at)
        self.assertContains(self.page(), "다시 살펴보고 있습니다")
        self.assertNotContains(self.page(), 'value="appeal"')
        again = act(self.client, self.comment, "appeal", appeal="한 번 더")
        self.assertContains(again, "한 번 더", status_code=409)
        moderation.reject(self.again())
        self.assertContains(self.page(), "결정은 그대로입니다")

    def test_deleted_comment_is_gone_for_everybody(self):
        moderation.approve(self.comment)
        reply = make_comment(self.article, "남을 답", parent=self.comment)
        act(self.client, self.comment, "delete")
        self.assertEqual(self.again().state, "deleted")
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "글쓴이가 지운 댓글입니다")
        self.assertContains(page, reply.text)
        for address in (self.article.get_absolute_url(), self.url, "/feeds/comments.xml"):
            self.assertNotContains(self.client.get(address), "남의 눈에")
        self.assertIsNone(moderation.approve(self.again()))
        late = act(self.client, self.comment, "edit", text="되살린 글")
        self.assertEqual(late.status_code, 409)

    def test_deletion_needs_a_fresh_form_of_this_comment(self):
        for bad in ("", "forged", token("delete.0"), token(f"delete.{self.comment.pk}", 90_000)):
            response = act(self.client, self.comment, "delete", token=bad)
            self.assertEqual(response.status_code, 422)
        self.assertEqual(self.again().state, "pending")

    def test_mail_is_asked_for_and_ended_here(self):
        contact = Contact.objects.get()
        act(self.client, self.comment, "notify", choice="on")
        contact.refresh_from_db()
        self.assertEqual(contact.notify, "asked")
        self.assertContains(self.client.get(f"{self.url}?done=notify"), "확인 메일을 보냈습니다")
        mail.confirm(contact)
        self.assertContains(self.page(), "받는 중")
        act(self.client, self.comment, "notify", choice="off")
        contact.refresh_from_db()
        self.assertEqual(contact.notify, "")
        self.assertContains(self.page(), "받지 않음")

    def test_page_says_one_message_and_repeats_no_id(self):
        moderation.reject(self.comment)
        for response in (
            self.page(),
            act(self.client, self.comment, "appeal", appeal=""),
            act(self.client, self.comment, "edit", text="늦음"),
            act(self.client, self.comment, "unknown"),
        ):
            page = BeautifulSoup(response.content, "html.parser")
            ids = [tag["id"] for tag in page.find_all(id=True)]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(page.find(id="message")["tabindex"], "-1")

    def test_hostile_text_is_text_on_every_private_page(self):
        reason = RefusalReason.objects.create(name="까닭", text=HOSTILE[1])
        for text in HOSTILE[::3]:
            comment = make_comment(
                self.article, text, author_name=text[:30], email="me@example.com", state="pending"
            )
            url = own(self.client, comment)
            pages = [self.client.get(url), act(self.client, comment, "edit", text=text, token="x")]
            moderation.reject(comment, reason=reason)
            pages.append(act(self.client, comment, "appeal", appeal=text, token="x"))
            pages.append(act(self.client, comment, "edit", text=text))
            act(self.client, comment, "appeal", appeal=text)
            pages.append(self.client.get(url))
            pages.append(write(Client(), self.article, text=text, author_name=text, email=text))
            pages.append(
                Client().post(
                    f"/comments/{make_comment(self.article).pk}/report/",
                    {"note": text, "email": text, "reason": text},
                )
            )
            pages.append(Client().post("/comments/data/", {"email": text}))
            for page in pages:
                self.assertEqual(active(page.content.decode()), [], text)
        page = self.client.get(f"/comments/data/{guests.data_token('me@example.com')}/")
        self.assertEqual(active(page.content.decode()), [])


class ConfirmTests(TestCase):
    def setUp(self):
        self.comment = make_comment(make_article(), email="me@example.com")
        self.contact = Contact.objects.get()
        self.contact.notify = "asked"
        self.contact.save()
        self.token = mail.mail_token(self.contact)

    def test_looking_changes_nothing_and_the_button_confirms(self):
        url = f"/comments/mail/{self.token}/"
        self.assertContains(self.client.get(url), "<button")
        self.assertEqual(VerifiedEmail.objects.count(), 0)
        self.assertEqual(self.client.post(url, {"token": "forged"}).status_code, 422)
        page = self.client.post(url, {"token": token(f"confirm.{self.contact.pk}")})
        proof = BeautifulSoup(page.content, "html.parser").select_one("[data-proof]")["data-proof"]
        self.assertTrue(guests.has_proof("me@example.com", proof))
        self.assertFalse(guests.has_proof("other@example.com", proof))
        self.assertTrue(VerifiedEmail.objects.filter(email="me@example.com").exists())
        self.contact.refresh_from_db()
        self.assertEqual(self.contact.notify, "on")
        self.assertEqual(self.client.get("/comments/mail/1:forged/").status_code, 404)

    def test_unsubscribing_is_one_press_and_looking_changes_nothing(self):
        mail.confirm(self.contact)
        url = f"/comments/unsubscribe/{self.token}/"
        self.assertContains(self.client.get(url), "<button")
        self.contact.refresh_from_db()
        self.assertEqual(self.contact.notify, "on")
        for _ in range(2):
            page = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
            self.assertContains(page, "이제 메일을 보내지 않습니다")
        self.contact.refresh_from_db()
        self.assertEqual(self.contact.notify, "")


class DataTests(TestCase):
    CANARY, NAME, WORDS = "canary@example.com", "카나리아", "카나리아가 한 말"

    def setUp(self):
        self.article = make_article()
        self.comments = [
            make_comment(
                self.article, f"{self.WORDS} {n}", email=self.CANARY, author_name="카나리아"
            )
            for n in range(3)
        ]
        self.other = make_comment(self.article, "남의 말", email="other@example.com")
        self.url = f"/comments/data/{guests.data_token(self.CANARY)}/"

    def test_asking_says_the_same_whoever_asks(self):
        bodies = []
        for email in (self.CANARY, "nobody@example.com"):
            data = {"email": email, "token": token("link")}
            response = self.client.post("/comments/data/", data, follow=True)
            self.assertEqual(response.redirect_chain, [("/comments/data/?sent#message", 302)])
            bodies.append(response.content)
        self.assertEqual(*bodies)
        bad = self.client.post("/comments/data/", {"email": "x@example.com", "token": "old"})
        self.assertContains(bad, "x@example.com", status_code=422)

    def test_link_shows_all_of_ones_own_and_nothing_of_others(self):
        page = self.client.get(self.url)
        self.assertContains(page, self.WORDS, count=3)
        self.assertNotContains(page, "남의 말")
        link = BeautifulSoup(page.content, "html.parser").select_one(".kept a")["href"]
        self.assertContains(Client().get(link, follow=True), self.WORDS)
        for wrong in ("/comments/data/forged/", f"/comments/data/{self.CANARY}/"):
            self.assertEqual(self.client.get(wrong).status_code, 404)
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            self.assertEqual(self.client.get(self.url).status_code, 404)

    def test_everything_can_be_taken_along(self):
        response = self.client.get(f"{self.url}?download")
        self.assertIn("attachment", response["Content-Disposition"])
        data = json.loads(response.content)
        self.assertEqual(data["email"], self.CANARY)
        self.assertEqual(len(data["comments"]), 3)
        self.assertIn(self.WORDS, data["comments"][0]["text"])

    def test_erasing_leaves_nothing_in_any_table(self):
        first, second, third = self.comments
        make_comment(self.article, "남을 답", parent=first)
        client = Client()
        own(client, second)
        act(client, second, "edit", text=f"{self.WORDS} 고침")
        moderation.reject(third, note=f"{self.WORDS} 때문에")
        own(client, third)
        act(client, third, "appeal", appeal=f"{self.WORDS} 이의")
        first.signals.create(rule="word", found=self.WORDS)
        votes.vote(first, ["someone"], 1)
        Report.objects.create(
            comment=self.other, source="s", reason="rights", note=self.WORDS, email=self.CANARY
        )
        VerifiedEmail.objects.create(email=self.CANARY)
        self.assertGreater(self.traces(), 5)
        self.assertEqual(self.client.post(self.url, {"token": "forged"}).status_code, 422)
        self.assertGreater(self.traces(), 5)
        page = self.client.post(self.url, {"token": token("erase")})
        self.assertContains(page, "댓글 3개")
        self.assertEqual(self.traces(), 0)
        self.article.refresh_from_db()
        self.assertEqual(self.article.comment_count, 2)
        thread = self.client.get(self.article.get_absolute_url())
        self.assertContains(thread, "남을 답")
        self.assertContains(thread, "글쓴이가 지운")
        self.assertContains(thread, "남의 말")
        self.assertEqual(Contact.objects.get().email, "other@example.com")
        self.assertEqual(self.client.get(self.url).status_code, 404)

    def traces(self):
        """In how many rows of the whole database the canary's name, address or words are."""
        found = 0
        for model in apps.get_models():
            for row in model.objects.values():
                text = str(row)
                found += any(word in text for word in (self.CANARY, self.WORDS, self.NAME))
        return found
