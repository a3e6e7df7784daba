"""Around the text: sharing it, finding one's way in it, keeping it for later."""

import os
import re
import subprocess
import sys
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Series
from articles.reading import minutes_of, with_anchors
from tests.factories import make_article, make_photo

SITE = "http://127.0.0.1:8000"
ODD = [
    "“따옴표” ‘작은’ \"곧은\" 'it'",
    "장터 & 골목 <굵게>",
    "50% 할인 #해시 100%25 ?a=1+2",
    "축제 🎆 שלום",
    "가나다라마바사아자차" * 30,
    "첫 줄\n둘째 줄",
]


class ShareRowTests(TestCase):
    def links(self, article):
        html = self.client.get(article.get_absolute_url()).content.decode()
        row = html[html.index('<div class="share"') :]
        found = re.findall(r'href="([^"]+)"', row[: row.index("</details>")])
        return {
            urlsplit(link := unescape(each)).netloc or link.partition(":")[0]: link
            for each in found
        }

    def test_links_carry_the_title_and_the_short_address_whole(self):
        for headline in ODD:
            article = make_article(headline)
            url = f"{SITE}{article.get_short_url()}"
            links = self.links(article)
            title = article.headline
            self.assertNotIn("\n", title)
            wanted = {
                "www.facebook.com": {"u": [url]},
                "x.com": {"text": [title], "url": [url]},
                "band.us": {"body": [f"{title}\n{url}"], "route": [url]},
                "share.naver.com": {"url": [url], "title": [title]},
                "social-plugins.line.me": {"url": [url]},
                "t.me": {"url": [url], "text": [title]},
                "mailto": {"subject": [title], "body": [f"{title}\n{url}"]},
            }
            for host, query in wanted.items():
                with self.subTest(host, headline=headline[:20]):
                    parts = urlsplit(links[host])
                    self.assertEqual(parts.fragment, "")
                    self.assertNotIn("+", parts.query)  # mail programs take it for a plus
                    self.assertEqual(parse_qs(parts.query), query)

    def test_nothing_of_another_site_is_in_the_page_before_a_click(self):
        html = self.client.get(make_article().get_absolute_url()).content.decode()
        self.assertFalse(re.findall(r'(?:src|srcset|data-kakao)="(?!/|data:)[^"]*', html))
        policy = self.client.get("/")["Content-Security-Policy"]
        self.assertIn("script-src 'self';", policy)

    @override_settings(KAKAO_JS_KEY="0123abcd")
    def test_kakao_has_a_button_where_there_is_a_key(self):
        page = self.client.get(make_article().get_absolute_url())
        self.assertContains(page, 'data-kakao="0123abcd"', 2)

    def test_policy_names_kakao_only_where_there_is_a_key(self):
        for key, is_named in (("", False), ("0123abcd", True)):
            code = "from newsroom import settings; print(settings.CONTENT_SECURITY_POLICY)"
            environment = {**os.environ, "KAKAO_JS_KEY": key, "SECRET_KEY": "x"}
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            self.assertEqual("https://t1.kakaocdn.net" in done.stdout, is_named, done.stderr)

    def test_qr_code_is_a_drawing_of_the_short_address(self):
        article = make_article()
        response = self.client.get(f"/articles/{article.pk}/qr.svg")
        self.assertEqual(response["Content-Type"], "image/svg+xml")
        self.assertEqual(ElementTree.fromstring(response.content).tag.rpartition("}")[2], "svg")
        draft = make_article(state="draft")
        self.assertEqual(self.client.get(f"/articles/{draft.pk}/qr.svg").status_code, 404)


