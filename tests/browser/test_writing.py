"""Writing an article in a browser: whatever breaks, at most five seconds of typing are lost."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from articles import revisions
from articles.models import Article, Writing
from authors.models import User
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.browser.hands import compose, cookie_of
from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/admin/articles/article/"
AT_MOST = 5  # seconds
SENTENCE = "저녁 여섯 시면 셔터가 내려가던 장터에 다시 불이 켜졌다. "


@pytest.fixture
def editor():
    Masthead(pk=1, title="미르내신문").save()
    return User.objects.create_superuser("윤서하")


@pytest.fixture
def draft(editor):
    return make_article("장터에 켜진 불", state="draft", published_at=None, created_by=editor)


@pytest.fixture
def open_desk(open_page, live_server, editor):
    """Open pages of the admin, signed in."""

    def visit(path, *args, user=editor, **kwargs):
        page = open_page("/", *args, **kwargs)
        page.context.add_cookies([cookie_of(user, live_server.url)])
        page.goto(f"{live_server.url}{path}", wait_until="networkidle")
        return page

    return visit


class Server:
    """A server in a process of its own, which can be killed."""

    def __init__(self, database):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "DATABASE_URL": database, "DEBUG": "1"}
        self.environment["SECRET_KEY"] = settings.SECRET_KEY
        self.start()

    def start(self):
        command = [sys.executable, "manage.py", "runserver", "--noreload", str(self.port)]
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path, draft, session):
    """A server on the database as it is now, with a session in it."""
    if connection.vendor == "sqlite":
        path = tmp_path / "newsroom.db"
        connection.cursor().execute("VACUUM INTO %s", [str(path)])
        database = f"sqlite:///{path}"
    else:
        at = connection.settings_dict
        password = f":{at['PASSWORD']}" if at["PASSWORD"] else ""
        host = f"{at['HOST'] or '127.0.0.1'}:{at['PORT'] or 5432}"
        database = f"postgres://{at['USER']}{password}@{host}/{at['NAME']}"
    server = Server(database)
    yield server
    server.kill()


@pytest.fixture
def session(editor):
    """A session that is there before the database is copied."""
    return cookie_of(editor, "http://127.0.0.1")["value"]


@pytest.fixture
def desk(chromium, session, server):
    """A browser that is signed in on the server of its own."""
    context = chromium.new_context(locale="ko-KR")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}
    context.add_cookies([cookie])
    yield context
    context.close()


class Typist:
    """Somebody who types without a pause, and knows what stood there when."""

    def __init__(self, page, field="#id_lead"):
        self.page, self.field, self.said = page, field, []
        page.fill(field, "")
        page.focus(field)
        self.text, self.number = "", 0

    def type(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.page.keyboard.insert_text(SENTENCE[self.number % len(SENTENCE)])
            self.text += SENTENCE[self.number % len(SENTENCE)]
            self.number += 1
            self.said.append((time.monotonic(), len(self.text)))
            self.page.wait_for_timeout(60)

    def lost(self, kept):
        """How many seconds of typing are not in the text `kept`."""
        assert self.text.startswith(kept), "another text came back"
        missing = [moment for moment, length in self.said if length > len(kept)]
        return self.said[-1][0] - missing[0] if missing else 0


def form(server, draft):
    return f"{server.url}{URL}{draft.pk}/change/"


def restored(page):
    """The lead after the newest text that was not saved is restored."""
    page.wait_for_timeout(1500)
    here = page.locator("[data-kept-restore]")
    if here.is_visible():
        here.click()
    else:
        page.locator("a[href*='restore=']").first.click()
    page.wait_for_url("**restore=**")
    return page.input_value("#id_lead")


def crash(page):
    """End a tab as a crash does: nothing of it runs any more."""
    page.once("crash", lambda _: None)
    try:
        page.goto("chrome://crash", timeout=2000)
    except Exception as error:  # it crashes, as it should
        assert "crash" in str(error).lower() or "Timeout" in str(error)


@pytest.mark.parametrize("seconds", [3, 7])
def test_killed_server_loses_nothing(desk, server, draft, seconds):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    typist = Typist(page)
    typist.type(seconds)
    server.kill()
    typist.type(4)
    assert page.locator("[data-writing][data-warning]").is_visible()
    page.close()
    server.start()
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) <= AT_MOST


def test_killed_server_comes_back_and_has_it_all(desk, server, draft):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    typist = Typist(page)
    typist.type(3)
    server.kill()
    typist.type(5)
    server.start()
    page.locator("[data-writing]:not([data-warning])").wait_for(timeout=30_000)
    crash(page)
    other = desk.browser.new_context()
    other.add_cookies(desk.cookies())
    page = other.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) == 0
    other.close()


@pytest.mark.parametrize("seconds", [6, 9.5])
def test_crash_of_the_tab_loses_at_most_five_seconds(desk, server, draft, seconds):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    typist = Typist(page)
    typist.type(seconds)
    crash(page)
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) <= AT_MOST


def test_killed_server_and_crashed_tab_at_once_lose_at_most_five_seconds(desk, server, draft):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    typist = Typist(page)
    typist.type(6)
    server.kill()
    typist.type(5)
    crash(page)
    server.start()
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) <= AT_MOST


@pytest.mark.parametrize("seconds", [1, 5])
def test_closed_tab_loses_nothing(desk, server, draft, seconds):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    typist = Typist(page)
    typist.type(seconds)
    page.close(run_before_unload=True)
    time.sleep(1)
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) == 0


def test_without_a_network_the_text_stays_on_the_device(desk, server, draft):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    network = desk.new_cdp_session(page)
    typist = Typist(page)
    typist.type(3)
    cut = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", cut)
    typist.type(5)
    status = page.locator("[data-writing][data-warning]")
    assert page.get_attribute("[data-writing]", "data-here") in status.inner_text()
    page.close()
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    assert typist.lost(restored(page)) <= AT_MOST


def test_network_that_comes_back_is_used_at_once(desk, server, draft):
    page = desk.new_page()
    page.goto(form(server, draft), wait_until="networkidle")
    network = desk.new_cdp_session(page)
    network.send("Network.enable")
    cut = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": True, **cut})
    Typist(page).type(5)
    page.locator("[data-writing][data-warning]").wait_for()
    network.send("Network.emulateNetworkConditions", {"offline": False, **cut})
    page.locator("[data-writing]:not([data-warning])").wait_for(timeout=5000)
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('writing.'))") == []


@pytest.mark.parametrize("field", ["#id_headline", "#id_lead", ".ProseMirror"])
def test_hangul_arrives_whole_while_it_is_kept(open_desk, draft, field):
    page = open_desk(f"{URL}{draft.pk}/change/")
    page.locator(field).click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    text = SENTENCE.strip() * 2
    with page.expect_response(lambda r: r.url.endswith("/autosave/") and r.ok, timeout=15_000):
        keyboard = compose(page, text)
        # Half a syllable stands there for longer than it takes to keep it.
        half = {"text": "하", "selectionStart": 1, "selectionEnd": 1}
        keyboard.send("Input.imeSetComposition", half)
        page.wait_for_timeout(3000)
    keyboard.send("Input.imeSetComposition", {**half, "text": "한"})
    keyboard.send("Input.insertText", {"text": "한"})
    compose(page, "글")
    read = "e => e.value ?? e.textContent"
    assert page.locator(field).evaluate(read) == f"{text}한글"
    page.wait_for_timeout(3500)
    kept = json.dumps(Writing.objects.get(content__isnull=False).content, ensure_ascii=False)
    assert f"{text}한글" in kept


def test_ended_session_is_told_and_goes_on_after_signing_in(open_desk, live_server, editor, draft):
    page = open_desk(f"{URL}{draft.pk}/change/", quiet=False)
    Session.objects.all().delete()
    page.fill("#id_lead", "로그인이 끝난 뒤에 쓴 글")
    page.locator("[data-sign-in] a").wait_for()
    assert page.locator("[data-writing][data-warning]").is_visible()
    page.context.clear_cookies()
    page.context.add_cookies([cookie_of(editor, live_server.url)])
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("[data-writing]:not([data-warning])").wait_for()
    assert page.locator("[data-sign-in]").is_hidden()
    page.click("button[name=do][value=save]")
    page.wait_for_load_state("networkidle")
    assert Article.objects.get().lead == "로그인이 끝난 뒤에 쓴 글"


def test_saved_text_is_offered_nowhere(open_desk, live_server, draft):
    page = open_desk(f"{URL}{draft.pk}/change/")
    page.fill("#id_lead", "저장할 글")
    page.locator("[data-writing]:not(:empty)").wait_for()
    page.fill("#id_lead", "저장한 글")
    page.click("button[name=do][value=save]")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    assert page.locator("[data-unsaved]").count() == 0
    assert page.locator("[data-kept-here]").is_hidden()
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('writing.'))") == []
    assert Article.objects.get().lead == "저장한 글"


def test_form_that_is_only_opened_keeps_nothing(open_desk, draft):
    page = open_desk(f"{URL}{draft.pk}/change/")
    page.focus("#id_headline")
    page.wait_for_timeout(3000)
    page.goto("about:blank")
    assert not Writing.objects.exclude(content=None).exists()


def test_others_are_named_and_what_they_save_is_told(open_desk, draft):
    other = User.objects.create_superuser("한도경")
    page = open_desk(f"{URL}{draft.pk}/change/")
    open_desk(f"{URL}{draft.pk}/change/", user=other)
    page.fill("#id_lead", "첫째")
    page.locator("[data-writing]", has_text="한도경").wait_for()
    revisions.save(draft, {**revisions.current(draft), "lead": "둘째"}, other, 0)
    page.fill("#id_lead", "셋째")
    page.locator("[data-writing][data-warning]").wait_for()
    page.click("button[name=do][value=save]")
    page.wait_for_url("**/merge/**")
    assert page.locator(".comparison ins").first.is_visible()
    assert page.input_value("#id_lead") == "셋째"


def test_without_script_text_is_kept_by_the_preview_and_restored(open_desk, draft):
    page = open_desk(f"{URL}{draft.pk}/change/", java_script_enabled=False)
    page.fill("#id_lead", "스크립트 없이 쓴 글")
    with page.context.expect_page() as opened:
        page.click("button[formaction]")
    frame = opened.value.frame_locator("iframe").first
    assert frame.locator("h1").inner_text() == draft.headline
    page.goto(page.url)
    page.click("[data-unsaved] a")
    assert page.input_value("#id_lead") == "스크립트 없이 쓴 글"
    page.goto(page.url.split("?")[0])
    page.click("[data-unsaved] button")
    assert page.locator("[data-unsaved]").count() == 0


def test_preview_shows_what_is_typed_at_two_widths(open_desk, draft):
    page = open_desk(f"{URL}{draft.pk}/change/")
    page.fill("#id_headline", "미리 보는 제목")
    with page.context.expect_page() as opened:
        page.click("button[formaction]")
    preview = opened.value
    preview.wait_for_load_state("networkidle")
    widths = [frame.evaluate("innerWidth") for frame in preview.frames[1:]]
    assert widths == [390, 1280]
    for frame in preview.frames[1:]:
        assert frame.locator("h1").inner_text() == "미리 보는 제목"
        assert frame.locator("#comment-form").evaluate("e => e.closest('[inert]') !== null")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_are_accessible_and_fit(open_desk, live_server, editor, draft, width, scheme):
    other = User.objects.create_superuser("한도경")
    content = revisions.current(draft)
    revisions.save(draft, {**content, "headline": "장터는 켜진 불 " + "가" * 60}, other, 0)
    aside = revisions.save(draft, {**content, "headline": "장터가 켜진 불"}, editor, 0)
    Writing.objects.create(user=editor, article=draft, content={"headline": ["쓰다 만 제목"]})
    Writing.objects.update(changed_at=aside.made_at)
    draft.preview_links.create(made_by=editor)
    page = open_desk(f"{URL}{draft.pk}/change/", width=width, scheme=scheme)
    history, offer = (
        page.locator(name).bounding_box() for name in (".object-tools", "[data-unsaved]")
    )
    assert history["y"] + history["height"] <= offer["y"]
    address = f"{live_server.url}{URL}{draft.pk}/"
    for name in (
        "change/",
        "revisions/",
        f"revisions/{aside.pk}/",
        f"merge/{aside.pk}/",
        "preview/",
    ):
        page.goto(address + name, wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        ours = [".writing #content"]
        if page.locator(".article-form").count():
            ours = [".writing-status", ".writing-offer, .writing-merge"]
        assert_accessible(page, *ours)
