"""The admin as a whole, its masthead, and what its other tests share."""

import re

from bs4 import BeautifulSoup
from django.test import TestCase

from authors.models import User
from newsroom.models import Masthead

SCRIPT = "<script>alert(1)</script>"
HANGUL = f"한글 각 {SCRIPT} 🎉"


def sign_in(client, name="편집자", **fields):
    """Sign a superuser in, or whom `fields` describe; return the account."""
    fields = {"is_staff": True, "is_superuser": True, **fields}
    user = User.objects.create_user(name, password="장터에 켜진 불", **fields)
    client.force_login(user)
    return user


def typed(response, form="#content-main form[id$=_form]"):
    """Return what the form on a page would send as it stands."""
    data = {}
    for field in BeautifulSoup(response.content, "html.parser").select_one(form).select("[name]"):
        kind = field.get("type")
        if field.name == "textarea":
            data[field["name"]] = field.text.removeprefix("\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]")
            if chosen or not field.has_attr("multiple"):
                data[field["name"]] = chosen["value"] if chosen else ""
        elif kind not in ("submit", "file") and (kind != "checkbox" or field.has_attr("checked")):
            data[field["name"]] = field.get("value", "on" if kind == "checkbox" else "")
    return data


def change(client, url, **changes):
    """Open a form, change some of its fields and send it."""
    data = {**typed(client.get(url)), **changes}
    return client.post(url, {name: value for name, value in data.items() if value is not None})


class AdminTests(TestCase):
    def test_header_is_the_papers_name_and_leads_to_the_site(self):
        Masthead.objects.create(pk=1, title="두물머리신문")
        sign_in(self.client)
        response = self.client.get("/admin/")
        self.assertContains(
            response, '<div id="site-name"><a href="/admin/">두물머리신문</a></div>'
        )
        self.assertContains(response, '<a href="/">')
        self.assertNotContains(response, "/admin/taggit/")

    def test_login_page_names_the_paper(self):
        Masthead.objects.create(pk=1, title="두물머리신문")
        self.assertContains(self.client.get("/admin/login/"), "두물머리신문")

    def test_pages_fit_the_content_security_policy(self):
        sign_in(self.client)
        for url in ("/admin/", "/admin/articles/article/add/", "/admin/comments/comment/"):
            response = self.client.get(url)
            page = response.content.decode()
            with self.subTest(url):
                self.assertIn("script-src 'self'", response["Content-Security-Policy"])
                self.assertNotRegex(page, r"<style|\sstyle=|\son[a-z]+=\"")
                for script in re.findall(r"<script([^>]*)>", page):
                    self.assertRegex(script, r"src=\"/|type=\"application/json\"")

    def test_reporter_without_rights_sees_nothing(self):
        sign_in(self.client, is_superuser=False)
        for model in ("articles/article", "comments/comment", "authors/user", "articles/photo"):
            with self.subTest(model):
                self.assertEqual(self.client.get(f"/admin/{model}/").status_code, 403)


class MastheadTests(TestCase):
    url = "/admin/newsroom/masthead/1/change/"

    def setUp(self):
        sign_in(self.client)

    def test_list_leads_to_the_one_form(self):
        self.assertRedirects(self.client.get("/admin/newsroom/masthead/"), self.url)

    def test_first_save_makes_it_and_the_second_changes_it(self):
        for title in ("두물머리신문", HANGUL):
            response = change(self.client, self.url, title=title)
            self.assertRedirects(response, "/admin/newsroom/masthead/", target_status_code=302)
            self.assertEqual(Masthead.objects.get().title, title)
        self.assertNotContains(self.client.get(self.url), SCRIPT)

    def test_empty_name_is_refused_and_the_rest_comes_back(self):
        response = change(self.client, self.url, title="", publisher="한도경")
        self.assertContains(response, "한도경")
        self.assertTrue(response.context["errors"])
        self.assertFalse(Masthead.objects.exists())

    def test_no_second_one_and_no_deletion(self):
        Masthead.objects.create(pk=1, title="두물머리신문")
        self.assertEqual(self.client.get("/admin/newsroom/masthead/add/").status_code, 403)
        response = self.client.post("/admin/newsroom/masthead/1/delete/", {"post": "yes"})
        self.assertEqual(response.status_code, 403)
        self.assertEqual(self.client.get("/admin/newsroom/masthead/2/change/").status_code, 302)
        self.assertEqual(Masthead.objects.count(), 1)
