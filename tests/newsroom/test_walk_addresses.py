"""A walk along addresses: what leads out of a folder, off the site, or to a wrong page."""

import json
import re
from urllib.parse import urlsplit

import pytest
from django.test import TestCase

from authors.models import User
from comments import guests
from comments.pages import VOTE_TOKEN
from tests.comments.posting import token
from tests.factories import make_article, make_comment, make_section
from tests.newsroom.cached import Browser

EVIL = "evil.example"
# When a form was made, signed, and from when on a list is walked: another each second.
OF_NOW = re.compile(rb'value="[\w.]+\.\d+:[\w-]+"|until=\d+')


def words_of(response):
    """Return the body of a page, but for what tells the second in which it was made."""
    return OF_NOW.sub(b"", response.content)


@pytest.mark.django_db(transaction=True)
def test_page_cache_and_view_read_a_query_alike(tmp_path, client):
    browser = Browser(tmp_path)
    section = make_section()
    for number in range(45):
        make_article(f"소식 {number}", section=section)
    pages = {n: words_of(client.get(f"/sections/사회/?page={n}")) for n in (1, 2, 3)}
    assert len(set(pages.values())) == 3
    for query in (
        *("page=1&page=2", "page=2&page=1", "page=2&Page=1", "p%61ge=2", "page=+2"),
        *("page=2;page=1", "page=1;utm_x=2&page=3", "page=1%26page=2", "page=2#page=1"),
        *("page[]=2", "page=2%00", "page=２", "?page=2", "page=1&page="),
    ):
        address = f"/sections/사회/?{query}"
        assert words_of(browser.get(address)) == words_of(client.get(address)), query
    for number, page in pages.items():
        assert words_of(browser.get(f"/sections/사회/?page={number}")) == page


class TraversalTests(TestCase):
    def test_no_address_leads_out_of_its_folder(self):
        self.client.force_login(User.objects.create_superuser("대표"))
        ups = ("..", "%2e%2e", "..%2f..", "%2e%2e%2f%2e%2e", "..%5c..", "....//", "%00", "..;")
        for folder in ("/static", "/static/css", "/media", "/media/photos", "/admin/guide"):
            for up in ups:
                for file in ("newsroom/settings.py", ".env", "etc/passwd", "originals/x.jpg"):
                    address = f"{folder}/{up}/{file}"
                    answer = self.client.get(address)
                    self.assertIn(answer.status_code, (301, 302, 404), address)
        for up in ups:
            for address in (f"/admin/guide/{up}/", f"/admin/guide/pictures/{up}.webp"):
                self.assertIn(self.client.get(address).status_code, (301, 302, 404), address)
            self.assertEqual(self.client.get(f"/feeds/{up}/latest.xml").status_code, 404)
        self.assertEqual(self.client.get("/admin/guide/").status_code, 200)
        self.assertEqual(self.client.get("/feeds/latest.xml").status_code, 200)


class LeadingAwayTests(TestCase):
    def is_here(self, response):
        """Whether a redirect stays on this site, as a browser reads addresses."""
        target = re.sub(r"[\t\r\n]", "", response["Location"]).strip().replace("\\", "/")
        return not urlsplit(target).scheme and not target.startswith("//")

    def test_page_that_a_vote_came_from_is_ours(self):
        comment = make_comment(make_article())
        url = f"/comments/{comment.pk}/vote/"

        def vote(referer):
            data = {"vote": "1", "token": token(VOTE_TOKEN)}
            return self.client.post(url, data, headers={"referer": referer})

        self.assertEqual(vote("http://testserver/popular/")["Location"][:9], "/popular/")
        for page in (f"//{EVIL}", f"/\\{EVIL}", f"//\\{EVIL}/x", f"/\t/{EVIL}"):
            self.assertTrue(self.is_here(vote(f"http://testserver{page}")), page)
        for referer in (f"https://{EVIL}/", f"http://testserver@{EVIL}/", "javascript:alert(1)"):
            self.assertNotIn(EVIL, vote(referer)["Location"])

    def test_slash_that_is_added_leads_to_no_other_site(self):
        self.assertEqual(self.client.get("/popular")["Location"], "/popular/")
        for path in (f"//{EVIL}", f"//{EVIL}/popular", f"/\\{EVIL}", f"//{EVIL}/%2e%2e"):
            response = self.client.get("/", PATH_INFO=path)
            if response.status_code != 404:
                self.assertTrue(self.is_here(response), (path, response["Location"]))

    def test_line_break_in_an_address_makes_no_header(self):
        article = make_article()
        for part in (
            "x%0d%0aSet-Cookie:%20a=b",
            "x%0aLocation:%20//evil.example",
            "%E5%98%8A%E5%98%8Dx",
        ):
            for address in (f"/articles/{article.pk}/{part}/", f"/popular{part}", f"/pages/{part}"):
                response = self.client.get(address)
                self.assertIn(response.status_code, (301, 404))
                self.assertNotIn("Set-Cookie", response.headers)
                self.assertNotIn("\n", response.get("Location", ""))


class ExportTests(TestCase):
    def test_data_that_is_taken_along_is_whole_json_whatever_was_written(self):
        article = make_article()
        text = '=HYPERLINK("//evil.example") </script> "+1 @SUM(A1)'
        make_comment(article, text, email="reader@example.com")
        answer = self.client.get(
            f"/comments/data/{guests.data_token('reader@example.com')}/?download"
        )
        self.assertEqual(answer["Content-Type"], "application/json")
        self.assertIn("attachment", answer["Content-Disposition"])
        self.assertIn(text, json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"'))
