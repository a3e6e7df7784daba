"""Comments: written by guests, held or shown, read in threads."""

import gzip
import re
from datetime import timedelta
from unittest import mock

import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authors.models import User
from comments import checks, guests, moderation, reports, votes, words
from comments.models import (
    Ban,
    Comment,
    Contact,
    ModerationEvent,
    RefusalReason,
    VerifiedEmail,
    path_step,
)
from comments.sources import email_digest
from comments.templatetags.comments import comment_text
from newsroom.models import Masthead
from tests.comments.posting import comment_data, shown, token, write
from tests.factories import make_article, make_comment

OPEN = {"comment_policy": "open", "comments_hold_first": False}


def masthead(**fields):
    """Let the paper have these settings."""
    paper = Masthead.load()
    for name, value in fields.items():
        setattr(paper, name, value)
    paper.save()


def statements(queries):
    """Return the SQL of what was asked, without the marks of transactions."""
    sql = [query["sql"] for query in queries]
    return [line for line in sql if line.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]


def rules(comment):
    return set(comment.signals.values_list("rule", flat=True))


class WritingTests(TestCase):
    def setUp(self):
        self.article = make_article()
        self.url = f"/articles/{self.article.pk}/comments/"

    def test_comment_waits_and_its_writer_is_told(self):
        response = write(self.client, self.article)
        comment = Comment.objects.get()
        self.assertEqual(response.url, f"/comments/{comment.pk}/mine/#message")
        page = self.client.get(response.url)
        self.assertContains(page, "댓글이 접수됐습니다")
        self.assertContains(page, "잘 읽었습니다.")
        self.assertEqual(comment.state, "pending")
        self.assertNotContains(self.client.get(self.article.get_absolute_url()), "잘 읽었습니다.")
        self.assertEqual(self.client.get(comment.get_absolute_url()).status_code, 404)
        moderation.approve(comment)
        self.assertContains(self.client.get(self.article.get_absolute_url()), "잘 읽었습니다.")
        self.assertContains(self.client.get(comment.get_absolute_url()), "잘 읽었습니다.")

    def test_what_was_typed_comes_back_with_the_reason(self):
        cases = {
            "email": ("이메일 아님", "이메일 주소가 아닌 것 같습니다"),
            "author_name": ("", "이름이나 별명을 적어 주세요"),
            "text": ("   ", "댓글 내용을 적어 주세요"),
            "consent": ("", "동의하지 않으시면"),
            "token": ("forged", "페이지를 연 지 오래됐습니다"),
        }
        for field, (value, reason) in cases.items():
            with self.subTest(field):
                changes = {"text": "길게 쓴 소중한 글", field: value}
                response = write(self.client, self.article, **changes)
                self.assertContains(response, reason, status_code=422)
                if field != "text":
                    self.assertContains(response, "길게 쓴 소중한 글", status_code=422)
        self.assertEqual(Comment.objects.count(), 0)
        self.assertEqual(write(self.client, self.article).status_code, 302)

    def test_form_that_is_too_old_or_not_ours_comes_back_fresh(self):
        other = make_article()
        stale = {
            "a day old": token(f"comment.{self.article.pk}", 86_500),
            "of another article": token(f"comment.{other.pk}"),
            "of another form": token("vote"),
            "from the future": token(f"comment.{self.article.pk}", -600),
            "forged": "comment.1.1700000000:AAAA",
            "none": "",
        }
        for name, bad in stale.items():
            with self.subTest(name):
                page = write(self.client, self.article, token=bad, text="잃을 수 없는 글")
                self.assertContains(page, "잃을 수 없는 글", status_code=422)
                field = BeautifulSoup(page.content, "html.parser").find(id="comment-token")
                with time_machine.travel(timezone.now() + timedelta(seconds=5)):
                    again = write(self.client, self.article, token=field["value"], text=name)
                self.assertEqual(again.status_code, 302)
        self.assertEqual(Comment.objects.count(), len(stale))

    def test_longest_comment_is_what_the_paper_says(self):
        masthead(comments_max_length=100)
        page = write(self.client, self.article, text="가" * 101)
        self.assertContains(page, "가" * 101, status_code=422)
        self.assertEqual(write(self.client, self.article, text="가" * 100).status_code, 302)
        masthead(comments_max_length=2000)
        self.assertEqual(write(self.client, self.article, text="나" * 2001).status_code, 422)
        self.assertEqual(write(self.client, self.article, text="나" * 2000).status_code, 302)

    def test_same_form_sent_twice_is_one_comment(self):
        data = comment_data(self.article)
        first, second = self.client.post(self.url, data), self.client.post(self.url, data)
        self.assertEqual(first.url, second.url)
        self.assertEqual(Comment.objects.count(), 1)
        changed = self.client.post(self.url, {**data, "text": "같은 양식으로 쓴 다른 글"})
        self.assertContains(changed, "같은 양식으로 쓴 다른 글", status_code=422)
        self.assertNotContains(changed, data["token"], status_code=422)
        self.client.post(self.url, {**data, "email": "neighbour@example.com"})
        self.client.post(self.url, {**data, "text": "다시 연 페이지에서 쓴 글", "once": "again"})
        self.assertEqual(Comment.objects.count(), 3)

    def test_closed_article_takes_none_and_gives_back_what_was_typed(self):
        make_comment(self.article, "먼저 쓴 댓글")
        self.article.comment_policy = "closed"
        self.article.save()
        response = write(self.client, self.article, text="늦게 도착한 글")
        self.assertContains(response, "댓글은 닫혔습니다", status_code=422)
        self.assertContains(response, "늦게 도착한 글", status_code=422)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "먼저 쓴 댓글")
        self.assertNotContains(page, 'id="comment-form"')
        self.assertNotContains(page, "reply_to=")

    def test_comments_close_by_themselves_unless_the_article_says_otherwise(self):
        masthead(comments_close_after_days=30)
        old = make_article(hours_ago=24 * 31)
        self.assertEqual(write(self.client, old).status_code, 422)
        self.assertNotContains(self.client.get(old.get_absolute_url()), 'id="comment-form"')
        old.comment_policy = "approve"
        old.save()
        self.assertEqual(write(self.client, old).status_code, 302)
        self.assertEqual(write(self.client, self.article, text="새 기사의 글").status_code, 302)

    def test_hidden_comments_are_nowhere(self):
        comment = make_comment(self.article, "숨은 댓글")

        def hide_one():
            self.article.comment_policy = "hidden"
            self.article.save()

        def hide_all():
            self.article.comment_policy = ""
            self.article.save()
            masthead(comment_policy="hidden")

        self.assertContains(self.client.get("/feeds/comments.xml"), "숨은 댓글")
        for hide in (hide_one, hide_all):
            with self.subTest(hide.__name__):
                hide()
                for address in ("/", self.article.get_absolute_url(), "/feeds/comments.xml"):
                    self.assertNotContains(self.client.get(address), "숨은 댓글")
                for address in (
                    self.url,
                    f"{self.url}new/",
                    comment.get_absolute_url(),
                    f"{comment.get_absolute_url()}report/",
                    f"/feeds/articles/{self.article.pk}/comments.xml",
                ):
                    self.assertEqual(self.client.get(address).status_code, 404, address)
                self.assertEqual(write(self.client, self.article).status_code, 404)

    def test_draft_takes_no_comments(self):
        self.article.state = "draft"
        self.article.save()
        self.assertEqual(write(self.client, self.article).status_code, 404)

    def test_other_sites_can_post_to_none_of_our_addresses(self):
        comment = make_comment(self.article, email="canary@example.com")
        addresses = [
            self.url,
            f"/comments/{comment.pk}/vote/",
            f"/comments/{comment.pk}/report/",
            f"/comments/{comment.pk}/mine/",
            "/comments/data/",
            f"/comments/data/{guests.data_token('canary@example.com')}/",
        ]
        client = Client(enforce_csrf_checks=True)
        for address in addresses:
            for headers in (
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"},
                {"origin": "https://evil.example"},
                {"origin": "null"},
            ):
                with self.subTest(address, headers=headers):
                    response = client.post(address, headers=headers)
                    self.assertContains(response, "보낼 수 있습니다", status_code=403)
            with self.subTest(address):
                response = client.post(address, headers={"sec-fetch-site": "same-origin"})
                self.assertNotContains(response, "이 양식은 저희", status_code=response.status_code)
        response = write(client, self.article, headers={"sec-fetch-site": "same-origin"})
        self.assertEqual(response.status_code, 302)

    def test_reply_form_without_script_answers_the_comment(self):
        parent = make_comment(self.article, "물음이 있습니다.")
        page = self.client.get(self.url, {"reply_to": parent.pk})
        self.assertContains(page, "두물댁 님에게 답글")
        write(self.client, self.article, parent=parent.pk)
        reply = Comment.objects.latest("pk")
        self.assertEqual((reply.parent, reply.root, reply.depth), (parent, parent, 1))
        other = make_comment(make_article(), "다른 기사의 댓글")
        for wrong in (other.pk, 10**9, "x"):
            response = write(self.client, self.article, parent=wrong, text="엉뚱한 답")
            self.assertContains(response, "엉뚱한 답", status_code=422)

    def test_notice_says_purpose_items_retention_and_right_to_refuse(self):
        page = BeautifulSoup(self.client.get(self.url).content, "html.parser")
        notice = page.select_one("details.consent").get_text(" ", strip=True)
        for part in ("목적", "항목", "기간", "거부할 권리", "1년", "90일"):
            self.assertIn(part, notice)

    def test_trap_for_programs_is_out_of_peoples_way(self):
        page = BeautifulSoup(self.client.get(self.url).content, "html.parser")
        trap = page.find("input", {"name": "homepage"})
        self.assertEqual((trap["tabindex"], trap["autocomplete"]), ("-1", "off"))
        self.assertEqual(trap.find_parent(attrs={"aria-hidden": "true"}).name, "p")


