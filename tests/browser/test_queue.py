"""The moderators' queue in a browser: by keyboard, by thumb, without scripts."""

import pytest
from django.conf import settings
from django.test import Client

from authors.models import User
from comments import guests, moderation, reports
from comments.models import Comment, Contact, ModerationEvent, RefusalReason, Signal
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import SCRIPT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/admin/comments/comment/"


@pytest.fixture
def moderator():
    Masthead(pk=1, title="미르내신문").save()
    for number, name in enumerate(("욕설·비하", "개인정보", "광고")):
        RefusalReason.objects.update_or_create(
            name=name, defaults={"text": f"{name} 때문에 싣지 않았습니다.", "position": number}
        )
    return User.objects.create_superuser("박순자")


@pytest.fixture
def open_desk(open_page, chromium, live_server, moderator):
    """Open pages of the admin, signed in."""
    client = Client()
    client.force_login(moderator)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def visit(path=URL, *args, **kwargs):
        page = open_page("/", *args, **kwargs)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server.url}{path}")
        page.requested.clear()
        return page

    return visit


@pytest.fixture
def article():
    return make_article("불 꺼진 장터에 다시 등을 단 사람들, 상인회와 주민이 함께 쓴 겨울 장부")


def fill(article, number):
    """Let that many new comments wait."""
    return [
        make_comment(article, f"기다리는 글 {n}", author_name=f"독자 {n}", state="pending")
        for n in range(number)
    ]


def fill_with_everything(article):
    parent = make_comment(article, "위의 글", parent=make_comment(article, "맨 위의 글"))
    comment = make_comment(
        article,
        f"멍청이 010-1234-5678 {SCRIPT}",
        parent=parent,
        state="pending",
        email="a@example.com",
    )
    Contact.objects.update(source="f" * 64)
    Signal.objects.create(comment=comment, rule="word", found="멍청이")
    edited = make_comment(article, "장터에 이백 명이 모였다")
    guests.edit(edited, "장터에 삼백 명이 모였다")
    reported = make_comment(article, "소문" * 60)
    reports.report(reported, ["a" * 64], "rights", f"제 이야기입니다 {SCRIPT}", "me@example.com")
    refused = make_comment(article, "거절된 글", state="rejected")
    guests.appeal(refused, "다시 봐 주세요")
    return comment


def states():
    return list(Comment.objects.order_by("pk").values_list("state", flat=True))


def focused(page):
    return page.evaluate("document.activeElement.closest('[data-card]')?.dataset.card")


def settle(page):
    """Wait until all that was pressed has been answered."""
    page.wait_for_selector("#changelist-form[data-working='0']")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_no_accessibility_violation(open_desk, article, width, scheme):
    comment = fill_with_everything(article)
    for path in (URL, f"{URL}?state=all", f"{URL}{comment.pk}/change/"):
        page = open_desk(path, width, scheme)
        for details in page.locator(".queue details, .queue-bulk").all():
            details.evaluate("details => details.open = true")
        assert_accessible(page, "#content")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = page.evaluate(
            "[...document.querySelectorAll('.card-do button, .card-do summary, .queue-views a')]"
            ".filter((e) => e.offsetHeight < 44 || e.offsetWidth < 44).map((e) => e.outerHTML)"
        )
        assert not small


def test_hundred_comments_take_one_key_each_and_no_new_page(open_desk, article):
    comments = fill(article, 100)
    page = open_desk()
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.keyboard.press("j")
    for number in range(100):
        page.keyboard.press("asd"[number % 3])
        if number % 10 == 9:
            settle(page)
    settle(page)
    expected = [("approved", "spam", "trashed")[number % 3] for number in range(100)]
    assert states() == expected
    assert not loads
    assert page.locator("[data-count=queued]").inner_text() == "0"
    assert page.locator("[data-empty]").is_visible()
    assert ModerationEvent.objects.filter(comment=comments[99]).count() == 1


def test_all_decisions_by_keyboard(open_desk, article):
    comments = fill(article, 5)
    page = open_desk()
    page.keyboard.press("j")
    assert focused(page) == str(comments[0].pk)
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == str(comments[0].pk)
    page.keyboard.press("r")
    page.keyboard.press("2")
    assert focused(page) == str(comments[1].pk)
    page.keyboard.press("a")
    page.keyboard.press("s")
    page.keyboard.press("d")
    settle(page)
    assert states() == ["rejected", "approved", "spam", "trashed", "pending"]
    comments[0].refresh_from_db()
    assert comments[0].refusal.name == "개인정보"
    page.keyboard.press("u")
    settle(page)
    assert states()[3] == "pending"
    assert focused(page) == str(comments[3].pk)
    page.keyboard.press("u")
    settle(page)
    assert states() == ["rejected", "approved", "pending", "pending", "pending"]
    page.keyboard.press("x")
    assert page.locator("#result_list input[type=checkbox]:checked").count() == 1
    assert page.locator("[data-bulk]").evaluate("bulk => bulk.open")
    page.keyboard.press("Shift+Slash")
    assert page.locator("[data-keys] dl").is_visible()
    page.uncheck("[data-keys-on]")
    page.locator(f"#comment-{comments[4].pk}").focus()
    page.keyboard.press("a")
    settle(page)
    assert states()[4] == "pending"


