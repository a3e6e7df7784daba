"""Corrections: the desk for requests, the days of the law, and what readers are told."""

import json
from datetime import timedelta
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.test import TestCase, override_settings
from django.utils import timezone

from articles.models import Article, Correction
from comments import upkeep
from tests.factories import make_account, make_article
from tests.newsroom.test_admin import change, sign_in, typed

URL = "/admin/articles/correction/"
ADD = f"{URL}add/"
NAME, PHONE, REASON = "김청구", "010-9876-5432", "우리 가게는 그날 문을 열었습니다."
DISPUTED, ASKED = "가게는 문을 닫았다.", "가게는 그날 문을 열었다고 바로잡아 주십시오."


def ago(**days):
    return timezone.now() - timedelta(**days)


def ask(article, received=1, **fields):
    """Make a request that came in so many days ago."""
    words = {"requested_by": NAME, "requester_phone": PHONE, "disputed_text": DISPUTED}
    words |= {"request_reason": REASON, "requested_text": ASKED}
    fields = {"requested_at": ago(days=received), "published_at": None, **words, **fields}
    return Correction.objects.create(article=article, **fields)


def moment(**time):
    return f"{timezone.localtime(timezone.now() + timedelta(**time)):%Y-%m-%dT%H:%M}"


class CorrectionTests(TestCase):
    def setUp(self):
        self.editor = make_account("윤서하", "editor")
        self.client.force_login(self.editor)
        self.article = make_article("장터에 켜진 불", tags=["나눔"])

    def errors(self, response):
        """The fields that the form refused; the answer was the form again."""
        self.assertEqual(response.status_code, 200)
        return set(response.context["adminform"].form.errors)

    def send(self, correction, do, **changes):
        response = change(self.client, f"{URL}{correction.pk}/change/", do=do, **changes)
        correction.refresh_from_db()
        return response

    def pages(self, article=None):
        """What readers and machines get of the article's corrections."""
        addresses = ["/", "/corrections/", "/feeds/corrections.xml", "/feeds/latest.json"]
        addresses.append((article or self.article).get_absolute_url())
        return "".join(self.client.get(address).content.decode() for address in addresses)


