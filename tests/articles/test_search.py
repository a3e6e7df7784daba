"""Search: what questions find, in which order, what is offered beside it, and what never shows."""

import json
from datetime import timedelta
from io import StringIO

import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import flow, revisions
from articles.models import Article, SearchEntry, SearchTerm, Series
from articles.search import index
from articles.search.keyboard import as_hangul
from articles.search.question import Question
from articles.search.terms import initials, normal, number, terms
from authors.models import User
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_section

FEW_QUERIES = 19


class TermTests(TestCase):
    def test_runs_of_hangul_become_pairs_and_other_words_stay_whole(self):
        for text, expected in {
            "교육재단": {"교육", "육재", "재단"},
            "새 집": {"새", "집"},
            "COVID-19": {"covid", "19"},
            "3.1운동": {"3", "1", "운동"},
            "K2전차": {"k", "2", "전차"},
            "ＡＢ ﬁ": {"ab", "fi"},
            "大韓民國": {"大韓", "韓民", "民國"},
            "ㅅㅂ ㄱㅏ": {"ㅅㅂ", "ㄱㅏ"},
            "나\u200b눔": {"나눔"},
        }.items():
            with self.subTest(text):
                self.assertEqual(terms(normal(text)), expected)

    def test_first_letters(self):
        self.assertEqual(initials("교육재단 3"), "ㄱㅇㅈㄷ 3")
        self.assertEqual(initials("꿈"), "ㄲ")


class Searching(TestCase):
    def found(self, q, **filters):
        """Return the headlines that a search shows, in their order."""
        response = self.client.get("/search/", {"q": q, **filters})
        self.assertEqual(response.status_code, 200)
        page = response.context.get("page")
        return [article.headline for article in page] if page else []


class QuestionTests(Searching):
    @classmethod
    def setUpTestData(cls):
        cls.foundation = make_article("미르내 교육재단 문 열었다", hours_ago=3)
        cls.apart = make_article("교육 재단 이사장을 뽑는다", hours_ago=2)
        cls.market = make_article(
            "저녁 시장", body="<p>상인회장은 평생학습관에서 장부를 펼쳤다.</p>", hours_ago=1
        )

    def test_word_is_found_in_compounds_and_before_particles(self):
        for q in ("평생학습", "학습관", "상인회", "장부", "펼쳤다"):
            with self.subTest(q):
                self.assertEqual(self.found(q), ["저녁 시장"])

    def test_particle_of_the_question_does_not_matter(self):
        for q in ("평생학습관의", "상인회장이", "장부는", "시장까지"):
            with self.subTest(q):
                self.assertEqual(self.found(q), ["저녁 시장"])

    def test_noun_that_ends_like_a_particle_is_taken_whole_first(self):
        make_article("고양이 카페")
        make_article("고양 사람들")
        self.assertEqual(self.found("고양이"), ["고양이 카페"])

    def test_spacing_does_not_matter(self):
        both = {self.foundation.headline, self.apart.headline}
        self.assertEqual(set(self.found("교육재단")), both)
        self.assertEqual(set(self.found("교육 재단")), both)

    def test_all_words_are_wanted_in_any_order(self):
        self.assertEqual(self.found("이사장 교육"), [self.apart.headline])

    def test_most_words_do_where_no_article_has_all(self):
        response = self.client.get("/search/", {"q": "교육재단 이사장 우주선"})
        self.assertEqual(response.context["page"].articles[0], self.apart)
        self.assertContains(response, "낱말을 모두 담은 기사는 없")
        self.assertEqual(self.found("우주선"), [])

    def test_most_words_follow_where_few_articles_have_all(self):
        response = self.client.get("/search/", {"q": "교육재단 이사장"})
        self.assertEqual(list(response.context["page"]), [self.apart])
        self.assertEqual(response.context["others"], [self.foundation])
        self.assertContains(response, "낱말을 많이 담은 다른 기사")
        for question in ({"q": "교육재단"}, {"q": "교육재단 이사장", "sort": "date"}):
            with self.subTest(question):
                response = self.client.get("/search/", question)
                self.assertEqual(response.context["others"], [])
                self.assertNotContains(response, "낱말을 많이 담은 다른 기사")

    def test_enough_articles_with_all_words_stand_alone(self):
        for place in range(10):
            make_article(f"교육재단 이사장 {place}")
        response = self.client.get("/search/", {"q": "교육재단 이사장"})
        self.assertEqual(response.context["others"], [])

    def test_pairs_that_stand_apart_are_not_the_word(self):
        make_article("도서 목록", body="<p>서관 앞</p>")
        found = self.client.get("/search/", {"q": "도서관"}).context["found"]
        self.assertTrue(found.is_partial)
        make_article("도서관 휴관")
        self.assertEqual(self.found("도서관"), ["도서관 휴관"])

    def test_quotation_marks_keep_words_together(self):
        make_article("재단 교육", hours_ago=9)
        self.assertIn("재단 교육", self.found("교육 재단"))
        for q in ('"교육 재단"', "“교육 재단”", '"교육 재단'):
            with self.subTest(q):
                self.assertNotIn("재단 교육", self.found(q))
                self.assertIn(self.apart.headline, self.found(q))

    def test_minus_leaves_out(self):
        self.assertEqual(self.found("교육 -이사장"), [self.foundation.headline])
        self.assertEqual(self.found('교육 -"재단 이사장"'), [self.foundation.headline])
        self.assertEqual(self.found("-교육"), [])

    def test_first_letters_find_headlines_and_tags(self):
        make_article("막차", tags=["나눔장터"])
        self.assertEqual(self.found("ㄱㅇㅈㄷ"), [self.foundation.headline])
        self.assertEqual(self.found("ㄴㄴㅈㅌ"), ["막차"])
        self.assertEqual(self.found("ㅍㅅㅎㅅ"), [])  # that stands in a text only

    def test_latin_letters_and_numbers_are_whole_words_in_any_case(self):
        make_article("KTX 2호선 연장", body="<p>Wi-Fi 무료</p>")
        for q in ("ktx", "2호선", "WI-FI", "ＫＴＸ", "wi fi 무료"):
            with self.subTest(q):
                self.assertEqual(self.found(q), ["KTX 2호선 연장"])
        self.assertEqual(self.found("kt"), [])

    def test_decomposed_question_finds_composed_text(self):
        self.assertEqual(self.found("저녁 시장"), ["저녁 시장"])


