"""The page cache: fast where nothing changed, exact where something did, safe in between."""

import gzip
import json
import os
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import mkdtemp
from unittest import mock
from urllib.parse import unquote

import brotli
import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.test import TestCase
from django.utils import timezone

from articles import flow, related
from articles.models import Article, Correction, Page, Placement, Related, Section, Series
from authors.models import User
from comments import moderation
from newsroom import changes, pagecache, pagestores
from newsroom.models import Masthead, PageChange
from newsroom.pagestores import FileStore, Guarded, RedisStore
from newsroom.purge import Purge
from tests.factories import (
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)
from tests.newsroom import test_visibility
from tests.newsroom.cached import Browser, CachedClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def always_look(monkeypatch):
    """Look for changes with every request, so that a test need not wait for a quarter second."""
    monkeypatch.setattr(pagecache, "LOOK_AFTER", -1)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pages"


@pytest.fixture
def browser(folder):
    return Browser(folder)


@pytest.fixture
def article():
    Masthead(pk=1, title="미르내신문", comment_policy="open").save()
    return make_article(
        "반딧불이 돌아온 냇가",
        section=make_section(),
        authors=[make_author()],
        tags=["나눔"],
        hero=make_photo(),
        series=Series.objects.create(title="막차"),
    )


@pytest.fixture
def url(article):
    return article.get_absolute_url()


class TestHit:
    def test_second_reader_is_answered_without_django_and_without_a_query(
        self, browser, url, django_assert_num_queries
    ):
        first = browser.get(url)
        assert browser.django.asked
        with django_assert_num_queries(1):  # whether anything has changed
            second = browser.get(url)
        assert len(browser.django.asked) == 1
        assert second.content == first.content
        assert "반딧불이" in second.content.decode()
        assert second["Content-Security-Policy"] == first["Content-Security-Policy"]

    def test_page_is_what_django_says_itself(self, browser, client, url):
        for path in ("/", url, "/sections/사회/", "/feeds/latest.xml", "/sitemap.xml"):
            plain = client.get(path).content
            made = browser.get(path).content
            assert drop_tokens(browser.get(path).content) == drop_tokens(made), path
            assert drop_tokens(made) == drop_tokens(plain), path

    def test_what_is_not_kept_takes_every_parameter_that_others_know(self, browser, client, url):
        make_article("반딧불이 축제", section=Section.objects.get())
        assert {"page", "section", "order"} <= pagecache.known_names
        for path in ("/search/", "/search/suggest/", "/search/comments/", "/없는주소/"):
            for name in sorted(pagecache.known_names):
                address = f"{path}?q=반딧불이&{name}="
                plain, answer = client.get(address), browser.get(address)
                assert answer.status_code == plain.status_code, address
                assert drop_tokens(answer.content) == drop_tokens(plain.content), address

    def test_each_browser_gets_the_encoding_it_takes(self, browser, url):
        plain = browser.get(url).content
        for accepted, encoding, read in (
            ("gzip, deflate, br, zstd", "br", brotli.decompress),
            ("gzip", "gzip", gzip.decompress),
            ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
            ("zstd", None, bytes),
            ("identity", None, bytes),
        ):
            response = browser.get(url, accept_encoding=accepted)
            assert response.get("Content-Encoding") == encoding, accepted
            assert read(response.content) == plain
            assert int(response["Content-Length"]) == len(response.content)
            assert response["Vary"] == "Accept-Encoding"
        assert len(browser.django.asked) == 1

    def test_who_has_the_page_is_told_so(self, browser, url):
        etag = browser.get(url)["ETag"]
        for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
            response = browser.get(url, if_none_match=known)
            assert (response.status_code, response.content) == (304, b""), known
            assert response["ETag"] == etag
            assert "Content-Length" not in response
        assert browser.get(url, if_none_match='"other"').status_code == 200

    def test_first_reader_may_have_the_page_too(self, folder, url):
        etag = Browser(folder).get("/feeds/latest.xml")["ETag"]
        other = Browser(folder / "other")
        assert other.get("/feeds/latest.xml", if_none_match=etag).status_code == 304
        assert other.get("/feeds/latest.xml").status_code == 200

    def test_feed_that_did_not_change_since_is_not_sent_again(self, browser, article):
        Article.objects.update(updated_at=timezone.now() - timedelta(days=1))
        seen = browser.get("/feeds/latest.xml").get("Last-Modified")
        if seen is None:  # a feed says nothing within the second of its last change
            pytest.fail("the feed names no time")
        assert browser.get("/feeds/latest.xml", if_modified_since=seen).status_code == 304
        earlier = "Mon, 01 Jan 2024 00:00:00 GMT"
        assert browser.get("/feeds/latest.xml", if_modified_since=earlier).status_code == 200

    def test_head_is_a_get_without_a_body(self, browser, url):
        head = browser.ask("HEAD", url)
        get = browser.get(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))
        assert len(browser.django.asked) == 1

    def test_others_are_told_how_long_and_what_it_depends_on(self, browser, article, url, settings):
        settings.CDN_SECONDS = 60
        response = browser.get(url)
        assert response["Surrogate-Key"].split() == ["paper", f"article-{article.pk}"]
        assert "s-maxage=60" in response["Cache-Control"]
        assert "stale-if-error" in response["Cache-Control"]
        assert "Set-Cookie" not in response
        assert response["Age"] == "0"


