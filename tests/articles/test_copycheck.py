"""The check of the copy: what it finds, what it lets pass, and what it keeps from readers."""

import re
import time
from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from articles import copycheck, flow, revisions
from articles.copycheck import Known
from articles.models import Article, OldAddress, Page, Series
from newsroom.management.commands.seed import SAMPLE, read
from newsroom.models import Masthead
from tests.factories import (
    make_account,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)
from tests.newsroom.test_admin import change, sign_in, typed

URL = "/admin/articles/article/"
FIGURE = re.compile(r'<figure data-photo="[^"]*">')


def content(body="<p>장터에 불이 켜졌다.</p>", **fields):
    """The text of an article in which nothing is to be found."""
    whole = dict.fromkeys(("subtitle", "hero_caption", "ai_assistance"), "")
    whole |= {"headline": "장터에 다시 켜진 불", "lead": "석 달 만의 저녁 장터.", "body": body}
    whole |= {"section": 1, "authors": [1], "tags": [], "hero": None}
    return {**whole, "series": None, "series_position": 0, **fields}


def find(body="<p>장터에 불이 켜졌다.</p>", known=None, **fields):
    return copycheck.check(content(body, **fields), known or Known())


def words(code, text):
    """The words that are found for one reason in a paragraph."""
    return [finding.text for finding in find(f"<p>{text}</p>") if finding.code == code]


def codes(*args, **kwargs):
    return {finding.code for finding in find(*args, **kwargs)}


class WordsTests(TestCase):
    def test_text_in_order_has_no_findings(self):
        self.assertEqual(find(), [])

    def test_stray_scripts_are_found(self):
        for text, word in (
            ("주민의 교육需求를 살폈다.", "교육需求를"),
            ("정책の경과カタ를 본다.", "정책の경과カタ를"),
            ("‘교육需求’ 조사를 했다.", "교육需求"),
            ("새 Аpple 가게가 열렸다.", "Аpple"),
            ("Москва에서 온 편지다.", "Москва에서"),
            ("어제 다녀왔ㄷ다.", "다녀왔ㄷ다"),
            ("그는 الخبر 말했다.", "الخبر"),
        ):
            with self.subTest(text):
                self.assertEqual(words("script", text), [word])

    def test_scripts_that_belong_there_are_not(self):
        for text in (
            "대한민국(大韓民國) 임시정부의 헌법이다.",
            "大韓民國(대한민국)이라고 적었다.",
            "美 대통령이 韓中日 회담에 온다. 與野가 맞섰다.",
            "신작로 ‘一期一會’라는 글귀가 걸렸다.",
            "孝를 가르치고 故 김광석을 부른다.",
            "α세대와 μm 단위, 플러스 알파(α).",
            "‘ㄱ’자 골목과 ㄷ자 집, ㅋㅋ 웃었다.",
            "인구는 3,400명, café와 Zürich, 10㎡, ①번.",
            "學而時習之不亦說乎 배우고",
        ):
            with self.subTest(text):
                self.assertEqual(words("script", text), [])

    def test_doubled_spaces_are_found_between_words_alone(self):
        self.assertEqual(
            words("spaces", "그는  갔다. 그녀는 &nbsp;왔다."), ["그는  갔다", "그녀는 \xa0왔다"]
        )
        self.assertEqual(words("spaces", "줄이\n    이어지고<br>  다시 <b>한</b> 번"), [])

    def test_doubled_words_and_particles_are_found(self):
        self.assertEqual(words("word-twice", "주민들은 그리고 그리고 말했다."), ["그리고 그리고"])
        for text, word in (
            ("사과을를 먹는다.", "사과을를"),
            ("주민은는 말했다.", "주민은는"),
            ("사람이가 왔다.", "사람이가"),
            ("주민들의의 뜻이다.", "주민들의의"),
            ("학교에서에서 배운다.", "학교에서에서"),
            ("학교를 를 지난다.", "학교를 를"),
        ):
            with self.subTest(text):
                self.assertEqual(words("particle-twice", text), [word])

    def test_words_that_only_look_doubled_are_not(self):
        for text in (
            "이 사건의 의의는 크다. 회의의 결과, 민주주의의 뜻.",
            "아이가, 고양이가, 어린이가, 차이가, 길이가 있다.",
            "가을을, 마을을, 노을을 좋아한다. 은은한 빛, 금은은 비싸다.",
            "하나 하나, 천천히 천천히, 구석 구석 걸었다.",
            "“좋다 좋다” 하고 말했다. 군 군수, 서울 서울시.",
            "종로로 간다. 작가가 국가가 학과과정을 말한다.",
        ):
            with self.subTest(text):
                self.assertEqual(find(f"<p>{text}</p>"), [])

    def test_long_and_doubled_sentences_are_found(self):
        long = " ".join(f"가나다라마바사{number}" for number in range(100, 121))
        self.assertEqual(codes(f"<p>{long}</p>"), {"sentence-long"})
        self.assertEqual(codes(f"<p>{long[:150]}. {long[:60]}</p>"), set())
        sentence = "군은 토요일마다 밤 아홉 시까지 장터를 연다고 밝혔다."
        self.assertEqual(
            codes(f"<p>{sentence}</p><p>그래서 {sentence} {sentence}</p>"), {"sentence-twice"}
        )
        self.assertEqual(codes(f"<p>{sentence}</p><blockquote>{sentence}</blockquote>"), set())
        self.assertEqual(codes("<p>그는 갔다. 그는 갔다.</p>"), set())


