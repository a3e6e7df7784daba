"""What the environment may say, and what the site says of nonsense in it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client, TestCase, override_settings

from comments.guests import is_owner, owner_token
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import sign_in

LONG = "k" * 50
SHOW = "from django.conf import settings; print(settings.{})"
MASKED = """
import django; django.setup()
from django.test import Client
from django.urls import reverse
print(reverse("admin:index"), reverse("admin_password_reset"), reverse("front_page_preview"))
print(Client().get("/robots.txt", HTTP_HOST="localhost").content.decode())
print(*(Client().get(path, HTTP_HOST="localhost").status_code for path in ("/newsdesk-7/login/",)))
"""


def run(code, **environment):
    """Run code with these settings alone; return what it wrote and what it complained of."""
    variables = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    variables |= {"SECRET_KEY": LONG, **environment}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=variables,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip(), done.stderr


class TestSecretsInFiles:
    def test_file_says_what_the_variable_would(self, tmp_path):
        (tmp_path / "key").write_text("장터에-켜진-불\n", encoding="utf-8")
        said, _ = run(SHOW.format("SECRET_KEY"), SECRET_KEY_FILE=str(tmp_path / "key"))
        assert said == "장터에-켜진-불"
        (tmp_path / "url").write_text("postgres://mirnae:pw@127.0.0.1:5432/paper\n")
        show = SHOW.format("DATABASES['default']['NAME']")
        said, _ = run(show, DATABASE_URL_FILE=str(tmp_path / "url"))
        assert said == "paper"

    def test_file_that_is_not_there_is_named(self, tmp_path):
        said, complaint = run(SHOW.format("SECRET_KEY"), SECRET_KEY_FILE=f"{tmp_path}/없음")
        assert not said
        assert "ImproperlyConfigured: SECRET_KEY_FILE cannot be read" in complaint


@pytest.mark.parametrize(
    ("name", "good", "bad", "words"),
    [
        ("LOG_FORMAT", "json", "xml", "LOG_FORMAT is line or json."),
        ("SESSION_IDLE_HOURS", "8", "0", "SESSION_IDLE_HOURS is a number of hours"),
        ("ADMIN_PATH", "/newsdesk-7", "편집국", "ADMIN_PATH takes letters"),
        ("ADMIN_PATH", "desk/inner/", "a b", "ADMIN_PATH takes letters"),
    ],
)
def test_nonsense_is_refused_in_words(name, good, bad, words):
    said, complaint = run(SHOW.format(name), **{name: good})
    assert said.strip("/") == good.strip("/"), complaint
    said, complaint = run(SHOW.format(name), **{name: bad})
    assert not said
    assert words in complaint


def test_newsroom_at_an_address_of_its_own_is_not_told_to_robots():
    said, complaint = run(MASKED, ADMIN_PATH="newsdesk-7", DEBUG="on")
    assert "/newsdesk-7/ /newsdesk-7/password-reset/ /newsdesk-7/articles/" in said, complaint
    assert said.count("newsdesk-7") == 3
    assert "Disallow: /search/" in said
    said, complaint = run(MASKED, DEBUG="on")
    assert "Disallow: /admin/" in said, complaint


class KeyRotationTests(TestCase):
    def test_what_was_signed_with_the_former_key_is_good_and_no_longer_made(self):
        comment = make_comment(make_article(), "장터")
        client = Client()
        sign_in(client)
        token, former = owner_token(comment), settings.SECRET_KEY
        with override_settings(SECRET_KEY=LONG, SECRET_KEY_FALLBACKS=[former]):
            self.assertTrue(is_owner(comment, token))
            self.assertEqual(client.get("/admin/").status_code, 200)
            made = owner_token(comment)
        self.assertNotEqual(made, token)
        with override_settings(SECRET_KEY=LONG, SECRET_KEY_FALLBACKS=[]):
            self.assertTrue(is_owner(comment, made))
            self.assertFalse(is_owner(comment, token))
            self.assertEqual(Client().get("/admin/").status_code, 302)
        with self.assertRaises(signing.BadSignature):
            signing.Signer(salt="other").unsign(token)


class RequestSizeTests(TestCase):
    def test_form_with_too_many_fields_is_refused_in_words(self):
        few = {f"f{number}": "x" for number in range(900)}
        many = {f"f{number}": "x" for number in range(1100)}
        address = f"/articles/{make_article().pk}/comments/"
        self.assertNotEqual(self.client.post(address, few).status_code, 400)
        response = self.client.post(address, many)
        self.assertEqual(response.status_code, 400)
        self.assertContains(response, "</html>", status_code=400)