class EmailTests(TestCase):
    def test_address_is_shown_to_nobody(self):
        article, canary = make_article(), "canary@example.com"
        write(
            self.client,
            article,
            email=canary,
            notify="on",
            headers={"x-forwarded-for": "203.0.113.77"},
        )
        comment = Comment.objects.get()
        self.assertEqual(Contact.objects.get().email, canary)
        mine = self.client.get(f"/comments/{comment.pk}/mine/")
        moderation.approve(comment)
        reader = Client()
        refused = write(reader, article, email=canary, text="")
        self.assertContains(refused, canary, status_code=422)  # to who typed it, alone
        pages = [
            mine,
            *map(
                reader.get,
                [
                    "/",
                    article.get_absolute_url(),
                    f"/articles/{article.pk}/comments/",
                    f"/articles/{article.pk}/comments/new/",
                    comment.get_absolute_url(),
                    f"/comments/{comment.pk}/report/",
                    f"/comments/{comment.pk}/report/?done",
                    f"/comments/{comment.pk}/mine/",
                    f"/comments/{comment.pk}/mine/wrong/",
                    "/comments/data/",
                    "/comments/data/wrong/",
                    "/feeds/comments.xml",
                    f"/feeds/articles/{article.pk}/comments.xml",
                    "/feeds/latest.json",
                ],
            ),
            reader.post(f"/comments/{comment.pk}/vote/", {"vote": 1, "token": "x"}),
            reader.post("/comments/data/", {"email": canary, "token": token("link")}, follow=True),
        ]
        for page in pages:
            for secret in (canary, "203.0.113.77", "127.0.0.1:5"):
                self.assertNotIn(secret, page.content.decode(), page.request["PATH_INFO"])
        for row in (Contact.objects.values().get(), Comment.objects.values().get()):
            self.assertNotIn("127.0.0.1", str(row))

    def test_error_page_says_nothing_of_the_writer(self):
        article, client = make_article(), Client(raise_request_exception=False)
        with (
            mock.patch("comments.views.writing.write", side_effect=RuntimeError("boom")),
            self.assertLogs("django.request", "ERROR") as logs,
        ):
            page = write(client, article, email="canary@example.com")
        self.assertEqual(page.status_code, 500)
        self.assertNotIn("canary", page.content.decode() + "".join(logs.output))


