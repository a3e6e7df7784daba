"""The conversation as a browser shows it: by keyboard, with scripts and without, accessible."""

import pytest

from articles.models import Page
from authors.models import User
from comments import guests, mail, moderation, reports
from comments.models import Comment, Contact, Report
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.factories import make_article, make_comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article():
    """An article with everything a thread can have."""
    Masthead(pk=1, title="미르내신문", comments_hold_first=False).save()
    Page.objects.create(slug="privacy", title="개인정보처리방침", body="<p>적게 모읍니다.</p>")
    article = make_article("장터에 다시 켜진 불")
    for number in range(25):
        make_comment(article, f"{number}번째 말입니다.", author_name=f"주민{number}")
    parent = None
    for number in range(9):
        parent = make_comment(article, f"깊은 답 {number}", author_name="두물댁", parent=parent)
    user = User.objects.create_user("한도경")
    make_comment(article, "기자의 답", author_name="한도경 기자", staff=user, parent=parent.root)
    gone = make_comment(article, "지운 말")
    make_comment(article, "남은 답", parent=gone)
    moderation.change_state(gone, "deleted")
    moderation.blind(make_comment(article, "가린 말"))
    moderation.reject(make_comment(article, state="pending"))
    folded = make_comment(article, "접힌 말")
    for number in range(5):
        reports.report(folded, [f"{number}"], "abuse")
    moderation.pin(make_comment(article, "> 남의 말\n고정한 말 https://example.com/a"))
    return article


def fill(page, text, name="솔재댁", email="reader@example.com"):
    page.fill("#comment-text", text)
    page.fill("#comment-author_name", name)
    page.fill("#comment-email", email)
    page.check("#comment-consent")


def address_of(article):
    return f"/articles/{article.pk}/comments/"


def focused(page, what="id"):
    return page.evaluate(f"document.activeElement.{what}")


