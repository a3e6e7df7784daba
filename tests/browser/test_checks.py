"""The check of the copy in a browser: it comes by itself, leads to its words, and asks."""

import pytest
from django.conf import settings
from django.test import Client

from articles.models import Article, Tag
from authors.models import User
from tests.browser.eyes import assert_accessible
from tests.factories import make_article, make_author, make_section

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BODY = (
    "<p>장터에 불이 켜졌다. 수요를 살폈다.</p><ul><li>주민의 교육<b>需求</b> 조사</li></ul>"
    "<blockquote><p>끝으로 교육需求, 그리고 그리고.</p></blockquote>"
)


@pytest.fixture
def desk(open_page, live_server):
    """The form of a draft in which a few things are to be looked at."""
    editor = User.objects.create_superuser("윤서하")
    article = make_article(
        *("장터에 켜진 불", [], [make_author()]),
        body=BODY,
        lead="석 달 만의 저녁.",
        section=make_section(),
        state="draft",
        published_at=None,
    )
    client = Client()
    client.force_login(editor)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
    cookie["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def visit(*args, **kwargs):
        page = open_page("/", *args, **kwargs)
        page.context.add_cookies([cookie])
        url = f"{live_server.url}/admin/articles/article/{article.pk}/change/"
        page.goto(url, wait_until="networkidle")
        return page

    return visit


def chosen(page):
    """The words that are chosen in the editor, or in a field of the form."""
    return page.evaluate(
        """() => {
          const { value, selectionStart: start, selectionEnd: end } = document.activeElement;
          return value === undefined ? getSelection().toString() : value.slice(start, end);
        }"""
    )


def test_proposed_tag_is_added_by_a_key_and_the_next_one_has_the_focus(desk):
    for name in ("장터", "교육", "수요"):
        Tag.objects.create(name=name, slug=name)
    page = desk()
    page.wait_for_selector("[data-tag=장터]")
    page.focus("#id_tags")
    page.keyboard.type("교육")
    page.wait_for_selector("[data-tag=교육]", state="detached")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert sorted(page.input_value("#id_tags").split(", ")) == ["교육", "수요", "장터"]
    assert page.evaluate("document.activeElement.id") == "id_tags"


def test_findings_come_by_themselves_and_lead_to_their_words(desk):
    page = desk()
    page.wait_for_selector("[data-code=script]")
    for number, words in enumerate(["교육需求", "교육需求"]):
        page.locator("[data-code=script] a").nth(number).click()
        assert chosen(page) == words
    tag = "getSelection().anchorNode.parentElement.closest('li, blockquote').localName"
    assert page.evaluate(tag) == "blockquote"
    page.locator("#id_lead").fill("")
    page.wait_for_selector("[data-code=lead-missing]")
    page.click("[data-code=lead-missing] a")
    assert page.evaluate("document.activeElement.id") == "id_lead"


def test_plain_html_is_led_to_as_well(desk):
    page = desk()
    page.wait_for_selector("[data-code=word-twice]")
    page.eval_on_selector("[data-do=source]", "button => button.click()")
    page.click("[data-code=word-twice] a")
    assert chosen(page) == "그리고 그리고"
    page.locator("[data-code=script] a").first.click()
    assert chosen(page) == "교육<b>需求"


def test_publishing_asks_and_the_tick_answers(desk):
    page = desk()
    page.click("button[value=publish]")
    page.wait_for_url("**/?checks=*")
    assert Article.objects.get().state == "draft"
    assert page.evaluate("document.activeElement.id") == "checks"
    page.check("[name=anyway]")
    page.click("button[value=publish]")
    page.wait_for_url("**/change/")
    assert Article.objects.get().is_published


def test_tick_is_taken_back_when_something_new_is_found(desk):
    page = desk()
    page.wait_for_selector("[name=anyway]")
    page.check("[name=anyway]")
    page.locator("#id_subtitle").fill("아무것도 아닌 부제")
    page.wait_for_timeout(2500)
    assert page.is_checked("[name=anyway]")
    page.locator("#id_subtitle").fill("교육需求 부제")
    page.wait_for_selector("[data-code=script][data-code] a[data-field=subtitle]")
    assert not page.is_checked("[name=anyway]")


def test_without_script_the_saved_text_is_checked(desk):
    page = desk(java_script_enabled=False)
    page.click("a[href$='?checks']")
    assert page.locator("[data-code=script]").count() == 2
    page.click("button[value=publish]")
    page.check("[name=anyway]")
    page.click("button[value=publish]")
    page.wait_for_url("**/change/")
    assert Article.objects.get().is_published


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_panel_is_fit_for_everybody(desk, width, scheme):
    page = desk(width=width, scheme=scheme)
    page.wait_for_selector("[data-code=script]")
    assert_accessible(page, "[data-checks]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