class PlaceTests(TestCase):
    def test_place_is_told_by_paragraph_offset_and_words(self):
        found = find("<h2>장터</h2><p>교육需求 조사. <b>교육</b>需求 조사.</p><p>끝 교육需求</p>")
        places = [(f.field, f.paragraph, f.offset, f.text, f.nth) for f in found]
        self.assertEqual(
            places,
            [
                ("body", 2, 0, "교육需求", 0),
                ("body", 2, 9, "교육需求", 1),
                ("body", 3, 2, "교육需求", 2),
            ],
        )

    def test_every_line_of_the_form_is_read(self):
        for name in copycheck.LINES:
            with self.subTest(name):
                found = find(**{name: "교육需求 조사"})
                self.assertIn((name, "교육需求"), {(f.field, f.text) for f in found})

    def test_errors_come_first_and_one_kind_is_not_told_endlessly(self):
        found = find("<p>그는  갔다.</p>" * 50, headline="")
        self.assertEqual([f.level for f in found], ["error"] + ["warning"] * 20)

    @override_settings(LANGUAGE_CODE="en")
    def test_every_finding_has_a_sentence(self):
        found = find(
            '<h2></h2><h4>가</h4><p>900101-1234568 <a href="/x"></a></p>'
            '<figure data-photo="7"></figure>',
            headline="",
            lead="",
            section=None,
            authors=[],
        )
        self.assertGreater(len(found), 6)
        for finding in found:
            self.assertTrue(finding.sentence.endswith(".") or ":" in finding.sentence, finding)

    def test_ten_thousand_characters_take_less_than_a_moment(self):
        paragraph = (
            "<p>" + "군은 장터를 밤까지 연다고 했다. 주민 “삼백 명”이 모였다(大韓). " * 13 + "</p>"
        )
        text = content(paragraph * 20)
        self.assertGreater(len(text["body"]), 10_000)
        took = []
        for _ in range(10):
            start = time.perf_counter()
            copycheck.check(text, Known())
            took.append(time.perf_counter() - start)
        self.assertLess(min(took), 0.1)  # about 0.015; a busy machine is slower

    def test_endless_words_take_no_endless_time(self):
        for piece in ("가", "“", "(", "가  ", "은 ", "農", "1", "계좌 ", "가 가 ", '<a href="/x">'):
            with self.subTest(piece):
                start = time.perf_counter()
                find(f"<p>{piece * 50_000}</p>")
                self.assertLess(time.perf_counter() - start, 10)