def editor():
    return User.objects.create_superuser("editor")


def drop_tokens(page):
    """The page without what is another in every making: the tokens of its forms."""
    lines = page.split(b"\n")
    return [line for line in lines if b"token" not in line and b"lastBuildDate" not in line]


CHANGES = {
    "headline": lambda a: Article.objects.filter(pk=a.pk).update(headline="고친 제목"),
    "text": lambda a: Article.objects.filter(pk=a.pk).update(body_html="<p>고친 글</p>"),
    "withdrawn": lambda a: flow.withdraw(a, editor(), "사실과 다릅니다."),
    "comment approved": lambda a: make_comment(a, "귀뚜라미가 웁니다"),
    "section renamed": lambda a: type(a.section).objects.update(name="마을"),
    "author renamed": lambda a: a.authors.update(name="서이랑"),
    "tag renamed": lambda a: a.tags.update(name="품앗이"),
    "tag taken away": lambda a: a.tags.clear(),
    "byline taken away": lambda a: a.bylines.all().delete(),
    "series renamed": lambda a: Series.objects.update(title="첫차"),
    "masthead": lambda a: Masthead.objects.update(title="솔재신문"),
    "page in the footer": lambda a: Page.objects.create(slug="a", title="알림", is_in_footer=True),
    "correction": lambda a: Correction.objects.create(article=a, text="고칩니다."),
    "alt text": lambda a: type(a.hero).objects.update(alt="다른 설명"),
    "comments closed": lambda a: Masthead.objects.update(comment_policy="closed"),
}