class SignalTests(TestCase):
    """What holds a comment where comments are open; nothing of it loses one."""

    def setUp(self):
        masthead(**OPEN)
        self.article = make_article()

    def write(self, *, client=None, age=10, headers=None, **changes):
        changes.setdefault("text", f"글 {Comment.objects.count()}: 장터에 다녀왔습니다.")
        response = write(client or self.client, self.article, age, headers, **changes)
        self.assertEqual(response.status_code, 302)
        return Comment.objects.latest("pk")

    def assert_held(self, comment, rule):
        self.assertEqual(comment.state, "pending")
        self.assertIn(rule, rules(comment))

    def assert_shown(self, comment):
        self.assertEqual((comment.state, rules(comment)), ("approved", set()))

    def test_plain_comment_is_shown_at_once_counted_and_logged(self):
        root = self.write()
        self.assert_shown(root)
        self.assert_shown(self.write(parent=root.pk))
        self.article.refresh_from_db()
        root.refresh_from_db()
        self.assertEqual((self.article.comment_count, root.reply_count), (2, 1))
        event = ModerationEvent.objects.filter(comment=root).get()
        self.assertEqual((event.before, event.after), ("pending", "approved"))

    def test_approve_first_holds_it(self):
        masthead(comment_policy="approve")
        self.assertEqual(self.write().state, "pending")

    def test_form_sent_within_seconds_is_held(self):
        self.assert_held(self.write(age=1), "haste")
        self.assert_shown(self.write(age=4))

    def test_program_that_fills_in_everything_is_held(self):
        self.assert_held(self.write(homepage="http://spam.example"), "honeypot")
        self.assert_shown(self.write(homepage=""))

    def test_same_words_again_are_held_short_thanks_are_not(self):
        text = "이 기사를 널리 알립시다, 여러분!"
        self.assert_shown(self.write(text=text))
        again = self.write(text="이 기사를 널리 알립시다 여러분", email="other@example.com")
        self.assert_held(again, "duplicate")
        masthead(comments_per_sender=50)
        self.assert_shown(self.write(text="고맙습니다"))
        self.assert_shown(self.write(text="고맙습니다", email="third@example.com"))

    def test_many_of_one_sender_are_held_by_mail_or_by_address(self):
        masthead(comments_per_sender=2)
        self.write()
        self.write()
        self.assert_held(self.write(), "speed")
        self.assert_held(self.write(email="new@example.com"), "speed")
        client = Client(REMOTE_ADDR="198.51.100.9")
        self.assert_held(self.write(client=client), "speed")
        self.assert_shown(self.write(client=client, email="third@example.com"))

    def test_flood_holds_everybody_and_loses_nothing(self):
        masthead(comments_on_site=3, comments_per_sender=50)
        for number in range(5):
            self.write(client=Client(REMOTE_ADDR=f"198.51.100.{number}"), email=f"r{number}@ex.kr")
        states = list(Comment.objects.order_by("pk").values_list("state", flat=True))
        self.assertEqual(states, ["approved"] * 3 + ["pending"] * 2)
        self.assertIn("flood", rules(Comment.objects.latest("pk")))
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            self.assert_shown(self.write())

    def test_forwarded_address_counts_only_behind_our_proxies(self):
        masthead(comments_per_sender=1)
        places = [{"x-forwarded-for": f"203.0.113.{number}"} for number in range(4)]
        self.write(headers=places[0], email="a@example.com")
        self.assert_held(self.write(headers=places[1], email="b@example.com"), "speed")
        with override_settings(TRUSTED_PROXIES=1):
            self.assert_shown(self.write(headers=places[2], email="c@example.com"))
            forged = {"x-forwarded-for": "8.8.8.8, 203.0.113.2"}
            self.assert_held(self.write(headers=forged, email="d@example.com"), "speed")

    def test_banned_sender_is_held_and_not_told(self):
        Ban.objects.create(kind="email", digest=email_digest("troll@example.com"))
        self.assert_held(self.write(email="Troll+again@example.com"), "blocked")
        comment = self.write(email="someone@example.com")
        self.assert_shown(comment)
        Ban.objects.create(kind="source", digest=comment.contact.source)
        self.assert_held(self.write(email="fresh@example.com"), "blocked")
        Ban.objects.update(expires_at=timezone.now())
        self.assert_shown(self.write(email="troll@example.com"))

    def test_links_and_personal_data_are_held(self):
        many = "https://a.kr https://b.kr https://c.kr 보세요"
        self.assert_held(self.write(text=many), "link")
        self.assert_shown(self.write(text="https://a.kr 하나만 봅니다"))
        self.assert_held(self.write(text="연락처는 010-1234-5678 입니다"), "personal")

    def test_check_that_breaks_holds_the_comment(self):
        def broken(submission, history):
            raise ValueError("a bug")

        with (
            mock.patch.object(checks, "CHECKS", (*checks.CHECKS, broken)),
            self.assertLogs("comments.checks", "ERROR"),
        ):
            self.assert_held(self.write(), "failed")
        with (
            mock.patch.object(checks, "history_of", side_effect=ValueError),
            self.assertLogs("comments.checks", "ERROR"),
        ):
            self.assert_held(self.write(), "failed")
        self.assert_shown(self.write())

    def test_only_who_proves_the_address_is_trusted(self):
        masthead(comments_hold_first=True)
        mail = "regular@example.com"
        for _ in range(2):
            make_comment(self.article, email=mail, author_name="단골")
        VerifiedEmail.objects.create(email=mail)
        proof = guests.reader_token(mail)
        self.assert_held(self.write(email=mail, author_name="단골"), "first")
        self.assert_held(self.write(email=mail, proof="regular@example.com:forged"), "first")
        other = guests.reader_token("other@example.com")
        self.assert_held(self.write(email=mail, proof=other), "first")
        self.assert_held(self.write(email="other@example.com", proof=proof), "first")
        masthead(comments_per_sender=50)
        self.assert_shown(self.write(email=mail, proof=proof))
        VerifiedEmail.objects.all().delete()
        self.assert_held(self.write(email=mail, proof=proof), "first")

    def test_many_refusals_end_the_trust(self):
        masthead(comments_hold_first=True)
        mail = "regular@example.com"
        VerifiedEmail.objects.create(email=mail)
        for state in ("approved", "approved", "rejected"):
            make_comment(self.article, email=mail, state=state)
        proof = guests.reader_token(mail)
        self.assert_held(self.write(email=mail, proof=proof), "first")
        for _ in range(6):
            make_comment(self.article, email=mail)
        Contact.objects.update(created_at=timezone.now() - timedelta(days=1))
        self.assert_shown(self.write(email=mail, proof=proof))

    def test_writing_takes_twelve_queries_at_most(self):
        root = self.write()
        for policy in ("approve", "open"):
            masthead(comment_policy=policy)
            for parent in ("", root.pk):
                with self.subTest(policy, parent=parent):
                    words.find("장터")  # a process reads the word list now and then, for all
                    with CaptureQueriesContext(connection) as queries:
                        write(self.client, self.article, parent=parent, text=f"{policy} {parent}")
                    asked = statements(queries)
                    self.assertLessEqual(len(asked), 12, "\n".join(asked))
                    comment = Comment.objects.latest("pk")
                    self.assertEqual(comment.state == "approved", policy == "open")


