"""The life of an article, as two people at the desk and a reader live through it."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from newsroom.models import Masthead
from tests.authors.test_door import make_staff
from tests.browser.hands import choose, compose, paste, sign_in, tool, upload, write_at
from tests.factories import image_file, make_author, make_section

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADLINE = "노을면 막차, 석 달 만에 돌아온다"
LEAD = "군청이 끊긴 저녁 버스를 다시 놓는다."
FIRST = "노을면 종점에 저녁 버스가 다시 선다."
SECOND = "군청은 지난 석 달 동안 막차 없이 지낸 마을 네 곳의 말을 들었다고 밝혔다."
LAST = "종점 가게 주인 최복례 씨는 첫날 따뜻한 차를 내겠다고 했다."
NOTE = "운행 시각은 군청 교통과에 두 번 확인했습니다."
CAPTION = "저녁 여섯 시의 노을면 종점"
EDITED = "마을 다섯 곳"
REASON = "군청이 운행 계획을 거둬들여 기사를 내립니다."


@pytest.fixture
def paper():
    """A paper with a section, and the two who work on it."""
    # A test with transactions of its own may have emptied the groups' rights.
    import_module("articles.migrations.0005_roles").make_groups(apps, None)
    Masthead(pk=1, title="미르내신문").save()
    make_section("사회")
    make_author(user=make_staff(group="reporter"))
    make_author("배수련", role="사진기자")
    make_staff("윤서하", "editor")


def press(page, do):
    """Press a button of the panel, and wait for the page that follows and its scripts."""
    with page.expect_navigation(wait_until="networkidle"):
        page.click(f".article-panel button[value={do}]")


def follow(page, link):
    with page.expect_navigation(wait_until="networkidle"):
        link.click()


def replace(page, before, after):
    """Choose words in the text and type others in their place."""
    choose(page, before)
    compose(page, after)
    expect(page.locator(".editor-text")).to_contain_text(after)


def write(page):
    """Type and paste the words of the article, as a reporter does."""
    for field, text in (("#id_headline", HEADLINE), ("#id_lead", LEAD)):
        page.click(field)
        compose(page, text)
        expect(page.locator(field)).to_have_value(text)
    write_at(page)
    for paragraph in (FIRST, SECOND):
        compose(page, paragraph)
        page.keyboard.press("Enter")
    paste(page, (Path(__file__).parent / "pasted/hangul.html").read_text())
    expect(page.locator("[data-said=notice]")).to_be_visible()  # a picture was left out
    write_at(page)
    page.keyboard.press("Enter")
    compose(page, LAST)
    expect(page.locator(".editor-text p").last).to_have_text(LAST)


def add_photo(page):
    """Upload a photo into the text, with its words, and make it the one at the head."""
    tool(page, "photo")
    upload(page, ("종점.jpg", image_file(1200, 800).read()))
    words = {"alt": "해 질 녘 버스 종점", "caption": CAPTION, "credit": "미르내신문"}
    for name, text in words.items():
        page.fill(f"dialog[data-library][open] [data-field={name}]", text)
    page.click("dialog[data-library][open] [data-done]")
    expect(page.locator(".desk-figure img")).to_be_visible()
    page.click("[data-hero] [data-choose]")
    page.locator("dialog[data-library][open] [data-grid] button").first.click()
    page.click("dialog[data-library][open] [data-done]")
    expect(page.locator("#id_hero")).not_to_have_value("")


def place(page):
    """Say where the article belongs, who signs it and what it is about."""
    page.select_option("#id_section", label="사회")
    expect(page.locator("#id_bylines_0 option:checked")).to_have_text("한도경 기자")
    page.select_option("#id_bylines_1", label="배수련 사진기자")
    page.fill("#id_tags", "막차, 노을면 버스")


def test_life_of_an_article(open_page, live_server, paper):
    # The reporter writes.
    reporter = open_page("/admin/login/")
    sign_in(reporter, live_server)
    follow(reporter, reporter.get_by_role("link", name="기사 쓰기"))
    write(reporter)
    press(reporter, "save")
    add_photo(reporter)
    place(reporter)
    expect(reporter.locator("[data-checks-count]")).to_have_text("걸리는 것이 없습니다.")
    reporter.fill("#id_note", NOTE)
    press(reporter, "submit")
    expect(reporter.locator(".messagelist .success")).to_contain_text("검토를 요청했습니다")

    # An editor finds it, reads the note and what changed, edits, and schedules it.
    editor = open_page("/admin/login/")
    sign_in(editor, live_server, "윤서하")
    waiting = editor.locator("section", has=editor.locator("#desk-review"))
    follow(editor, waiting.get_by_role("link", name=HEADLINE))
    expect(editor.locator(".panel-notes li")).to_contain_text(NOTE)
    follow(editor, editor.get_by_role("link", name="저장 기록"))
    follow(editor, editor.locator(".writing-revisions a").nth(1))
    expect(editor.locator(".comparison ins", has_text="노을면 버스")).to_be_visible()
    follow(editor, editor.locator(".breadcrumbs").get_by_role("link", name=HEADLINE))
    replace(editor, "마을 네 곳", EDITED)
    at = timezone.localtime().replace(hour=7, minute=0, second=0) + timedelta(days=1)
    editor.fill("#id_publish_at", f"{at:%Y-%m-%dT%H:%M}")
    press(editor, "schedule")
    expect(editor.locator(".panel-stage")).to_have_text("게시 예약")

    # Readers have it at its time and not before; no job runs here.
    article = Article.objects.get()
    form, address = editor.url, f"{live_server.url}{article.get_absolute_url()}"
    reader = open_page("/", quiet=False)  # a browser notes each page that is not there
    expect(reader.get_by_text(HEADLINE)).to_have_count(0)
    assert reader.goto(address).status == 404
    with time_machine.travel(at.timestamp() + 1):
        assert reader.goto(address).status == 200
        expect(reader.locator("h1")).to_have_text(HEADLINE)
        expect(reader.locator(".text")).to_contain_text(f"지낸 {EDITED}의 말을")
        expect(reader.locator(".byline-names a[rel=author]")).to_have_text(
            ["한도경 기자", "배수련 사진기자"]
        )
        expect(reader.locator(".tags a")).to_have_text(["#노을면 버스", "#막차"])
        pictures = reader.locator(".article figure img")
        expect(pictures).to_have_count(2)
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("picture => picture.naturalWidth") > 0
        reader.goto(f"{live_server.url}/")
        expect(reader.get_by_role("link", name=HEADLINE)).to_be_visible()

        # A number was wrong: the text is put right, and readers are told. It is the next morning.
        editor.context.clear_cookies()  # a session may have ended overnight
        sign_in(editor, live_server, "윤서하")
        editor.goto(form, wait_until="networkidle")
        replace(editor, "31명", "13명")
        press(editor, "publish")
        follow(editor, editor.get_by_role("link", name="바로잡습니다 쓰기"))
        told = "노을면 승객은 31명이 아니라 13명입니다."
        for name, text in {"text": told, "before": "31명", "after": "13명"}.items():
            editor.fill(f"#id_{name}", text)
        with editor.expect_navigation(wait_until="networkidle"):
            editor.click("button[value=publish]")
        expect(editor.locator("[data-stage=published]")).to_be_visible()
        reader.goto(address)
        expect(reader.locator(".text table")).to_contain_text("13명")
        expect(reader.locator(".byline-times")).to_contain_text("수정")
        expect(reader.locator("aside[id^=correction]")).to_contain_text(told)
        reader.goto(f"{live_server.url}/corrections/")
        expect(reader.get_by_text(told)).to_be_visible()

        # It is withdrawn: its place says why, and no list leads there.
        editor.goto(form, wait_until="networkidle")
        editor.click(".article-panel summary:has-text('철회')")
        editor.fill("#id_reason", REASON)
        press(editor, "withdraw")
        assert reader.goto(address).status == 410
        expect(reader.get_by_text(REASON)).to_be_visible()
        reader.goto(f"{live_server.url}/")
        expect(reader.get_by_text(HEADLINE)).to_have_count(0)
