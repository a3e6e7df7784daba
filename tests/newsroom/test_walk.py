"""A walk around the site as somebody who means it no good; `docs/security.md` has the map.

Each refusal stands beside what goes well on the same setup.
"""

import importlib
import pkgutil
import re
import time
from datetime import timedelta
from io import BytesIO
from unittest import mock
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory, TestCase, override_settings
from django.urls import get_resolver
from django.utils import timezone
from PIL import Image

from articles import previews
from articles.models import PreviewLink
from authors.models import User
from comments import guests, mail, tasks
from comments.models import Comment
from newsroom import pagecache, pictures
from tests.authors.test_door import (
    ASK,
    CODE,
    INDEX,
    PASSWORD,
    code_of,
    give_factor,
    make_staff,
    sign_in,
)
from tests.comments.posting import comment_data, write
from tests.factories import (
    image_file,
    make_account,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)
from tests.newsroom.cached import Browser, Environs

EVIL = "evil.example"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def page(answer):
    """Return a page without the times in the tokens of its forms."""
    return re.sub(rb"\b[a-z.\d]+\.\d{10}:[\w-]+", b"", answer.content)


class TestPoison:
    """Nothing that one visitor sends gets into the page that all others are given."""

    pytestmark = pytest.mark.django_db(transaction=True)
    # What a visitor or a careless proxy may send.
    headers = [
        *({name: EVIL} for name in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Real-IP")),
        {"X-Forwarded-For": EVIL, "X-Forwarded-Port": "1", "X-Forwarded-Server": EVIL},
        {"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil"},
        *({name: "/admin/"} for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri")),
        *({name: "POST"} for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method")),
        {"Accept": "application/json", "Accept-Language": "en", "X-Requested-With": "fetch"},
        {"Accept-Encoding": "gzip;q=0, br;q=0.0, identity"},
        {"Accept-Encoding": "br;q=1;q=0" + ", gzip" * 200},
        {"Cookie": "messages=evil; csrftoken=evil; django_language=en; writer=evil"},
        {"Range": "bytes=0-1", "If-Range": "evil"},
        {"If-Modified-Since": "Fri, 31 Dec 2099 23:59:59 GMT"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
        {"User-Agent": "evil", "Purpose": "prefetch", "Upgrade-Insecure-Requests": "1"},
    ]
    queries = [
        *("utm_source=<evil>", "x=1;after=evil", "callback=evil", "%70age=%00", "page[]=2"),
        *("page=1&page=evil", "PAGE=2", "order=evil", "_method=POST", "&&&=&", "p[]=1", "%ff=%ff"),
        "&".join(f"a{number}=1" for number in range(300)),
    ]

    @pytest.fixture(autouse=True)
    def always_look(self, monkeypatch):
        monkeypatch.setattr(pagecache, "LOOK_AFTER", -1)

    @pytest.fixture
    def addresses(self):
        section, author = make_section(), make_author()
        article = make_article(section=section, authors=[author], hero=make_photo(), tags=["나눔"])
        make_comment(article)
        return [
            *("/", article.get_absolute_url(), section.get_absolute_url()),
            *(f"/articles/{article.pk}/comments/", "/feeds/latest.xml", "/sitemap.xml"),
        ]

    def test_header_of_one_visitor_reaches_no_other(self, addresses, tmp_path):
        for number, headers in enumerate(self.headers):
            for method in ("GET", "HEAD"):
                browser, other = (Browser(tmp_path / f"{number}{method}{n}") for n in "01")
                for address in addresses[number % 2 :: 2]:
                    browser.ask(method, address, **headers)
                    given, meant = browser.get(address), other.get(address)
                    assert given.status_code == meant.status_code == 200
                    assert page(given) == page(meant), (address, headers)
                    assert b"evil" not in given.serialize_headers()

    def test_query_of_one_visitor_reaches_no_other(self, addresses, tmp_path):
        browser, other = Browser(tmp_path / "0"), Browser(tmp_path / "1")
        for address in addresses:
            for query in self.queries:
                browser.get(f"{address}?{query}")
                assert page(browser.get(address)) == page(other.get(address)), query

    def test_site_stands_at_the_root_whatever_a_visitor_says(self, addresses, tmp_path):
        browser = Browser(tmp_path)
        for address in addresses:
            browser.answer_to(Environs().generic("GET", address) | {"SCRIPT_NAME": f"//{EVIL}"})
            answer = browser.get(address)
            assert answer.status_code == 200
            assert EVIL.encode() not in answer.content

    def test_path_that_is_spelled_oddly_leads_to_nobody_else(self, addresses, tmp_path):
        browser, other = Browser(tmp_path / "0"), Browser(tmp_path / "1")
        for address in addresses:
            for odd in (
                *(f"/.{address}", f"//{EVIL}/..{address}", f"/%5c{EVIL}{address}"),
                *(f"{address}%00", f"{address};x", f"{address}%3fpage=2", f"{address}.css"),
                f"{address}%0d%0aX-Evil:%201",
            ):
                answer = browser.get(odd)
                assert answer.status_code in (200, 301, 404), odd
                assert "X-Evil" not in answer.headers
                assert not answer.headers.get("Location", "").startswith(("//", "/\\", "http"))
            assert page(browser.get(address)) == page(other.get(address))


PIECES = [
    *("a", "가", "0", "-", ".", " ", "\n", "<", "<p>", "<a ", "<!--", "(", "[", "{", '"', "“", "@"),
    *(
        "a@",
        "a.",
        "a@a.",
        "가 ",
        "가나 ",
        "010-",
        "www.",
        "http://",
        "\u200b",
        "ㄱ",
        "ㅋ",
        "/*",
        "=",
        "_",
    ),
    *(
        "~",
        "1,",
        "(가",
        "é",
        "가.",
        "…",
        '-"',
        "- ",
        "\\",
        "%",
        "::",
        "a:",
        "DETAIL:",
        "?a=",
        "1.1.",
    ),
]
# What sees only text that is short, balanced, or the paper's own.
BOUNDED = {
    "comments.words.LATIN_FORM": "an entry of the word list, one line",
    "comments.words.PART": "an entry of the word list, one line",
    "articles.diff.TAG": "sanitised HTML, in which < stands only before a tag",
    "articles.diff.TOKEN": "sanitised HTML, in which < stands only before a tag",
    "articles.feeds.MARKUP": "sanitised HTML, in which < stands only before a tag",
}


def patterns():
    """Yield the regular expressions of our modules, but those of commands and the import."""
    for app in ("articles", "authors", "comments", "newsroom"):
        package = importlib.import_module(app)
        for found in pkgutil.walk_packages(package.__path__, f"{app}."):
            aside = (".migrations", ".management", ".wxr", ".backups", ".darkroom", ".wsgi")
            if not any(part in found.name for part in aside):
                for name, value in vars(importlib.import_module(found.name)).items():
                    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                        yield f"{found.name}.{name}", value


def seconds(pattern, text, tries=2):
    """Return how long a processor looks for all matches, the best of some times."""
    times = []
    for _ in range(tries):
        began = time.process_time()
        for _match in pattern.finditer(text):
            pass
        times.append(time.process_time() - began)
    return min(times)


def is_slow(pattern, piece):
    """Whether twice as much of `piece` takes much more than twice the time.

    A machine with other work slows down now one, now the other; what is slow stays it.
    """
    text = piece * (3000 // len(piece))
    if seconds(pattern, text + "\x01") < 0.003:
        return False
    once, twice = (seconds(pattern, text * n + "\x01", tries=9) for n in (1, 2))
    return twice > 3 * once


def test_no_expression_takes_twice_as_long_again_for_a_text_twice_as_long():
    names = {}
    for name, pattern in patterns():
        names.setdefault(pattern, set()).add(name)
    for pattern, known in names.items():
        for piece in PIECES:
            if known.isdisjoint(BOUNDED) and is_slow(pattern, piece) and is_slow(pattern, piece):
                pytest.fail(f"{known}: {piece!r}")
    assert any(is_slow(re.compile(r"\w+@"), "a") for _ in range(5))


class WalkTests(TestCase):
    def test_only_forms_that_know_our_pages_go_without_a_token_of_the_session(self):
        """A letter's one press and the count of readings change nothing of who asks."""

        def views(patterns):
            for each in patterns:
                if hasattr(each, "url_patterns"):
                    yield from views(each.url_patterns)
                else:
                    yield each.name, each.callback

        exempt = {
            name: view
            for name, view in views(get_resolver().url_patterns)
            if getattr(view, "csrf_exempt", False)
        }
        self.assertIn("thread", exempt)
        request = RequestFactory(headers={"Sec-Fetch-Site": "cross-site"}).post("/")
        for name in exempt.keys() - {"unsubscribe", "count_read"}:
            with self.subTest(name), self.assertRaises(PermissionDenied):
                exempt[name](request, pk=1, token="x")

    def test_comment_takes_nothing_but_its_own_fields(self):
        article, other = make_article(), make_article()
        account = make_account("한도경")
        parent = make_comment(other)
        fields = {
            "state": "deleted",
            "is_pinned": "on",
            "staff": account.pk,
            "staff_id": account.pk,
            "article": other.pk,
            "score": "9",
            "path": "x",
            "root": parent.pk,
            "pk": parent.pk,
            "id": parent.pk,
            "up_count": "99",
            "created_at": "2000-01-01",
            "depth": "0",
        }
        address = f"/articles/{article.pk}/comments/"
        self.client.post(address, comment_data(article) | fields)
        comment = Comment.objects.get(article=article)
        self.assertNotEqual(comment.pk, parent.pk)
        self.assertEqual(
            (comment.state, comment.is_pinned, comment.staff), ("pending", False, None)
        )
        self.assertEqual((comment.up_count, comment.root_id in (None, comment.pk)), (0, True))
        self.assertEqual(comment.created_at.date(), timezone.now().date())
        answer = write(self.client, article, parent=parent.pk)  # of another article
        self.assertEqual(answer.status_code, 422)

    def test_token_is_good_for_its_purpose_whole_and_unchanged(self):
        comment = make_comment(make_article(), email="reader@example.com")
        link = PreviewLink.objects.create(
            article=make_article(state="draft", published_at=None),
            made_by=make_account("한도경"),
            expires_at=timezone.now() + timedelta(days=1),
        )
        tokens = {
            f"/comments/{comment.pk}/mine/%s/": guests.owner_token(comment),
            "/comments/mail/%s/": mail.mail_token(comment.contact),
            "/comments/unsubscribe/%s/": mail.mail_token(comment.contact),
            "/comments/data/%s/": guests.data_token("reader@example.com"),
            "/preview/%s/": previews.SIGNER.sign(str(link.pk)),
        }
        for address, token in tokens.items():
            with self.subTest(address):
                self.assertIn(self.client.get(address % token).status_code, (200, 302))
                others = {each for each in tokens.values() if each != token}
                for forged in (token[:-1], token[1:], f"{token}x", token.swapcase(), *others):
                    self.assertEqual(self.client.get(address % quote(forged)).status_code, 404)

    def test_draft_looks_like_nothing(self):
        draft, shown = make_article(state="draft", published_at=None), make_article()
        for address in ("/articles/%s/x/", "/articles/%s/comments/", "/articles/%s/qr.svg"):
            with self.subTest(address):
                self.assertLess(self.client.get(address % shown.pk).status_code, 302)
                hidden = self.client.get(address % draft.pk)
                self.assertEqual(hidden.status_code, 404)
                nothing = self.client.get(address % 987654)
                self.assertEqual(hidden.content, nothing.content)

    def test_json_that_is_a_bomb_is_refused_in_words(self):
        self.client.force_login(make_account("한도경", "reporter"))
        address, key = (
            "/admin/articles/article/add/autosave/",
            "01234567-89ab-4def-8123-456789abcdef",
        )
        kind = "application/json"
        good = {"key": key, "step": "1", "headline": "\ud800\0나눔"}
        for bomb in (
            "[" * 100_000,
            '{"a":' * 100_000,
            '{"a":' + "9" * 5000 + "}",
            "[]",
            "1",
            "\xff",
        ):
            answer = self.client.post(address, bomb, kind)
            self.assertEqual(answer.status_code, 400, bomb[:9])
            self.assertTrue(answer.json()["error"])
        self.assertEqual(self.client.post(address, good, kind).status_code, 200)


class DoorTests(TestCase):
    def setUp(self):
        self.user = make_staff(email="desk@example.com")

    def opens(self, key):
        """Whether a session with this key leads into the newsroom."""
        self.client.cookies[settings.SESSION_COOKIE_NAME] = key
        return self.client.get(INDEX).status_code == 200

    def key(self):
        return self.client.cookies[settings.SESSION_COOKIE_NAME].value

    def test_session_gets_another_key_at_each_step_and_ends(self):
        sign_in(self.client)
        first = self.key()
        self.client.post(f"{INDEX}logout/")
        self.assertFalse(self.opens(first))
        give_factor(self.user)
        self.client.cookies[settings.SESSION_COOKIE_NAME] = first  # planted by somebody
        sign_in(self.client)
        second = self.key()
        self.client.post(CODE, {"code": code_of(self.user)})
        third = self.key()
        self.assertEqual(len({first, second, third}), 3)
        self.assertFalse(self.opens(second))
        self.assertTrue(self.opens(third))
        self.user.refresh_from_db()
        self.user.set_password("다른 암호 열두 자")
        self.user.save()
        self.assertFalse(self.opens(third))

    def test_refusal_says_and_costs_the_same_whoever_is_asked_for(self):
        make_staff("퇴사자", is_active=False)
        User.objects.create_user("독자", password=PASSWORD)
        User.objects.create_user("초대됨", is_staff=True)
        seen = set()
        for name in ("한도경", "퇴사자", "독자", "초대됨", "없는이"):
            with mock.patch.object(MD5PasswordHasher, "encode", autospec=True) as hashing:
                hashing.return_value = "md5$x$y"
                answer = sign_in(Client(), name, "아닌 것")
            words = answer.content.decode().replace(name, "")
            seen.add((answer.status_code, hashing.call_count, TOKEN.sub("", words)))
        self.assertEqual(len(seen), 1, [each[:2] for each in seen])
        self.assertEqual(sign_in(Client()).status_code, 302)

    def test_only_pages_of_ours_are_gone_on_to(self):
        for wanted in (
            *("/\\evil.example", "\\\\evil.example", "///evil.example", "http:evil.example"),
            *(
                "/%09/evil.example\n",
                "\x01//evil.example",
                "data:text/html,x",
                "http://testserver@e/",
            ),
            *(
                "JavaScript:alert(1)",
                " //evil.example",
                "//evil.example/%2f..",
                "https:/evil.example",
            ),
        ):
            with self.subTest(wanted):
                place = sign_in(Client(), next=wanted).headers["Location"]
                self.assertEqual(
                    urlsplit(urljoin("http://testserver/", place)).netloc, "testserver"
                )
                self.assertNotIn("\n", place)
        place = sign_in(Client(), next="/admin/guide/").headers["Location"]
        self.assertEqual(place, "/admin/guide/")

    def test_letter_leads_to_our_own_address_whatever_host_was_asked_for(self):
        with override_settings(ALLOWED_HOSTS=["testserver", "other.example"]):
            self.client.post(
                ASK,
                {"email": "desk@example.com"},
                headers={"host": "other.example", "x-forwarded-host": EVIL},
            )
        tasks.send_due()
        letter = outbox.outbox[-1].body
        self.assertIn(f"{settings.SITE_URL}/admin/password-reset/", letter)
        self.assertNotIn(".example/", letter)


@pytest.mark.django_db
class TestPolyglots:
    """Of a file that is a picture and something else, readers get the picture alone."""

    payload = b"<script>alert(1)</script><?php system($_GET[0]); ?>"

    def files(self):
        jpeg, gif = image_file().read(), image_file(format="GIF").read()
        exif = Image.Exif()
        exif[0x010E] = exif[0x8298] = self.payload.decode()
        yield "x.php.jpg", jpeg + self.payload
        yield "x.html", image_file(comment=self.payload).read()
        yield "x.svg", image_file(exif=exif).read()
        yield "x.jpg;.js", gif + b"/*" + self.payload + b"*/"
        yield "../../x.png", image_file(format="PNG").read() + b"PK\3\4" + self.payload

    def test_what_is_served_is_drawn_anew(self, client):
        for name, data in self.files():
            assert self.payload in data
            file = BytesIO(data)
            file.name = name
            photo = make_photo(file)
            for extension in ("jpg", "avif"):
                address = photo.rendition("full", 480, extension)
                answer = client.get(address)
                served = b"".join(answer.streaming_content)
                assert (
                    answer["Content-Type"] == {"jpg": "image/jpeg", "avif": "image/avif"}[extension]
                )
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert b"script" not in served and b"php" not in served
                assert "x." not in address and "x." not in photo.original
            assert client.get(f"/media/{photo.original}").status_code == 404

    def test_what_only_says_that_it_is_a_picture_is_refused(self):
        for data in (
            *(b"GIF89a/*" + self.payload, b"\xff\xd8\xff\xe0" + self.payload, b"%PDF-1.7"),
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        ):
            with pytest.raises(pictures.Refused):
                make_photo(BytesIO(data))