class ThreadTests(TestCase):
    def setUp(self):
        self.article = make_article()
        self.url = f"/articles/{self.article.pk}/comments/"

    def page(self, address=None):
        return BeautifulSoup(self.client.get(address or self.url).content, "html.parser")

    def test_replies_stand_below_what_they_answer(self):
        first = make_comment(self.article, "첫째")
        second = make_comment(self.article, "둘째")
        reply = make_comment(self.article, "첫째의 답", parent=first)
        response = self.client.get(self.article.get_absolute_url())
        self.assertEqual(shown(response), [second.pk, first.pk, reply.pk])
        item = self.page().find(id=f"comment-{reply.pk}").find_parent("details")
        self.assertTrue(item.has_attr("open"))
        self.assertEqual(item.summary.get_text(strip=True), "답글 1개")
        self.assertEqual(item.parent.article["id"], f"comment-{first.pk}")

    def test_markup_is_balanced_at_any_depth(self):
        parent = None
        for number in range(40):
            parent = make_comment(self.article, f"답 {number}", parent=parent)
            if number % 7 == 3:
                make_comment(self.article, "곁가지", parent=parent)
        first = self.article.comments.earliest("pk")
        for address in (self.url, first.get_absolute_url(), parent.get_absolute_url()):
            html = self.client.get(address).content.decode()
            for tag in ("ol", "li", "details", "article"):
                opened = len(re.findall(rf"<{tag}\b", html))
                self.assertEqual(opened, html.count(f"</{tag}>"), f"{tag} in {address}")
            depth = max(len(li.find_parents("ol")) for li in self.page(address).find_all("li"))
            self.assertLessEqual(depth, 7)

    def test_reply_beyond_the_indentation_names_whom_it_answers(self):
        parent = None
        for number in range(9):
            parent = make_comment(
                self.article, author_name=f"사람{number}", parent=parent, text=f"답 {number}"
            )
        comments = self.page().select("article.comment")
        named = [c.select_one(".answers bdi") for c in comments]
        self.assertEqual([bool(name) for name in named], [False] * 3 + [True] * 6)
        self.assertEqual(named[8].get_text(), "사람7")
        narrow = ["is-narrow" in name.parent["class"] for name in named[3:]]
        self.assertEqual(narrow, [True] * 4 + [False] * 2)

    def test_what_is_gone_leaves_its_place_when_it_was_answered(self):
        for state, notice in (("trashed", "표시하지 않는"), ("deleted", "글쓴이가 지운")):
            with self.subTest(state):
                first = make_comment(self.article, "지워질 말", author_name="지운이")
                make_comment(self.article, "남을 답", parent=first)
                lonely = make_comment(self.article, "지워질 말")
                moderation.change_state(first, state)
                moderation.change_state(lonely, state)
                page = self.client.get(self.article.get_absolute_url())
                self.assertContains(page, notice)
                self.assertContains(page, "남을 답")
                self.assertNotContains(page, "지워질 말")
                self.assertNotContains(page, "지운이")
                self.assertIn(first.pk, shown(page))
                self.assertNotIn(lonely.pk, shown(page))

    def test_temporary_measure_is_a_notice_without_the_words(self):
        comment = make_comment(self.article, "누군가를 다치게 한 말", author_name="글쓴이 이름")
        moderation.blind(comment)
        for address in (self.url, self.article.get_absolute_url(), comment.get_absolute_url()):
            page = self.client.get(address)
            self.assertContains(page, "임시조치")
            for hidden in ("누군가를 다치게 한 말", "글쓴이 이름"):
                self.assertNotContains(page, hidden)
        self.assertNotContains(self.client.get("/feeds/comments.xml"), "다치게 한")

    def test_reported_comment_is_folded_a_staff_comment_never(self):
        user = User.objects.create_user("한도경")
        plain, staff = make_comment(self.article), make_comment(self.article, staff=user)
        for number in range(5):
            self.assertIsNone(self.page().select_one("details.folded"))
            for comment in (plain, staff):
                reports.report(comment, [f"source {number}"], "abuse")
        folded = self.page().select("details.folded")
        self.assertEqual([f.find_parent("article")["id"] for f in folded], [f"comment-{plain.pk}"])
        self.assertFalse(folded[0].has_attr("open"))
        self.assertIsNotNone(self.page().find(id=f"comment-{staff.pk}").select_one(".badge"))
        moderation.keep([plain])
        self.assertIsNone(self.page().select_one("details.folded"))

    def test_thread_says_how_many_were_refused_and_why(self):
        abuse = RefusalReason.objects.create(name="막말", text="고쳐 주세요.")
        make_comment(self.article)
        self.assertNotContains(self.client.get(self.url), "싣지 않은 댓글")
        for _ in range(3):
            moderation.reject(make_comment(self.article, state="pending"), reason=abuse)
        moderation.reject(make_comment(self.article, state="pending"))
        moderation.mark_spam(make_comment(self.article, state="pending"))
        foot = self.page().select_one(".thread-foot").get_text(" ", strip=True)
        self.assertIn("막말 3, 그 밖의 이유 1", foot)

    def test_pinned_stands_first_and_says_so(self):
        first, second = make_comment(self.article), make_comment(self.article)
        moderation.pin(first)
        response = self.client.get(self.url)
        self.assertEqual(shown(response), [first.pk, second.pk])
        self.assertEqual(len(self.page().select(".is-pinned")), 1)
        oldest = self.client.get(f"{self.url}?order=oldest")
        self.assertEqual(shown(oldest), [first.pk, second.pk])

    def test_three_orders_with_the_one_in_force_marked(self):
        few, many, none = (make_comment(self.article) for _ in range(3))
        for number in range(2):
            votes.vote(few, [f"{number}"], 1)
        for number in range(55):
            votes.vote(many, [f"{number}"], 1 if number < 50 else -1)
        orders = {
            "": [none.pk, many.pk, few.pk],
            "newest": [none.pk, many.pk, few.pk],
            "best": [many.pk, few.pk, none.pk],
            "oldest": [few.pk, many.pk, none.pk],
            "nonsense": [none.pk, many.pk, few.pk],
        }
        for order, expected in orders.items():
            with self.subTest(order):
                self.assertEqual(shown(self.client.get(f"{self.url}?order={order}")), expected)
        current = self.page(f"{self.url}?order=best").select(".orders [aria-current]")
        self.assertEqual([link.get_text() for link in current], ["공감순"])

    def test_no_original_is_lost_or_doubled_while_others_arrive(self):
        roots = [make_comment(self.article, f"댓글 {number}") for number in range(45)]
        for number, root in enumerate(roots):
            for voter in range(number % 4):
                votes.vote(root, [f"{voter}"], 1 if number % 3 else -1)
        moderation.pin(roots[7])
        expected = {root.pk for root in roots}
        for order in ("newest", "best", "oldest"):
            with self.subTest(order):
                seen, new, address = [], 100, f"{self.url}?order={order}"
                while address:
                    page = self.page(address)
                    seen += [int(c["id"].split("-")[1]) for c in page.select("article.comment")]
                    for _ in range(min(34, new)):
                        make_comment(self.article, "새로 온 댓글")
                    new = max(0, new - 34)
                    more = page.select_one("[data-more]")
                    address = more and more["href"]
                originals = [pk for pk in seen if pk in expected]
                self.assertEqual(sorted(originals), sorted(expected))
                self.assertEqual(len(seen), len(set(seen)))

    def test_number_of_queries_is_the_same_for_ten_and_a_thousand(self):
        for _ in range(5):
            make_comment(self.article, parent=make_comment(self.article))
        with CaptureQueriesContext(connection) as few:
            self.client.get(self.url)
        self.fill(1000)
        for address in (self.url, f"{self.url}?order=best", f"{self.url}?order=oldest"):
            with CaptureQueriesContext(connection) as many:
                page = self.client.get(address)
            self.assertEqual(len(many), len(few))
            self.assertGreaterEqual(len(page.context["thread"].comments), 175)
        about_thread = [query for query in few if "comments_comment" in query["sql"]]
        self.assertLessEqual(len(about_thread), 6)
        self.assertLessEqual(len(few), 6)

    def fill(self, number):
        """Add roots with 24 answers each, as rows."""
        now = timezone.now()
        start = Comment.objects.latest("pk").pk + 1
        rows = []
        for pk in range(start, start + number):
            root = start + (pk - start) // 25 * 25
            is_root = pk == root
            rows.append(
                Comment(
                    pk=pk,
                    article=self.article,
                    parent_id=None if is_root else root,
                    root_id=root,
                    depth=0 if is_root else 1,
                    path=path_step(root) if is_root else path_step(root) + path_step(pk),
                    state="approved",
                    author_name="두물댁",
                    text=f"{pk}번째 글: 장터에 불이 켜졌습니다. 골목이 {pk % 97}배는 환합니다.",
                    created_at=now,
                    reply_count=24 if is_root else 0,
                )
            )
        Comment.objects.bulk_create(rows)
        type(self.article).objects.filter(pk=self.article.pk).update(comment_count=number)

    def test_page_with_two_hundred_comments_is_light(self):
        def weight(address):
            parts = [self.client.get(address).content]
            css = settings.BASE_DIR / "static" / "css"
            names = re.findall(r'@import "([\w.]+)"', (css / "site.css").read_text())
            parts.append(b"".join((css / name).read_bytes() for name in names))
            parts += [file.read_bytes() for file in (settings.BASE_DIR / "static/js").glob("*.js")]
            return sum(len(gzip.compress(part)) for part in parts)

        self.assertLess(weight(self.article.get_absolute_url()), 30 * 1024)
        make_comment(self.article)
        self.fill(500)
        page = self.client.get(self.article.get_absolute_url())
        self.assertGreaterEqual(len(shown(page)), 200)
        self.assertLess(weight(self.article.get_absolute_url()), 45 * 1024)

    def test_only_the_first_replies_are_shown_with_a_way_to_the_rest(self):
        root = make_comment(self.article)
        for number in range(15):
            make_comment(self.article, f"답글 {number:02}", parent=root)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "답글 09")
        self.assertNotContains(page, "답글 10")
        self.assertEqual(self.page().select_one(".more a")["href"], root.get_absolute_url())
        self.assertContains(self.client.get(root.get_absolute_url()), "답글 14")

    def test_answers_of_one_comment_page_by_key_too(self):
        root = make_comment(self.article)
        replies = [make_comment(self.article, parent=root).pk for _ in range(120)]
        seen, address = [], root.get_absolute_url()
        while address:
            page = self.page(address)
            seen += [int(c["id"].split("-")[1]) for c in page.select(".thread > li article")]
            more = page.select_one(".pager a")
            address = more and root.get_absolute_url() + more["href"]
        self.assertEqual(seen, replies)

    def test_single_comment_stands_between_what_it_answers_and_its_answers(self):
        first = make_comment(self.article, "물음")
        second = make_comment(self.article, "대답", parent=first)
        third = make_comment(self.article, "되물음", parent=second)
        make_comment(self.article, "다른 말")
        response = self.client.get(second.get_absolute_url())
        self.assertEqual(shown(response), [first.pk, second.pk, third.pk])

    def test_number_of_visible_comments_for_the_page_that_stands_open(self):
        make_comment(self.article, parent=make_comment(self.article))
        make_comment(self.article, state="pending")
        response = self.client.get(f"{self.url}new/")
        self.assertEqual(response.json(), {"count": 2})
        self.assertIn("max-age=30", response["Cache-Control"])
        self.assertEqual(self.page().select_one("[data-conversation]")["data-conversation"], "2")

    def test_feed_is_linked_for_machines_and_people(self):
        feed = f"/feeds/articles/{self.article.pk}/comments.xml"
        for address in (self.url, self.article.get_absolute_url()):
            page = self.page(address)
            links = page.find_all("link", rel="alternate", href=feed)
            self.assertEqual(len(links), 1)
            self.assertIsNotNone(page.find("a", href=feed))

    def test_reader_sees_no_cookie_and_the_same_bytes(self):
        make_comment(self.article)
        with time_machine.travel(timezone.now(), tick=False):
            first = self.client.get(self.url)
            second = self.client.get(self.url, headers={"cookie": "sessionid=x; writer=1:x"})
        self.assertEqual(first.content, second.content)
        self.assertFalse(first.cookies)


