"""Authors and accounts at the desk."""

import unicodedata

from django.contrib.auth.models import Permission
from django.test import TestCase

from authors.models import Author, User
from tests.factories import make_author, make_photo
from tests.newsroom.test_admin import HANGUL, SCRIPT, change, sign_in


class AuthorTests(TestCase):
    list_url = "/admin/authors/author/"
    add_url = "/admin/authors/author/add/"

    def setUp(self):
        self.user = sign_in(self.client)

    def test_every_field_takes_hangul_and_shows_it_as_text(self):
        author = make_author(HANGUL, bio=HANGUL, role=HANGUL, portrait=make_photo(), user=self.user)
        for url in (self.list_url, f"{self.list_url}{author.pk}/change/"):
            response = self.client.get(url)
            self.assertContains(response, "한글 각")
            self.assertNotContains(response, SCRIPT)

    def test_list_takes_as_many_queries_for_twice_the_rows(self):
        for number in range(10):
            user = User.objects.create_user(f"기자{number}")
            make_author(f"기자 {number}", user=user)
            if number == 4:
                with self.assertNumQueries(5):
                    self.client.get(self.list_url)
        with self.assertNumQueries(5):
            self.client.get(self.list_url)

    def test_empty_address_is_made_and_a_taken_one_refused(self):
        self.assertEqual(change(self.client, self.add_url, name="한도경").status_code, 302)
        self.assertEqual(change(self.client, self.add_url, name="한도경").status_code, 302)
        self.assertEqual({a.slug for a in Author.objects.all()}, {"한도경", "한도경-2"})
        response = change(self.client, self.add_url, name="다른 이", slug="한도경")
        self.assertTrue(response.context["adminform"].form.errors["slug"])
        self.assertContains(response, "다른 이")

    def test_address_stays_once_it_is_there(self):
        author = make_author("한도경")
        url = f"{self.list_url}{author.pk}/change/"
        change(self.client, url, name="한도영", slug="다른-주소")
        author.refresh_from_db()
        self.assertEqual((author.name, author.slug), ("한도영", "한도경"))

    def test_search_finds_syllables_typed_in_pieces(self):
        make_author("한도경")
        found = self.client.get(self.list_url, {"q": unicodedata.normalize("NFD", "도경")})
        self.assertEqual(found.context["cl"].result_count, 1)


class AccountTests(TestCase):
    url = "/admin/authors/user/"

    def grant(self, user):
        user.user_permissions.set(Permission.objects.filter(content_type__model="user"))

    def test_list_and_form_open(self):
        user = sign_in(self.client, "편집자", first_name=SCRIPT)
        for url in (self.url, f"{self.url}{user.pk}/change/", f"{self.url}add/"):
            response = self.client.get(url)
            self.assertEqual(response.status_code, 200)
            self.assertNotContains(response, SCRIPT)

    def test_list_takes_as_many_queries_for_twice_the_rows(self):
        sign_in(self.client)
        for number in range(10):
            User.objects.create_user(f"기자{number}")
            if number == 4:
                with self.assertNumQueries(6):
                    self.client.get(self.url)
        with self.assertNumQueries(6):
            self.client.get(self.url)

    def test_only_a_superuser_makes_superusers(self):
        chief = User.objects.create_superuser("발행인")
        user = sign_in(self.client, "관리자", is_superuser=False)
        self.grant(user)
        change(self.client, f"{self.url}{user.pk}/change/", is_superuser="on", last_name="한")
        user.refresh_from_db()
        self.assertEqual((user.is_superuser, user.last_name), (False, "한"))
        for page in ("change/", "password/", "delete/"):
            response = self.client.post(f"{self.url}{chief.pk}/{page}", {"post": "yes"})
            self.assertEqual(response.status_code, 403, page)

    def test_superuser_makes_another(self):
        other = User.objects.create_user("기자")
        sign_in(self.client)
        change(self.client, f"{self.url}{other.pk}/change/", is_superuser="on")
        other.refresh_from_db()
        self.assertTrue(other.is_superuser)