class MissingTests(TestCase):
    def test_what_an_article_should_have(self):
        for field, value, code in (
            ("headline", " ", "headline-missing"),
            ("headline", "가" * 41, "headline-long"),
            ("lead", "", "lead-missing"),
            ("section", None, "section-missing"),
            ("authors", [], "byline-missing"),
            ("body", "", "body-missing"),
        ):
            with self.subTest(code):
                self.assertEqual(
                    {f.code for f in copycheck.check(content(**{field: value}))}, {code}
                )
        self.assertEqual(find(headline="가" * 40), [])
        self.assertEqual([f.level for f in find(headline="")], ["error"])

    def test_photos_want_their_words(self):
        photo = make_photo(alt="", credit="")
        for hero, body in ((photo.pk, ""), (None, f'<figure data-photo="{photo.pk}"></figure>')):
            found = copycheck.check(content(f"<p>글이 있다.</p>{body}", hero=hero))
            self.assertEqual({f.code for f in found}, {"alt-missing", "credit-missing"})
            self.assertEqual({f.photo for f in found}, {photo.pk})
            self.assertEqual({f.field for f in found}, {"hero" if hero else "body"})
        whole = make_photo(alt="장터", credit="정해든")
        self.assertEqual(copycheck.check(content(hero=whole.pk)), [])

    def test_photo_that_is_not_in_the_library(self):
        self.assertEqual(codes('<p>글.</p><figure data-photo="987"></figure>'), {"photo-missing"})

    def test_licence_that_is_over_is_an_error(self):
        today = timezone.localdate()
        for days, expected in ((-1, ["error"]), (0, [])):
            photo = make_photo(credit="정해든", licence_ends_on=today + timedelta(days=days))
            found = copycheck.check(content(hero=photo.pk))
            self.assertEqual([f.level for f in found], expected)

    def test_ai_picture_needs_words_about_it(self):
        photo = make_photo(credit="미르내신문", is_ai_generated=True)
        found = copycheck.check(content(hero=photo.pk))
        self.assertEqual({f.code for f in found}, {"ai-notice-missing"})
        self.assertEqual(copycheck.check(content(hero=photo.pk, ai_assistance="그림은 AI로.")), [])
        photo.ai_notice = "윤서하 편집국장이 AI로 만든 그림입니다."
        photo.save()
        self.assertEqual(copycheck.check(content(hero=photo.pk)), [])

    def test_subheads(self):
        self.assertEqual(codes("<h2><b> </b></h2><p>글.</p>"), {"subhead-empty"})
        self.assertEqual(codes("<h3>장터</h3><p>글.</p>"), {"subhead-order"})
        self.assertEqual(codes("<h2>장터</h2><p>글.</p><h4>밤</h4><p>글.</p>"), {"subhead-order"})
        self.assertEqual(codes("<h2>장터</h2><h2>밤</h2><p>글.</p>"), {"subhead-alone"})
        self.assertEqual(codes("<p>글.</p><h2>장터</h2>"), {"subhead-alone"})
        self.assertEqual(codes("<h2>장터</h2><h3>밤</h3><p>글.</p><h2>끝</h2><p>글.</p>"), set())
        self.assertEqual(
            codes('<h2>영상</h2><figure data-embed="https://youtu.be/x"></figure>'), set()
        )