class TextTests(TestCase):
    def test_paragraphs_quotes_and_lines(self):
        html = comment_text("첫 줄\n둘째 줄\n\n> 남의 말\n> 둘째\n내 말")
        self.assertEqual(
            html,
            "<p>첫 줄<br>둘째 줄</p><blockquote><p>남의 말<br>둘째</p></blockquote><p>내 말</p>",
        )

    def test_links_pass_no_credit_and_end_where_the_sentence_goes_on(self):
        cases = {
            "(https://example.com/a?b=1&c=2)": "https://example.com/a?b=1&amp;c=2",
            "www.example.com에서 봤다": "https://www.example.com",
            "https://example.com/장터.": "https://example.com/장터",
            "https://ko.wikipedia.org/wiki/장터_(시장) 참고": (
                "https://ko.wikipedia.org/wiki/장터_(시장)"
            ),
        }
        for text, address in cases.items():
            with self.subTest(text):
                link = BeautifulSoup(comment_text(text), "html.parser").a
                self.assertIn(f'href="{address}"', comment_text(text))
                self.assertEqual(link["rel"], ["nofollow", "ugc", "noopener"])
                self.assertEqual(BeautifulSoup(comment_text(text), "html.parser").get_text(), text)

    def test_markup_and_scripts_are_text(self):
        hostile = [
            "<b onclick=x>굵게</b>",
            'https://a.kr/"onmouseover="alert(1)',
            "javascript:alert(1) data:text/html,<script>alert(1)</script>",
            "> <img src=x onerror=alert(1)>",
            "http://a.kr/<script>alert(1)</script>",
            "www.a.kr'><svg onload=alert(1)>",
        ]
        for text in hostile:
            with self.subTest(text):
                page = BeautifulSoup(comment_text(text), "html.parser")
                self.assertLessEqual({t.name for t in page.find_all()}, {"p", "a", "blockquote"})
                for link in page.find_all("a"):
                    self.assertEqual(set(link.attrs), {"href", "rel"})
                    self.assertTrue(link["href"].startswith(("http://", "https://")))


