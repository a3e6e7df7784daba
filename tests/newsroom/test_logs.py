"""What the log says of requests, statements and errors, and that it tells of nobody."""

import io
import json
import logging

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory, TestCase, override_settings
from django.urls import get_resolver, path

from articles.models import PreviewLink
from articles.previews import url_of
from comments.guests import owner_token
from newsroom import observed
from newsroom.logs import Json, Line, Masking, scrubbed
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import sign_in

CANARY = "mirnae-canary"
ID = "0123456789abcdef0123456789abcdef"


class Written:
    """What our handler writes while this is open."""

    def __init__(self, formatter=None):
        self.handler = logging.StreamHandler(io.StringIO())
        self.handler.setFormatter(formatter or Json())
        self.handler.addFilter(Masking())

    def __enter__(self):
        logging.getLogger().addHandler(self.handler)
        return self

    def __exit__(self, *exception):
        logging.getLogger().removeHandler(self.handler)

    @property
    def text(self):
        return self.handler.stream.getvalue()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines()]


def broken(request, token):
    raise ValueError(f"{token} of {CANARY}@example.com, 203.0.113.9, ?q={CANARY}")


urlpatterns = [path("broken/<str:token>/", broken), *get_resolver("newsroom.urls").url_patterns]


@override_settings(ACCESS_LOG=True)
class AccessLogTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.article = make_article("장터에 켜진 불")
        cls.comment = make_comment(cls.article, "고맙습니다.")

    def access(self, address, client=None, **options):
        with Written() as written:
            response = (client or self.client).get(address, **options)
        [line] = [line for line in written.lines if line["logger"] == "newsroom.access"]
        return line, response, written.text

    def test_line_says_what_was_asked_and_what_it_took(self):
        line, _, _ = self.access(self.article.get_absolute_url())
        self.assertEqual((line["method"], line["status"]), ("GET", 200))
        self.assertEqual(line["path"], f"/articles/{self.article.pk}/[slug]/")
        self.assertGreaterEqual(line["ms"], 0)
        self.assertRegex(line["request_id"], "^[0-9a-f]{32}$")

    def test_statements_of_the_request_are_counted(self):
        with connection.execute_wrapper(observed.statement):
            many, _, _ = self.access(self.article.get_absolute_url())
            none, _, _ = self.access("/healthz")
        self.assertGreater(many["queries"], 2)
        self.assertEqual(none["queries"], 0)

    def test_no_line_without_the_setting(self):
        with override_settings(ACCESS_LOG=False), Written() as written:
            self.client.get("/")
        self.assertEqual(written.text, "")

    def test_nothing_tells_of_a_person(self):
        token = owner_token(self.comment)
        link = url_of(PreviewLink.objects.create(article=self.article))
        mine = f"/comments/{self.comment.pk}/mine/"
        addresses = {
            f"/search/?q={CANARY}": "/search/",
            f"{mine}{token}/": f"{mine}[token]/",
            link: "/preview/[token]/",
            f"/comments/unsubscribe/{CANARY}/": "/comments/unsubscribe/[token]/",
            f"/comments/mail/{CANARY}/": "/comments/mail/[token]/",
            f"/comments/data/{CANARY}/": "/comments/data/[token]/",
            f"/admin/password-reset/MQ/{CANARY}/": "/admin/password-reset/[uidb64]/[token]/",
            f"{mine}{CANARY}": "/[unknown]",
            f"/{CANARY}@example.com/": "/[unknown]",
            "/홍길동/": "/[unknown]",
            "/comments/mail/홍길동/": "/comments/mail/[token]/",
            f"/tags/{CANARY}/": "/tags/[slug]/",
            "/articles/01012345678/": "/articles/[pk]/",
        }
        escaped = "홍길동".encode("unicode_escape").decode()
        secret = [
            CANARY,
            "홍길동",
            escaped,
            escaped.replace("\\", "\\\\"),
            token,
            link.split("/")[2],
            "203.0.113.9",
            "1012345678",
        ]
        for address, logged in addresses.items():
            with self.subTest(address):
                headers = {"User-Agent": CANARY, "Referer": f"https://{CANARY}.kr/"}
                line, _, text = self.access(address, headers=headers, REMOTE_ADDR="203.0.113.9")
                self.assertEqual(line["path"], logged)
                self.assertFalse([word for word in secret if word in text])

    @override_settings(ROOT_URLCONF=__name__)
    def test_traceback_is_there_without_what_tells_of_a_person(self):
        for formatter in (Json(), Line()):
            with self.subTest(formatter), Written(formatter) as written:
                client = Client(raise_request_exception=False)
                response = client.get("/broken/abc/", headers={"Cookie": f"a={CANARY}"})
            self.assertEqual(response.status_code, 500)
            self.assertIn("ValueError: abc of [email], [address], ?[query]", written.text)
            self.assertIn("/broken/[token]/", written.text)
            self.assertNotIn(CANARY, written.text)

    def test_refused_form_is_logged_without_its_path(self):
        with Written() as written:
            client = Client(enforce_csrf_checks=True)
            client.post(f"/admin/password-reset/MQ/{CANARY}/", {"a": "b"})
        [warning] = [line for line in written.lines if line["level"] == "WARNING"]
        self.assertIn("/admin/password-reset/[uidb64]/[token]/", warning["message"])
        self.assertNotIn(CANARY, written.text)


