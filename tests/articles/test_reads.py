"""Most read: who is counted, how it fades, where it shows, and that nobody is remembered."""

import time
from datetime import timedelta
from unittest import mock

from django.db import DatabaseError
from django.test import TestCase
from django.utils import timezone

from articles import reads
from articles.models import ReadScore
from newsroom.models import Masthead
from tests.factories import make_article, make_comment, make_section

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


class Reading(TestCase):
    def setUp(self):
        Masthead(pk=1, title="미르내신문").save()
        self.enterContext(mock.patch.object(reads, "gathered", reads.Gathered()))

    def read(self, article, agent=PHONE, source="203.0.113.1", **headers):
        headers = {"User-Agent": agent, **headers}
        return self.client.post(f"/reads/{article.pk}/", headers=headers, REMOTE_ADDR=source)

    def ranked(self, **query):
        response = self.client.get("/popular/", query)
        return [article.headline for article in response.context["ranked"]]


class CountingTests(Reading):
    def test_reader_is_counted_once_and_told_nothing(self):
        article = make_article("읽힌 기사")
        self.assertEqual(self.ranked(), [])
        response = self.read(article)
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertFalse(response.cookies)
        self.assertIn("no-store", response["Cache-Control"])
        self.assertEqual(self.ranked(), ["읽힌 기사"])
        score = ReadScore.objects.get().day
        self.read(article)  # a reload
        self.assertEqual(ReadScore.objects.get().day, score)
        self.read(article, source="203.0.113.2")
        self.assertAlmostEqual(ReadScore.objects.get().day, score + 1, 2)  # twice as much

    def test_robots_and_other_sites_are_not_counted(self):
        article = make_article()
        for agent in ("Googlebot/2.1", "Mozilla/5.0 (compatible; Yeti/1.1)", "kakaotalk-scrap/1.0"):
            self.read(article, agent)
        self.read(article, "")
        self.read(article, **{"Sec-Fetch-Site": "cross-site"})
        self.assertFalse(ReadScore.objects.exists())
        self.read(article, **{"Sec-Fetch-Site": "same-origin"})
        self.assertTrue(ReadScore.objects.exists())

    def test_only_public_articles_are_counted(self):
        hidden = [
            make_article(state="draft"),
            make_article(published_at=timezone.now() + timedelta(days=1)),
            make_article(state="withdrawn", withdrawn_at=timezone.now()),
        ]
        for article in hidden:
            self.assertEqual(self.read(article).status_code, 204)
        self.assertEqual(self.client.post("/reads/999999999999999999999/").status_code, 204)
        self.assertFalse(ReadScore.objects.exists())
        self.assertEqual(self.client.get("/reads/1/").status_code, 405)

    def test_readings_are_gathered_and_written_together(self):
        one, other = make_article(), make_article()
        with self.settings(READS_WRITTEN_AFTER=60), mock.patch("threading.Timer") as timer:
            with self.assertNumQueries(0):
                for number in range(5):
                    self.read(one, source=f"203.0.113.{number}")
                self.read(other)
            timer.assert_called_once()
            reads.gathered.write()
        self.assertEqual(ReadScore.objects.count(), 2)
        score = {row.pk: row.day for row in ReadScore.objects.all()}
        self.assertAlmostEqual(2 ** (score[one.pk] - score[other.pk]), 5, 3)

    def test_readings_wait_while_the_database_is_away(self):
        article = make_article()
        with (
            mock.patch.object(reads, "write", side_effect=DatabaseError),
            self.assertLogs("articles.reads", "WARNING"),
        ):
            self.read(article)
        self.assertFalse(ReadScore.objects.exists())
        self.read(article, source="203.0.113.9")
        score = ReadScore.objects.get().day
        self.assertAlmostEqual(2 ** (score - (time.time() - reads.EPOCH) / (12 * 3600)), 2, 2)


class FadingTests(Reading):
    def test_what_was_read_long_ago_fades_and_ends(self):
        old, new = make_article("어제의 화제"), make_article("오늘의 화제")
        now = time.time()
        reads.write({old.pk: 100}, at=now - 40 * 3600)
        reads.write({new.pk: 11}, at=now)
        self.assertEqual(self.ranked(by="week"), ["어제의 화제", "오늘의 화제"])
        self.assertEqual(self.ranked(by="day"), ["오늘의 화제", "어제의 화제"])
        self.assertEqual(self.ranked(by="hour"), ["오늘의 화제"])
        reads.write({old.pk: 100}, at=now)
        self.assertEqual(self.ranked(by="hour"), ["어제의 화제", "오늘의 화제"])

    def test_logarithm_of_a_sum(self):
        self.assertAlmostEqual(reads.log_sum(3, 3), 4)
        self.assertAlmostEqual(reads.log_sum(10, -5000), 10)
        self.assertAlmostEqual(2 ** reads.log_sum(2, 5), 2**2 + 2**5)


class ListTests(Reading):
    def test_until_something_is_read_the_list_is_of_what_is_talked_about(self):
        talked, read = make_article("이야기한 기사"), make_article("읽힌 기사")
        make_comment(talked)
        self.assertEqual(self.ranked(), ["이야기한 기사"])
        self.assertContains(self.client.get("/popular/?by=day"), "아직 집계된 기사가 없습니다")
        reads.write({read.pk: 1})
        self.assertEqual(self.ranked(), ["읽힌 기사"])

    def test_list_of_a_section(self):
        town, culture = make_section("마을"), make_section("문화")
        one, other = (
            make_article("마을 기사", section=town),
            make_article("문화 기사", section=culture),
        )
        reads.write({one.pk: 1, other.pk: 2})
        self.assertEqual(self.ranked(), ["문화 기사", "마을 기사"])
        self.assertEqual(self.ranked(section="마을"), ["마을 기사"])
        self.assertEqual(self.ranked(section="없는", by="없는"), ["문화 기사", "마을 기사"])

    def test_article_page_front_page_and_lists_show_it(self):
        section = make_section("마을")
        read = make_article("많이 읽힌 기사", section=section)
        article = make_article("다른 기사", section=section)
        for address in (article.get_absolute_url(), "/", "/sections/마을/"):
            with self.subTest(address):
                self.assertNotContains(self.client.get(address), "많이 본 뉴스</a></h2>")
        reads.write({read.pk: 3})
        for address in (article.get_absolute_url(), "/", "/sections/마을/"):
            with self.subTest(address):
                self.assertContains(self.client.get(address), "많이 본 뉴스</a></h2>")

    def test_withdrawn_article_leaves_the_list_at_once(self):
        article = make_article("거둔 기사")
        reads.write({article.pk: 3})
        self.assertEqual(self.ranked(), ["거둔 기사"])
        article.state, article.withdrawn_at = "withdrawn", timezone.now()
        article.save()
        self.assertEqual(self.ranked(), [])