class ReadingTests(TestCase):
    def test_time_counts_what_is_read_at_500_syllables_a_minute(self):
        for syllables, minutes in ((0, 1), (10, 1), (740, 1), (760, 2), (5000, 10)):
            text = "<p>" + "가나 다라 마\n" * (syllables // 5) + "</p>"
            self.assertEqual(minutes_of(text), minutes, syllables)
        caption = f"<figure><figcaption>{'설명' * 5000}</figcaption></figure>"
        self.assertEqual(minutes_of(f"<p>짧다.</p>{caption}"), 1)
        article = make_article(body="<p>" + "가나다라 " * 375 + "</p>")
        self.assertContains(self.client.get(article.get_absolute_url()), "읽는 데 3분")

    def test_headings_get_anchors_that_stay_when_others_come(self):
        html = "<h2>값은 &amp; 값</h2><h3>말</h3><h2>말</h2><h2>!!!</h2><h2>말 2</h2>"
        text, headings = with_anchors(html)
        anchors = [heading.anchor for heading in headings]
        self.assertEqual(anchors, ["§값은-값", "§말", "§말-2", "§", "§말-2-2"])
        self.assertEqual(re.findall(r'id="([^"]*)"', text), anchors)
        self.assertEqual(headings[0].words, "값은 & 값")
        _text, more = with_anchors(f"<h2>새 머리</h2>{html}")
        self.assertEqual([heading.anchor for heading in more[1:]], anchors)

    def test_long_text_has_a_table_of_contents_and_a_short_one_none(self):
        long = make_article(
            body="".join(f"<h2>{n}번째 <em>말</em></h2><p>글</p>" for n in range(5))
        )
        html = unquote(self.client.get(long.get_absolute_url()).content.decode())
        for anchor in re.findall(r'<a href="#(§[^"]+)"', html):
            self.assertEqual(html.count(f'id="{anchor}"'), 1)
        self.assertEqual(html.count('<a href="#§'), 5)
        short = self.client.get(make_article().get_absolute_url())
        self.assertNotContains(short, 'class="contents"')

    def test_part_of_a_series_says_which_it_is_and_leads_on(self):
        series = Series.objects.create(title="막차가 사라진 마을")
        first, second, third = (
            make_article(f"{n}회 기사", series=series, series_position=n, hours_ago=9 - n)
            for n in (1, 2, 3)
        )
        make_article("몰래 쓴 4회", series=series, series_position=4, state="draft")
        page = self.client.get(second.get_absolute_url())
        self.assertContains(page, "전 3회 중 2회")
        part = page.context["companions"].part
        self.assertEqual((part.previous, part.next), (first, third))
        self.assertContains(page, f'<a href="{third.get_absolute_url()}"><small>다음 회</small>')
        last = self.client.get(third.get_absolute_url())
        self.assertNotContains(last, "다음 회")
        self.assertNotContains(last, "몰래 쓴")
        alone = make_article(series=Series.objects.create(title="하나뿐"), series_position=1)
        self.assertNotContains(self.client.get(alone.get_absolute_url()), "전 1회")

    def test_long_series_shows_the_parts_beside_and_leads_to_all(self):
        series = Series.objects.create(title="마을 이름")
        parts = [
            make_article(f"{n}번째 이름", series=series, hours_ago=90 - n)  # numbered by their time
            for n in range(1, 41)
        ]
        queries = []
        for place in (0, 24, 39):
            with CaptureQueriesContext(connection) as captured:
                page = self.client.get(parts[place].get_absolute_url())
            queries.append(len(captured))
            part = page.context["companions"].part
            self.assertContains(page, f"전 40회 중 {place + 1}회")
            self.assertEqual(part.before, parts[max(place - 5, 0) : place])
            self.assertEqual(part.after, parts[place + 1 : place + 6])
            self.assertContains(page, f'<ol start="{max(place - 5, 0) + 1}">')
            self.assertContains(page, f'<a href="{series.get_absolute_url()}">전체 40회</a>')
        short = make_article(series=Series.objects.create(title="두 번"), series_position=1)
        make_article(series=short.series, series_position=2)
        with CaptureQueriesContext(connection) as captured:
            self.assertNotContains(self.client.get(short.get_absolute_url()), "전체 2회")
        self.assertEqual({*queries}, {len(captured)})

    def test_saved_articles_are_known_to_the_device_alone(self):
        with self.assertNumQueries(2):
            page = self.client.get("/saved/")
        self.assertContains(page, "noindex")
        self.assertFalse(page.cookies)

    def test_aids_ask_the_database_nothing_more(self):
        article = make_article(hero=make_photo(), revised_at=timezone.now())
        with self.assertNumQueries(7):
            self.client.get(article.get_absolute_url())
