"""Signing in with a code, in a browser: every page of the door, by keyboard and with no script."""

from base64 import b32decode

import pytest
from django_otp.oath import totp

from newsroom.models import Masthead
from tests.authors.test_door import code_of, make_staff
from tests.browser.eyes import assert_accessible
from tests.browser.hands import sign_in, type_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def check(page, width):
    assert_accessible(page, "main")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_setting_up_and_signing_in_by_keyboard(open_page, live_server, width, scheme):
    Masthead(pk=1, title="미르내신문").save()
    user = make_staff(is_superuser=True)
    page = open_page("/admin/login/", width, scheme)
    check(page, width)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/admin/second-factor/")
    check(page, width)
    box = page.locator(".door-picture svg").bounding_box()
    assert box["width"] > 150 and box["x"] + box["width"] <= width
    key = b32decode(page.text_content(".door-key").replace(" ", ""))
    type_in(page, "#id_code", f"{totp(key, t0=30):06d}")
    assert page.locator("[data-print]").is_visible()
    codes = page.locator(".door-codes code").all_inner_texts()
    check(page, width)
    for path in (
        *("second-factor/", "sign-ins/"),
        *(f"authors/user/{user.pk}/door/", "authors/accessevent/"),
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        check(page, width)
    page.click("#logout-form button")
    sign_in(page, live_server)
    check(page, width)
    assert page.evaluate("document.activeElement.name") == "code"
    type_in(page, "#id_code", code_of(user))
    assert page.url == f"{live_server.url}/admin/"
    page.click("#logout-form button")
    sign_in(page, live_server)
    page.click(".password-reset-link a")
    check(page, width)
    type_in(page, "#id_code", codes[0])
    assert page.locator(".messagelist .warning").is_visible()


def test_everything_works_with_scripts_off(open_page, live_server):
    Masthead(pk=1, title="미르내신문").save()
    user = make_staff()
    page = open_page("/admin/login/", 390, java_script_enabled=False)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/admin/second-factor/")
    key = b32decode(page.text_content(".door-key").replace(" ", ""))
    type_in(page, "#id_code", f"{totp(key, t0=30):06d}")
    assert not page.locator("[data-print]").is_visible()
    page.click("#logout-form button")
    sign_in(page, live_server)
    type_in(page, "#id_code", code_of(user))
    assert page.url == f"{live_server.url}/admin/"