class OrderTests(Searching):
    def test_headline_counts_more_than_tag_lead_and_body(self):
        text = "<p>느티나무 아래에서 주민들이 모여 마을 이야기를 나누었다.</p>"
        make_article("본문", body=text, hours_ago=1)
        make_article(
            "요약", lead="느티나무 아래", body="<p>마을 이야기를 나누었다.</p>", hours_ago=2
        )
        make_article("느티나무 그늘", body="<p>마을 이야기를 나누었다.</p>", hours_ago=3)
        self.assertEqual(self.found("느티나무"), ["느티나무 그늘", "요약", "본문"])

    def test_newest_first_when_asked(self):
        make_article("느티나무 축제", hours_ago=9)
        make_article("마을 소식", body="<p>느티나무</p>", hours_ago=1)
        self.assertEqual(self.found("느티나무"), ["느티나무 축제", "마을 소식"])
        self.assertEqual(self.found("느티나무", sort="date"), ["마을 소식", "느티나무 축제"])

    def test_pages_hold_each_article_once(self):
        headlines = {f"느티나무 {n}번째" for n in range(45)}
        for headline in headlines:
            make_article(headline)
        for sort in ("", "date"):
            with self.subTest(sort):
                pages = [self.found("느티나무", sort=sort, page=n) for n in (1, 2, 3)]
                self.assertEqual([len(page) for page in pages], [20, 20, 5])
                self.assertEqual({headline for page in pages for headline in page}, headlines)
                response = self.client.get("/search/", {"q": "느티나무", "sort": sort, "page": 4})
                self.assertEqual(response.status_code, 404)


