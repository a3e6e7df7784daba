"""Lists of articles: sections, tags, authors, months; their pages and their limits."""

from datetime import timedelta
from io import StringIO

import time_machine
from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from articles.models import Correction, OldAddress, Page, Placement, Section, Series
from newsroom.models import Masthead
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

    def test_order_follows_an_article_that_gets_another_time(self):
        moved, other = (
            make_article(
                headline, authors=[self.author], tags=["나눔"], hours_ago=hours, state="published"
            )
            for headline, hours in (("먼저 난 글", 5), ("나중 난 글", 3))
        )
        addresses = ("/authors/한도경/", "/tags/나눔/")
        for hours_ago, first in ((5, other), (1, moved), (9, other)):
            moved.published_at = timezone.now() - timedelta(hours=hours_ago)
            moved.save()
            for address in addresses:
                with self.subTest(address, hours_ago=hours_ago):
                    page = self.client.get(address).context["page"]
                    self.assertEqual(page.articles[0], first)
                    self.assertEqual(len(page), 2)

    def test_upkeep_dates_what_was_written_without_a_time(self):
        article = make_article(authors=[self.author], tags=["나눔"])
        for rows in (article.bylines, article.tagged):
            rows.update(published_at=None)
        call_command("upkeep", stdout=StringIO())
        for address in ("/authors/한도경/", "/tags/나눔/"):
            with self.subTest(address):
                self.assertEqual(list(self.client.get(address).context["page"]), [article])

    def test_months_in_which_nothing_came_out_are_not_in_the_archive(self):
        for days in (0, 70, 400):
            make_article(published_at=timezone.now() - timedelta(days=days))
        make_article(published_at=timezone.now() + timedelta(days=40))
        page = self.client.get("/archive/")
        months = [timezone.localtime(timezone.now() - timedelta(days=d)) for d in (0, 70, 400)]
        self.assertEqual(
            [(month.year, month.month) for month in page.context["months"]],
            [(month.year, month.month) for month in months],
        )

    def test_senseless_pages_get_a_page_that_says_so(self):
        self.make_many(3)
        series = Series.objects.create(title="막차", slug="s")
        make_article(series=series)
        for address in ("/sections/사회/", "/tags/나눔/", "/series/s/", "/corrections/"):
            for number in ("0", "-1", "999999", "abc", "²", "１", "9" * 40, "%00", ""):
                with self.subTest(address=address, number=number):
                    response = self.client.get(f"{address}?page={number}")
                    self.assertContains(response, "그런 쪽이 없습니다", status_code=404)
            self.assertEqual(self.client.get(f"{address}?page=1").status_code, 200)
        for until in ("abc", "-5", "9" * 11, "9" * 40, "%00", "１"):
            with self.subTest(until=until):
                response = self.client.get(f"/sections/사회/?page=1&until={until}")
                self.assertEqual(response.status_code, 200)
                response = self.client.get(f"/sections/사회/?page=2&until={until}")
                self.assertContains(response, "그런 쪽이 없습니다", status_code=404)

    def test_pages_know_their_address_and_their_neighbours(self):
        self.make_many(45)
        address = "http://127.0.0.1:8000/sections/%EC%82%AC%ED%9A%8C/"
        first = self.client.get("/sections/사회/")
        self.assertContains(first, f'<link rel="canonical" href="{address}">')
        self.assertNotContains(first, 'rel="prev"')
        following = first.context["page"].next_query
        second = self.client.get(f"/sections/사회/{following}")
        self.assertContains(second, f'<link rel="canonical" href="{address}?page=2">')
        self.assertContains(second, '<link rel="prev" href="/sections/%EC%82%AC%ED%9A%8C/">')
        self.assertContains(second, '<link rel="next" href="/sections/%EC%82%AC%ED%9A%8C/?page=3')
        self.assertContains(second, "사회 (2)")

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

    def test_month_has_one_address(self):
        make_article(published_at=timezone.make_aware(timezone.datetime(2025, 3, 9)))
        self.assertContains(self.client.get("/archive/"), 'href="/archive/2025/03/"')
        for address in ("/archive/2025/03/", "/archive/2025/3/"):
            self.assertContains(
                self.client.get(address),
                '<link rel="canonical" href="http://127.0.0.1:8000/archive/2025/03/">',
            )

    def test_ledger_stays_put_while_corrections_appear(self):
        article = make_article()
        made = [Correction.objects.create(article=article, text=f"{n}번") for n in range(25)]
        first = self.client.get("/corrections/").context["page"]
        Correction.objects.create(
            article=article, text="새것", published_at=timezone.now() + timedelta(seconds=2)
        )
        with time_machine.travel(timezone.now() + timedelta(seconds=5)):
            second = self.client.get(f"/corrections/{first.next_query}").context["page"]
        self.assertEqual(
            [entry.pk for entry in (*first, *second)], [entry.pk for entry in reversed(made)]
        )

    def test_series_is_read_from_its_first_part_page_by_page(self):
        series = Series.objects.create(title="막차", slug="s")
        for number in range(1, 24):
            make_article(f"{number}회", series=series, series_position=number, hours_ago=number)
        first = self.client.get("/series/s/")
        self.assertEqual(first.context["page"].articles[0].headline, "1회")
        self.assertContains(first, '<link rel="next" href="/series/s/?page=2">')
        second = self.client.get("/series/s/?page=2").context["page"]
        self.assertEqual([part.headline for part in second], ["21회", "22회", "23회"])

    def test_empty_lists_say_so(self):
        Series.objects.create(title="막차", slug="s")
        month = timezone.localtime()
        for address in (
            *("/sections/사회/", "/authors/한도경/", "/series/s/", "/archive/", "/popular/"),
            f"/archive/{month.year}/{month.month}/",
        ):
            with self.subTest(address):
                self.assertContains(self.client.get(address), "아직 기사가 없습니다")
        self.assertContains(self.client.get("/corrections/"), "바로잡은 기사가 없습니다")
        self.assertContains(self.client.get("/"), "첫 기사를 쓰고 있습니다")

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


