"""Pages as a browser shows them: accessible, steady, complete without scripts."""

import re
from urllib.parse import quote

import pytest
from django.utils.translation import gettext

from articles import reads, related
from articles.models import Correction, Page
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.browser.kinds import make_everything, unaddressed
from tests.factories import (
    image_file,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What can be touched but is smaller than 44 px, outside running text. A label counts as its field.
SMALL_TARGETS = """() => {
  const running = ".text :is(p, li, cite, blockquote, td), .comment-text, .visually-hidden";
  const small = [];
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea")) {
    if (element.type === "hidden" || element.closest(running)) continue;
    if (!element.checkVisibility() || element.closest("[aria-hidden=true], .skip")) continue;
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = element.getClientRects()[0];
    const middle = [box.left + Math.min(box.width / 2, 150), box.top + box.height / 2];
    const hit = (x, y) => {
      const target = document.elementFromPoint(x, y);
      return target && (element.contains(target) || target.closest("label")?.control === element);
    };
    const reach = (dx, dy) => {
      let step = 0;
      while (step < 44 && hit(middle[0] + dx * (step + 1), middle[1] + dy * (step + 1))) step++;
      return step;
    };
    let width = reach(-1, 0) + reach(1, 0) + 1;
    let height = reach(0, -1) + reach(0, 1) + 1;
    for (const label of element.labels ?? []) {
      width = Math.max(width, label.offsetWidth);
      height = Math.max(height, label.offsetHeight);
    }
    if (width < 43.5 || height < 43.5) {
      small.push(`${width} × ${height}: ${element.outerHTML.slice(0, 120)}`);
    }
  }
  return small;
}"""


OTHER_BODIES = [
    "<p>느티나무 공원이 문을 열자 아이들이 그늘에서 뛰놀았다.</p>",
    "<p>군청은 내년 예산안에 도서관 증축비를 담겠다고 밝혔다.</p>",
    "<p>막차가 사라진 마을에 전화로 부르는 버스가 다닌다.</p>",
    "<p>소방서가 겨울을 앞두고 양조장 굴뚝을 살폈다.</p>",
    "<p>초등학교 합창단이 강변 무대에서 노래를 불렀다.</p>",
]


@pytest.fixture
def article():
    """A paper with an article that has everything."""
    Masthead(
        pk=1, title="미르내신문", tagline="강가의 소식", registration_number="가온 아00000"
    ).save()
    Page.objects.create(slug="privacy", title="개인정보처리방침", body="<p>적게 모읍니다.</p>")
    section = make_section("사회")
    photo = make_photo(image_file(1600, 1067), caption="다시 켜진 등", credit="미르내신문")
    author = make_author(portrait=photo, bio="골목을 다닙니다.", email="han@example.com")
    for body in OTHER_BODIES:
        make_article(section=section, authors=[author], tags=["장터"], hero=photo, body=body)
    article = make_article(
        "불 꺼진 장터에 다시 등을 단 사람들, 상인회와 주민이 함께 쓴 겨울 장부",
        subtitle="점포 스물두 곳이 난방비를 나눴다",
        body="<p>저녁 여섯 시면 셔터가 내려갔다.</p><h2>미리 적은 약속</h2>"
        "<table><thead><tr><th>달</th><th>명</th></tr></thead>"
        "<tbody><tr><td>9월</td><td>42</td></tr></tbody></table>"
        "<blockquote><p>“누가 올지 아는 저녁은 다릅니다.”</p></blockquote>"
        '<figure data-embed="https://youtu.be/abcdefghijk"></figure>'
        f'<figure data-photo="{photo.pk}"><figcaption>장부</figcaption></figure>',
        section=section,
        authors=[author],
        tags=["장터"],
        hero=photo,
        hours_ago=0.1,
    )
    Correction.objects.create(article=article, text="스물두 곳으로 바로잡습니다.")
    parent = None
    for _ in range(8):
        parent = make_comment(article, parent=parent)
    related.relate(article)
    reads.write({article.pk: 3})
    return article


@pytest.fixture
def every_page(chromium, client, live_server):
    """Walk through every kind of page in one tab: yields (name, page)."""

    def answer(body, status):
        return lambda route: route.fulfill(status=status, content_type="text/html", body=body)

    def walk(width):
        pages, article = make_everything()
        addresses = {name: address for name, (address, _) in pages.items()}
        context = chromium.new_context(viewport={"width": width, "height": 844})
        page = context.new_page()
        for name, (response, status) in unaddressed(client, article).items():
            addresses[name] = f"/kinds/{quote(name)}"
            page.route(f"**{addresses[name]}", answer(response.content.decode(), status))
        for name, address in addresses.items():
            page.goto(f"{live_server.url}{address}")
            yield name, page
        context.close()

    return walk


@pytest.mark.parametrize("width", [390, 1280])
def test_no_accessibility_violation_on_any_kind_of_page(every_page, width):
    for _name, page in every_page(width):
        page.emulate_media(color_scheme="light")
        assert_accessible(page)
        page.emulate_media(color_scheme="dark")
        assert_accessible(page, runOnly=["color-contrast"])  # all that changes


def test_every_kind_of_page_fits_screens_and_fingers(every_page):
    for name, page in every_page(390):
        small = page.evaluate(SMALL_TARGETS)
        assert not small, "\n".join([name, *small])
        for width in (320, 360, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide on {width} px"
        page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_pictures_come_slowly(open_page, article, live_server, width):
    for address in ("/", article.get_absolute_url(), "/sections/사회/"):
        page = open_page("/archive/", width)
        page.add_init_script(
            """window.shifts = [];
            const told = (entry) =>
              `${entry.value} ${entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80))}`;
            new PerformanceObserver((list) => shifts.push(...list.getEntries().map(told)))
              .observe({ type: "layout-shift", buffered: true });"""
        )
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 150,
                "downloadThroughput": 60_000,
                "uploadThroughput": 60_000,
            },
        )
        page.goto(f"{live_server.url}{address}")
        for _ in range(12):
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(100)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.images.length") > 1
        assert page.evaluate("shifts") == [], address