class TestExact:
    @pytest.mark.parametrize("name", CHANGES)
    def test_change_is_seen_at_once_by_every_process(self, browser, folder, article, url, name):
        other = Browser(folder)
        seen = [one.get(url) for one in (browser, other)]
        assert not browser.reached(url)
        assert not other.reached(url)
        CHANGES[name](article)
        for one, before in zip((browser, other), seen, strict=True):
            after = one.get(url)
            assert drop_tokens(after.content) != drop_tokens(before.content)
            assert after.status_code == (410 if name == "withdrawn" else 200)

    def test_comment_leaves_other_articles_and_reaches_the_front_page(self, browser, article, url):
        other = make_article("장날", section=article.section)
        related.relate(article)
        aside = other.get_absolute_url()
        for path in (url, aside, "/"):
            browser.get(path)
        comment = make_comment(article, "귀뚜라미가 웁니다")
        assert not browser.reached(aside)
        assert "귀뚜라미" in browser.get(url).content.decode()
        assert "귀뚜라미" in browser.get("/").content.decode()
        moderation.change_state(comment, "trashed")
        assert not browser.reached(aside)
        assert "귀뚜라미" not in browser.get(url).content.decode()
        assert "귀뚜라미" not in browser.get("/").content.decode()

    def test_vote_is_shown_and_leaves_the_front_page(self, browser, client, article, url):
        comment = make_comment(article)
        browser.get(url)
        browser.get("/")
        type(comment).objects.filter(pk=comment.pk).update(up_count=7, score=7)
        assert ">7<" in browser.get(url).content.decode()
        assert not browser.reached("/")

    @pytest.mark.parametrize("unseen", ["comment", "draft", "spam"])
    def test_what_readers_cannot_see_leaves_all_pages(self, browser, article, url, unseen):
        draft = make_article(state="draft", published_at=None)
        for path in (url, "/"):
            browser.get(path)
        if unseen == "draft":
            draft.headline = "또 고친 초고"
            draft.save()
            draft.tags.set(["장터"])
        else:
            comment = make_comment(article, state="pending")
            if unseen == "spam":  # it may have been seen: the article's page is made anew
                type(comment).objects.filter(pk=comment.pk).update(queued_at=timezone.now())
        assert not browser.reached(url)
        assert not browser.reached("/")

    def test_change_in_a_transaction_counts_when_it_ends(self, browser, article, url):
        browser.get(url)
        with transaction.atomic():
            Article.objects.filter(pk=article.pk).update(headline="고친 제목")
        assert "고친 제목" in browser.get(url).content.decode()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Article.objects.filter(pk=article.pk).update(headline="또 고친 제목")
            1 / 0  # noqa: B018
        assert "고친 제목" in browser.get(url).content.decode()

    def test_transaction_that_began_first_and_ends_last_is_not_missed(self, browser, article, url):
        if connection.vendor == "sqlite":
            pytest.skip("SQLite writes one transaction after the other")
        began, may_end = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                Article.objects.filter(pk=article.pk).update(headline="늦게 끝난 제목")
                began.set()
                may_end.wait(5)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        began.wait(5)
        Series.objects.update(title="먼저 끝난 이름")
        assert "늦게 끝난" not in browser.get(url).content.decode()
        may_end.set()
        thread.join()
        assert "늦게 끝난 제목" in browser.get(url).content.decode()
        assert not browser.reached(url)

    def test_scheduled_article_appears_at_its_time(self, browser, article):
        at = timezone.now() + timedelta(seconds=0.6)
        make_article("곧 나올 기사", published_at=at)
        assert "곧 나올" not in browser.get("/").content.decode()
        assert not browser.reached("/")
        time.sleep(max(0, (at - timezone.now()).total_seconds()) + 0.05)
        assert "곧 나올 기사" in browser.get("/").content.decode()

    def test_place_on_the_front_page_begins_and_ends_at_its_time(self, browser, article):
        now = timezone.now()
        old = make_article("오래된 기사", hours_ago=400)
        begins, ends = now + timedelta(seconds=0.4), now + timedelta(seconds=0.9)
        Placement.objects.create(article=old, position=1, starts_at=begins, ends_at=ends)
        leads = []
        for at in (now, begins, ends):
            time.sleep(max(0, (at - timezone.now()).total_seconds()) + 0.05)
            page = browser.get("/").content.decode()
            leads.append(page.index("오래된 기사") < page.index("반딧불이 돌아온"))
        assert leads == [False, True, False]

    def test_comments_close_at_their_time(self, browser, article, url):
        Masthead.objects.update(comments_close_after_days=7)
        at = timezone.now() - timedelta(days=7) + timedelta(seconds=0.5)
        Article.objects.filter(pk=article.pk).update(published_at=at)
        assert 'name="text"' in browser.get(url).content.decode()
        assert not browser.reached(url)
        time.sleep(0.6)
        assert 'name="text"' not in browser.get(url).content.decode()

    def test_page_is_made_anew_after_a_while_without_a_change(self, browser, url):
        with time_machine.travel(timezone.now(), tick=True) as clock:
            browser.get(url)
            assert not browser.reached(url)
            clock.shift(pagecache.LASTS + 1)
            assert browser.reached(url)

    def test_clock_that_jumps_back_keeps_nothing_longer(self, browser, folder, url):
        with time_machine.travel(timezone.now(), tick=True) as clock:
            browser.get(url)
            clock.shift(-86_400)
            assert Browser(folder).reached(url)  # what the store holds is of the future

    def test_another_database_is_noticed(self, browser, folder, article, url):
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL's own numbers are not ours to set back")
        make_comment(article)
        browser.get(url)
        PageChange.objects.all().delete()  # as if an older copy had been put back
        assert Browser(folder).reached(url)
        browser.cache.store.clear()
        assert browser.reached(url)


