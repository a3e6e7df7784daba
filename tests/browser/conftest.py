"""A real browser on a real server, for what only a browser shows."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

# Playwright's loop runs in this thread; the server under test has threads of its own.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


# `make check-html` fetches the HTML checker, and says where it is.
collect_ignore = [] if os.environ.get("VNU_JAR") else ["test_html.py"]


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("browser"):
            # A page that is closed may leave a request behind, which the test's end cuts off.
            unhandled = "ignore::pytest.PytestUnhandledThreadExceptionWarning"
            item.add_marker(pytest.mark.filterwarnings(unhandled))
    if CHROMIUM or os.environ.get("REQUIRE_BROWSER"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="NOT RUN: there is no Chromium here"))


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, live_server):
    """Open pages of the site; fail on any message in the console or request elsewhere."""
    contexts, complaints = [], []

    def visit(path, width=1280, scheme="light", quiet=True, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        if quiet:
            page.on(
                "console",
                lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
            )
            page.on("pageerror", lambda error: complaints.append(str(error)))
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        # Until the scripts that the page asks for late are there too.
        page.goto(f"{live_server.url}{path}", wait_until="networkidle")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not complaints, complaints