class EditedMarkTests(TestCase):
    def test_mark_stands_only_by_words_that_were_changed_on_the_page(self):
        article = make_article()
        comment = make_comment(article, "처음 글")
        url = comment.get_absolute_url()
        self.assertNotContains(self.client.get(url), "수정됨")
        guests.edit(comment, "고친 글")
        page = self.client.get(url)
        self.assertContains(page, "처음 글")
        self.assertNotContains(page, "수정됨")
        moderation.approve(comment)
        page = self.client.get(url)
        self.assertContains(page, "고친 글")
        self.assertContains(page, "수정됨")


class ModerationTests(TestCase):
    def test_counters_follow_every_change_and_back(self):
        article = make_article()
        root = make_comment(article)
        reply = make_comment(article, parent=root, state="pending")
        changes = ["approved", "spam", "approved", "trashed", "rejected", "approved"]
        for state in changes:
            moderation.change_state(reply, state)
            article.refresh_from_db()
            root.refresh_from_db()
            visible = state == "approved"
            self.assertEqual(article.comment_count, 1 + visible)
            self.assertEqual(root.reply_count, int(visible))
        self.assertEqual(ModerationEvent.objects.filter(comment=reply).count(), len(changes))

    def test_of_two_moderators_one_changes_and_one_is_told(self):
        comment = make_comment(make_article(), state="pending")
        again = Comment.objects.get(pk=comment.pk)
        self.assertTrue(moderation.approve(comment))
        self.assertFalse(moderation.approve(again))
        self.assertEqual(Comment.objects.get().article.comment_count, 1)