@pytest.mark.skipif(
    connection.vendor == "postgresql", reason="to PostgreSQL the whole test is one change"
)
class CachedVisibilityTests(test_visibility.VisibilityTests):
    """The table of what stands where, asked through the cache."""

    client_class = CachedClient

    def setUp(self):
        self.client.browser = Browser(Path(mkdtemp()))
        # The test's own transaction would end with a connection that is let go.
        kept_open = mock.patch.object(connections["default"], "close_if_unusable_or_obsolete")
        kept_open.start()
        self.addCleanup(kept_open.stop)


class TestPast:
    def test_staff_posts_and_everything_else_go_past(self, browser, client, url):
        client.force_login(editor())
        session = client.cookies["sessionid"].value
        browser.get(url)
        assert browser.reached(url, cookie=f"sessionid={session}")
        assert browser.reached(url, authorization="Basic eDp5")
        assert not browser.reached(url, cookie="colour=dark")
        for path in ("/search/?q=장터", "/search/suggest/?q=장", "/healthz", "/admin/login/"):
            browser.get(path)
            assert browser.reached(path), path
        assert browser.ask("POST", f"{url}comments/").status_code in (403, 404, 405)
        assert not browser.reached(url)

    def test_errors_and_redirects_are_not_kept(self, browser, article, url):
        wrong = f"/articles/{article.pk}/another/"
        for path, status in ((wrong, 301), ("/articles/999/x/", 404), ("/?page_id=3", 200)):
            assert browser.get(path).status_code == status
            assert browser.reached(path), path

    def test_other_hosts_are_refused_before_and_after_a_page_is_kept(self, browser, url):
        assert browser.get(url, host="evil.example").status_code == 400
        assert browser.get(url).status_code == 200
        assert browser.get(url, host="evil.example").status_code == 400
        assert "evil.example" not in browser.get(url).content.decode()

    def test_insecure_request_gets_no_page_of_a_secure_site(self, browser, url, settings):
        settings.HTTPS = True
        browser.get(url, x_forwarded_proto="https")
        assert not browser.reached(url, x_forwarded_proto="https")
        assert browser.reached(url)


class TestQuery:
    def test_parameters_of_others_neither_split_nor_fill(self, browser, url):
        browser.get(url)
        for query in (
            "fbclid=IwAR0",
            "utm_source=kakao&utm_medium=x",
            "a=1&b=2",
            "page=2",
            "?",
            "%00",
        ):
            assert not browser.reached(f"{url}?{query}"), query
        assert len(browser.cache.pages) == 1

    def test_parameter_of_others_does_not_reach_the_page(self, browser, url):
        assert "Ev1l" not in browser.get(f"{url}?x=Ev1l").content.decode()
        assert "Ev1l" not in browser.get(url).content.decode()

    def test_known_parameters_split_in_any_order(self, browser, article):
        for _ in range(21):
            make_article(section=article.section)
        until = int(time.time())
        first = browser.get("/sections/사회/")
        second = browser.get(f"/sections/사회/?page=2&until={until}")
        assert first.content != second.content
        assert not browser.reached(f"/sections/사회/?until={until}&fbclid=1&page=2")
        assert browser.get("/sections/사회/?page=1&page=2").content != first.content

    def test_question_mark_in_a_path_is_no_query(self, browser, article):
        browser.get("/sections/사회/?page=1")
        assert browser.get("/sections/사회/%3Fpage=1").status_code == 404

    def test_long_question_goes_past(self, browser, article):
        for query in ("page=" + "1" * 200, "a=" + "x" * 3000):
            browser.get(f"/sections/사회/?{query}")
        assert not browser.cache.pages


