"""Search while somebody types, and counting what is read: what only a browser does."""

import pytest
from playwright.sync_api import expect

from articles import reads
from articles.models import ReadScore
from newsroom.models import Masthead
from tests.browser.hands import Hangul
from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def articles():
    Masthead(pk=1, title="미르내신문").save()
    return [
        make_article("나눔 장터에 다시 켜진 불", hours_ago=2),
        make_article("나눔가게 두 번째 문을 열다", hours_ago=1),
    ]


def test_suggestions_come_while_hangul_is_composed_and_go_by_keyboard(open_page, articles):
    page = open_page("/search/", width=390)
    page.focus("#id_q")
    Hangul(page).type_nanum()
    options = page.locator(".suggestions [role=option]")
    expect(options.first).to_have_text("나눔가게")
    expect(page.locator("#id_q")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert page.get_attribute("#id_q", "aria-activedescendant") == options.first.get_attribute("id")
    page.keyboard.press("Escape")
    expect(page.locator(".suggestions")).to_be_hidden()
    assert page.input_value("#id_q") == "나눔"
    page.locator("#id_q").press_sequentially(" ")
    page.keyboard.press("Backspace")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    expect(page.locator(".cards h2")).to_have_count(1)
    expect(page.locator(".cards mark")).to_have_text(["나눔가게"])


def test_headline_is_opened_by_a_click(open_page, articles):
    page = open_page("/search/")
    page.locator("#id_q").press_sequentially("장터")
    page.locator(".suggestions .is-article").click()
    page.wait_for_url(f"**/articles/{articles[0].pk}/**")


def test_search_works_without_script(open_page, articles):
    page = open_page("/search/", java_script_enabled=False)
    page.fill("#id_q", "나눔가게")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    assert page.locator(".cards h2").count() == 1
    assert not page.locator(".suggestions").count()


def test_reading_is_counted_once_a_visit(open_page, articles):
    article = articles[0]
    page = open_page("/search/")
    # Playwright says that it is a robot; a reader's browser does not.
    page.add_init_script("Object.defineProperty(navigator, 'webdriver', { get: () => false })")
    page.clock.install()
    counted = []
    page.on("request", lambda r: counted.append(r) if "/reads/" in r.url else None)
    page.goto(page.url.replace("/search/", article.get_absolute_url()))
    page.wait_for_load_state("networkidle")
    page.clock.run_for(3000)
    assert not counted
    with page.expect_response("**/reads/**") as answer:
        page.clock.run_for(3000)
    assert answer.value.status == 204
    page.reload(wait_until="networkidle")
    page.clock.run_for(9000)
    assert len(counted) == 1
    # A headless browser is a robot by its name, and is not counted.
    assert not ReadScore.objects.exists()
    reads.write({article.pk: 1})
    page.goto(page.url)
    expect(page.locator(".ranks li")).to_have_count(1)
