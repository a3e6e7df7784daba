"""Draw the pictures of the guide from the sample paper: `make guide`.

The paper is made anew and the clock stands still, so that the same code shows the same words;
a line may lie half a pixel off, as Chromium measures fonts. A screen that is not there any
more fails.
"""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from PIL import Image, ImageOps

from articles import flow, revisions
from articles.models import Article, Correction, Photo, Placement, Section, Writing
from authors.models import User
from comments import reports
from comments.models import Comment, Report, Word
from newsroom.guide import FOLDER, SCALE
from tests.browser.hands import cookie_of, paste, tool, upload, write_at
from tests.factories import make_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BORDER = 8 * SCALE
NOW = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)  # ten past nine in the morning in Korea
WIDE = 1110  # the narrowest window in which the panel stands beside the form
FORM = "/admin/articles/article/{}/change/"
HEADLINE = "저녁 버스 예산, 군의회 문턱 넘었다"
LEAD = "군의회가 부름버스 예산 4,800만 원을 되살렸다."
BODY = (
    "<p>군의회 예산결산특별위원회가 지난 20일 저녁 부름버스 예산 4,800만 원을 되살렸다."
    " 일곱 명 가운데 다섯 명이 찬성했다.</p><h2>깎았다가 되살린 까닭</h2><p>위원회는 이틀 전 이"
    " 예산을 모두 깎았다. 방청석에 앉은 주민 스물세 명이 마을별 이용 기록을 내놓자 다시 표결에"
    " 부쳤다.</p><p>군은 다음 달 1일 첫 차를 내보낸다.</p>"
)


@pytest.fixture
def still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(still):
    """The sample paper, and who works on it."""
    call_command("seed", if_empty=False)
    people = {"publisher": make_account("ju-eungyeol", "publisher", first_name="주은결")}
    names = {"reporter": "han-dogyeong", "editor": "yoon-seoha", "moderator": "bae-suryeon"}
    for role, name in names.items():
        people[role] = User.objects.get(username=name)
        people[role].groups.set([Group.objects.get(name=role)])
    return people


@pytest.fixture
def album(open_page, live_server, people):
    """Open pages as one of the people sees them."""

    def look(role, path, width=1000, **options):
        place = {"locale": "ko-KR", "timezone_id": "Asia/Seoul", "device_scale_factor": SCALE}
        page = open_page("/admin/login/", width, **place, **options)
        if role:
            page.context.add_cookies([cookie_of(people[role], live_server.url)])
        page.goto(f"{live_server.url}{path}", wait_until="networkidle")
        return page

    return look


def checked(page):
    """Wait until the check of the copy has looked at the form."""
    page.locator("[data-checks-count]:not(:empty)").wait_for()
    return page


def take(page, name, what=None, height=None):
    """Keep a picture of the page as it stands in the window, or of a part of it."""
    shown = page.locator(what).first if what else page
    with Image.open(BytesIO(shown.screenshot(animations="disabled", caret="hide"))) as image:
        if height:
            image = image.crop((0, 0, image.width, min(image.height, height * SCALE)))
        image = ImageOps.expand(image.convert("RGB"), BORDER, "white")
        image.save(FOLDER / "pictures" / f"{name}.webp", quality=70, method=6)


def write(user, headline, **content):
    """Write an article as the desk does: a draft in the name of `user`."""
    article = Article(created_by=user, responsible=user, state="draft", published_at=None)
    content = {
        **dict.fromkeys(("subtitle", "hero_caption", "ai_assistance"), ""),
        **dict.fromkeys(("series", "hero")),
        "headline": headline,
        "lead": LEAD,
        "body": BODY,
        "section": Section.objects.get(slug="council").pk,
        "series_position": 0,
        "tags": ["마을버스", "군의회"],
        "authors": [user.author.pk],
        **content,
    }
    revisions.save(article, content, user, 0)
    return article