def test_pin_and_edit_by_keyboard(open_desk, article):
    fill_with_everything(article)
    page = open_desk(f"{URL}?state=edits")
    page.keyboard.press("p")
    settle(page)
    edited = Comment.objects.get(is_pinned=True)
    page.keyboard.press("e")
    settle(page)
    edited.refresh_from_db()
    assert (edited.text, edited.edited_text) == ("장터에 이백 명이 모였다", "")
    page = open_desk(f"{URL}?state=appeals")
    page.keyboard.press("a")
    settle(page)
    assert Comment.objects.get(text="거절된 글").state == "approved"


def test_letters_typed_into_a_field_decide_nothing(open_desk, article):
    comments = fill(article, 2)
    page = open_desk()
    page.keyboard.press("j")
    page.keyboard.press("r")
    note = page.locator(f"#comment-{comments[0].pk} [data-refuse] input[type=text]")
    note.fill("")
    note.press_sequentially("sad")
    page.keyboard.press("Enter")
    settle(page)
    assert states() == ["pending", "pending"]
    page.locator(f"#comment-{comments[0].pk} [data-reason]").first.click()
    settle(page)
    assert Comment.objects.get(pk=comments[0].pk).events.get().note == "sad"


def test_second_moderator_is_told_in_the_card(open_desk, article, moderator):
    comments = fill(article, 2)
    page = open_desk()
    other = User.objects.create_user("이정호")
    moderation.mark_spam(comments[0], other)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(f"#comment-{comments[0].pk} [role=alert]")
    assert "이정호" in page.locator("[role=alert]").inner_text()
    assert states() == ["spam", "pending"]
    assert "이정호" in page.locator("#queue-said").inner_text()


def test_what_could_not_be_sent_stays_and_says_so(open_desk, article):
    comments = fill(article, 2)
    page = open_desk(quiet=False)
    page.route("**/admin/comments/comment/", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("a")
    settle(page)
    assert page.locator("#queue-said").inner_text()
    assert focused(page) == str(comments[0].pk)
    page.unroute("**/admin/comments/comment/")
    page.keyboard.press("a")
    settle(page)
    assert states() == ["approved", "pending"]


def test_email_is_shown_in_its_card_alone(open_desk, article):
    comment = fill_with_everything(article)
    page = open_desk()
    card = page.locator(f"#comment-{comment.pk}")
    card.locator("[data-more] summary").click()
    card.locator("button[value^=reveal]").click()
    page.wait_for_selector("text=a@example.com")
    assert comment.events.get().action == "reveal"
    page.reload()
    assert page.locator("text=a@example.com").count() == 0


def test_everything_works_with_scripts_off(open_desk, article):
    comments = fill(article, 3)
    page = open_desk(URL, 390, java_script_enabled=False)
    assert not page.locator("[data-keys]").is_visible()

    def card(comment):
        return page.locator(f"#comment-{comment.pk}")

    card(comments[0]).locator("button[value^=approve]").click()
    assert page.url.endswith(f"#comment-{comments[1].pk}")
    page.locator(".messagelist [data-undo]").click()
    assert states()[0] == "pending"
    card(comments[0]).locator("[data-refuse] summary").click()
    card(comments[0]).locator("[data-refuse] input[type=text]").fill("메모")
    page.keyboard.press("Enter")
    assert states()[0] == "pending"
    card(comments[0]).locator("[data-reason]").first.click()
    assert states()[0] == "rejected"
    assert Comment.objects.get(pk=comments[0].pk).events.first().note == "메모"
    for comment in comments[1:]:
        card(comment).locator(".card-pick input").check()
    page.locator(".queue-bulk summary").click()
    page.locator("button[name=action][value=mark_spam]").click()
    assert states() == ["rejected", "spam", "spam"]
    page.locator(".messagelist [data-undo]").click()
    assert states() == ["rejected", "pending", "pending"]
    page.locator(".queue-bulk summary").click()
    page.check("[name=select_across]")
    page.locator("button[name=action][value=approve]").click()
    assert states() == ["rejected", "approved", "approved"]
