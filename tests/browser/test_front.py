"""Laying out the front page in a browser: by mouse, by keyboard, by thumb, without scripts."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from articles.models import Placement
from authors.models import User
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.factories import make_article, make_section

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/admin/articles/placement/"
LONG = "불 꺼진 장터에 다시 등을 단 사람들, 상인회와 주민이 함께 쓴 겨울 장부"


@pytest.fixture
def articles():
    Masthead(pk=1, title="미르내신문").save()
    section = make_section()
    return [make_article(f"{LONG} {n}", hours_ago=n + 1, section=section) for n in range(5)]


@pytest.fixture
def open_desk(open_page, live_server, articles):
    editor = User.objects.create_superuser("윤서하")
    client = Client()
    client.force_login(editor)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    for position, article in enumerate(articles[:3]):
        Placement.objects.create(article=article, position=position)

    def visit(*args, **options):
        page = open_page("/", *args, **options)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server.url}{URL}", wait_until="networkidle")
        return page

    return visit


def shown(page):
    """Return the numbers of the articles that have a place on the page."""
    names = page.locator(".front-headline").all_inner_texts()
    return [int(name.rpartition(" ")[2]) for name in names]


def saved():
    return [int(p.article.headline.rpartition(" ")[2]) for p in Placement.objects.all()]


def save(page):
    with page.expect_navigation():
        page.click("[value=save]")
    page.wait_for_selector(".messagelist .success, .messagelist .info")


def place(page, article):
    return page.locator(f"#place-{article.pk}")


def test_dragging_by_the_grip(open_desk, articles):
    page = open_desk()
    grip = place(page, articles[2]).locator("[data-grip]").bounding_box()
    first = place(page, articles[0]).bounding_box()
    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    for y in (first["y"] + first["height"] + 5, first["y"] + 20, first["y"] + 4):
        page.mouse.move(grip["x"] + 10, y, steps=4)
    page.mouse.up()
    assert shown(page) == [2, 0, 1]
    assert saved() == [0, 1, 2]
    save(page)
    assert saved() == [2, 0, 1]


def test_keyboard_alone(open_desk, articles):
    page = open_desk()
    place(page, articles[0]).locator("[data-move=down]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert shown(page) == [1, 2, 0]
    assert "3" in page.locator("[data-said]").inner_text()
    place(page, articles[2]).locator("[data-move=remove]").focus()
    page.keyboard.press("Enter")
    assert shown(page) == [1, 0]
    assert page.evaluate("document.activeElement.dataset.move") == "remove"
    page.focus("#front-q")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.locator("[data-found] button").nth(1).wait_for(state="detached")
    page.locator("[data-found] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#place-{articles[4].pk}")
    page.keyboard.press("Enter")  # the focus is on its "up"
    assert shown(page) == [1, 4, 0]
    save(page)
    assert saved() == [1, 4, 0]


def test_typed_times_survive_a_move_and_a_search(open_desk, articles):
    page = open_desk()
    end = f"{timezone.localtime() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    place(page, articles[1]).locator("input[name$=ends_at]").fill(end)
    place(page, articles[1]).locator("[data-move=top]").click()
    page.click("[value=search]")
    page.wait_for_load_state("networkidle")
    assert place(page, articles[1]).locator("input[name$=ends_at]").input_value() == end
    save(page)
    kept = Placement.objects.get(article=articles[1])
    assert (kept.position, f"{timezone.localtime(kept.ends_at):%Y-%m-%dT%H:%M}") == (0, end)


def test_what_could_not_be_sent_says_so_and_stays(open_desk, articles):
    page = open_desk(quiet=False)
    page.route(f"**{URL}", lambda route: route.abort())
    page.locator("[data-found] button").first.click()
    page.wait_for_selector("[data-said]:not(:empty)", state="attached")
    assert shown(page) == [0, 1, 2]


def test_preview_opens_beside_and_saves_nothing(open_desk, articles):
    page = open_desk()
    place(page, articles[2]).locator("[data-move=top]").click()
    with page.expect_popup() as opened:
        page.click("[formaction]")
    opened.value.wait_for_load_state("networkidle")
    assert opened.value.locator(".lead h2").inner_text().endswith("2")
    assert saved() == [0, 1, 2]


def test_everything_works_with_scripts_off(open_desk, articles):
    page = open_desk(390, java_script_enabled=False)
    assert not page.locator("[data-grip]").first.is_visible()
    place(page, articles[2]).locator("[data-move=top]").click()
    place(page, articles[1]).locator("[data-move=remove]").click()
    page.fill("#front-q", "3")
    page.click("[value=search]")
    page.locator("[data-found] button").click()
    assert shown(page) == [2, 0, 3]
    assert saved() == [0, 1, 2]
    page.click("[value=save]")
    assert saved() == [2, 0, 3]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_no_accessibility_violation(open_desk, articles, width, scheme):
    page = open_desk(width, scheme)
    assert_accessible(page, "#content")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        "[...document.querySelectorAll('.front-desk button, .front-desk input')].filter((e) =>"
        " e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.outerHTML)"
    )
    assert not small