class TestClock:
    def test_page_of_a_time_to_come_is_made_anew(self, browser, folder, url):
        """Its form would be refused: it was not made yet."""
        with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
            browser.get(url)
            assert not browser.reached(url)
        assert browser.reached(url)
        assert not browser.reached(url)
        assert not Browser(folder).reached(url)


class Slow:
    """Django, but slow."""

    def __init__(self, django, seconds):
        self.django, self.seconds = django, seconds

    def __call__(self, environ, start_response):
        time.sleep(self.seconds)
        return self.django(environ, start_response)


def at_once(number, ask):
    """Let `ask` run in so many threads; return [(answer, seconds)]."""
    answers, start = [], threading.Barrier(number)

    def run():
        start.wait()
        since = time.monotonic()
        answers.append((ask(), time.monotonic() - since))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class TestStampede:
    def test_one_makes_the_page_and_the_others_wait(self, browser, url):
        browser.cache.application = Slow(browser.django, 0.3)
        answers = at_once(12, lambda: browser.get(url))
        assert {response.status_code for response, _ in answers} == {200}
        assert len({response.content for response, _ in answers}) == 1
        assert browser.django.asked == [browser.django.asked[0]]

    def test_one_process_makes_it_for_all(self, folder, url):
        browsers = [Browser(folder) for _ in range(4)]
        for one in browsers:
            one.cache.application = Slow(one.django, 0.3)
        turn = iter(browsers * 2)
        at_once(8, lambda: next(turn).get(url))
        assert sum(len(one.django.asked) for one in browsers) == 1

    def test_others_get_the_old_page_meanwhile_if_it_was_good_just_now(self, browser, article, url):
        browser.get(url)
        browser.get(url)
        browser.cache.application = Slow(browser.django, 0.4)
        Article.objects.filter(pk=article.pk).update(headline="고친 제목")
        answers = at_once(10, lambda: browser.get(url))
        new = [seconds for answer, seconds in answers if "고친 제목" in answer.content.decode()]
        old = [seconds for answer, seconds in answers if "고친 제목" not in answer.content.decode()]
        assert len(new) == 1
        assert max(old) < 0.3 < min(new)

    def test_old_page_that_nobody_asked_for_lately_is_not_given(self, browser, article, url):
        browser.get(url)
        Article.objects.filter(pk=article.pk).update(headline="고친 제목")
        time.sleep(pagecache.STALE_FOR)
        browser.cache.application = Slow(browser.django, 0.2)
        for answer, _ in at_once(5, lambda: browser.get(url)):
            assert "고친 제목" in answer.content.decode()

    def test_maker_that_died_holds_nobody_up_for_long(self, folder, url, monkeypatch):
        monkeypatch.setattr(pagecache, "LEASE_SECONDS", 0.3)
        browser = Browser(folder)
        name = repr((browser_path(url), ""))
        assert browser.cache.store.lease(name)
        assert browser.get(url).status_code == 200
        assert browser.django.asked

    def test_who_waited_in_vain_for_another_thread_goes_past(self, browser, url, monkeypatch):
        monkeypatch.setattr(pagecache, "WAIT", 0.1)
        browser.cache.application = Slow(browser.django, 0.4)
        answers = at_once(4, lambda: browser.get(url))
        assert [response.status_code for response, _ in answers] == [200] * 4
        assert len(browser.django.asked) > 1

    def test_lease_of_before_the_clock_was_put_back_ends_too(self, folder):
        store = FileStore(folder)
        assert store.lease("x")
        assert not store.lease("x")  # it holds
        (lease,) = folder.iterdir()
        os.utime(lease, (time.time() + 3600,) * 2)
        assert not store.lease("x")  # who asks first takes it away
        assert store.lease("x")


def browser_path(url):
    return unquote(url).encode().decode("latin1")


