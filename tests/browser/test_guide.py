"""The guide in a browser: on a phone, in the dark, by its links."""

import pytest

from authors.models import User
from newsroom import guide
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.browser.hands import cookie_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_are_accessible_and_fit(open_page, live_server, width, scheme):
    Masthead(pk=1, title="미르내신문").save()
    page = open_page("/admin/login/", width, scheme)
    cookie = cookie_of(User.objects.create_superuser("주은결"), live_server.url)
    page.context.add_cookies([cookie])
    page.goto(f"{live_server.url}/admin/guide/")
    for name in guide.ROLES:
        page.click(f".guide a[href$='/{name}/']")
        assert_accessible(page, "#content")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        last = page.locator(".guide-sections a").last
        last.click()
        heading = page.locator(".guide h2").last
        assert heading.inner_text() == last.inner_text()
        page.wait_for_function(
            "heading => heading.getBoundingClientRect().top < innerHeight",
            arg=heading.element_handle(),
        )
        page.click(".breadcrumbs a[href$='/guide/']")