class FilterTests(Searching):
    @classmethod
    def setUpTestData(cls):
        cls.culture, cls.town = make_section("문화"), make_section("마을")
        cls.writer = make_author("한도경")
        make_article("축제 하나", section=cls.culture, authors=[cls.writer], tags=["나눔"])
        make_article("축제 둘", section=cls.town, hours_ago=24 * 20)
        make_article("축제 셋", section=cls.town, hours_ago=24 * 400)

    def test_each_filter_narrows(self):
        for filters, expected in (
            ({}, {"축제 하나", "축제 둘", "축제 셋"}),
            ({"section": "문화"}, {"축제 하나"}),
            ({"author": self.writer.slug}, {"축제 하나"}),
            ({"tag": "나눔"}, {"축제 하나"}),
            ({"period": "week"}, {"축제 하나"}),
            ({"period": "month"}, {"축제 하나", "축제 둘"}),
            ({"section": "마을", "period": "year"}, {"축제 둘"}),
            ({"section": "문화", "period": "week", "tag": "나눔"}, {"축제 하나"}),
        ):
            with self.subTest(filters):
                self.assertEqual(set(self.found("축제", **filters)), expected)

    def test_unknown_filter_is_refused_with_words(self):
        for name in ("section", "author", "tag", "period", "sort"):
            for value in ("없는", "x' OR 1=1", "가" * 500):
                with self.subTest(name=name, value=value[:9]):
                    response = self.client.get("/search/", {"q": "축제", name: value})
                    self.assertContains(response, 'class="error"')
                    self.assertContains(response, 'value="축제"')
                    self.assertContains(response, "좁혀 보려던 조건이 지금은 없습니다")

    def test_what_is_common_is_counted_and_narrows_by_a_link(self):
        response = self.client.get("/search/", {"q": "축제"})
        facets = {
            heading: [(label, number) for label, number, _url in rows]
            for heading, rows in response.context["facets"]
        }
        self.assertEqual(facets["분야"], [("마을", 2), ("문화", 1)])
        self.assertEqual(facets["기자"], [("한도경", 1)])
        self.assertEqual(facets["태그"], [("나눔", 1)])
        self.assertEqual([number for _label, number in facets["기간"]], [1, 2, 2])
        url = dict(response.context["facets"])["분야"][0][2]
        narrowed = self.client.get(f"/search/{url}")
        self.assertEqual(len(narrowed.context["page"]), 2)
        [(label, back)] = narrowed.context["chosen"]
        self.assertEqual(str(label), "마을")
        self.assertEqual(len(self.client.get(f"/search/{back}").context["page"]), 3)

    def test_places_of_that_name_are_offered(self):
        Series.objects.create(title="축제의 사람들", slug="people")
        make_article("연재", series=Series.objects.get())
        response = self.client.get("/search/", {"q": "축제"})
        self.assertContains(response, "/series/people/")
        self.assertContains(
            self.client.get("/search/", {"q": "한도경"}), self.writer.get_absolute_url()
        )
        self.assertContains(self.client.get("/search/", {"q": "나눔"}), 'href="/tags/')
        self.assertContains(self.client.get("/search/", {"q": "문화"}), 'href="/sections/')


