"""Feeds, judged by what RSS 2.0, RFC 5005's neighbours and JSON Feed 1.1 ask of them."""

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import feedparser
import time_machine
from django.test import TestCase
from django.utils import timezone

from articles.models import Correction, Series
from authors.models import Author
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

SITE = "http://127.0.0.1:8000"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
MEDIA = "{http://search.yahoo.com/mrss/}content"
# RFC 822 with the four digits of a year that RSS prefers.
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
# JSON Feed 1.1: the members that a feed and an item may have, and of which type they are.
FEED = {
    **dict.fromkeys(("version", "title", "home_page_url", "feed_url", "description"), str),
    **dict.fromkeys(("user_comment", "next_url", "icon", "favicon", "language"), str),
    "authors": list,
    "expired": bool,
    "hubs": list,
    "items": list,
}
ITEM = {
    **dict.fromkeys(("id", "url", "external_url", "title", "content_html", "content_text"), str),
    **dict.fromkeys(("summary", "image", "banner_image", "date_published", "date_modified"), str),
    "authors": list,
    "tags": list,
    "language": str,
    "attachments": list,
}


def is_absolute(address):
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


class FormatTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문").save()
        cls.series = Series.objects.create(title="막차가 사라진 마을")
        cls.article = make_article(
            "장터 & <골목> ]]> 🎆 \x0b",
            section=make_section(),
            series=cls.series,
            authors=[make_author(), make_author("류가온")],
            tags=["나눔", "장터"],
            revised_at=timezone.now(),
            body='<p>끝까지 <a href="/pages/about/">싣는다</a>.</p>',
        )
        make_comment(cls.article, "<b>댓글</b> ]]> &")
        Correction.objects.create(article=cls.article, text="바로잡습니다 <&>")

    lists = ("latest", "sections/사회", "tags/나눔", "series/막차가-사라진-마을", "authors/한도경")

    def rss_feeds(self):
        yield from (f"/feeds/{name}.xml" for name in self.lists)
        yield from ("/feeds/comments.xml", "/feeds/corrections.xml")
        yield f"/feeds/articles/{self.article.pk}/comments.xml"

    def test_rss_has_what_the_format_asks(self):
        for address in self.rss_feeds():
            with self.subTest(address):
                response = self.client.get(address)
                self.assertEqual(response["Content-Type"], "application/rss+xml; charset=utf-8")
                self.assertFalse(feedparser.parse(response.content).bozo)
                root = ElementTree.fromstring(response.content)
                self.assertEqual((root.tag, root.get("version")), ("rss", "2.0"))
                (channel,) = root
                for name in ("title", "link", "description"):
                    self.assertTrue(channel.findtext(name), name)
                self.assertTrue(is_absolute(channel.findtext("link")))
                itself = channel.find("{http://www.w3.org/2005/Atom}link")
                self.assertEqual(itself.get("rel"), "self")
                self.assertEqual(unquote(itself.get("href")), f"{SITE}{address}")
                (item,) = channel.findall("item")
                self.assertRegex(item.findtext("pubDate"), RFC_822)
                self.assertRegex(channel.findtext("lastBuildDate"), RFC_822)
                self.assertIsNotNone(parsedate_to_datetime(item.findtext("pubDate")).tzinfo)
                self.assertTrue(is_absolute(item.findtext("link")))
                guid = item.find("guid")  # a permalink unless it says that it is none
                self.assertNotEqual(guid.get("isPermaLink"), "false")
                place = unquote(guid.text.removeprefix(SITE)).partition("#")[0]
                self.assertIn(self.client.get(place).status_code, (200, 301))

    def test_article_comes_whole_with_authors_tags_and_picture(self):
        photo = make_photo()
        made = make_article(
            hero=photo, body="<p>끝까지 싣는다.</p>", authors=[make_author("문태오")]
        )
        root = ElementTree.fromstring(self.client.get("/feeds/latest.xml").content)
        with_picture, without = sorted(
            root.iter("item"), key=lambda item: made.headline != item.findtext("title")
        )
        self.assertIn("끝까지 싣는다", with_picture.findtext(CONTENT))
        self.assertEqual([e.text for e in without.findall(CREATOR)], ["한도경", "류가온"])
        self.assertEqual({e.text for e in without.findall("category")}, {"나눔", "장터"})
        picture = with_picture.find(MEDIA)
        self.assertEqual((picture.get("medium"), picture.get("type")), ("image", "image/jpeg"))
        path = picture.get("url").removeprefix(SITE)
        self.assertEqual(self.client.get(path).status_code, 200)
        self.assertIsNone(without.find(MEDIA))
        addresses = re.findall(r'(?:href|src)="([^"]+)"', without.findtext(CONTENT))
        self.assertTrue(addresses and all(map(is_absolute, addresses)))

    def test_guid_stays_when_the_headline_and_the_address_change(self):
        before = feedparser.parse(self.client.get("/feeds/latest.xml").content).entries[0]
        self.article.headline, self.article.slug = "새 제목", ""
        self.article.save()
        after = feedparser.parse(self.client.get("/feeds/latest.xml").content).entries[0]
        self.assertNotEqual(before.link, after.link)
        self.assertEqual(before.id, after.id)

    def test_json_feed_has_what_the_format_asks(self):
        for name in self.lists:
            with self.subTest(name):
                response = self.client.get(f"/feeds/{name}.json")
                self.assertEqual(response["Content-Type"], "application/feed+json; charset=utf-8")
                feed = json.loads(response.content)
                self.assertEqual(feed["version"], "https://jsonfeed.org/version/1.1")
                self.assertLessEqual({"version", "title", "items"}, set(feed))
                self.check_members(feed, FEED)
                self.assertEqual(unquote(feed["feed_url"]), f"{SITE}/feeds/{name}.json")
                (item,) = feed["items"]
                self.assertTrue(item["id"])
                self.assertTrue({"content_html", "content_text"} & set(item))
                self.check_members(item, ITEM)
                for moment in (item["date_published"], item["date_modified"]):  # RFC 3339
                    self.assertRegex(moment, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
                for author in item["authors"]:
                    self.assertLessEqual(set(author), {"name", "url", "avatar"})
                self.assertTrue(all(isinstance(tag, str) for tag in item["tags"]))

    def check_members(self, data, known):
        for name, value in data.items():
            self.assertIsInstance(value, known[name], name)
            if name.endswith("url") or name in ("icon", "image", "id"):
                self.assertTrue(is_absolute(value), name)

    def test_pages_name_their_feeds(self):
        front = "/"
        pages = {
            front: ["/feeds/latest.xml", "/feeds/latest.json", "/feeds/comments.xml"],
            "/corrections/": ["/feeds/latest.xml", "/feeds/corrections.xml"],
            self.article.get_absolute_url(): [f"/feeds/articles/{self.article.pk}/comments.xml"],
        }
        for name in self.lists[1:]:
            pages[f"/{name}/"] = [f"/feeds/{name}.xml", f"/feeds/{name}.json"]
        for page, feeds in pages.items():
            html = self.client.get(page).content.decode()
            named = re.findall(r'<link rel="alternate" type="([^"]+)" [^>]*href="([^"]+)"', html)
            named = {unquote(address): kind for kind, address in named}
            for feed in feeds:
                with self.subTest(page=page, feed=feed):
                    response = self.client.get(feed)
                    self.assertEqual(response["Content-Type"].split(";")[0], named[feed])

    def test_series_feed_holds_its_parts_alone(self):
        make_article("다른 기사")
        feed = feedparser.parse(self.client.get("/feeds/series/막차가-사라진-마을.xml").content)
        self.assertEqual(len(feed.entries), 1)
        self.assertEqual(self.client.get("/feeds/series/없는-연재.xml").status_code, 404)


class ConditionalTests(TestCase):
    addresses = ("/feeds/latest.xml", "/feeds/latest.json", "/feeds/authors/한도경.xml")

    def setUp(self):
        self.article = make_article(authors=[make_author()], hours_ago=5)
        later = timezone.now() + timedelta(minutes=1)  # the second of the change is over
        travel = time_machine.travel(later, tick=False)
        self.clock = travel.start()
        self.addCleanup(travel.stop)

    def test_nothing_is_sent_to_who_has_it_already(self):
        for address in self.addresses:
            first = self.client.get(address)
            for name, header in (("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")):
                with self.subTest(address, header=header):
                    again = self.client.get(address, headers={header: first[name]})
                    self.assertEqual((again.status_code, again.content), (304, b""))
                    self.assertEqual(again["ETag"], first["ETag"])

    def revise(self):
        self.article.body = "<p>고쳤다.</p>"
        self.article.save()

    def withdraw(self):
        self.article.state, self.article.withdrawn_at = "withdrawn", timezone.now()
        self.article.save()

    def wait_for_the_scheduled(self):
        self.clock.shift(timedelta(hours=2))

    def test_every_change_is_sent(self):
        make_article("때가 되면", published_at=timezone.now() + timedelta(hours=1))
        for change in (self.revise, self.wait_for_the_scheduled, self.withdraw):
            self.clock.shift(timedelta(minutes=1))
            first = self.client.get("/feeds/latest.xml")
            self.clock.shift(timedelta(minutes=1))
            change()
            for header, sent in (("if-none-match", "ETag"), ("if-modified-since", "Last-Modified")):
                with self.subTest(change.__name__, header=header):
                    again = self.client.get("/feeds/latest.xml", headers={header: first[sent]})
                    self.assertEqual(again.status_code, 200)
                    self.assertNotEqual(again.content, first.content)

    def test_change_of_a_name_is_sent(self):
        known = {"if-none-match": self.client.get("/feeds/latest.xml")["ETag"]}
        Author.objects.update(name="류가온")
        self.assertEqual(self.client.get("/feeds/latest.xml", headers=known).status_code, 200)

    def test_comments_and_corrections_too(self):
        comment = make_comment(self.article)
        Correction.objects.create(article=self.article, text="스물세 곳입니다.")
        for address in (
            *("/feeds/comments.xml", "/feeds/corrections.xml"),
            f"/feeds/articles/{self.article.pk}/comments.xml",
        ):
            with self.subTest(address):
                first = self.client.get(address)
                known = {"if-none-match": first["ETag"]}
                self.assertEqual(self.client.get(address, headers=known).status_code, 304)
        known = {"if-none-match": self.client.get("/feeds/comments.xml")["ETag"]}
        comment.state = "rejected"
        comment.save()
        self.assertEqual(self.client.get("/feeds/comments.xml", headers=known).status_code, 200)

    def test_number_of_queries_stays_when_rows_double(self):
        for _ in range(2):
            for _ in range(4):
                make_article(authors=[make_author(f"기자 {timezone.now()}")], tags=["나눔"])
            with self.assertNumQueries(7):
                self.client.get("/feeds/latest.xml")