class TestStore:
    def test_new_process_finds_what_others_made(self, browser, folder, url):
        made = browser.get(url, accept_encoding="br")
        other = Browser(folder)
        found = other.get(url, accept_encoding="br")
        assert not other.django.asked
        assert found.content == made.content
        assert found["ETag"] == made["ETag"]

    def test_redis_is_shared_and_cleared(self, url, request):
        prefix = f"newsroom-test-{time.monotonic_ns()}"
        store = Guarded(RedisStore("redis://127.0.0.1:6379/9", prefix))
        if store.counts() is None or store.left_alone_until:
            pytest.skip("there is no Redis here")
        request.addfinalizer(store.clear)
        one, other = (Browser(None, store) for _ in range(2))
        one.get(url)
        other.get(url)
        assert (len(one.django.asked), len(other.django.asked)) == (1, 0)
        store.clear()
        assert Browser(None, store).reached(url)

    @pytest.mark.parametrize("damage", [b"", b"x" * 500, None])
    def test_damaged_page_is_made_anew(self, browser, folder, url, damage):
        whole = browser.get(url).content
        for file in folder.iterdir():
            data = file.read_bytes()
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if damage is None else damage)
        other = Browser(folder)
        assert drop_tokens(other.get(url).content) == drop_tokens(whole)
        assert other.django.asked

    def test_store_that_cannot_be_written_costs_no_page(self, folder, url):
        folder.write_text("not a folder")
        browser = Browser(folder)
        assert browser.get(url).status_code == 200
        assert not browser.reached(url)  # this process keeps it itself

    def test_redis_that_is_down_costs_no_page(self, url):
        browser = Browser(None, Guarded(RedisStore("redis://127.0.0.1:9/0", "x")))
        since = time.monotonic()
        assert browser.get(url).status_code == 200
        assert browser.get("/").status_code == 200
        assert time.monotonic() - since < 3
        assert not browser.reached(url)

    def test_redis_that_hangs_costs_a_moment_once(self, url):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            store = Guarded(RedisStore(address, "x"))
            browser = Browser(None, store)
            assert browser.get(url).status_code == 200
            since = time.monotonic()
            assert browser.get("/").status_code == 200
            assert store.left_alone_until > since

    def test_folder_stays_within_its_bound(self, folder, monkeypatch):
        monkeypatch.setattr(pagestores, "MOST_BYTES", 100_000)
        monkeypatch.setattr(pagestores, "SWEEP_EVERY", 10)
        store = FileStore(folder)
        for number in range(100):
            store.set(str(number), b"x" * 5000)
        assert sum(file.stat().st_size for file in folder.iterdir()) <= 150_000
        assert store.get("99")

    def test_memory_stays_within_its_bound(self, browser, article, monkeypatch):
        monkeypatch.setattr(pagecache, "MOST_BYTES", 200_000)
        for _ in range(12):
            browser.get(make_article().get_absolute_url())
        assert 0 < browser.cache.size <= 200_000
        assert browser.cache.size == sum(page.size for page in browser.cache.pages.values())

    def test_outcomes_of_all_processes_are_told(self, folder, url, monkeypatch):
        monkeypatch.setattr(pagecache, "COUNT_AFTER", -1)
        browser = Browser(folder)
        for _ in range(4):
            browser.get(url)
        (told,) = browser.cache.store.counts()
        assert told["made"] == 1
        assert told["hit"] >= 2

    def test_status_page_tells_the_share_from_the_first_request_on(
        self, browser, client, url, monkeypatch
    ):
        monkeypatch.setattr(pagecache, "COUNT_AFTER", -1)
        monkeypatch.setattr(pagecache, "shared_store", lambda: browser.cache.store)
        client.force_login(editor())
        for share in (
            "0 %",
            "0 %",
            "0 %",
            "50 %",
            "67 %",
        ):  # what is asked now is told the next time
            assert f">{share}<" in client.get("/admin/status/").content.decode()
            browser.get(url)