@override_settings(SITE_URL="https://news.example.com")
class LinkTests(TestCase):
    def verdicts(self, *addresses):
        links = "".join(f'<a href="{address}">말</a> ' for address in addresses)
        return [
            (finding.code, finding.level) for finding in copycheck.check(content(f"<p>{links}</p>"))
        ]

    def test_links_that_lead_somewhere_are_not_found(self):
        section, author = make_section(), make_author()
        article = make_article(section=section, authors=[author], tags=["나눔"])
        comment = make_comment(article)
        Series.objects.create(title="물길", slug="물길")
        Page.objects.create(slug="about", title="소개")
        OldAddress.objects.create(path="/옛/기사", article=article)
        OldAddress.objects.create(path="/?p=12", article=article)
        good = (
            *(article.get_absolute_url(), article.get_short_url(), f"/articles/{article.pk}"),
            *(f"{article.get_absolute_url()}#correction-1", section.get_absolute_url()),
            *(
                author.get_absolute_url(),
                "/tags/나눔/",
                "/tags/%EB%82%98%EB%88%94/",
                "/series/물길/",
            ),
            *("/pages/about/", "/", "/archive/", "/archive/2026/11/", "/search/?q=장터", "#끝"),
            *(f"/comments/{comment.pk}/", "/feeds/latest.xml", "/옛/기사/", "/?p=12"),
            f"https://news.example.com{article.get_absolute_url()}",
            *(
                "https://example.org/articles/99/",
                "//example.org/x",
                "mailto:a@example.com",
                "tel:119",
            ),
        )
        self.assertEqual(self.verdicts(*good), [])

    def test_links_that_lead_nowhere_are_errors(self):
        withdrawn_page = Page.objects.create(slug="old", title="옛 소개", is_published=False)
        for address in (
            *("/articles/99/x/", "/articles/99999999999999999999/", "/없는/곳/", "/sections/없다/"),
            *("/tags/없다/", "/series/없다/", "/authors/없다/", withdrawn_page.get_absolute_url()),
            *(
                "www.example.org",
                "https://news.example.com/x",
                "/comments/1/",
                "https://[x",
                "/?p=13",
            ),
        ):
            with self.subTest(address):
                self.assertEqual(self.verdicts(address), [("link-nowhere", "error")])

    def test_links_to_what_readers_do_not_see_are_warned_of(self):
        now = timezone.now()
        for article in (
            make_article(state="draft", published_at=None),
            make_article(hours_ago=-5),
            make_article(state="withdrawn", withdrawn_at=now),
        ):
            verdicts = self.verdicts(article.get_absolute_url())
            self.assertEqual(verdicts, [("link-hidden", "warning")])
        for address in ("/admin/", "/preview/abc/"):
            self.assertEqual(self.verdicts(address), [("link-hidden", "warning")])

    def test_link_without_words(self):
        self.assertEqual(codes('<p>글 <a href="/archive/"></a>이다.</p>'), {"link-empty"})

    def test_one_query_for_each_kind_of_page(self):
        articles = [make_article() for _ in range(5)]
        addresses = [article.get_absolute_url() for article in articles]
        addresses += [f"/sections/{number}/" for number in range(5)]
        links = "".join(f'<a href="{address}">말</a>' for address in addresses)
        text = content(f"<p>{links}</p>", hero=make_photo(credit="정해든").pk)
        copycheck.check(text)
        with self.assertNumQueries(4):  # photos, masthead, articles, sections
            copycheck.check(text)


class SampleTests(TestCase):
    def test_words_of_the_sample_paper_are_in_order(self):
        for path in sorted((SAMPLE / "articles").glob("*.toml")):
            row = read(path)
            words = {name: row.get(name, "") for name in ("headline", "subtitle", "lead", "body")}
            words["body"] = FIGURE.sub("<figure>", words["body"])
            with self.subTest(path.name):
                self.assertEqual(find(**words), [])


class PersonalTests(TestCase):
    def levels(self, text):
        known = Known(phones={"0550000123", "01000000123"})
        return [(f.code, f.level) for f in find(f"<p>{text}</p>", known)]

    def test_resident_registration_numbers(self):
        code = "resident-number"
        self.assertEqual(self.levels("번호는 900101-1234568이다."), [(code, "error")])
        self.assertEqual(self.levels("번호는 900101-1234567이다."), [(code, "warning")])
        self.assertEqual(self.levels("번호는 9001011234568이다."), [(code, "warning")])
        for text in ("9001011234567", "900101-1******", "991301-1234568", "900101-12345681"):
            with self.subTest(text):
                self.assertEqual(self.levels(f"번호는 {text}이다."), [])

    def test_telephones_that_people_carry(self):
        for text in ("010-1234-5678", "01012345678", "+82 10-1234-5678", "010.1234.5678"):
            with self.subTest(text):
                self.assertEqual(self.levels(f"전화 {text}."), [("phone", "warning")])
        for text in (
            "055-940-1234",
            "1588-0000",
            "055-000-0123",
            "010-0000-0123",
            "2010-1234-5678",
        ):
            with self.subTest(text):
                self.assertEqual(self.levels(f"전화 {text}."), [])

    def test_papers_own_telephone_is_known(self):
        Masthead.objects.create(pk=1, title="미르내신문", phone="+82-10-0000-0123")
        self.assertEqual(copycheck.check(content("<p>제보 010-0000-0123.</p>")), [])

    def test_numbers_of_accounts(self):
        for text in (
            "농협 352-1234-5678-93",
            "국민은행 (예금주 최지현) 123456-04-123456",
            "계좌번호: 1234567890123",
        ):
            with self.subTest(text):
                self.assertIn(("account", "warning"), self.levels(f"{text}로 보낸다."))
        for text in (
            "농협 055-940-1111",
            "농협 1588-2100",
            "은행 예산 1,234,567,890원",
            "대구 053-123-4567",
        ):
            with self.subTest(text):
                self.assertEqual(self.levels(f"{text}이다."), [])