def draw_reporter(album, people):
    user, editor = people["reporter"], people["editor"]
    photo = Photo.objects.get(pk=1)
    draft = write(user, HEADLINE)
    write(user, "부름버스 첫날, 막차에 탄 사람들")
    flow.submit(write(user, "역 대합실 매표창구, 금요일에 다시 연다"), user)

    page = album(None, "/admin/login/", 390)
    page.fill("#id_username", "han-dogyeong")
    take(page, "sign-in", "#container", 420)
    take(album("reporter", "/admin/"), "reporter-desk", ".desk")
    page = album("reporter", FORM.format(draft.pk), 390)
    page.locator(".field-lead").evaluate("field => field.scrollIntoView()")
    take(page, "article-phone")
    take(checked(album("reporter", FORM.format(draft.pk), WIDE)), "article-form")
    page = album("reporter", "/admin/articles/article/add/")
    write_at(page)
    paste(page, (Path(__file__).parent / "pasted/hangul.html").read_text())
    page.locator("[data-said=notice]").wait_for()
    take(page, "paste", ".editor", 520)

    page = album("reporter", FORM.format(draft.pk), 1000)
    tool(page, "photo")
    upload(
        page,
        ("종점.webp", (settings.BASE_DIR / "newsroom/sample/pictures/bus-stop.webp").read_bytes()),
    )
    page.fill("[data-field=alt]", "해가 진 정류장에서 주민 네 사람이 버스를 기다린다")
    page.fill("[data-field=caption]", "20일 저녁 갈마면 종점")
    page.fill("[data-field=credit]", "미르내신문")
    take(page, "photo-upload", "dialog[data-library]")
    take(album("editor", f"/admin/articles/photo/{photo.pk}/change/"), "focal-point", ".focal")

    odd = write(user, HEADLINE, lead="", body=BODY.replace("이용 기록", "이용 記錄을 을"))
    take(checked(album("reporter", FORM.format(odd.pk), WIDE)), "checks", "[data-checks]")

    content = {"headline": [HEADLINE], "body": [f"{BODY}<p>방청석에서는</p>"]}
    Writing.objects.create(user=user, article=draft, content=content, changed_at=NOW)
    take(album("reporter", FORM.format(draft.pk)), "unsaved", "[data-unsaved]")
    current = revisions.current(draft)
    theirs = {**current, "headline": "저녁 버스 예산, 군의회가 되살렸다"}
    revisions.save(draft, theirs, editor, draft.version)
    ours = {**current, "headline": "부름버스 예산, 군의회 문턱 넘었다"}
    aside = revisions.save(draft, ours, user, 0)
    page = album("reporter", f"/admin/articles/article/{draft.pk}/merge/{aside.pk}/")
    take(page, "merge", ".writing-merge")


def draw_editor(album, people):
    user, editor = people["reporter"], people["editor"]
    article = write(user, HEADLINE)
    better = BODY.replace("일곱 명 가운데 다섯 명이 찬성했다", "표결은 5 대 2였다")
    revisions.save(article, {"body": better}, user, article.version)
    revision = article.revisions.first()
    flow.submit(article, user, "표결 결과는 의회 사무과에 두 번 확인했습니다.")
    later = write(user, "부름버스 첫날, 막차에 탄 사람들")
    flow.publish(later, editor, NOW + timedelta(hours=21, minutes=50))
    public = Article.objects.published().order_by("-published_at")
    changed, gone = public[3], public[8]
    for position, placed in enumerate(public[4:6], 1):
        Placement.objects.create(article=placed, position=position)
    revisions.save(changed, {"lead": "고친 요약문"}, editor, changed.version)
    asked = {
        "requested_by": "소 아무개",
        "requester_phone": "055-000-0456",
        "disputed_text": "한 단에 440원을 남겼다.",
        "request_reason": "그날 상한 파를 되돌려 준 값이 빠졌습니다. 장부를 함께 보냅니다.",
        "requested_text": "반품한 값을 빼면 한 단에 310원이 남았습니다.",
    }
    request = Correction.objects.create(
        article=Article.objects.get(headline__startswith="밭에서 900원 대파"),
        published_at=None,
        requested_at=NOW - timedelta(days=1, hours=2),
        is_marked=True,
        **asked,
    )
    flow.withdraw(gone, editor, "취재원의 안전을 위해 기사를 내립니다.")

    take(album("editor", "/admin/"), "editor-desk", ".desk", 620)
    for name, shown in (("review", article), ("schedule", later)):
        page = checked(album("editor", FORM.format(shown.pk), WIDE))
        take(page, name, ".article-panel")
    page = album("editor", f"/admin/articles/article/{article.pk}/revisions/{revision.pk}/")
    take(page, "comparison", ".comparison")
    take(album("editor", "/admin/articles/placement/"), "front", ".front-desk", 660)
    take(album("editor", "/admin/articles/correction/", WIDE), "corrections", "#content", 420)
    page = album("editor", f"/admin/articles/correction/{request.pk}/change/")
    take(page, "request", "#content", 900)
    page = album(None, gone.get_absolute_url(), 1000, quiet=False)  # a browser notes the 410
    take(page, "withdrawn", height=480)


def draw_moderator(album, people):
    held = Comment.objects.queued().order_by("pk")
    public = Comment.objects.visible().order_by("pk")[4]
    note = "제가 아는 사람의 이름이 나옵니다."
    reports.report(public, ["a" * 64], Report.Reason.RIGHTS, note, "reader@example.com")
    Word.objects.create(text="떴다방")
    assert held.count() > 3
    take(album("moderator", "/admin/comments/comment/"), "queue")
    take(album("moderator", "/admin/comments/comment/", 390), "queue-phone")
    page = album("moderator", "/admin/comments/comment/")
    card = page.locator(".card", has=page.locator(".card-reports"))
    card.locator("[data-more] summary").click()
    card.evaluate("card => card.id = 'more'")
    take(page, "queue-more", "#more")
    take(album("moderator", "/admin/comments/word/"), "words", "#content", 520)


def draw_publisher(album, people):
    for _number in range(11):
        Client().post("/admin/login/", {"username": "han-dogyeong", "password": "아닌 것"})
    page = album("publisher", f"/admin/authors/user/{people['reporter'].pk}/door/")
    take(page, "account", "#content", 460)
    take(album("publisher", "/admin/authors/accessevent/"), "records", "#content", 460)


def test_every_picture_can_be_drawn(album, people):
    for role in (draw_reporter, draw_editor, draw_moderator, draw_publisher):
        role(album, people)
