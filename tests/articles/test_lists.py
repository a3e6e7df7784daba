"""Lists of articles: sections, tags, authors, months, search; their pages and their limits."""

from datetime import timedelta

import time_machine
from django.test import TestCase
from django.utils import timezone

from articles.models import OldAddress, Page
from tests.factories import make_article, make_author, make_comment, make_photo, make_section


class ListTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.section = make_section("사회")
        cls.author = make_author()

    def make_many(self, number):
        for _ in range(number):
            make_article(section=self.section, authors=[self.author], tags=["나눔"])

    def addresses(self):
        month = timezone.localtime()
        return [
            "/",
            "/sections/사회/",
            "/tags/나눔/",
            "/authors/한도경/",
            f"/archive/{month.year}/{month.month}/",
            "/archive/",
            "/search/?q=장터",
            "/popular/",
            "/corrections/",
        ]

    def test_every_list_answers_with_few_queries_however_many_rows(self):
        photo = make_photo()
        self.author.portrait = photo
        self.author.save()
        self.make_many(6)
        make_comment(make_article(section=self.section, hero=photo))
        for address in self.addresses():
            with self.subTest(address):
                with self.assertNumQueries(len_of := FewerThan(11)):
                    self.assertEqual(self.client.get(address).status_code, 200)
                before = len_of.seen
                self.make_many(6)
                with self.assertNumQueries(before):
                    self.client.get(address)

    def test_what_is_not_published_is_in_no_list(self):
        hidden = [
            make_article("몰래 쓴 초고", state="draft"),
            make_article("검토 중인 글", state="review"),
            make_article("내일 나올 글", published_at=timezone.now() + timedelta(days=1)),
            make_article("거둔 글", state="withdrawn", withdrawn_at=timezone.now()),
        ]
        shown = make_article("나온 글")
        for article in [*hidden, shown]:
            article.section = self.section
            article.save()
            article.tags.set(["나눔"])
            article.bylines.create(author=self.author)
        addresses = [
            *self.addresses()[:4],
            "/search/?q=글",
            "/feeds/latest.xml",
            "/feeds/latest.json",
            "/feeds/sections/사회.xml",
            "/feeds/tags/나눔.xml",
            "/feeds/authors/한도경.xml",
            "/sitemap-news.xml",
        ]
        for address in addresses:
            with self.subTest(address):
                response = self.client.get(address)
                self.assertContains(response, "나온 글")
                for article in hidden:
                    self.assertNotContains(response, article.headline)
        sitemap = self.client.get("/sitemap-articles-1.xml")
        self.assertContains(sitemap, f"/articles/{shown.pk}/")
        for article in hidden:
            self.assertNotContains(sitemap, f"/articles/{article.pk}/")

    def test_senseless_pages_get_a_page_that_says_so(self):
        self.make_many(3)
        for number in ("0", "-1", "999999", "abc", "²", "9" * 40, "%00"):
            with self.subTest(number):
                response = self.client.get(f"/sections/사회/?page={number}")
                self.assertContains(response, "그런 쪽이 없습니다", status_code=404)
        self.assertEqual(self.client.get("/sections/사회/?page=1").status_code, 200)

    def test_walking_through_pages_shows_each_once_while_articles_appear(self):
        self.make_many(45)
        expected = set(self.section.articles.values_list("pk", flat=True))
        seen, address = [], "/sections/사회/"
        while address:
            page = self.client.get(address).context["page"]
            seen += [article.pk for article in page]
            for _ in range(3):
                make_article(section=self.section, published_at=timezone.now())
            with time_machine.travel(timezone.now() + timedelta(seconds=5)):
                pass
            address = page.next_query and f"/sections/사회/{page.next_query}"
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(set(seen), expected)

    def test_empty_lists_say_so(self):
        for address in ("/sections/사회/", "/authors/한도경/"):
            with self.subTest(address):
                self.assertContains(self.client.get(address), "아직 기사가 없습니다")

    def test_unknown_places_are_404(self):
        for address in (
            "/sections/없는/",
            "/tags/없는/",
            "/authors/없는/",
            "/series/없는/",
            "/pages/없는/",
            "/archive/2026/13/",
            "/articles/99999999999999999999/",
        ):
            with self.subTest(address):
                self.assertContains(
                    self.client.get(address), "찾는 페이지가 없습니다", status_code=404
                )


class FewerThan(int):
    """Equal to every smaller number: for a first look at how many queries a page takes."""

    def __eq__(self, other):
        self.seen = other
        return other < int(self)

    __hash__ = int.__hash__


class SearchTests(TestCase):
    def test_finds_articles_that_hold_every_word(self):
        make_article("막차가 사라진 마을", body="<p>버스가 끊겼다</p>")
        make_article("다른 기사", body="<p>시장이 열렸다</p>")
        response = self.client.get("/search/", {"q": "마을 버스"})
        self.assertContains(response, "막차가 사라진 마을")
        self.assertNotContains(response, "다른 기사")

    def test_finds_composed_text_by_decomposed_words(self):
        make_article("나눔 장터")
        self.assertContains(self.client.get("/search/", {"q": "나눔"}), "나눔 장터")

    def test_hostile_questions_get_a_proper_page(self):
        make_article()
        for question in ("\0", "'; DROP TABLE", "%", "_" * 90, "a" * 5000, "<script>", "“”", "\\"):
            with self.subTest(question[:10]):
                response = self.client.get("/search/", {"q": question})
                self.assertEqual(response.status_code, 200)
                self.assertNotContains(response, "<script>alert")

    def test_question_goes_on_from_page_to_page(self):
        for _ in range(25):
            make_article("장터 & 골목")
        response = self.client.get("/search/", {"q": "장터 &"})
        self.assertContains(response, "&amp;q=%EC%9E%A5%ED%84%B0+%26")


class OldAddressTests(TestCase):
    def test_old_addresses_lead_to_the_article_for_good(self):
        article = make_article()
        OldAddress.objects.create(path="/2024/05/장터", article=article)
        OldAddress.objects.create(path="/?p=12", article=article)
        for address in ("/2024/05/장터/", "/2024/05/%EC%9E%A5%ED%84%B0", "/?p=12"):
            with self.subTest(address):
                self.assertRedirects(
                    self.client.get(address), article.get_absolute_url(), status_code=301
                )
        self.assertEqual(self.client.get("/2024/05/없는/").status_code, 404)
        self.assertEqual(self.client.get("/?p=13").status_code, 200)


class PageTests(TestCase):
    def test_page_is_shown_once_published(self):
        page = Page.objects.create(slug="ethics", title="윤리강령", body="<p>정확하게 씁니다.</p>")
        self.assertContains(self.client.get("/pages/ethics/"), "정확하게 씁니다.")
        page.is_published = False
        page.save()
        self.assertEqual(self.client.get("/pages/ethics/").status_code, 404)