@override_settings(LANGUAGE_CODE="en")
class DeskTests(TestCase):
    """The check beside the form, and before readers get an article."""

    def setUp(self):
        self.user = sign_in(self.client)
        self.section, self.author = make_section(), make_author()
        self.draft = self.make()

    def make(self, body="<p>장터에 불이 켜졌다.</p>", **fields):
        whole = {"section": self.section, "lead": "석 달 만의 저녁.", "body": body}
        draft = {"state": "draft", "published_at": None, "authors": [self.author]}
        return make_article("장터에 켜진 불", **{**whole, **draft, **fields})

    def url(self, article=None):
        return f"{URL}{(article or self.draft).pk}/change/"

    def send(self, do, article=None, **changes):
        response = change(self.client, self.url(article), do=do, **changes)
        (article or self.draft).refresh_from_db()
        return response

    def test_article_in_order_goes_out_unasked(self):
        self.send("publish")
        self.assertTrue(self.draft.is_published)

    def test_error_keeps_it_from_readers_whatever_is_ticked(self):
        for ticks in ({}, {"anyway": "on"}):
            response = self.send("publish", body="<p>번호는 900101-1234568이다.</p>", **ticks)
            self.assertEqual(self.draft.state, "draft")
            self.assertRedirects(
                response, f"{self.url()}?checks=#checks", fetch_redirect_response=False
            )
        self.assertIn("900101", self.draft.body, "what was typed is saved")
        page = self.client.get(response.url)
        self.assertContains(page, 'data-code="resident-number"')
        self.assertContains(page, "1 thing must be put right first")
        self.assertNotContains(page, 'name="anyway"')

    def test_warning_asks_and_the_tick_answers_once(self):
        response = self.send("publish", body="<p>교육需求 조사.</p>", note="둘째 문단")
        self.assertEqual(self.draft.state, "draft")
        self.assertEqual(self.draft.notes.get().text, "둘째 문단")
        page = self.client.get(response.url)
        self.assertContains(page, 'data-find="교육需求"')
        self.assertContains(page, 'name="anyway"')
        self.assertNotIn("anyway", typed(page), "each publishing asks anew")
        self.send("publish", anyway="on")
        self.assertTrue(self.draft.is_published)
        self.send("publish", body="<p>또 교육需求 조사.</p>")
        self.assertNotIn("또", self.draft.body)
        self.send("publish", anyway="on")
        self.assertIn("또", self.draft.body)

    def test_scheduling_asks_too_and_keeps_the_time_that_was_typed(self):
        at = f"{timezone.localtime(timezone.now() + timedelta(hours=5)):%Y-%m-%dT%H:%M}"
        response = self.send("schedule", lead="", publish_at=at)
        self.assertEqual(self.draft.state, "draft")
        self.assertEqual(typed(self.client.get(response.url))["publish_at"], at)
        self.send("schedule", publish_at=at, anyway="on")
        self.assertEqual(flow.stage(self.draft), "scheduled")

    def test_publishing_again_asks_too(self):
        gone = self.make(
            "<p>교육需求 조사.</p>",
            state="withdrawn",
            published_at=timezone.now(),
            withdrawn_at=timezone.now(),
        )
        self.send("republish", gone)
        self.assertEqual(gone.state, "withdrawn")
        self.send("republish", gone, anyway="on")
        self.assertEqual(gone.state, "published")

    def test_new_article_is_saved_before_it_is_asked_about(self):
        response = change(self.client, f"{URL}add/", do="publish", headline="새 기사")
        article = Article.objects.get(headline="새 기사")
        self.assertEqual(article.state, "draft")
        self.assertIn(f"/{article.pk}/change/?checks", response.url)

    def test_other_steps_and_saving_are_never_held(self):
        body = "<p>번호는 900101-1234568, 교육需求.</p>"
        self.assertRedirects(self.send("save", body=body), self.url())
        self.assertIn("900101", self.draft.body)
        self.assertRedirects(self.send("submit"), self.url())
        self.assertEqual(self.draft.state, "review")
        self.send("give_back")
        self.assertEqual(self.draft.state, "draft")

    def test_many_at_once_are_checked_one_by_one(self):
        fine, asked, wrong = self.draft, self.make(lead=""), self.make("<p>900101-1234568</p>")
        data = {"action": "publish_now", "_selected_action": [a.pk for a in (fine, asked, wrong)]}
        for ticks, out in (({}, [fine]), ({"anyway": "on"}, [fine, asked])):
            response = self.client.post(URL, {**data, **ticks}, follow=True)
            self.assertContains(response, "must be put right first")
            self.assertCountEqual(Article.objects.published(), out)

    def test_flow_itself_refuses_errors(self):
        wrong = self.make("<p>900101-1234568</p>")
        with self.assertRaises(flow.Unready):
            flow.publish(wrong, self.user)
        self.assertEqual(Article.objects.get(pk=wrong.pk).state, "draft")
        revisions.save(wrong, content("<p>글이다.</p>"), self.user, wrong.version)
        flow.publish(wrong, self.user)
        self.assertTrue(wrong.is_published)

    def test_changes_of_a_public_article_are_what_is_checked(self):
        public = self.make(state="published", published_at=timezone.now())
        self.send("publish", public, body="<p>900101-1234568</p>")
        self.assertNotIn("900101", public.body)
        self.assertIsNotNone(public.working_copy)

    def test_form_as_it_is_typed_is_answered_with_the_findings(self):
        data = {**typed(self.client.get(self.url())), "body": "<p>교육需求 조사.</p>", "lead": ""}
        response = self.client.post(f"{URL}{self.draft.pk}/check/", data)
        self.assertContains(response, 'data-field="lead"')
        self.assertContains(response, 'data-find="교육需求" data-nth="0" data-field="body"')
        self.assertContains(response, 'name="anyway"')
        self.assertNotContains(response, "<html")
        self.draft.refresh_from_db()
        self.assertNotIn("需求", self.draft.body)

    def test_words_that_are_quoted_stay_text(self):
        text = "교육<b>需求</b>&lt;script&gt;alert(1)&lt;/script&gt;"
        data = {"headline": "제목", "body": f"<p>{text}</p>"}
        response = self.client.post(f"{URL}add/check/", data)
        self.assertContains(response, "&lt;script&gt;")
        self.assertNotContains(response, "<script")

    def test_form_that_lacks_things_or_is_nonsense_is_answered_too(self):
        for data in ({}, {"headline": "", "hero": "x", "section": "987", "bylines_0": "-"}):
            response = self.client.post(f"{URL}add/check/", data)
            self.assertContains(response, 'data-code="headline-missing"')

    def test_check_is_for_those_who_write_it(self):
        check = f"{URL}{self.draft.pk}/check/"
        self.assertEqual(self.client.get(check).status_code, 405)
        self.assertEqual(self.client.post(f"{URL}99999/check/").status_code, 404)
        own = self.make(created_by=make_account("류가온", "reporter"))
        self.client.force_login(own.created_by)
        self.assertEqual(self.client.post(check).status_code, 403)
        response = self.client.post(f"{URL}{own.pk}/check/", {"headline": "제목"})
        self.assertContains(response, "lead-missing")
        self.assertNotContains(response, 'name="anyway"', msg_prefix="who cannot publish")
        self.client.logout()
        self.assertEqual(self.client.post(check).status_code, 302)

    def test_page_without_script_leads_to_the_check_of_what_is_saved(self):
        self.assertContains(self.client.get(self.url()), f'href="{self.url()}?checks"')
        page = self.client.get(f"{self.url()}?checks")
        self.assertContains(page, "Nothing was found.")