class PageTests(Searching):
    def test_words_are_marked_in_headline_and_excerpt(self):
        body = f"<p>{'앞말 ' * 60}</p><p>평생학습관 &lt;문&gt; 앞</p><p>{'뒷말 ' * 60}</p>"
        make_article("<b>학습</b> 소식", body=body)
        response = self.client.get("/search/", {"q": "학습"})
        self.assertContains(response, "&lt;b&gt;<mark>학습</mark>&lt;/b&gt; 소식")
        self.assertContains(response, "평생<mark>학습</mark>관 &lt;문&gt; 앞")
        self.assertContains(self.client.get("/search/", {"q": "ㅎㅅ"}), "<mark>학습</mark>")

    def test_search_is_closed_to_robots(self):
        self.assertContains(self.client.get("/search/?q=장터"), 'content="noindex"')

    def test_hostile_questions_are_plain_text(self):
        make_article("나눔 장터")
        for q in (
            *("\0", "'; DROP TABLE", "%", "_" * 90, "<script>alert(1)</script>", "“”", "\\"),
            *("\ud800", '"', '""', "- -", "--", "*", "장터*", "NEAR(장터)", "장터 OR 나눔", "("),
            *("^장터", "장:터", "{", "a" * 200, "가" * 200, "ㄱ" * 200, "가 " * 100),
            *('"가' * 60, "-가" * 60, "%00", "𝕏"),
        ):
            with self.subTest(ascii(q[:12])):
                for address in ("/search/", "/search/suggest/", "/search/comments/"):
                    response = self.client.get(address, {"q": q.encode("utf-8", "replace")})
                    self.assertEqual(response.status_code, 200)
                    self.assertNotContains(response, "<script>alert")
        self.assertEqual(self.found("장터*"), ["나눔 장터"])
        long = self.client.get("/search/", {"q": "가" * 10_000})
        self.assertContains(long, 'class="error"')

    def test_question_goes_on_from_page_to_page(self):
        for _ in range(25):
            make_article("장터 & 골목")
        response = self.client.get("/search/", {"q": "장터 &", "period": "week"})
        self.assertContains(response, "&amp;q=%EC%9E%A5%ED%84%B0+%26&amp;period=week")

    def test_few_queries_however_many_rows(self):
        section, author = make_section(), make_author()

        def make_many(number):
            for _ in range(number):
                make_article("장터", section=section, authors=[author], tags=["나눔"])

        make_many(6)
        for address in ("/search/?q=장터", "/search/?q=장터&sort=date", "/search/suggest/?q=장"):
            with self.subTest(address):
                with CaptureQueriesContext(connection) as before:
                    self.client.get(address)
                self.assertLessEqual(len(before), FEW_QUERIES)
                make_many(6)
                with self.assertNumQueries(len(before)):
                    self.client.get(address)

    def test_long_question_asks_the_database_no_more_than_a_short_one(self):
        make_article("나눔 장터")
        for q in ("가나다라마바사아자차카타파하" * 14, " ".join(["장텨", "골목"] * 30)):
            with self.subTest(q[:9]), CaptureQueriesContext(connection) as queries:
                self.assertEqual(self.client.get("/search/", {"q": q}).status_code, 200)
            self.assertLessEqual(len(queries), FEW_QUERIES)

    def test_nothing_found_says_what_may_help(self):
        response = self.client.get("/search/", {"q": "우주선"})
        self.assertContains(response, "‘우주선’")
        self.assertContains(self.client.get("/search/"), "따옴표”로 묶으면")
        make_author("한도경", slug="do")
        self.assertContains(self.client.get("/search/", {"q": "한도경"}), "위에서 그 이름을 누르면")
        make_article("도서 목록")
        self.assertContains(
            self.client.get("/search/", {"q": "도서괸"}), "‘도서괸’ 그대로 쓴 기사는"
        )
        for q in ("-축제", '""', "*"):
            with self.subTest(q):
                response = self.client.get("/search/", {"q": q})
                self.assertContains(response, "찾을 낱말도 적어 주세요")
        self.assertNotContains(self.client.get("/search/"), "찾을 낱말도 적어 주세요")