class DeskTests(CorrectionTests):
    def test_correction_without_a_request_is_published_at_once(self):
        response = change(
            *(self.client, f"{ADD}?article={self.article.pk}"),
            do="publish",
            text="바로잡습니다.",
            before="14m",
            after="16m",
        )
        correction = Correction.objects.get()
        self.assertRedirects(response, f"{URL}{correction.pk}/change/")
        self.assertEqual((correction.stage, correction.handled_by), ("published", self.editor))
        self.assertEqual((correction.article, correction.is_accepted), (self.article, None))
        self.assertIn("바로잡습니다.", self.pages())

    def test_request_is_received_accepted_and_published(self):
        received = moment(days=-1)
        change(
            *(self.client, f"{ADD}?article={self.article.pk}"),
            do="save",
            requested_at=received,
            requested_by=NAME,
            requester_phone=PHONE,
            disputed_text=DISPUTED,
            request_reason=REASON,
        )
        correction = Correction.objects.get()
        self.assertEqual((correction.stage, correction.published_at), ("waiting", None))
        self.assertEqual(f"{timezone.localtime(correction.requested_at):%Y-%m-%dT%H:%M}", received)
        self.send(correction, "accept", decision_reason="영업 장부를 확인했다.")
        self.assertEqual((correction.stage, correction.handled_by), ("accepted", self.editor))
        self.assertIsNotNone(correction.decided_at)
        self.assertNotIn("가게는 그날", self.pages())
        decided = correction.decided_at
        self.send(correction, "publish", text="가게는 그날 문을 열었습니다.")
        self.assertEqual((correction.stage, correction.decided_at), ("published", decided))
        self.assertIn("가게는 그날", self.pages())

    def test_request_is_refused_with_a_reason(self):
        correction = ask(self.article)
        self.assertEqual(self.errors(self.send(correction, "refuse")), {"decision_reason"})
        self.assertEqual(correction.stage, "waiting")
        self.send(correction, "refuse", decision_reason="사진에 닫힌 문이 있다.")
        self.assertEqual((correction.stage, correction.is_accepted), ("refused", False))
        self.send(correction, "publish", text="바로잡습니다.")
        self.assertEqual(correction.stage, "refused")
        self.send(correction, "accept")
        self.send(correction, "publish", text="바로잡습니다.")
        self.assertEqual(correction.stage, "published")

    def test_publishing_what_was_asked_for_accepts_it(self):
        correction = ask(self.article)
        self.send(correction, "publish", text="바로잡습니다.")
        self.assertTrue(correction.is_accepted)
        self.assertIsNotNone(correction.decided_at)

    def test_what_is_missing_is_said_and_what_was_typed_comes_back(self):
        url = f"{ADD}?article={self.article.pk}"
        for do, typed_words, field in (
            ("publish", {}, "text"),
            ("save", {"text": "소중한 글"}, "requested_at"),
            ("save", {"requested_by": NAME, "text": "소중한 글"}, "requested_at"),
            ("publish", {"requested_by": NAME, "text": "소중한 글"}, "requested_at"),
            ("accept", {"text": "소중한 글"}, "requested_at"),
            ("save", {"requested_at": moment(hours=3), "text": "소중한 글"}, "requested_at"),
            ("save", {"requested_at": "어제", "text": "소중한 글"}, "requested_at"),
            ("publish", {"publish_at": moment(hours=-3), "text": "소중한 글"}, "publish_at"),
            ("publish", {"kind": "x", "text": "소중한 글"}, "kind"),
            ("publish", {"article": "", "text": "소중한 글"}, "article"),
            ("publish", {"article": "987654", "text": "소중한 글"}, "article"),
        ):
            with self.subTest(do=do, typed=typed_words):
                response = change(self.client, url, do=do, **typed_words)
                self.assertEqual(self.errors(response), {field})
                self.assertContains(response, typed_words.get("text", ""))
        self.assertFalse(Correction.objects.exists())

    def test_only_what_readers_have_had_is_corrected(self):
        for article in (
            make_article(state="draft", published_at=None),
            make_article(hours_ago=-5),
        ):
            response = change(self.client, f"{ADD}?article={article.pk}", do="publish", text="글")
            self.assertEqual(self.errors(response), {"article"})
        gone = make_article(state="withdrawn", withdrawn_at=timezone.now())
        change(self.client, f"{ADD}?article={gone.pk}", do="publish", text="글")
        self.assertEqual(Correction.objects.get().article, gone)
        self.assertNotContains(self.client.get("/corrections/"), "<p>글</p>")

    def test_step_is_not_taken_twice_or_on_what_somebody_else_decided(self):
        correction = ask(self.article)
        url = f"{URL}{correction.pk}/change/"
        late = {**typed(self.client.get(url)), "do": "refuse", "decision_reason": "늦은 까닭"}
        self.send(correction, "accept")
        response = self.client.post(url, late)
        self.assertEqual(self.errors(response), {"__all__"})
        self.assertContains(response, "늦은 까닭")
        correction.refresh_from_db()
        self.assertEqual(correction.stage, "accepted")

    def test_published_correction_keeps_its_words_and_its_place(self):
        correction = Correction.objects.create(article=self.article, text="바로잡습니다.")
        before = correction.published_at
        self.assertEqual(self.errors(self.send(correction, "save", text="")), {"text"})
        self.send(correction, "save", text="바로 잡습니다.")
        self.assertEqual((correction.text, correction.published_at), ("바로 잡습니다.", before))
        delete = f"{URL}{correction.pk}/delete/"
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
        waiting = ask(self.article)
        self.client.post(f"{URL}{waiting.pk}/delete/", {"post": "yes"})
        self.assertEqual(Correction.objects.get(), correction)

    def test_who_did_what_is_logged_without_who_asked(self):
        correction = ask(self.article)
        self.send(correction, "accept")
        self.send(correction, "publish", text="바로잡습니다.")
        entries = LogEntry.objects.filter(object_id=correction.pk)
        self.assertEqual({entry.user for entry in entries}, {self.editor})
        self.assertEqual(entries.count(), 2)
        for entry in entries:
            self.assertNotIn(NAME, f"{entry.object_repr} {entry.change_message}")


class DaysTests(CorrectionTests):
    def test_days_are_counted_from_receipt(self):
        today = timezone.localdate()
        for received, left in ((0, 3), (3, 0), (5, -2)):
            self.assertEqual(ask(self.article, received).days_left, left)
        correction = ask(self.article, 6, is_accepted=True, decided_at=ago(days=4))
        self.assertEqual(correction.due_on, today + timedelta(days=1))
        for done in ({"is_accepted": False}, {"published_at": ago(days=1), "text": "글"}):
            self.assertIsNone(ask(self.article, 9, **done).due_on)

    def test_list_shows_what_is_due_and_marks_what_is_late(self):
        ask(self.article, 1)
        late = ask(self.article, 5)
        page = BeautifulSoup(self.client.get(f"{URL}?stage=waiting").content, "html.parser")
        due = page.select("td.field-due")
        self.assertEqual([bool(cell.select(".is-late")) for cell in due], [True, False])
        form = self.client.get(f"{URL}{late.pk}/change/")
        self.assertContains(form, "correction-standing is-late")

    def test_filters(self):
        made = {
            "waiting": ask(self.article),
            "accepted": ask(self.article, is_accepted=True, decided_at=timezone.now()),
            "refused": ask(self.article, is_accepted=False, decided_at=timezone.now()),
            "dated": ask(self.article, is_accepted=True, text="글", published_at=ago(days=-1)),
            "published": Correction.objects.create(article=self.article, text="글"),
        }
        for stage, correction in made.items():
            with self.subTest(stage):
                response = self.client.get(f"{URL}?stage={stage}")
                self.assertEqual(list(response.context["cl"].result_list), [correction])
                self.assertEqual(correction.stage, stage)
        self.assertEqual(self.client.get(URL).context["cl"].result_count, 5)
        self.assertEqual(self.client.get(f"{URL}?stage=x").status_code, 200)

    def test_list_takes_as_many_queries_for_twice_the_rows(self):
        for _ in range(2):
            for number in range(5):
                ask(make_article(), number)
            with self.assertNumQueries(8):
                self.client.get(URL)

    def test_search_finds_by_article_and_words(self):
        correction = ask(self.article)
        for text in ("장터에 켜진", "문을 닫았다"):
            result = self.client.get(URL, {"q": text}).context["cl"].result_list
            self.assertEqual(list(result), [correction])