def tab_to(page, selector, most=80):
    """Press Tab until the focus is on what `selector` finds."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def own(page, live_server, comment):
    cookie = {
        "name": guests.COOKIE,
        "value": guests.owner_token(comment),
        "url": f"{live_server.url}/comments/{comment.pk}/mine/",
    }
    page.context.add_cookies([cookie])
    page.goto(f"{live_server.url}/comments/{comment.pk}/mine/")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_no_accessibility_violation(open_page, article, live_server, width, scheme):
    root = article.comments.filter(parent=None, reply_count__gt=0).first()
    deepest = article.comments.latest("depth")
    mine = make_comment(article, "내 글", state="pending", email="me@example.com")
    refused = make_comment(article, "거절된 글", state="pending", email="me@example.com")
    moderation.reject(refused)
    paths = [
        article.get_absolute_url(),
        address_of(article),
        f"{address_of(article)}?reply_to={root.pk}",
        deepest.get_absolute_url(),
        f"{deepest.get_absolute_url()}report/",
        f"{deepest.get_absolute_url()}report/?done",
        f"/comments/{mine.pk}/mine/{guests.owner_token(mine)}/",
        f"/comments/{refused.pk}/mine/{guests.owner_token(refused)}/",
        "/comments/data/",
        f"/comments/data/{guests.data_token('me@example.com')}/",
    ]
    for path in paths:
        page = open_page(path, width, scheme)
        page.evaluate("document.querySelectorAll('main details').forEach((d) => (d.open = true))")
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide"
        page.context.close()


def test_whole_flow_by_keyboard(open_page, article, live_server):
    page = open_page(article.get_absolute_url())
    tab_to(page, "#comment-text")
    page.keyboard.type("키보드로 쓴 글입니다.")
    assert page.locator("[data-counter]").inner_text().startswith("12 /")
    page.keyboard.press("Tab")
    page.keyboard.type("솔재댁")
    page.keyboard.press("Tab")
    page.keyboard.type("reader@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page, "button[type=submit]", 8)
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/#message")
    assert focused(page) == "message"
    assert page.locator("h1").inner_text() == "댓글이 접수됐습니다"
    tab_to(page, ".act > summary", 8)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "edit-text"
    page.keyboard.press("Control+End")
    page.keyboard.type(" 조금 고쳤습니다.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/?done=edit#message")
    assert focused(page) == "message"
    assert page.locator(".quoted").inner_text().endswith("키보드로 쓴 글입니다. 조금 고쳤습니다.")
    comment = Comment.objects.latest("pk")
    moderation.reject(comment)
    page.reload(wait_until="networkidle")
    tab_to(page, ".act > summary", 12)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("사투리입니다.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/?done=appeal#message")
    comment.refresh_from_db()
    assert comment.appeal == "사투리입니다."
    moderation.approve(comment)
    page.goto(f"{live_server.url}{comment.get_absolute_url()}")
    tab_to(page, f'#comment-{comment.pk} [name=vote][value="1"]', 40)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#comment-{comment.pk} [aria-pressed="true"]')
    page.keyboard.press("Tab")
    tab_to(page, f'#comment-{comment.pk} a[href$="report/"]', 4)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('댓글 신고')")
    tab_to(page, "input[type=radio]", 20)
    page.keyboard.press("Space")
    tab_to(page, "button[type=submit]", 8)
    page.keyboard.press("Enter")
    page.wait_for_url("**/report/?done#message")
    assert focused(page) == "message"
    assert Report.objects.filter(comment=comment).count() == 1


def test_whole_flow_with_scripts_off(open_page, article, live_server):
    page = open_page(address_of(article), 390, quiet=False, java_script_enabled=False)
    assert not page.locator("[data-remember]").is_visible()
    fill(page, "")
    page.click("#comment-form button[type=submit]")
    assert page.locator("#message").is_visible()
    assert page.input_value("#comment-author_name") == "솔재댁"
    page.goto(f"{live_server.url}{address_of(article)}")
    first = article.comments.filter(parent=None, state="approved").order_by("-pk")[3]
    page.click(f"#comment-{first.pk} .reply")
    assert page.locator(".replied-to").is_visible()
    fill(page, "스크립트 없이 쓴 답글")
    page.click("#comment-form button[type=submit]")
    page.wait_for_url("**/mine/#message")
    comment = Comment.objects.latest("pk")
    assert comment.parent_id == first.pk
    page.click("text=고치기")
    page.fill("#edit-text", "스크립트 없이 고친 답글")
    page.click("button[value=edit]")
    page.wait_for_selector("text=고친 내용을 저장했습니다.")
    page.click("summary:has-text('메일 알림')")
    page.click("button[value=on]")
    page.wait_for_selector("summary:has-text('확인을 기다리는 중')")
    moderation.approve(comment)
    page.goto(f"{live_server.url}{address_of(article)}")
    page.click(f'#comment-{first.pk} [name=vote][value="1"]')
    page.wait_for_url(f"**{address_of(article)}#comment-{first.pk}")
    assert page.locator(f"#comment-{first.pk} > footer b").first.inner_text() == "1"
    page.click(f"#comment-{first.pk} .comment-time")
    page.click("button[value='0']")
    page.wait_for_selector(f"#comment-{first.pk}")
    first.refresh_from_db()
    assert first.up_count == 0
    page.goto(f"{live_server.url}{address_of(article)}")
    page.click("text=과거순")
    assert page.locator(".comment-text").first.inner_text() == "0번째 말입니다."
    page.click("text=댓글 더 보기")
    assert page.locator("article.comment").count() > 3
    page.goto(f"{live_server.url}{address_of(article)}")
    summary = page.locator(".replies > summary").first
    answers = page.locator(".replies > ol").first
    assert answers.is_visible()
    summary.click()
    assert not answers.is_visible()
    page.goto(f"{live_server.url}/comments/{comment.pk}/mine/")
    page.click("summary:has-text('지우기')")
    page.click("button[value=delete]")
    page.wait_for_selector("h1:has-text('댓글을 지웠습니다')")
    comment.refresh_from_db()
    assert comment.state == "deleted"


def test_form_comes_to_the_comment_and_goes_back_with_the_focus(open_page, article):
    page = open_page(address_of(article))
    comment = article.comments.filter(parent=None, state="approved").order_by("-pk")[3]
    reply = page.locator(f"#comment-{comment.pk} .reply")
    reply.scroll_into_view_if_needed()
    before = page.locator(f"#comment-{comment.pk}").bounding_box()["y"]
    reply.click()
    assert focused(page) == "comment-text"
    assert page.input_value("#comment-parent") == str(comment.pk)
    assert comment.author_name in page.locator(".replied-to").inner_text()
    assert page.evaluate("document.querySelector('#comment-form').previousElementSibling.id") == (
        f"comment-{comment.pk}"
    )
    page.keyboard.type("쓰다 만 글")
    page.keyboard.press("Escape")
    assert page.input_value("#comment-parent") == ""
    assert page.evaluate("document.activeElement.className") == "reply"
    assert not page.locator(".replied-to").is_visible()
    after = page.locator(f"#comment-{comment.pk}").bounding_box()["y"]
    assert abs(after - before) < 400  # the comment is still in front of the reader
    assert page.input_value("#comment-text") == "쓰다 만 글"
    reply.click()
    fill(page, "자리에서 쓴 답글")
    page.click("#comment-form button[type=submit]")
    page.wait_for_url("**/mine/#message")
    assert Comment.objects.latest("pk").parent_id == comment.pk


def test_draft_survives_a_reload_and_goes_once_it_arrived(open_page, article):
    page = open_page(address_of(article))
    comment = article.comments.filter(parent=None, state="approved").order_by("-pk")[3]
    page.click(f"#comment-{comment.pk} .reply")
    page.fill("#comment-text", "잃을 수 없는 글")
    page.reload(wait_until="networkidle")
    assert page.input_value("#comment-text") == "잃을 수 없는 글"
    assert page.input_value("#comment-parent") == str(comment.pk)
    fill(page, "잃을 수 없는 글")
    page.click("#comment-form button[type=submit]")
    page.wait_for_url("**/mine/#message")
    page.click("text=기사로 돌아가기")
    page.wait_for_selector("#comment-text")
    assert page.input_value("#comment-text") == ""


def test_writer_is_remembered_only_if_they_ask(open_page, article):
    page = open_page(address_of(article))
    for asked in (False, True, False):
        page.set_checked("[data-remember]", asked)
        fill(page, f"글 {asked}")
        page.click("#comment-form button[type=submit]")
        page.wait_for_url("**/mine/#message")
        page.click("text=기사로 돌아가기")
        page.wait_for_selector("#comment-form")
        page.reload(wait_until="networkidle")
        assert page.input_value("#comment-email") == ("reader@example.com" if asked else "")
        assert page.is_checked("[data-remember]") == asked
    assert Comment.objects.filter(contact__email="reader@example.com").count() == 3


def test_votes_change_in_place_are_remembered_and_taken_back(open_page, article):
    page = open_page(address_of(article))
    comment = article.comments.filter(parent=None, state="approved").order_by("-pk")[3]
    agree = page.locator(f'#comment-{comment.pk} [name=vote][value="1"]')
    disagree = page.locator(f'#comment-{comment.pk} [name=vote][value="-1"]')
    url = page.url
    agree.click()
    page.wait_for_selector(f'#comment-{comment.pk} [value="1"][aria-pressed="true"]')
    assert agree.inner_text() == "공감 1"
    page.reload(wait_until="networkidle")
    page.wait_for_selector(f'#comment-{comment.pk} [value="1"][aria-pressed="true"]')
    disagree.click()
    page.wait_for_selector(f'#comment-{comment.pk} [value="-1"][aria-pressed="true"]')
    assert agree.get_attribute("aria-pressed") == "false"
    assert (agree.inner_text().strip(), disagree.inner_text()) == ("공감", "비공감 1")
    disagree.click()
    page.wait_for_selector(f'#comment-{comment.pk} [value="-1"][aria-pressed="false"]')
    assert page.url == url
    comment.refresh_from_db()
    assert (comment.up_count, comment.down_count) == (0, 0)
    assert not page.context.cookies()


def test_new_comments_are_announced_without_moving_what_is_read(open_page, article, live_server):
    page = open_page("/pages/privacy/")
    page.clock.install()
    page.goto(f"{live_server.url}{address_of(article)}")
    page.wait_for_selector("[aria-pressed]")
    make_comment(article, "방금 온 말", author_name="새 사람")
    top = page.locator(".thread").bounding_box()["y"]
    page.clock.run_for(59_000)
    assert not page.locator("[data-new]").is_visible()
    page.clock.run_for(2_000)
    link = page.locator("[data-new]")
    link.wait_for()
    assert link.inner_text() == "새 댓글 1개"
    assert page.locator(".thread").bounding_box()["y"] == top
    assert page.locator("text=방금 온 말").count() == 0
    link.click()
    page.wait_for_selector("text=방금 온 말")
    article.refresh_from_db()
    assert page.locator("[data-number]").inner_text() == str(article.comment_count)
    assert not page.locator("[data-new]").is_visible()
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    asked = len(page.requested)
    page.clock.run_for(300_000)
    assert len(page.requested) == asked


def test_more_comments_come_below_those_that_are_there(open_page, article):
    page = open_page(address_of(article))
    page.wait_for_selector("[aria-pressed]")
    before = page.locator(".thread > li").count()
    page.click("[data-more]")
    page.locator(".thread > li").nth(before).wait_for()
    ids = page.evaluate("[...document.querySelectorAll('article.comment')].map((c) => c.id)")
    assert len(ids) == len(set(ids))
    assert focused(page, "closest('.thread > li') !== null")
    assert page.url.endswith(address_of(article))
    page.locator(".thread > li").last.locator("[name=vote]").first.click()
    page.wait_for_selector('[aria-pressed="true"]')


def test_time_for_editing_runs_down(open_page, article, live_server):
    comment = make_comment(article, state="pending", email="me@example.com")
    page = open_page("/pages/privacy/")
    page.clock.install()
    own(page, live_server, comment)
    page.wait_for_selector("[data-seconds]:has-text('9:')")
    page.clock.run_for(600_000)
    assert page.locator("[data-seconds]").text_content() == "시간이 지났습니다."


def test_device_remembers_that_the_address_is_ones_own(open_page, article, live_server):
    comment = make_comment(article, email="reader@example.com")
    page = open_page(f"/comments/mail/{mail.mail_token(Contact.objects.get(comment=comment))}/")
    page.click("main button[type=submit]")
    page.wait_for_load_state("networkidle")
    page.click("[data-proof]")
    page.wait_for_selector("text=이 기기에 기억했습니다.")
    page.goto(f"{live_server.url}{address_of(article)}")
    page.wait_for_selector('#comment-proof[value*=":"]', state="attached")
    proof = page.input_value("#comment-proof")
    assert guests.has_proof("reader@example.com", proof)