class HelpTests(Searching):
    @classmethod
    def setUpTestData(cls):
        make_article("평생학습관 개관", hours_ago=2)
        make_article("시장에 불이 켜졌다", tags=["나눔장터"])

    def suggested(self, q):
        return json.loads(self.client.get("/search/suggest/", {"q": q}).content)

    def test_word_typed_on_an_english_keyboard_is_asked_about(self):
        for q, meant in (("vudtodgkrtmqrhks", "평생학습관"), ("wkdxj", "장터"), ("RKr", None)):
            with self.subTest(q):
                hint = self.client.get("/search/", {"q": q}).context["hint"]
                self.assertEqual(hint and hint[0], meant)

    def test_every_kind_of_syllable_is_typed_with_latin_letters(self):
        for word, typed in (
            *(("교육", "rydbr"), ("값이", "rkqtdl"), ("갑시", "rkqtl"), ("왜", "dho")),
            *(("의회", "dmlghl"), ("꽃씨", "RhcTl"), ("읽다", "dlfrek"), ("seoul", None)),
            *(("ㅋㅋ", None), ("a1", None)),
        ):
            with self.subTest(word):
                self.assertEqual(as_hangul(typed or word), typed and word)

    def test_misspelt_word_is_asked_about(self):
        for q, meant in (
            *(("평생학슴관", "평생학습관"), ("시쟝", "시장")),
            *(("나눔쟝터", "나눔장터"), ("불이 켜졋다", "불이 켜졌다")),
        ):
            with self.subTest(q):
                response = self.client.get("/search/", {"q": q})
                self.assertContains(response, "혹시")
                self.assertEqual(response.context["hint"][0], meant)
                better = self.client.get(f"/search/{response.context['hint'][1]}")
                self.assertFalse(better.context["found"].is_partial)
        self.assertIsNone(self.client.get("/search/", {"q": "시장"}).context["hint"])
        self.assertIsNone(self.client.get("/search/", {"q": "우주선"}).context["hint"])

    def test_words_that_are_ours_and_hints_that_find_nothing_are_not_proposed(self):
        make_article("김장 나누던 날", body="<p>이 기자는 소각장 앞에 섰다.</p>")
        for q in ("평생학습관 기자", "소각장 기자", "평생학슴관 우주선"):
            with self.subTest(q):
                self.assertIsNone(self.client.get("/search/", {"q": q}).context["hint"])

    def test_beginnings_are_completed(self):
        self.assertEqual(self.suggested("평생")["words"], ["평생학습관"])
        self.assertEqual(self.suggested("개관 평생학ㅅ")["words"], ["개관 평생학습관"])
        self.assertEqual(self.suggested("나눔")["words"], ["나눔장터"])
        self.assertEqual(self.suggested("ㅍㅅㅎ")["words"], ["평생학습관"])
        self.assertEqual(self.suggested("우주"), {"words": [], "articles": []})
        self.assertEqual(self.suggested(""), {"words": [], "articles": []})

    def test_headlines_with_all_words_are_suggested(self):
        [article] = self.suggested("평생학습관")["articles"]
        self.assertEqual(article["headline"], "평생학습관 개관")
        self.assertEqual(self.client.get(article["url"]).status_code, 200)


