"""Pages as a browser shows them: accessible, steady, complete without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from articles.models import Correction, Page
from newsroom.models import Masthead
from tests.factories import (
    image_file,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    for _ in range(5):
        make_article(section=section, authors=[author], tags=["장터"], hero=photo)
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
    return article


def paths(article):
    return [
        "/",
        article.get_absolute_url(),
        "/sections/사회/",
        "/authors/한도경/",
        "/search/?q=장터",
        "/archive/",
        "/corrections/",
        "/popular/",
        "/pages/privacy/",
        f"/articles/{article.pk}/comments/",
        f"/comments/{article.comments.order_by('pk')[2].pk}/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_accessibility_violation(open_page, article, width, scheme):
    for path in paths(article):
        page = open_page(path, width, scheme)
        results = Axe().run(page, options={"preload": False})
        assert results.violations_count == 0, f"{path}: {results.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide"


def test_article_page_is_light_steady_and_asks_nobody_else(open_page, article, live_server):
    page = open_page(article.get_absolute_url(), 390)
    shift = page.evaluate(
        """() => new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          scrollTo(0, document.body.scrollHeight);
          setTimeout(() => resolve(sum), 800);
        })"""
    )
    assert shift == 0
    assert all(url.startswith((live_server.url, "data:")) for url in page.requested)
    assert not page.context.cookies()
    assert page.evaluate("document.querySelector('h1').getBoundingClientRect().bottom") < 844
    top = page.evaluate("document.querySelector('.byline').getBoundingClientRect().top + scrollY")
    assert top < 600


def test_keyboard_walks_the_page_in_reading_order(open_page, article):
    page = open_page(article.get_absolute_url())
    seen = []
    for _ in range(70):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                  const element = document.activeElement;
                  const outline = getComputedStyle(element).outlineStyle;
                  return [element.className || element.name || element.tagName, outline];
                }"""
            )
        )
    assert seen[0][0] == "skip"
    assert all(outline != "none" for name, outline in seen if name != "BODY")
    names = [name for name, _ in seen]
    for field in ("text", "author_name", "email", "consent"):
        assert field in names
    assert names.index("text") < names.index("author_name") < names.index("email")


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
    page.click("[data-text-size] [data-step='1']")
    page.reload()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    assert page.evaluate(size) > before
    assert not page.context.cookies()


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
    assert page.locator("text=스크립트 없이 쓴 답글입니다.").is_visible()
