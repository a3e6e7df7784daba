"""The whole admin under the site's strict policy: every page that links lead to, and its widgets.

`strict_policy` in conftest fails the test if a page breaks the policy or asks another site.
"""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Group

from articles.models import Correction, OldAddress, Page, Series
from comments.models import Ban, RefusalReason, Word
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"
PLACES = [f"articles/{name}" for name in ("section", "series", "tag", "page")]
NUMBER = re.compile(r"\d+")


def make_rows():
    Masthead(pk=1, title="미르내신문").save()
    article = make_article(
        hero=make_photo(),
        authors=[make_author()],
        section=make_section(),
        series=Series.objects.create(title="막차가 사라진 마을"),
        tags=["장터"],
    )
    make_article(state="draft", published_at=None)
    Correction.objects.create(article=article, text="바로잡습니다")
    Page.objects.create(slug="tips", title="제보")
    OldAddress.objects.create(path="/?p=1", article=article)
    make_comment(article, state="pending")
    Word.objects.create(text="나쁜말")
    RefusalReason.objects.get_or_create(name="광고", defaults={"text": "광고라서"})
    Ban.objects.create(kind="email", digest="d" * 64)
    Group.objects.get_or_create(name="reporter")


@pytest.fixture
def page(open_page, live_server, admin_client):
    make_rows()
    page = open_page("/admin/login/")
    session = admin_client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
    page.context.add_cookies([cookie])
    return page


def kind_of(address):
    """Return an address without what tells two pages of one kind apart."""
    return NUMBER.sub("#", address.partition("?")[0].partition("#")[0])


def use_widgets(page):
    """Open whatever a page has to open: calendars, clocks, choices that are searched, details."""
    for button in page.locator(".datetimeshortcuts a:visible").all():
        button.click()
        page.keyboard.press("Escape")
    for choice in page.locator(".select2-selection:visible").all():
        choice.click()
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Escape")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.evaluate("for (const all of document.querySelectorAll('.selector-chooseall')) all.click()")


def test_every_page_of_the_admin_and_its_widgets(page, live_server):
    start = f"{live_server.url}/admin/"
    waiting, seen = [start, f"{start}second-factor/", f"{start}password-reset/"], set()
    while waiting:
        address = waiting.pop(0)
        if kind_of(address) in seen:
            continue
        seen.add(kind_of(address))
        answer = page.goto(address)
        assert answer.status == 200, address
        use_widgets(page)
        waiting += [link for link in page.evaluate(LINKS) if link.startswith(start)]
    paths = {path.removeprefix(kind_of(start)) for path in seen}
    for name in ("", "password_change/", "authors/user/#/password/", "authors/accessevent/"):
        assert name in paths
    assert len(paths) > 40, sorted(paths)


def test_deleting_many_and_a_popup(page, live_server):
    page.goto(f"{live_server.url}/admin/articles/series/")
    page.check("input.action-select")
    page.select_option("select[name=action]", "delete_selected")
    page.click("button[name=index]")
    page.wait_for_selector("input[name=post]", state="attached")
    page.goto(f"{live_server.url}/admin/authors/author/add/")
    with page.expect_popup() as opened:
        page.click("#add_id_portrait")
    opened.value.wait_for_load_state("networkidle")
    opened.value.close()


def test_form_is_filled_and_saved(page, live_server):
    page.goto(f"{live_server.url}/admin/articles/series/add/")
    page.fill("#id_title", "강가의 사람들")
    page.click("[name=_continue]")
    page.wait_for_selector(".success")
    assert Series.objects.filter(title="강가의 사람들").exists()
    page.goto(f"{live_server.url}/admin/password_change/")
    page.fill("#id_old_password", "아닌 것")
    page.fill("#id_new_password1", "하나")
    page.fill("#id_new_password2", "둘")
    page.click("input[type=submit]")
    page.wait_for_selector(".errorlist")


def test_lists_are_read_on_a_phone(page, live_server):
    make_author("남궁슬기찬", role="시민기자(솔재면)", email="slgichan@mireunae.example")
    page.set_viewport_size({"width": 390, "height": 800})
    for name in ("authors/author", "authors/user", *PLACES):
        page.goto(f"{live_server.url}/admin/{name}/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        heights = page.locator("#result_list tbody th").evaluate_all(
            "cells => cells.map((cell) => cell.offsetHeight)"
        )
        assert max(heights) < 60, name  # no word stands on end
        with page.expect_navigation(wait_until="networkidle"):
            page.locator("#result_list tbody th a").first.click()
        rows = page.locator("#content-main .form-row:visible")
        assert rows.count() == page.locator("#content-main .form-row").count(), name
