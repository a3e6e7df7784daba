"""A walk around the newsroom: what comes from elsewhere, and what a form did not offer."""

import re

from django.conf import settings
from django.test import Client, TestCase
from django.urls import get_resolver
from PIL.PngImagePlugin import PngInfo

from articles.models import Article, Photo, Writing
from authors.models import User
from tests.articles.test_writing import URL as ARTICLES
from tests.articles.test_writing import make_draft
from tests.authors.test_door import PASSWORD, addresses_of, make_staff
from tests.factories import image_file, make_account
from tests.newsroom.test_admin import change
from tests.newsroom.test_admin import typed as form_of

EVIL = "evil.example"


class ForeignPostTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.boss = User.objects.create_superuser("대표", password=PASSWORD)

    def setUp(self):
        self.strict = Client(enforce_csrf_checks=True)
        self.strict.force_login(self.boss)

    def test_no_address_of_the_newsroom_takes_a_post_without_its_token(self):
        [door, desk] = [
            each for each in get_resolver().url_patterns if str(each.pattern) == settings.ADMIN_PATH
        ]
        addresses = {*addresses_of(door.url_patterns), *addresses_of(desk.url_patterns)}
        self.assertGreater(len(addresses), 60)
        for address in addresses:
            with self.subTest(address):
                self.assertEqual(self.strict.post(address).status_code, 403)

    def test_token_is_good_from_our_own_pages_alone(self):
        add = "/admin/articles/section/add/"
        page = self.strict.get(add).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        data = {**form_of(self.strict.get(add)), "name": "환경", "csrfmiddlewaretoken": token}
        for origin in (f"https://{EVIL}", "null", "http://testserver.evil.example"):
            answer = self.strict.post(add, data, headers={"origin": origin})
            self.assertEqual(answer.status_code, 403, origin)
        answer = self.strict.post(add, data, headers={"origin": "http://testserver"})
        self.assertEqual(answer.status_code, 302)


class UninvitedFieldTests(TestCase):
    """Fields that a form does not have are not taken, however they are named."""

    def test_article_of_a_reporter(self):
        reporter, boss = make_account("한도경", "reporter"), make_staff("대표", "publisher")
        self.client.force_login(reporter)
        draft = make_draft(created_by=reporter)
        extra = {"state": "published", "published_at_0": "2026-01-01", "published_at_1": "09:00"}
        extra |= {"created_by": boss.pk, "comment_count": "99", "body_html": "<script>", "id": "77"}
        url = f"{ARTICLES}{draft.pk}/change/"
        answer = change(self.client, url, headline="새 제목", **extra)
        self.assertEqual(answer.status_code, 302)
        after = Article.objects.get(pk=draft.pk)
        self.assertEqual((after.headline, after.state), ("새 제목", "draft"))
        self.assertEqual((after.created_by, after.comment_count), (reporter, 0))
        self.assertNotIn("script", after.body_html)

    def test_autosave(self):
        reporter = make_account("한도경", "reporter")
        self.client.force_login(reporter)
        draft = make_draft(created_by=reporter)
        form = form_of(self.client.get(f"{ARTICLES}{draft.pk}/change/"))
        data = {**form, "headline": "친 말", "step": "1", "state": "published", "user": "99"}
        answer = self.client.post(f"{ARTICLES}{draft.pk}/autosave/", data)
        self.assertEqual(answer.status_code, 200)
        draft.refresh_from_db()
        self.assertEqual(draft.state, "draft")
        self.assertEqual(Writing.objects.get().user, reporter)


class UploadTests(TestCase):
    def setUp(self):
        self.client.force_login(User.objects.create_superuser("편집자"))

    def test_text_that_unpacks_to_very_much_costs_little(self):
        texts = PngInfo()
        texts.add_text("Comment", "x" * 200_000_000, zip=True)
        bomb = image_file(90, 60, "PNG", pnginfo=texts)
        self.assertLess(len(bomb.getvalue()), 10**6)
        answer = change(self.client, "/admin/articles/photo/add/", file=bomb, alt="장터")
        self.assertIn(answer.status_code, (200, 302))
        self.assertEqual(Photo.objects.count(), int(answer.status_code == 302))