class RequestIdTests(TestCase):
    def test_lines_of_a_request_share_its_id(self):
        with override_settings(ACCESS_LOG=True), Written() as written:
            self.client.get("/없는-곳/")
            self.client.get("/없는-곳/")
        warning, access, *others = [line["request_id"] for line in written.lines]
        self.assertEqual(len(others), 2)
        self.assertEqual({warning, access} & set(others), set())

    def test_only_a_trusted_proxy_gives_ids_that_look_like_ids(self):
        asked = RequestFactory().get
        for proxies, given, is_taken in (
            (1, ID, True),
            (1, "01234567-89ab-cdef-0123-456789abcdef", True),
            (1, "010-1234-5678", False),
            (1, f"{ID}\nERROR", False),
            (0, ID, False),
        ):
            with self.subTest(proxies=proxies, given=given):
                request = asked("/", headers={"X-Request-ID": given})
                with override_settings(TRUSTED_PROXIES=proxies):
                    self.assertEqual(observed.id_of(request) == given, is_taken)

    @override_settings(ROOT_URLCONF=__name__)
    def test_header_is_for_the_desk_and_for_errors_alone(self):
        self.assertNotIn("X-Request-ID", self.client.get("/").headers)
        broken = Client(raise_request_exception=False).get("/broken/abc/")
        self.assertIn("X-Request-ID", broken.headers)
        sign_in(self.client)
        self.assertIn("X-Request-ID", self.client.get("/admin/").headers)


class SlowQueryTests(TestCase):
    def slow(self, limit):
        with (
            override_settings(SLOW_QUERY_MS=limit),
            connection.execute_wrapper(observed.statement),
            connection.cursor() as cursor,
            Written() as written,
        ):
            cursor.execute(
                "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 60000)"
                "\n  SELECT count(*), %s FROM c",
                [CANARY],
            )
        return written

    def test_slow_statement_is_logged_without_its_values(self):
        written = self.slow(1)
        [line] = written.lines
        self.assertEqual(line["logger"], "newsroom.slow")
        self.assertIn("SELECT count(*), %s FROM c", line["message"])
        self.assertNotIn(CANARY, written.text)

    def test_fast_statement_is_not_logged(self):
        self.assertEqual(self.slow(60_000).text, "")
        self.assertEqual(self.slow(0).text, "")

    def test_what_a_database_says_of_a_refused_row_is_not_repeated(self):
        error = DatabaseError(f'violates "x"\nDETAIL:  Failing row contains (1, {CANARY}\n\n글).\n')
        text = scrubbed(f"DatabaseError: {error}\n\nThe above exception was the cause")
        self.assertNotIn(CANARY, text)
        self.assertIn('violates "x"', text)
        self.assertIn("The above exception", text)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1:5432", "at 12:34:56", "comments::x", "Django 5.2.1", "2026.11.23. 9:10", "왜?"],
)
def test_what_tells_of_nobody_stays(text):
    assert scrubbed(text) == text


def test_lines_are_for_people_unless_json_is_asked_for():
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "line"