class FrontPageTests(TestCase):
    def front(self):
        return self.client.get("/").context

    def test_newest_with_a_picture_leads_unless_the_editor_says_otherwise(self):
        photo = make_photo()
        make_article("사진 없는 새 글", hours_ago=1)
        pictured = make_article("사진 있는 글", hero=photo, hours_ago=2)
        self.assertEqual(self.front()["lead"], pictured)
        placed = make_article("편집장이 고른 글", hours_ago=5)
        Placement.objects.create(article=placed, ends_at=timezone.now() + timedelta(days=3))
        self.assertEqual(self.front()["lead"], placed)
        with time_machine.travel(timezone.now() + timedelta(days=4)):
            self.assertEqual(self.front()["lead"], pictured)

    def test_no_article_stands_on_it_twice(self):
        section = make_section()
        photo = make_photo()
        for number in range(30):
            make_article(section=section, hero=photo if number % 2 else None)
        first = make_article(section=section, hero=photo)
        Placement.objects.create(article=first)
        front = self.front()
        self.assertEqual(front["lead"], first)
        placed = [front["lead"], *front["below_lead"], *front["tops"], *front["sections"][0].newest]
        self.assertEqual(len(placed), 1 + 12 + 5)
        self.assertEqual(len({article.pk for article in placed}), len(placed))

    def test_hundreds_of_sections_do_not_break_it(self):
        Section.objects.bulk_create(
            Section(name=f"분야 {n}", slug=f"s{n}", position=n) for n in range(1200)
        )
        make_article(section=Section.objects.get(slug="s3"), headline="먼저 온 분야의 글")
        for number in range(20):
            make_article(section=Section.objects.get(slug=f"s{number}"))
        sections = self.front()["sections"]
        self.assertTrue(sections)
        self.assertLessEqual(len(sections), 24)

    def test_ai_picture_says_so_wherever_it_stands(self):
        section = make_section()
        photo = make_photo(is_ai_generated=True)
        make_article(section=section, hero=photo, tags=["나눔"])
        self.assertContains(self.client.get("/"), "AI 생성 이미지", 1)
        make_article(section=section, hero=photo)
        self.assertContains(self.client.get("/"), "AI 생성 이미지", 2)
        for address in ("/sections/사회/", "/tags/나눔/", "/search/?q=장터"):
            with self.subTest(address):
                self.assertContains(self.client.get(address), "AI 생성 이미지")

    def test_correction_to_come_is_nowhere_yet(self):
        Masthead(pk=1, title="미르내신문").save()
        article = make_article()
        Correction.objects.create(
            article=article,
            text="내일 바로잡습니다.",
            published_at=timezone.now() + timedelta(days=1),
        )
        for address in ("/corrections/", "/feeds/corrections.xml", article.get_absolute_url()):
            with self.subTest(address):
                self.assertNotContains(self.client.get(address), "내일 바로잡습니다.")
        self.assertFalse(self.front()["corrections"])
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            self.assertContains(self.client.get("/corrections/"), "내일 바로잡습니다.")
            self.assertContains(self.client.get(article.get_absolute_url()), "내일 바로잡습니다.")


class FewerThan(int):
    """Equal to every smaller number: for a first look at how many queries a page takes."""

    def __eq__(self, other):
        self.seen = other
        return other < int(self)

    __hash__ = int.__hash__


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
        self.assertEqual(self.client.get("/?page_id=12").status_code, 301)

    def test_old_addresses_do_not_tell_of_what_is_not_public(self):
        waiting = make_article("먼 예약", hours_ago=-5)
        OldAddress.objects.create(path="/?p=12", article=waiting)
        OldAddress.objects.create(path="/2024/05/예약", article=waiting)
        self.assertEqual(self.client.get("/?p=12").status_code, 200)
        self.assertEqual(self.client.get("/2024/05/예약/").status_code, 404)
        waiting.published_at = timezone.now()
        waiting.save()
        self.assertEqual(self.client.get("/2024/05/예약/").status_code, 301)


class PageTests(TestCase):
    def test_page_is_shown_once_published(self):
        page = Page.objects.create(slug="ethics", title="윤리강령", body="<p>정확하게 씁니다.</p>")
        self.assertContains(self.client.get("/pages/ethics/"), "정확하게 씁니다.")
        page.is_published = False
        page.save()
        self.assertEqual(self.client.get("/pages/ethics/").status_code, 404)