class TestDatabaseAway:
    def test_pages_that_are_kept_are_given(self, browser, url, monkeypatch):
        page = browser.get(url).content
        away(monkeypatch, browser)
        assert browser.get(url).content == page

    def test_page_that_is_over_is_given_where_the_new_one_fails(self, browser, url, monkeypatch):
        page = browser.get(url).content
        browser.cache.pages[(browser_path(url), "")].ends = 0
        browser.cache.store.clear()
        away(monkeypatch, browser)
        browser.cache.application = broken
        assert browser.get(url).content == page
        assert browser.get("/").status_code == 500

    def test_nothing_is_given_of_which_a_change_is_known(self, browser, article, url, monkeypatch):
        browser.get(url)
        flow.withdraw(article, editor(), "사실과 다릅니다.")
        browser.cache.application = broken
        assert browser.get(url).status_code == 500

    def test_what_is_made_meanwhile_is_not_kept(self, browser, url, monkeypatch):
        away(monkeypatch, browser)
        assert browser.get(url).status_code == 200
        assert browser.reached(url)


def away(monkeypatch, browser):
    def look(wait):
        raise OperationalError("away")

    monkeypatch.setattr(browser.cache.changes, "look", look)


def broken(environ, start_response):
    start_response("500 Internal Server Error", [])
    return Closing([b"broken"])


class Closing(list):
    def close(self):
        pass


class TestTriggers:
    def test_they_are_there_after_every_migration(self):
        assert changes.installed().keys() == changes.triggers().keys()

    def test_without_them_nothing_is_kept_and_migrate_brings_them_back(self, browser, url):
        with connection.cursor() as cursor:
            name, table = next(iter(changes.installed().items()))
            cursor.execute(changes.DROP[connection.vendor].format(name=name, table=table))
        assert browser.get(url).status_code == 200
        assert browser.reached(url)
        call_command("migrate", verbosity=0)
        assert changes.installed().keys() == changes.triggers().keys()
        browser.get(url)
        assert not browser.reached(url)

    def test_old_rows_are_dropped_but_for_the_newest(self, article):
        PageChange.objects.update(made_at=timezone.now() - timedelta(days=1))
        newest = max(PageChange.objects.values_list("position", flat=True))
        changes.forget()
        assert set(PageChange.objects.values_list("position", flat=True)) <= {newest}
        make_comment(article)
        positions = PageChange.objects.values_list("position", flat=True)
        assert max(positions) > newest


class TestRelated(TestCase):
    def test_row_changes_the_page_of_its_article_alone(self):
        one, other = make_article(), make_article()
        PageChange.objects.all().delete()
        Related.objects.create(article=one, other=other, position=1, reason="tag")
        keys = set(PageChange.objects.values_list("key", flat=True))
        assert keys == {f"article-{one.pk}"}


class Cdn(BaseHTTPRequestHandler):
    """Take what a purge says; refuse it while `status` is not 200."""

    told, status = [], 200

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.status == 200:
            self.told.append((json.loads(body)["keys"], self.headers["Authorization"]))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class TestPurge:
    @pytest.fixture
    def told(self, settings, monkeypatch):
        monkeypatch.setattr(Cdn, "told", [])
        monkeypatch.setattr(Cdn, "status", 200)
        server = HTTPServer(("127.0.0.1", 0), Cdn)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CDN_PURGE_URL = f"http://127.0.0.1:{server.server_port}/purge"
        settings.CDN_PURGE_TOKEN = "secret"
        yield Cdn.told
        server.shutdown()
        server.server_close()

    def test_cdn_forgets_all_at_first_and_then_what_changed(self, told, article):
        make_article(published_at=timezone.now() + timedelta(seconds=0.5))
        cdn = Purge()
        cdn.run()
        cdn.run()
        assert told == [(["paper"], "Bearer secret")]
        make_comment(article)
        cdn.run()
        assert told.pop()[0] == [f"article-{article.pk}", "comments"]
        time.sleep(0.6)  # a scheduled article appears
        cdn.run()
        assert told.pop()[0] == ["paper"]

    def test_what_was_refused_is_told_again(self, told, article, caplog):
        cdn = Purge()
        cdn.run()
        make_comment(article)
        Cdn.status = 503
        cdn.run()
        assert len(told) == 1
        assert "503" in caplog.text
        Cdn.status = 200
        cdn.run()
        assert told[1][0] == [f"article-{article.pk}", "comments"]
