"""The guide of the newsroom: who reads which page, and that it says what the screens say."""

import re
from html.parser import HTMLParser
from pathlib import Path

import django
import polib
import pytest
from django.conf import settings
from django.test import TestCase
from django.urls import reverse

from newsroom import guide
from newsroom.models import Masthead
from tests.factories import make_account, make_article

BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
PAGES = {name: (guide.FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in guide.PAGES}


def labels():
    """Return the texts that the admin may show in Korean: our catalogue and Django's."""
    ours = settings.BASE_DIR / "locale/ko/LC_MESSAGES/django.po"
    contrib = Path(django.__file__).parent / "contrib"
    theirs = [contrib / app / "locale/ko/LC_MESSAGES/django.po" for app in ("admin", "auth")]
    entries = [entry for path in (ours, *theirs) for entry in polib.pofile(str(path))]
    texts = [text for e in entries for text in (e.msgstr, *e.msgstr_plural.values()) if text]
    return {PLACEHOLDER.sub("", text).strip(" :…") for text in texts}


class Found(HTMLParser):
    """The anchors, links and pictures of a page."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.pictures = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "img":
            self.pictures.append(attributes)


@pytest.mark.parametrize("name", PAGES)
def test_bold_words_are_labels_of_the_admin(name):
    bold = {" ".join(text.split()).strip("…") for text in BOLD.findall(PAGES[name])}
    assert not sorted(bold - labels())


def test_every_picture_is_there_and_used():
    named = {name for text in PAGES.values() for name in re.findall(r"pictures/([\w-]+)", text)}
    files = {path.stem: path for path in (guide.FOLDER / "pictures").iterdir()}
    assert named == set(files)
    assert sum(path.stat().st_size for path in files.values()) < 1_500_000


class GuideTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문").save()
        cls.accounts = {role: make_account(role, role) for role in guide.ROLES}

    def found(self, address):
        response = self.client.get(address)
        self.assertEqual(response.status_code, 200, address)
        return Found(response.content.decode())

    def test_every_role_finds_its_own_page_at_the_top_of_every_page(self):
        for role, account in self.accounts.items():
            self.client.force_login(account)
            address = reverse("admin:guide_page", args=[role])
            for page in (reverse("admin:index"), reverse("admin:password_change"), address):
                self.assertIn(address, self.found(page).links)
        self.client.force_login(make_account("새 사람"))
        address = reverse("admin:guide_page", args=["README"])
        self.assertIn(address, self.found(reverse("admin:index")).links)

    def test_every_link_and_picture_leads_somewhere(self):
        self.client.force_login(self.accounts["reporter"])
        addresses = {name: reverse("admin:guide_page", args=[name]) for name in guide.PAGES}
        pages = {address: self.found(address) for address in addresses.values()}
        for address, page in pages.items():
            for link in page.links:
                path, _hash, anchor = link.partition("#")
                if anchor and (path or address) in pages:
                    self.assertIn(anchor, pages[path or address].ids, f"{address}: {link}")
            for picture in page.pictures:
                response = self.client.get(picture["src"])
                self.assertEqual(response["Content-Type"], "image/webp")
                self.assertTrue(picture["alt"] and picture["width"] and picture["height"])
                self.assertTrue(b"".join(response.streaming_content).startswith(b"RIFF"))

    def test_screens_lead_to_their_section(self):
        self.client.force_login(self.accounts["editor"])
        draft = make_article(state="draft", published_at=None, created_by=self.accounts["reporter"])
        form = reverse("admin:articles_article_change", args=[draft.pk])
        for account, screen, page in (
            ("editor", form, "editor"),
            ("reporter", form, "reporter"),
            ("reporter", reverse("admin:articles_photo_changelist"), "reporter"),
            ("editor", reverse("admin:articles_placement_changelist"), "editor"),
            ("editor", reverse("admin:articles_correction_add"), "editor"),
            ("moderator", reverse("admin:comments_comment_changelist"), "moderator"),
        ):
            self.client.force_login(self.accounts[account])
            address = reverse("admin:guide_page", args=[page])
            links = [link for link in self.found(screen).links if link.startswith(f"{address}#")]
            self.assertEqual(len(links), 1, screen)
            self.assertIn(links[0].partition("#")[2], self.found(address).ids, links[0])

    def test_guide_is_for_the_newsroom_alone_and_holds_nothing_else(self):
        addresses = [reverse("admin:guide"), reverse("admin:guide_picture", args=["queue"])]
        for address in addresses:
            self.assertRedirects(self.client.get(address), f"/admin/login/?next={address}")
        self.client.force_login(self.accounts["moderator"])
        for address in addresses:
            self.assertEqual(self.client.get(address).status_code, 200)
            self.assertEqual(self.client.post(address).status_code, 405)
        for path in (
            *("editing/", "secret/", "../glossary/", "pictures/none.webp", "pictures/queue.png"),
            *("pictures/../README.md", "pictures/..%2f..%2fglossary.webp", "pictures/%2e%2e.webp"),
        ):
            response = self.client.get(f"{addresses[0]}{path}")
            self.assertEqual(response.status_code, 404, path)
