"""What machines read: feeds, sitemaps, structured data, headers."""

import json
import re
from datetime import date
from xml.etree import ElementTree

import feedparser
from django.test import TestCase

from articles.models import Correction
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class FeedTests(TestCase):
    def test_feed_carries_whole_articles_with_absolute_addresses(self):
        Masthead(pk=1, title="미르내신문").save()
        photo = make_photo()
        article = make_article(
            "장터 & <골목>",
            authors=[make_author()],
            tags=["나눔"],
            hero=photo,
            body=f'<p>끝까지 싣는다.</p><figure data-photo="{photo.pk}"></figure>'
            '<p><a href="/pages/about/">소개</a></p>',
        )
        feed = feedparser.parse(self.client.get("/feeds/latest.xml").content)
        self.assertFalse(feed.bozo)
        self.assertIn("미르내신문", feed.feed.title)
        entry = feed.entries[0]
        self.assertEqual(entry.title, "장터 & <골목>")
        self.assertTrue(entry.link.startswith("http://"))
        self.assertEqual(entry.id, f"http://127.0.0.1:8000/articles/{article.pk}/")
        self.assertEqual(entry.tags[0].term, "나눔")
        content = entry.content[0].value
        self.assertIn("끝까지 싣는다", content)
        self.assertFalse(re.findall(r'(?:href|src|srcset)="/', content))
        self.assertFalse(re.findall(r", /media", content))

    def test_every_feed_is_well_formed(self):
        section = make_section()
        article = make_article(section=section, authors=[make_author()], tags=["나눔"])
        make_comment(article, "<b>댓글</b> ]]> &")
        Correction.objects.create(article=article, text="바로잡습니다 <&>")
        for address in (
            "/feeds/latest.xml",
            "/feeds/sections/사회.xml",
            "/feeds/tags/나눔.xml",
            "/feeds/authors/한도경.xml",
            "/feeds/comments.xml",
            f"/feeds/articles/{article.pk}/comments.xml",
            "/feeds/corrections.xml",
        ):
            with self.subTest(address):
                feed = feedparser.parse(self.client.get(address).content)
                self.assertFalse(feed.bozo)
                self.assertEqual(len(feed.entries), 1)

    def test_json_feed_has_what_the_format_asks(self):
        make_article(authors=[make_author()])
        response = self.client.get("/feeds/latest.json")
        self.assertEqual(response["Content-Type"], "application/feed+json; charset=utf-8")
        feed = json.loads(response.content)
        self.assertEqual(feed["version"], "https://jsonfeed.org/version/1.1")
        self.assertLessEqual({"id", "url", "title", "content_html"}, set(feed["items"][0]))


class SitemapTests(TestCase):
    def locations(self, address):
        root = ElementTree.fromstring(self.client.get(address).content)
        return [element.text for element in root.iter(f"{SITEMAP}loc")]

    def test_index_leads_to_every_article_and_place(self):
        section = make_section()
        article = make_article(section=section)
        found = []
        for location in self.locations("/sitemap.xml"):
            found += self.locations(location.removeprefix("http://127.0.0.1:8000"))
        self.assertIn(f"http://127.0.0.1:8000{article.get_absolute_url()}", found)
        self.assertIn(f"http://127.0.0.1:8000{section.get_absolute_url()}", found)

    def test_news_sitemap_holds_two_days(self):
        make_article("오늘 & 새 소식", hours_ago=3)
        make_article("사흘 전", hours_ago=72)
        response = self.client.get("/sitemap-news.xml")
        root = ElementTree.fromstring(response.content)
        titles = [e.text for e in root.iter() if e.tag.endswith("news/0.9}title")] or [
            e.text for e in root.iter() if e.tag.endswith("}title")
        ]
        self.assertEqual(titles, ["오늘 & 새 소식"])

    def test_robots_names_the_sitemaps(self):
        self.assertContains(self.client.get("/robots.txt"), "/sitemap.xml")


class StructuredDataTests(TestCase):
    def test_news_article_matches_the_page(self):
        section = make_section()
        article = make_article(section=section, authors=[make_author()], hero=make_photo())
        html = self.client.get(article.get_absolute_url()).content.decode()
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
        news, crumbs = map(json.loads, blocks)
        self.assertEqual(news["@type"], "NewsArticle")
        self.assertEqual(news["headline"], article.headline)
        self.assertRegex(news["datePublished"], r"\+09:00$")
        self.assertIn(f'datetime="{news["datePublished"]}"', html)
        self.assertEqual(news["author"][0]["name"], "한도경")
        self.assertEqual(news["publisher"]["@type"], "NewsMediaOrganization")
        self.assertEqual(len(news["image"]), 3)
        self.assertEqual(crumbs["itemListElement"][1]["name"], "사회")


class MastheadTests(TestCase):
    def test_footer_says_who_publishes_the_paper(self):
        Masthead(
            pk=1,
            title="미르내신문",
            registration_number="가온 아00000",
            registered_on=date(2009, 4, 7),
            publisher="윤서하",
            youth_protection_officer="배수련",
        ).save()
        page = self.client.get("/")
        for text in ("등록번호 가온 아00000", "2009.04.07.", "발행인 윤서하", "배수련"):
            self.assertContains(page, text)
        self.assertContains(page, 'datetime="2009-04-07"')


class HeaderTests(TestCase):
    def test_every_page_carries_the_strict_policies(self):
        article = make_article()
        for address in ("/", article.get_absolute_url(), "/없는/", "/admin/login/"):
            with self.subTest(address):
                response = self.client.get(address)
                policy = response["Content-Security-Policy"]
                self.assertIn("script-src 'self';", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")
                self.assertEqual(response["Referrer-Policy"], "strict-origin-when-cross-origin")
                self.assertIn("camera=()", response["Permissions-Policy"])

    def test_health_needs_no_database_and_readiness_does(self):
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/healthz").status_code, 200)
        with self.assertNumQueries(1):
            self.assertEqual(self.client.get("/readyz").status_code, 200)

    def test_security_txt_names_a_contact_and_an_end(self):
        response = self.client.get("/.well-known/security.txt")
        self.assertContains(response, "Contact: http")
        self.assertContains(response, "Expires: 20")
