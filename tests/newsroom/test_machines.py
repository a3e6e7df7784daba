"""What machines read: feeds, sitemaps, structured data, headers."""

import gzip
import json
import random
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import brotli
import feedparser
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from articles.models import Correction
from newsroom.models import Masthead
from newsroom.storage import IMPORT, BundledStaticFilesStorage
from newsroom.templatetags.newsroom import iso
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

    def test_feed_leaves_the_words_of_an_article_alone(self):
        make_article(body='<p>주소는 href="/pages/about/"라고 적는다.</p>')
        content = feedparser.parse(self.client.get("/feeds/latest.xml").content).entries[0].content
        self.assertIn('href="/pages/about/"', content[0].value)

    def test_ai_picture_says_so_in_the_feeds(self):
        make_article(hero=make_photo(is_ai_generated=True, caption="상상도", credit="미르내"))
        for address in ("/feeds/latest.xml", "/feeds/latest.json"):
            with self.subTest(address):
                text = self.client.get(address).content.decode()
                for words in ("AI 생성 이미지", "실제 장면이 아닙니다", "상상도", "ⓒ 미르내"):
                    self.assertIn(words, text)

    def test_summary_is_escaped_once_more_since_readers_take_it_for_html(self):
        make_article(lead="값은 <b>3</b> & 4")
        root = ElementTree.fromstring(self.client.get("/feeds/latest.xml").content)
        description = root.find("channel/item/description").text
        self.assertEqual(description, "값은 &lt;b&gt;3&lt;/b&gt; &amp; 4")


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

    def test_articles_are_cut_into_files_by_their_number(self):
        made = [make_article() for _ in range(5)]
        with mock.patch("articles.sitemaps.CHUNK", 3):
            parts = [part for part in self.locations("/sitemap.xml") if "articles-" in part]
            self.assertEqual(len(parts), made[-1].pk // 3 + 1)
            files = [self.locations(part.removeprefix("http://127.0.0.1:8000")) for part in parts]
        self.assertLessEqual(max(map(len, files)), 3)
        self.assertTrue(all(files))  # one without articles names the front page
        found = [address for file in files for address in file if "/articles/" in address]
        self.assertEqual(
            found, [f"http://127.0.0.1:8000{article.get_absolute_url()}" for article in made]
        )
        self.assertEqual(self.client.get("/sitemap-articles-0.xml").status_code, 404)

    def test_article_tells_when_it_changed(self):
        article = make_article(revised_at=timezone.now())
        sitemap = self.client.get("/sitemap-articles-1.xml")
        self.assertContains(sitemap, f"<lastmod>{iso(article.revised_at)}</lastmod>")

    def test_news_sitemap_holds_at_most_a_thousand(self):
        for _ in range(3):
            make_article()
        with mock.patch("articles.sitemaps.NEWS_MOST", 2):
            self.assertEqual(len(self.locations("/sitemap-news.xml")), 2)

    def test_news_sitemap_holds_two_days(self):
        make_article("오늘 & 새 소식", hours_ago=3)
        make_article("사흘 전", hours_ago=72)
        response = self.client.get("/sitemap-news.xml")
        root = ElementTree.fromstring(response.content)
        titles = [e.text for e in root.iter() if e.tag.endswith("news/0.9}title")] or [
            e.text for e in root.iter() if e.tag.endswith("}title")
        ]
        self.assertEqual(titles, ["오늘 & 새 소식"])
        self.assertIn("<news:language>ko</news:language>", response.content.decode())
        self.assertRegex(
            response.content.decode(),
            r"<news:publication_date>[\dT:-]+\+09:00</news:publication_date>",
        )

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
        logo = news["publisher"]["logo"]["url"]
        self.assertTrue(finders.find(logo.removeprefix("http://127.0.0.1:8000/static/")), logo)
        self.assertEqual(len(news["image"]), 3)
        self.assertEqual(crumbs["itemListElement"][1]["name"], "사회")

    def data(self, address):
        html = self.client.get(address).content.decode()
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
        return [json.loads(block) for block in blocks]

    def test_correction_is_told_as_one_and_a_rebuttal_is_not(self):
        article = make_article()
        Correction.objects.create(article=article, text="스물세 곳입니다.")
        Correction.objects.create(article=article, kind="rebuttal", text="우리 말도 들어 주십시오.")
        news = self.data(article.get_absolute_url())[0]
        self.assertEqual([note["text"] for note in news["correction"]], ["스물세 곳입니다."])
        self.assertEqual(news["correction"][0]["@type"], "CorrectionComment")
        self.assertNotIn("correction", self.data(make_article().get_absolute_url())[0])

    def test_front_page_tells_of_the_paper_and_its_search(self):
        Masthead(pk=1, title="미르내신문").save()
        (site,) = self.data("/")
        self.assertEqual((site["@type"], site["name"]), ("WebSite", "미르내신문"))
        self.assertIn("{words}", site["potentialAction"]["target"]["urlTemplate"])

    def test_author_page_tells_who_it_is(self):
        make_author(bio="골목을 다닙니다.", portrait=make_photo(), email="han@example.com")
        (page,) = self.data("/authors/한도경/")
        self.assertEqual(page["@type"], "ProfilePage")
        self.assertEqual(page["mainEntity"]["name"], "한도경")
        self.assertEqual(page["mainEntity"]["description"], "골목을 다닙니다.")


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
        picture = make_photo().rendition("card", 320)
        for address in (
            *("/", article.get_absolute_url(), "/없는/", "/admin/login/", "/admin/"),
            *("/feeds/latest.xml", "/feeds/latest.json", "/sitemap.xml", "/robots.txt", "/healthz"),
            *(article.get_short_url(), picture, "/static/css/site.css", "/media/none.jpg"),
        ):
            with self.subTest(address):
                response = self.client.get(address)
                self.assertIn(response.status_code, (200, 301, 302, 404))
                policy = response["Content-Security-Policy"]
                self.assertIn("script-src 'self';", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")
                self.assertEqual(response["Referrer-Policy"], "strict-origin-when-cross-origin")
                self.assertIn("camera=()", response["Permissions-Policy"])

    def test_text_is_sent_compressed_and_the_same_every_time(self):
        article = make_article()
        takes = {"accept-encoding": "gzip, br"}
        unpack = {"gzip, br": ("br", brotli.decompress), "gzip": ("gzip", gzip.decompress)}
        unpack["gzip, br;q=0"] = unpack["gzip"]
        for address in (article.get_absolute_url(), "/feeds/latest.xml", "/feeds/latest.json"):
            with self.subTest(address), time_machine.travel(timezone.now(), tick=False):
                plain = self.client.get(address)
                self.assertNotIn("Content-Encoding", plain.headers)
                for accepted, (encoding, unpacked) in unpack.items():
                    packed = self.client.get(address, headers={"accept-encoding": accepted})
                    self.assertEqual(packed["Content-Encoding"], encoding)
                    self.assertEqual(unpacked(packed.content), plain.content)
                    self.assertEqual({plain["Vary"], packed["Vary"]}, {"Accept-Encoding"})
                first, second = (self.client.get(address, headers=takes) for _ in range(2))
                self.assertEqual(first.content, second.content)
        picture = self.client.get(make_photo().rendition("card", 320), headers=takes)
        self.assertNotIn("Content-Encoding", picture.headers)
        self.assertNotIn(
            "Content-Encoding", self.client.get("/admin/login/", headers=takes).headers
        )

    def test_health_needs_no_database_and_readiness_does(self):
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/healthz").status_code, 200)
        with self.assertNumQueries(1):
            self.assertEqual(self.client.get("/readyz").status_code, 200)

    def test_security_txt_names_a_contact_and_an_end(self):
        response = self.client.get("/.well-known/security.txt")
        self.assertContains(response, "Contact: http")
        self.assertContains(response, "Expires: 20")
        Masthead(pk=1, title="미르내신문", email="desk@example.com").save()
        self.assertContains(
            self.client.get("/.well-known/security.txt"), "Contact: mailto:desk@example.com"
        )


class WeightTests(TestCase):
    """What an article page weighs on its way, pictures aside, with the files as published."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        storage = {"BACKEND": "newsroom.storage.BundledStaticFilesStorage"}
        changed = override_settings(
            STATIC_ROOT=folder.name, STORAGES={**settings.STORAGES, "staticfiles": storage}
        )
        changed.enable()
        self.addCleanup(changed.disable)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.root = Path(folder.name)

    def weigh(self, article):
        """Return (bytes of HTML, CSS and JS under gzip, number of requests without pictures)."""
        html = self.client.get(article.get_absolute_url()).content
        files = set(re.findall(r'(?:src|href)="/static/([^"]+)"', html.decode()))
        files |= {f"js/{path.name}" for path in self.root.glob("js/players.*.js")}  # after a click
        weight = len(gzip.compress(html, 6))
        for name in files:
            if name.endswith((".css", ".js")):
                weight += len(gzip.compress((self.root / name).read_bytes(), 6))
                self.assertNotRegex((self.root / name).read_text(), r'@import|import ?"\./')
        return weight, 1 + len(files)

    def test_article_page_is_light(self):
        photo = make_photo(caption="다시 켜진 등", credit="미르내신문")
        author = make_author(bio="골목을 다닙니다.", portrait=photo, email="han@example.com")
        section = make_section()
        made = [
            make_article(
                f"불 꺼진 장터에 다시 등을 단 사람들 {number}",
                section=section,
                authors=[author],
                tags=["장터"],
                hero=photo,
                lead=real_text(number, 1)[3:120],
                body=real_text(number, 40),
            )
            for number in range(8)
        ]
        weight, requests = self.weigh(made[0])
        self.assertLessEqual(weight, 30_000)
        self.assertLessEqual(requests, 8)
        parent = None
        for number in range(200):
            parent = make_comment(
                made[0],
                real_text(number, 1).removeprefix("<p>").removesuffix("</p>"),
                parent=parent if number % 4 else None,
                author_name=f"읽는이 {number}",
            )
        weight, _ = self.weigh(made[0])
        self.assertLessEqual(weight, 45_000)


def real_text(seed, paragraphs):
    """Return paragraphs that no compressor finds as easy as one sentence over and over."""
    words = [
        "장터",
        "등불",
        "상인회",
        "주민",
        "겨울",
        "저녁",
        "난방비",
        "장부",
        "골목",
        "버스",
        "군청",
    ]
    chance = random.Random(seed)

    def sentence():
        return " ".join(chance.choice(words) + chance.choice("은는이가을를에서") for _ in range(25))

    return "".join(f"<p>{sentence()}.</p>" for _ in range(paragraphs))


class BundleTests(SimpleTestCase):
    def test_upgrade_that_changes_one_file_reaches_readers(self):
        storage = {"BACKEND": "newsroom.storage.BundledStaticFilesStorage"}
        with (
            tempfile.TemporaryDirectory() as source,
            tempfile.TemporaryDirectory() as root,
            override_settings(
                STATICFILES_DIRS=[source],
                STATIC_ROOT=root,
                STORAGES={**settings.STORAGES, "staticfiles": storage},
            ),
        ):
            finders.get_finder.cache_clear()
            self.addCleanup(finders.get_finder.cache_clear)
            shutil.copytree(settings.BASE_DIR / "static", source, dirs_exist_ok=True)
            call_command("collectstatic", interactive=False, verbosity=0)
            for part, new in (
                ("js/share.js", "const tomorrow = 1;"),
                ("css/base.css", ".tomorrow {}"),
            ):
                with Path(source, part).open("a") as file:
                    file.write(new)
            call_command("collectstatic", interactive=False, verbosity=0)
            for bundle in ("css/site.css", "js/main.js"):
                published = Path(root, staticfiles_storage.stored_name(bundle))
                self.assertEqual(published.read_text().count("tomorrow"), 1, bundle)

    def test_each_script_reaches_readers_whole_and_without_a_name_twice(self):
        """Modules come to stand in one scope, where a second `const form` would end them all."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(settings.BASE_DIR / "static", folder, dirs_exist_ok=True)
            storage = BundledStaticFilesStorage(location=folder, base_url="/static/")
            for name in storage.scripts:
                script = storage.modules(name, set())
                self.assertNotRegex(script, r"(?m)^(import\s|export\s)", name)
                declared = re.findall(r"(?m)^(?:async )?(?:const|let|function|class) (\w+)", script)
                self.assertEqual(len(declared), len(set(declared)), (name, declared))
            sheet = storage.text_of(storage.sheets[0])
            imports = len(re.findall(r"(?m)^@import", sheet))
            whole, number = IMPORT.subn(storage.layer, sheet)
            self.assertEqual(number, imports)
            self.assertIn(".comment", whole)
