"""No hostile string runs in a real browser, on any kind of page."""

import pytest

from articles.models import Article
from tests.hostile import HOSTILE, hostile_paper, payloads

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH = """window.ran = [];
for (const name of ["alert", "prompt", "confirm", "open"]) window[name] = () => ran.push(name);"""


def test_no_hostile_string_runs_in_a_browser(open_page, live_server):
    made = list(hostile_paper(payloads()))
    first = made[0][1].section  # one list of all, besides their own
    Article.objects.update(section=first)
    pages = [f"/sections/{first.slug}/?page={n}" for n in range(1, len(made) // 20 + 2)]
    pages += [f"/corrections/?page={n}" for n in range(1, len(made) // 20 + 2)]
    for _text, article, comment in made[: len(HOSTILE)] + made[len(HOSTILE) :: 10]:
        pages += [article.get_absolute_url(), comment.get_absolute_url()]
    page = open_page("/")  # a message in the console, as of a refused script, fails the test
    page.add_init_script(WATCH)
    for address in ["/", "/popular/", *pages]:
        page.goto(f"{live_server.url}{address}", wait_until="domcontentloaded")
        assert page.evaluate("ran") == [], address
    assert all(url.startswith(live_server.url) for url in page.requested)


def test_the_watch_sees_what_runs(open_page, live_server):
    page = open_page("/", quiet=False)
    page.add_init_script(WATCH)
    body = "".join(f'<p title="{text}">{text}</p>' for text in HOSTILE[:8])
    page.route("**/open", lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(f"{live_server.url}/open")
    page.wait_for_timeout(200)
    assert "alert" in page.evaluate("ran")


def test_the_policy_is_watched_on_every_page(chromium, live_server, request):
    """The check that fails every other test sees a refused script, style and request."""
    page = chromium.new_context().new_page()
    body = "<style>b{}</style><b onclick='1'>x</b><script>1</script><img src='https://a.example/'>"
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'self'"}
    page.route(
        "**/open",
        lambda route: route.fulfill(content_type="text/html", body=body, headers=policy),
    )
    page.goto(f"{live_server.url}/open")
    page.wait_for_timeout(200)
    broken = request.getfixturevalue("strict_policy")
    assert len(broken) >= 3
    broken.clear()