class RetentionTests(CorrectionTests):
    def test_who_asked_is_forgotten_a_year_after_it_was_settled(self):
        def old(days):
            refused = {"is_accepted": False, "decided_at": ago(days=days)}
            published = {"is_accepted": True, "text": "글", "published_at": ago(days=days)}
            return [ask(self.article, 500, **fields) for fields in (refused, published)]

        forgotten = old(upkeep.REQUESTER_DAYS + 1)
        kept = old(upkeep.REQUESTER_DAYS - 1)
        kept += [ask(self.article, 500), ask(self.article, 500, is_accepted=True)]
        with self.assertLogs("comments.upkeep", "INFO") as logs:
            upkeep.run()
        self.assertIn("정정을 청구한 사람 정보 삭제: 2", "".join(logs.output))
        for correction in forgotten:
            correction.refresh_from_db()
            self.assertEqual((correction.requested_by, correction.requester_phone), ("", ""))
            self.assertEqual(correction.request_reason, REASON)
        for correction in kept:
            correction.refresh_from_db()
            self.assertEqual(correction.requester_phone, PHONE)
        self.assertEqual(upkeep.forget_requesters(), 0)


class WhoTests(CorrectionTests):
    def test_only_who_may_correct_sees_requests(self):
        correction = ask(self.article)
        form = f"{URL}{correction.pk}/change/"
        pages = (URL, ADD, form, f"{URL}{correction.pk}/history/", f"{URL}{correction.pk}/delete/")
        for account in (make_account("주은결", "publisher"), self.editor):
            self.client.force_login(account)
            for page in pages:
                self.assertEqual(self.client.get(page).status_code, 200, page)
            self.assertContains(self.client.get(form), PHONE)
        for name, group in (("한도경", "reporter"), ("박순자", "moderator")):
            self.client.force_login(make_account(name, group))
            for page in pages:
                with self.subTest(group, page=page):
                    self.assertEqual(self.client.get(page).status_code, 403)
            answer = self.client.post(form, {"do": "accept", "seen": "waiting"})
            self.assertEqual(answer.status_code, 403)
            self.assertNotContains(self.client.get("/admin/"), URL)

    def test_who_asks_and_why_reach_no_public_page(self):
        for stage in (
            {"is_marked": True},
            {"is_accepted": False, "decision_reason": "비밀 까닭"},
            {"is_accepted": True, "text": "바로잡습니다.", "published_at": ago(hours=1)},
        ):
            ask(self.article, **stage)
        self.client.logout()
        pages = self.pages()
        self.assertIn("바로잡습니다.", pages)
        for secret in (NAME, PHONE, REASON, DISPUTED, ASKED, "비밀 까닭"):
            self.assertNotIn(secret, pages)