def test_article_page_asks_nobody_else_and_starts_in_the_first_screen(
    open_page, article, live_server
):
    page = open_page(article.get_absolute_url(), 390)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith((live_server.url, "data:")) for url in page.requested)
    assert not page.context.cookies()
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    for selector, limit in ((".byline", 600), (".article > .picture", 700), (".text", 1100)):
        top = page.evaluate(f"document.querySelector('{selector}').getBoundingClientRect().top")
        assert top < limit, selector


WALK = """() => {
  const element = document.activeElement;
  if (element === document.body) return null; // round the page
  const box = element.getBoundingClientRect();
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent
    ?? element.textContent;
  return {
    name: name.replace(/\\s+/g, " ").trim(),
    outline: getComputedStyle(element).outlineStyle,
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
  };
}"""


def test_keyboard_walks_the_page_in_reading_order(open_page, article):
    page = open_page(article.get_absolute_url(), reduced_motion="reduce")
    walked = []
    page.keyboard.press("Tab")
    while stop := page.evaluate(WALK):
        assert stop["outline"] != "none", stop
        assert stop["seen"], stop
        walked.append(stop["name"])
        page.keyboard.press("Tab")
    share = ["주소 복사", "페이스북에 공유", "엑스(X)에 공유", "밴드에 공유", "공유 더 보기"]
    others = [f"장터에 다시 켜진 불 {number}" for number in range(1, 6)]
    page_order = [
        *("본문으로 건너뛰기", "미르내신문", "밝게 또는 어둡게", "검색", "사회"),
        *("처음", "사회", "한도경 기자", "han@example.com", *share),
        *("이 기기에 저장", "가− 글자 작게", "가＋ 글자 크게"),
        *(gettext("Table"), "영상 보기 youtu.be", "#장터"),
        *("한도경 기자", "han@example.com", *others[:4], *share),
        *(*others, "많이 본 뉴스", article.headline),
    ]
    headlines = re.compile(r"장터에 다시 켜진 불 \d+")  # numbers count on from test to test
    assert [headlines.sub("…", name) for name in walked[: len(page_order)]] == [
        headlines.sub("…", name) for name in page_order
    ]
    below = walked[len(page_order) :]
    form = [
        "댓글 *",
        "이름 *",
        "이메일 * 공개하지 않습니다",
        "댓글 보내기",
        "최신순",
        "공감",
        "답글",
    ]
    positions = [below.index(name) for name in form]
    assert positions == sorted(positions)
    assert below[-6:] == [
        "개인정보처리방침",
        "바로잡습니다",
        "지난 기사",
        "많이 본 뉴스",
        "RSS",
        "저장한 기사",
    ]


def test_skip_link_leads_to_the_text(open_page, article):
    page = open_page(article.get_absolute_url())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_light_dark_and_text_size_are_remembered_without_cookies(open_page, article):
    page = open_page(article.get_absolute_url())
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    size = "parseFloat(getComputedStyle(document.querySelector('.text')).fontSize)"
    before = page.evaluate(size)
    page.click("[data-theme-switch]")
    page.click(".text-tools [data-step='1']")
    page.reload()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    assert page.evaluate(size) > before
    assert not page.context.cookies()


@pytest.mark.asks("https://www.youtube-nocookie.com/")
def test_video_asks_its_host_only_after_a_click(open_page, article):
    page = open_page(article.get_absolute_url(), quiet=False)
    page.route("https://www.youtube-nocookie.com/**", lambda route: route.fulfill(body="player"))
    assert page.locator("iframe").count() == 0
    page.click(".embed a")
    page.wait_for_selector("iframe")
    assert "youtube-nocookie.com" in page.locator("iframe").get_attribute("src")


def test_copying_the_address_says_so(open_page, article):
    page = open_page(article.get_absolute_url(), permissions=["clipboard-read", "clipboard-write"])
    page.click(".article-tools [data-copy]")
    page.wait_for_selector("text=주소를 복사했습니다.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/articles/{article.pk}/")


def test_everything_is_there_with_scripts_off(open_page, article):
    page = open_page(article.get_absolute_url(), 390, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator(".embed a").get_attribute("href") == "https://youtu.be/abcdefghijk"
    assert not page.locator("[data-theme-switch]").is_visible()
    page.locator("a.reply").first.click()
    page.wait_for_selector(".replied-to")
    page.fill("textarea[name=text]", "스크립트 없이 쓴 답글입니다.")
    page.fill("input[name=author_name]", "솔재댁")
    page.fill("input[name=email]", "reader@example.com")
    page.check("input[name=consent]")
    page.locator(".comment-form button[type=submit]").click()
    page.wait_for_selector("text=댓글이 접수됐습니다")
    assert page.locator(".comment-text:has-text('스크립트 없이 쓴 답글입니다.')").is_visible()
