"""Hostile text comes out as text, in every field and on every kind of page."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Correction
from newsroom.html import sanitise
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

HOSTILE = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'\"><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav\tascript:alert(1)'>x</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><button formaction=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "<p style=background:url(javascript:alert(1))>x",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<figure data-photo="1&quot; onload=alert(1)">x</figure>',
    '<figure data-embed="javascript:alert(1)"></figure>',
    "<figure data-embed='https://youtu.be/\"><script>alert(1)</script>'></figure>",
    "{{ masthead.title }}{% debug %}",
    "<!--><script>alert(1)</script>-->",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "\u202e<script>alert(1)</script>",
]


def active(html):
    """Return what of `html` a browser would run or fetch from elsewhere, beyond our own."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else value
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                found.append(f"{tag.name} {name}")
            if name in ("href", "src", "action", "data", "data-player"):
                scheme = re.sub(r"[\s\x00-\x1f]", "", value).partition(":")[0].lower()
                if scheme in ("javascript", "data", "vbscript"):
                    found.append(f"{tag.name} {name}={value[:40]}")
        is_ours = tag.get("src", "").startswith("/static/") or tag.get("type") == (
            "application/ld+json"
        )
        if tag.name == "script" and not is_ours:
            found.append(str(tag)[:60])
        if tag.name in ("iframe", "object", "embed", "base", "svg") and tag.get("class") != [
            "icon"
        ]:
            found.append(tag.name)
        if tag.name == "meta" and tag.get("http-equiv"):
            found.append("meta refresh")
        is_sheet = tag.name == "link" and tag.get("rel") == ["stylesheet"]
        if is_sheet and not tag["href"].startswith("/static/"):
            found.append("foreign style sheet")
    return found


class HostileTextTests(TestCase):
    def test_nothing_hostile_is_active_in_any_field_on_any_page(self):
        Masthead(pk=1, title='미르내 "><script>alert(1)</script>').save()
        for number, text in enumerate(HOSTILE):
            with self.subTest(text):
                section = make_section(f"{number}{text}"[:40], slug=f"s{number}")
                photo = make_photo(alt=text, caption=text, credit=text[:120])
                author = make_author(text[:60], slug=f"a{number}", bio=text, role=text[:60])
                article = make_article(
                    f"제목 {text}",
                    subtitle=text,
                    lead=text,
                    body=f'<p>앞</p>{text}<p>뒤</p><figure data-photo="{photo.pk}"></figure>',
                    section=section,
                    authors=[author],
                    tags=[f"{number}{text}"[:60].replace(",", "")],
                    hero=photo,
                    ai_assistance=text,
                )
                Correction.objects.create(article=article, text=text)
                comment = make_comment(article, text, author_name=text[:30] or "x")
                for address in (
                    article.get_absolute_url(),
                    "/",
                    section.get_absolute_url(),
                    author.get_absolute_url(),
                    comment.get_absolute_url(),
                    f"/articles/{article.pk}/comments/?reply_to={comment.pk}",
                    "/corrections/",
                ):
                    html = self.client.get(address).content.decode()
                    self.assertEqual(active(html), [], address)
                    for data in re.findall(r"ld\+json\">(.*?)</script>", html, re.DOTALL):
                        json.loads(data)
                response = self.client.get("/search/", {"q": text})
                self.assertEqual(active(response.content.decode()), [])
        for address in ("/feeds/latest.xml", "/feeds/comments.xml", "/sitemap-news.xml"):
            ElementTree.fromstring(self.client.get(address).content)

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


@pytest.mark.parametrize("status", ["400", "500"])
def test_pages_of_last_resort_need_no_database(client, status, settings):
    if status == "400":
        response = client.get("/", headers={"host": "evil.example"})
        assert response.status_code == 400
    else:
        from newsroom.views import server_error

        response = server_error(None)
        assert response.status_code == 500
    assert "첫 화면으로" in response.content.decode()