@override_settings(LANGUAGE_CODE="en")
class ReadersTests(CorrectionTests):
    def correct(self, **fields):
        words = {
            "text": "길이를 바로잡습니다.",
            "before": "길이는 14m다.\n<b>끝</b>",
            "after": "16m다.",
        }
        return Correction.objects.create(article=self.article, **{**words, **fields})

    def test_before_and_after_stand_on_the_article_and_in_the_ledger(self):
        self.correct()
        for address in (self.article.get_absolute_url(), "/corrections/"):
            page = BeautifulSoup(self.client.get(address).content, "html.parser")
            with self.subTest(address):
                self.assertEqual(page.select_one("del").get_text(" "), "길이는 14m다. <b>끝</b>")
                self.assertEqual(page.select_one("ins").text, "16m다.")
                terms = [term.text for term in page.select(".change dt")]
                self.assertEqual(terms, ["Before", "After"])

    def test_one_of_them_or_none_is_fine(self):
        correction = self.correct(before="")
        url = self.article.get_absolute_url()
        self.assertNotContains(self.client.get(url), "<del>")
        self.assertContains(self.client.get(url), "<ins>")
        Correction.objects.filter(pk=correction.pk).update(after="")
        self.assertNotContains(self.client.get(url), 'class="change"')

    def test_before_and_after_are_told_in_the_feed_and_to_machines(self):
        self.correct()
        feed = ElementTree.fromstring(self.client.get("/feeds/corrections.xml").content)
        told = BeautifulSoup(feed.find("channel/item/description").text, "html.parser")
        self.assertIn("Before: 길이는 14m다.", told.text)
        self.assertIn("<b>끝</b>", told.text)
        page = BeautifulSoup(
            self.client.get(self.article.get_absolute_url()).content, "html.parser"
        )
        data = json.loads(page.select_one('script[type="application/ld+json"]').string)
        data = data[0] if isinstance(data, list) else data
        self.assertIn("After: 16m다.", json.dumps(data, ensure_ascii=False))

    def test_mark_stands_while_a_request_is_open_if_it_is_ticked(self):
        url = self.article.get_absolute_url()
        correction = ask(self.article)
        self.assertNotContains(self.client.get(url), "data-disputed")
        self.send(correction, "save", is_marked="on")
        self.assertContains(self.client.get(url), "data-disputed")
        self.send(correction, "accept")
        self.assertContains(self.client.get(url), "data-disputed")
        self.send(correction, "publish", text="바로잡습니다.")
        page = self.client.get(url)
        self.assertNotContains(page, "data-disputed")
        self.assertContains(page, "바로잡습니다.")

    def test_mark_goes_with_a_refusal_and_does_not_touch_others(self):
        correction = ask(self.article, is_marked=True)
        other = make_article()
        self.assertNotContains(self.client.get(other.get_absolute_url()), "data-disputed")
        self.send(correction, "refuse", decision_reason="사진이 있다.")
        page = self.client.get(self.article.get_absolute_url())
        self.assertNotContains(page, "data-disputed")

    def test_correction_dated_ahead_marks_nothing_before_its_time(self):
        url = f"{ADD}?article={self.article.pk}"
        at = timezone.now() + timedelta(days=2)
        self.client.force_login(self.editor)
        change(self.client, url, do="publish", text="모레 바로잡습니다.", publish_at=moment(days=2))
        correction = Correction.objects.get()
        self.assertEqual(correction.stage, "dated")
        article = Article.objects.get()
        self.assertFalse(article.is_corrected)
        self.assertEqual(article.modified_at, article.published_at)
        self.assertNotIn("모레", self.pages())
        tagged = "/tags/나눔/"
        self.assertNotContains(self.client.get(tagged), ">Corrected</span>")
        Correction.objects.update(published_at=ago(minutes=1))
        Article.objects.update(corrected_at=ago(minutes=1))  # as if the time had come
        self.assertTrue(Article.objects.get().is_corrected)
        self.assertIn("모레", self.pages())
        self.assertContains(self.client.get(tagged), ">Corrected</span>")
        self.assertGreater(at, Article.objects.get().modified_at)

    def test_mark_of_a_past_correction_stays_when_another_is_dated_ahead(self):
        past = self.correct(published_at=ago(days=3))
        self.correct(published_at=ago(days=-3))
        article = Article.objects.get()
        self.assertEqual(article.corrected_at, past.published_at)
        self.assertTrue(article.is_corrected)

    def test_upkeep_notes_what_has_appeared_since(self):
        self.correct(published_at=ago(days=3))
        second = self.correct(published_at=ago(days=-3))
        self.assertEqual(upkeep.note_corrections(), 0)
        Correction.objects.filter(pk=second.pk).update(published_at=ago(hours=1))
        self.assertEqual(upkeep.note_corrections(), 1)
        second.refresh_from_db()
        self.assertEqual(Article.objects.get().corrected_at, second.published_at)
        self.assertEqual(upkeep.note_corrections(), 0)

    def test_deleted_request_leaves_no_mark(self):
        correction = ask(self.article, is_marked=True)
        correction.delete()
        page = self.client.get(self.article.get_absolute_url())
        self.assertNotContains(page, "data-disputed")
        self.assertIsNone(Article.objects.get().corrected_at)


class PanelTests(CorrectionTests):
    def test_article_leads_to_a_correction_of_it(self):
        page = self.client.get(f"/admin/articles/article/{self.article.pk}/change/")
        self.assertContains(page, f"{ADD}?article={self.article.pk}")
        draft = make_article(state="draft", published_at=None)
        page = self.client.get(f"/admin/articles/article/{draft.pk}/change/")
        self.assertNotContains(page, ADD)

    def test_superuser_may_too(self):
        sign_in(self.client)
        self.assertEqual(self.client.get(ADD).status_code, 200)
