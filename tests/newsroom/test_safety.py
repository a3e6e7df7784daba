"""Hostile text comes out as text, in every field and on every kind of page."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import feedparser
import pytest
from django.test import Client, RequestFactory, TestCase
from hypothesis import given
from hypothesis import strategies as st

from newsroom.html import sanitise
from tests.factories import make_article, make_author, make_comment, make_section
from tests.hostile import HOSTILE, hostile_paper, payloads

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


class Reading(HTMLParser):
    """What a browser would make of a page: its words, and what in it would act."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside, self.words, self.data, self.contents = [], "", {}, [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        for name, value in attrs.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}")
            if name == "formaction" and not re.match(r"/\w", value):
                self.found.append(f"{tag} {name}={value[:40]}")
            if name in ("href", "src", "action", "data", "data-player"):
                scheme = re.sub(r"[\s\x00-\x1f]", "", value).partition(":")[0].lower()
                if scheme in ("javascript", "data", "vbscript"):
                    self.found.append(f"{tag} {name}={value[:40]}")
        is_data = attrs.get("type") == "application/ld+json"
        if tag == "script" and not is_data and not attrs.get("src", "").startswith("/static/"):
            self.found.append("script")
        if tag in ("iframe", "object", "embed", "base", "math", "form", "svg", "style"):
            is_ours = attrs.get("class") == "icon" or attrs.get("action", "").startswith(("/", "#"))
            self.found += [] if is_ours else [tag]
        if tag == "meta" and attrs.get("http-equiv"):
            self.found.append("meta refresh")
        if tag == "link" and "stylesheet" in attrs.get("rel", ""):
            self.found += [] if attrs["href"].startswith("/static/") else ["foreign style sheet"]
        if tag == "meta":
            self.contents.append(attrs.get("content", ""))
        self.inside = "data" if is_data else tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "data":
            self.data.append(json.loads(data))
        elif self.inside in ("h1", "title"):
            self.words[self.inside] = self.words.get(self.inside, "") + data


def active(html):
    """Return what of `html` a browser would run or fetch from elsewhere, beyond our own."""
    return Reading(html).found


@pytest.mark.django_db
@pytest.mark.parametrize("share", range(2))
def test_hostile_text_comes_out_as_text_in_every_field(client, share):
    for text, article, _ in hostile_paper(payloads()[share::2]):
        page = Reading(client.get(article.get_absolute_url()).content.decode())
        assert page.found == [], text
        assert page.words["h1"] == article.headline
        assert page.words["title"].startswith(article.headline)
        assert article.headline in page.contents  # og:title
        assert page.data[0]["headline"] == article.headline
        assert page.data[1]["itemListElement"][-1]["name"] == article.headline
        assert page.data[0]["author"][0]["name"] == article.byline_authors[0].name
        item = ElementTree.fromstring(
            client.get(f"/feeds/sections/{article.section.slug}.xml").content
        ).find("channel/item")
        assert item.findtext("title") == article.headline
        assert "<" not in item.findtext("description")
        assert unescape(item.findtext("description")) == article.summary
        assert active(item.findtext(CONTENT)) == [], text
    assert text


