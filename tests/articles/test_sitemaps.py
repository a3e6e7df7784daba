"""Sitemaps, judged by the rules of sitemaps.org's and Google's schemas."""

import re
from datetime import timedelta
from unittest import mock
from xml.etree import ElementTree

from django.test import TestCase
from django.utils import timezone

from articles.models import Page, Series, Tag
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_photo, make_section

SITE = "http://127.0.0.1:8000"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
# sitemap.xsd and siteindex.xsd: an entry is a sequence of these, in this order, each at most
# once; elements of other namespaces may follow in a <url>.
CHILDREN = {"url": ("loc", "lastmod", "changefreq", "priority"), "sitemap": ("loc", "lastmod")}
MOST_ENTRIES, MOST_BYTES = 50_000, 50 * 2**20
# xsd:date or xsd:dateTime, as the schema's union of both.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
ESCAPED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")  # RFC 3986


def broken_rules(content):
    """Return what a file breaks of the schemas."""
    broken = []
    root = ElementTree.fromstring(content)
    kind = {f"{SITEMAP}urlset": "url", f"{SITEMAP}sitemapindex": "sitemap"}[root.tag]
    if len(content) > MOST_BYTES or not 1 <= len(root) <= MOST_ENTRIES:
        broken.append("size")
    for entry in root:
        own = [child.tag for child in entry if child.tag.startswith(SITEMAP)]
        others = [child.tag for child in entry if not child.tag.startswith(SITEMAP)]
        wanted = [f"{SITEMAP}{name}" for name in CHILDREN[kind]]
        is_in_order = own == [tag for tag in wanted if tag in own]
        if entry.tag != f"{SITEMAP}{kind}" or [c.tag for c in entry] != own + others:
            broken.append(f"order of {entry.tag}")
        if not is_in_order or own[:1] != wanted[:1] or (others and kind == "sitemap"):
            broken.append(f"children: {own}")
        loc = entry.findtext(f"{SITEMAP}loc") or ""
        if not 12 <= len(loc) <= 2048 or not ESCAPED.fullmatch(loc):
            broken.append(f"loc: {loc}")
        if (moment := entry.findtext(f"{SITEMAP}lastmod")) and not MOMENT.fullmatch(moment):
            broken.append(f"lastmod: {moment}")
        for news in entry.findall(f"{NEWS}news"):
            broken += broken_news(news)
        for image in entry.findall(f"{IMAGE}image"):
            if [child.tag for child in image] != [f"{IMAGE}loc"]:
                broken.append("image")
    return broken


def broken_news(news):
    """Return what a <news:news> breaks: its parts in order, none of them empty."""
    names = [f"{NEWS}{name}" for name in ("publication", "publication_date", "title")]
    publication = [f"{NEWS}name", f"{NEWS}language"]
    if [child.tag for child in news] != names or [c.tag for c in news[0]] != publication:
        return [f"news: {[child.tag for child in news]}"]
    language, moment = news[0][1].text, news[1].text
    is_right = re.fullmatch("[a-z]{2,3}", language) and MOMENT.fullmatch(moment) and news[2].text
    return [] if is_right and news[0][0].text else ["news: a part is empty"]


class SchemaTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문 & 벗").save()
        cls.photo = make_photo()
        cls.article = make_article(
            "장터 & <골목> 🎆" + "가나다라마바사아자차" * 20,
            section=make_section("사회 & 자치"),
            series=Series.objects.create(title="연재 <1>"),
            authors=[make_author("한'도경")],
            tags=["나눔&장터"],
            hero=cls.photo,
            revised_at=timezone.now(),
        )
        make_article("!!!")
        Page.objects.create(slug="about", title="소개")

    def locations(self, address):
        root = ElementTree.fromstring(self.client.get(address).content)
        return [element.text for element in root.iter(f"{SITEMAP}loc")]

    def test_every_file_keeps_to_the_schema(self):
        files = [
            "/sitemap.xml",
            *(loc.removeprefix(SITE) for loc in self.locations("/sitemap.xml")),
        ]
        self.assertIn("/sitemap-articles-1.xml", files)
        for address in files:
            with self.subTest(address):
                response = self.client.get(address)
                self.assertEqual(response["Content-Type"], "application/xml; charset=utf-8")
                self.assertEqual(broken_rules(response.content), [])

    def test_rules_refuse_what_the_schema_refuses(self):
        entry = "<url><loc>http://127.0.0.1/a/</loc><lastmod>2026-11-23</lastmod></url>"
        frame = f'<urlset xmlns="{SITEMAP[1:-1]}">%s</urlset>'
        self.assertEqual(broken_rules(frame % entry), [])
        for good, bad in (
            ("2026-11-23", "23.11.2026"),
            ("http://127.0.0.1/a/", "/a/"),
            ("http://127.0.0.1/a/", "http://127.0.0.1/가/"),
            ("<lastmod>2026-11-23</lastmod>", "<news/>"),
            ("<loc>http://127.0.0.1/a/</loc>", ""),
            (entry, ""),
        ):
            with self.subTest(bad):
                self.assertNotEqual(broken_rules(frame % entry.replace(good, bad)), [])

    def test_article_carries_its_change_and_its_picture(self):
        root = ElementTree.fromstring(self.client.get("/sitemap-articles-1.xml").content)
        with_picture, without = root
        self.assertRegex(with_picture.findtext(f"{SITEMAP}lastmod"), r"\+09:00$")
        widest = self.photo.rendition("full", self.photo.widths("full")[-1])
        self.assertEqual(with_picture.findtext(f"{IMAGE}image/{IMAGE}loc"), f"{SITE}{widest}")
        self.assertIsNone(without.find(f"{IMAGE}image"))

    def test_places_are_those_that_lead_to_something(self):
        Series.objects.create(title="빈 연재")
        Tag.objects.create(name="빈 태그", slug="빈-태그")
        make_author("새내기")
        make_article(state="draft", tags=["몰래"], authors=[make_author("숨은 이")])
        found = self.locations("/sitemap-places.xml")
        wanted = [self.article.section, self.article.series, *self.article.tags.all()]
        wanted += [*self.article.authors.all(), Page.objects.get()]
        for place in wanted:
            self.assertIn(f"{SITE}{place.get_absolute_url()}", found)
        self.assertEqual(len(found), 4 + len(wanted))  # the front page and three lists

    def test_files_are_cut_by_number_without_counting(self):
        for _ in range(7):
            make_article()
        with mock.patch("articles.sitemaps.CHUNK", 3), self.assertNumQueries(1) as context:
            self.client.get("/sitemap.xml")
        (query,) = context.captured_queries
        self.assertNotRegex(query["sql"], r"COUNT|OFFSET")
        with mock.patch("articles.sitemaps.CHUNK", 3), self.assertNumQueries(1) as context:
            self.client.get("/sitemap-articles-2.xml")
        (query,) = context.captured_queries
        self.assertNotRegex(query["sql"], r"COUNT|OFFSET")

    def test_number_of_queries_stays_when_rows_double(self):
        for _ in range(2):
            for number in range(3):
                name = f"{number} {timezone.now()}"
                make_article(authors=[make_author(name)], tags=[name])
            with self.assertNumQueries(5):
                self.client.get("/sitemap-places.xml")
            with self.assertNumQueries(2):
                self.client.get("/sitemap-news.xml")

    def test_news_are_those_of_two_days(self):
        old = make_article("사흘 전", published_at=timezone.now() - timedelta(days=3))
        found = self.locations("/sitemap-news.xml")
        self.assertIn(f"{SITE}{self.article.get_absolute_url()}", found)
        self.assertNotIn(f"{SITE}{old.get_absolute_url()}", found)
