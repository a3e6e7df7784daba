"""A real browser on a real server, for what only a browser shows."""

import os
import shutil
import time

import pytest
from playwright.sync_api import expect, sync_playwright

# Playwright's loop runs in this thread; the server under test has threads of its own.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=20_000)  # a busy machine takes its time to draw what was uploaded
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


# `make check-html` fetches the HTML checker, and says where it is.
collect_ignore = [] if os.environ.get("VNU_JAR") else ["test_html.py"]


def pytest_collection_modifyitems(items):
    """Give browser tests a second try: a busy machine may lose a key. The summary names them."""
    run = CHROMIUM or os.environ.get("REQUIRE_BROWSER")
    skip = pytest.mark.skip(reason="NOT RUN: there is no Chromium here")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1) if run else skip)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def strict_policy(request, monkeypatch):
    """Fail a test in which a page breaks the content security policy or asks another site.

    This holds for every page of every context. A test may name an address that it asks on
    purpose: `@pytest.mark.asks("https://…")`.
    """
    if not {"chromium", "live_server"} <= set(request.fixturenames):
        yield
        return
    chromium = request.getfixturevalue("chromium")
    ours = [request.getfixturevalue("live_server").url, "data:", "blob:", "about:"]
    ours += [address for mark in request.node.iter_markers("asks") for address in mark.args]
    broken = []

    def asked(message):
        if not message.url.startswith(tuple(ours)):
            broken.append(f"asked elsewhere: {message.url}")

    def said(message):
        if "Content Security Policy" in message.text:
            broken.append(f"{message.page and message.page.url}: {message.text}")

    def watched(*args, **options):
        context = new_context(*args, **options)
        context.on("request", asked)
        context.on("console", said)
        return context

    new_context = chromium.new_context
    monkeypatch.setattr(chromium, "new_context", watched)
    yield broken
    assert not broken, "\n".join(broken)


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
    # A closing page may send what was typed: that request must not come after the emptying of
    # the database.
    time.sleep(0.3)
    assert not complaints, complaints