@pytest.mark.django_db
def test_hostile_text_comes_out_as_text_on_every_page(client):
    made = list(hostile_paper(HOSTILE))
    for text, article, comment in made:
        for address in (
            article.section.get_absolute_url(),
            article.series.get_absolute_url(),
            article.tags.first().get_absolute_url(),
            article.byline_authors[0].get_absolute_url(),
            comment.get_absolute_url(),
            f"/articles/{article.pk}/comments/?reply_to={comment.pk}",
            f"/search/?{urlencode({'q': text})}",
            f"/search/?{urlencode({'q': text[:90], 'section': text})}",
        ):
            assert active(client.get(address).content.decode()) == [], (address, text)
        refused = {"text": text, "author_name": text, "email": text, "token": text, "parent": text}
        answer = client.post(f"/articles/{article.pk}/comments/", refused)
        assert answer.status_code == 422
        assert active(answer.content.decode()) == [], text
    pages = ["/", "/archive/", "/popular/", "/pages/x/"]
    pages += [f"/corrections/?page={number}" for number in range(1, len(made) // 20 + 1)]
    for address in pages:
        assert active(client.get(address).content.decode()) == [], address
    for address in (
        *("/feeds/latest.xml", "/feeds/comments.xml", "/feeds/corrections.xml"),
        *("/sitemap.xml", "/sitemap-news.xml", "/sitemap-places.xml", "/sitemap-articles-1.xml"),
    ):
        ElementTree.fromstring(client.get(address).content)
    for entry in feedparser.parse(client.get("/feeds/latest.xml").content).entries:
        assert active(entry.summary) == [] and active(entry.content[0].value) == []
    assert len(client.get("/feeds/latest.json").json()["items"]) == len(made)


def test_reading_sees_what_would_act():
    """The tests above can fail: the same strings put into a page as they are act.

    Three do not: two act in no page as they stand, one is a comment to Python's parser.
    """
    harmless = ("{{ ", '<figure data-embed="java', "<!-->")
    for text in HOSTILE:
        if not text.startswith(harmless):
            assert active(f'<p title="{text}">{text}</p>'), text


class HarmlessTests(TestCase):
    def test_harmless_markup_stays(self):
        body = (
            '<p>가 <strong>나</strong> <a href="https://example.com/">다</a></p>'
            "<h2>라</h2><ul><li>마</li></ul><blockquote><p>바</p></blockquote>"
        )
        html = make_article(body=body).body_html
        for part in ("<strong>나</strong>", 'href="https://example.com/"', "<h2>라</h2>", "<li>마"):
            self.assertIn(part, html)


class Balance(HTMLParser):
    """Counts what is open, to see that a body cannot close what stands around it."""

    VOID = {"br", "hr", "img", "source"}

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag


@given(st.text(alphabet="<>/=\"' abp123fiure-dtoscln&;#한글\n", max_size=80))
def test_sanitised_html_is_balanced_and_stays_as_it_is(text):
    once = sanitise(text)
    parser = Balance()
    parser.feed(once)
    parser.close()
    assert not parser.open
    assert not active(once)
    assert sanitise(once) == once


ADDRESSES = [
    *("/", "/articles/{article}/x/", "/articles/{article}/", "/articles/{article}/comments/"),
    *("/comments/{comment}/", "/feeds/articles/{article}/comments.xml"),
    *("/sections/사회/", "/tags/나눔/", "/authors/한도경/", "/series/s/", "/archive/"),
    *("/archive/2026/11/", "/search/", "/popular/", "/corrections/", "/pages/about/"),
    *("/feeds/latest.xml", "/feeds/latest.json", "/feeds/sections/사회.xml"),
    *("/feeds/authors/한도경.xml", "/feeds/tags/나눔.xml", "/feeds/comments.xml"),
    *("/feeds/corrections.xml", "/sitemap.xml"),
    *("/sitemap-news.xml", "/sitemap-places.xml", "/sitemap-articles-1.xml", "/robots.txt"),
    *("/.well-known/security.txt", "/healthz", "/readyz", "/media/x.jpg", "/comments/1/mine/x/"),
]
ODD_PARTS = [
    *("\0", "\\", "..", "%2e%2e", "'", '"', "<script>", "a" * 3000, "가" * 900, "%ff%fe", "%"),
    *("-1", "0", "²", "１", "9" * 30, "x\n", "\u202e", "나눔", "{{x}}"),
]


class AddressTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.article = make_article("x", section=make_section(), authors=[make_author()])
        comment = make_comment(cls.article)
        numbers = {"article": cls.article.pk, "comment": comment.pk}
        cls.addresses = [address.format(**numbers) for address in ADDRESSES]

    def test_every_method_gets_an_answer_with_words(self):
        strict = Client(enforce_csrf_checks=True)
        for address in self.addresses:
            for method in (
                "GET",
                "HEAD",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "OPTIONS",
                "TRACE",
                "X",
            ):
                with self.subTest(address=address, method=method):
                    response = strict.generic(method, address)
                    self.assertLess(response.status_code, 500)
                    if method not in ("GET", "HEAD"):
                        self.assertIn(response.status_code, (403, 404, 405, 422))
                        self.assertTrue(response.content)

    def test_refused_form_of_the_newsroom_gets_our_own_page(self):
        response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"})
        self.assertContains(response, "허용되지 않", status_code=403)

    def test_odd_addresses_get_a_proper_page(self):
        for kind in ("sections", "tags", "authors", "series", "pages", "articles", "comments"):
            for part in ODD_PARTS:
                for address in (
                    f"/{kind}/{quote(part)}/",
                    f"/{kind}/{quote(part)}",
                    f"/{kind}/{part}/",
                ):
                    with self.subTest(address[:60]):
                        self.assertIn(self.client.get(address).status_code, (301, 404))
        for part in ODD_PARTS:
            for address in (
                f"/articles/{self.article.pk}/{quote(part)}/",
                f"/feeds/tags/{quote(part)}.xml",
                f"/archive/{quote(part)}/{quote(part)}/",
                f"/comments/1/mine/{quote(part)}/",
                f"/media/{quote(part)}",
                f"/sitemap-articles-{quote(part)}.xml",
            ):
                with self.subTest(address[:60]):
                    self.assertIn(self.client.get(address).status_code, (301, 404))

    def test_odd_questions_get_a_proper_page(self):
        for address in self.addresses:
            for part in ("\0", "-1", "9" * 30, "１", "가" * 900, "x", "1e9", "[]"):
                for names in (
                    ("page", "until"),
                    ("q", "section", "before", "after", "p"),
                    ("reply_to",),
                ):
                    with self.subTest(address=address, names=names, part=part[:10]):
                        response = self.client.get(address, dict.fromkeys(names, part))
                        self.assertLess(response.status_code, 500)


@pytest.mark.parametrize("status", ["400", "500"])
def test_pages_of_last_resort_need_no_database(client, status, settings):
    if status == "400":
        response = client.get("/", headers={"host": "evil.example"})
        assert response.status_code == 400
    else:
        from newsroom.views import server_error

        response = server_error(RequestFactory().get("/"))
        assert response.status_code == 500
    assert "첫 화면으로" in response.content.decode()