class IndexTests(Searching):
    """The index follows the texts in the same transaction."""

    @classmethod
    def setUpTestData(cls):
        cls.editor = User.objects.create_superuser("편집자")

    def test_changed_words_replace_the_old_ones(self):
        article = make_article("옛 제목")
        article.headline, article.body = "새 표제", "<p>고친 본문</p>"
        article.save()
        self.assertEqual(self.found("제목"), [])
        self.assertEqual(self.found("불이"), [])
        self.assertEqual(self.found("표제"), ["새 표제"])
        self.assertEqual(self.found("고친 본문"), ["새 표제"])

    def test_withdrawn_article_leaves_the_index(self):
        article = make_article("거둘 기사")
        self.assertEqual(self.found("거둘"), ["거둘 기사"])
        flow.withdraw(article, self.editor, "사실과 다름")
        self.assertFalse(SearchEntry.objects.exists())
        self.assertEqual(self.found("거둘"), [])
        flow.republish(article, self.editor)
        self.assertEqual(self.found("거둘"), ["거둘 기사"])

    def test_refused_transaction_leaves_the_index_as_it_was(self):
        article = make_article("그대로")
        article.headline = "바뀔 뻔한"
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            article.save()
            raise ZeroDivisionError
        self.assertEqual(self.found("그대로"), ["그대로"])
        self.assertEqual(self.found("바뀔"), [])

    def test_what_readers_may_not_see_is_not_found(self):
        tomorrow = timezone.now() + timedelta(days=1)
        make_article("비밀 초고", state="draft", tags=["비밀태그"])
        make_article("비밀 검토", state="review")
        make_article("비밀 예약", published_at=tomorrow, tags=["비밀예약태그"])
        make_article("비밀 철회", state="withdrawn", withdrawn_at=timezone.now())
        for q in ("비밀", "ㅂㅁ", "비밀 예약", "비밀태그"):
            self.assertEqual(self.found(q), [], q)
            suggested = self.client.get("/search/suggest/", {"q": q})
            self.assertEqual(json.loads(suggested.content), {"words": [], "articles": []})
        self.assertIsNone(self.client.get("/search/", {"q": "비밀예냑"}).context["hint"])
        self.assertNotContains(self.client.get("/search/", {"q": "비밀"}), "비밀예약태그")
        with time_machine.travel(tomorrow + timedelta(minutes=1)):
            self.assertEqual(self.found("비밀"), ["비밀 예약"])

    def test_saved_changes_are_not_found_before_they_are_published(self):
        article = make_article("나간 기사")
        content = revisions.content_of(article) | {"headline": "고치는 중", "tags": ["새꼬리표"]}
        revisions.save(article, content, self.editor, article.version)
        self.assertEqual(self.found("고치는"), [])
        flow.publish(article, self.editor)
        self.assertEqual(self.found("고치는"), ["고치는 중"])
        self.assertEqual(self.found("새꼬리표"), ["고치는 중"])

    def test_terms_are_counted_up_and_down(self):
        article = make_article("느티나무")
        count = SearchTerm.objects.get(number=number("느티")).articles
        article.save()
        self.assertEqual(SearchTerm.objects.get(number=number("느티")).articles, count)
        article.headline = "은행나무"
        article.save()
        self.assertEqual(SearchTerm.objects.get(number=number("느티")).articles, count - 1)
        self.assertEqual(SearchTerm.objects.get(number=number("")).articles, 1)

    def test_reindex_makes_it_anew_from_nothing(self):
        make_article("느티나무", tags=["그늘"])
        make_article("초고", state="draft")
        SearchEntry.objects.all().delete()
        self.assertEqual(self.found("느티나무"), [])
        before = dict(SearchTerm.objects.values_list())
        out = StringIO()
        call_command("reindex", stdout=out)
        self.assertIn("1", out.getvalue())
        self.assertEqual(self.found("느티나무"), ["느티나무"])
        self.assertEqual(self.found("그늘"), ["느티나무"])
        self.assertEqual(dict(SearchTerm.objects.values_list()), before)
        call_command("reindex", stdout=out)
        self.assertEqual(self.found("느티나무"), ["느티나무"])

    def test_index_is_made_once_after_many_articles(self):
        with index.rebuilt_after():
            make_article("하나")
            self.assertFalse(SearchEntry.objects.exists())
        self.assertEqual(self.found("하나"), ["하나"])


class CommentSearchTests(TestCase):
    def test_recent_comments_are_another_tab(self):
        Masthead(pk=1, title="미르내신문").save()
        article = make_article("나눔 장터")
        make_comment(article, "장터가 다시 열려 반갑습니다.")
        make_comment(article, "장터 소음이 심합니다.", state="pending")
        make_comment(make_article("초고", state="draft"), "장터 초고에 달린 댓글")
        make_comment(make_article(comment_policy="hidden"), "장터 감춘 댓글")
        self.assertContains(
            self.client.get("/search/?q=장터"), "/search/comments/?q=%EC%9E%A5%ED%84%B0"
        )
        response = self.client.get("/search/comments/?q=장터")
        self.assertContains(response, "반갑습니다")
        for text in ("소음", "초고에 달린", "감춘"):
            self.assertNotContains(response, text)
        self.assertContains(self.client.get("/search/comments/?q=우주선"), "‘우주선’")
        self.assertContains(self.client.get("/search/comments/?q=장터 반갑"), "반갑습니다")


class QuestionReadingTests(TestCase):
    def test_what_cannot_be_understood_is_left_out(self):
        for text in ("", "  ", "!?", '"', "-", "…"):
            self.assertFalse(Question(text), text)
        question = Question("“교육 재단” -예산 나눔")
        self.assertEqual([word.text for word in question.words], ["교육 재단", "나눔"])
        self.assertEqual([word.text for word in question.excluded], ["예산"])


class EveryArticleTests(TestCase):
    def test_index_holds_just_what_is_published(self):
        for state in Article.State:
            make_article(state=state, withdrawn_at=timezone.now() if state == "withdrawn" else None)
        self.assertEqual(
            list(SearchEntry.objects.values_list("article__state", flat=True)), ["published"]
        )
