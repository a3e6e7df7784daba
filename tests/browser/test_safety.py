"""No hostile string runs in a real browser, on any kind of page."""

import pytest

from articles.models import Article
from tests.factories import make_article, make_author, make_comment, make_photo, make_section
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


def test_newsroom_works_under_the_strict_policy(open_page, live_server, admin_client, admin_user):
    """A style or script that the policy refuses would complain in the console."""
    article = make_article(hero=make_photo(), authors=[make_author()], section=make_section())
    comment = make_comment(article)
    page = open_page("/admin/login/")
    cookie = admin_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    for address in (
        "",
        "articles/article/",
        "articles/article/add/",
        f"articles/article/{article.pk}/change/",
        f"articles/article/{article.pk}/history/",
        "articles/photo/add/",
        f"articles/photo/{article.hero_id}/change/",
        f"comments/comment/{comment.pk}/change/",
        "comments/comment/",
        "newsroom/masthead/",
        "authors/user/",
        f"authors/user/{admin_user.pk}/password/",
    ):
        answer = page.goto(f"{live_server.url}/admin/{address}")
        assert answer.status == 200, address
        page.wait_for_load_state("networkidle")
    page.goto(f"{live_server.url}/admin/articles/article/{article.pk}/change/")
    page.fill("#id_headline", "편집기에서 고친 제목")
    page.click("[name=_continue]")
    page.wait_for_selector(".success")
    article.refresh_from_db()
    assert article.headline == "편집기에서 고친 제목"
