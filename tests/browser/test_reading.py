"""What only a browser shows of sharing, listening and keeping for later."""

import json

import pytest
from django.test import override_settings

from newsroom import middleware
from tests.factories import make_article, make_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# A voice that reads at once, and notes what it was given; headless browsers have none.
VOICES = """
  const told = (window.told = []);
  const synth = {
    paused: false,
    getVoices: () => %s,
    speak(part) { told.push(part.text); window.finish = () => part.onend(); },
    pause() { this.paused = true; },
    resume() { this.paused = false; },
    cancel() { this.paused = false; },
    addEventListener() {},
  };
  Object.defineProperty(window, "speechSynthesis", { value: synth });
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
"""


def article_with_picture():
    photo = make_photo(caption="다시 켜진 등")
    picture = f'<figure data-photo="{photo.pk}"></figure>'
    body = f"<p>첫 단락.</p>{picture}<h2>소제목</h2><ul><li>항목</li></ul>"
    return make_article("장터 & “불빛”", body=body)


@pytest.mark.parametrize("width", [390, 1280])
def test_share_panel_opens_within_the_page_and_fetches_the_code_then(open_page, width):
    article = article_with_picture()
    page = open_page(article.get_absolute_url(), width=width)
    assert not [url for url in page.requested if "qr.svg" in url]
    more = page.locator(".article header .share-more")
    with page.expect_response("**/qr.svg") as answer:
        more.locator("summary").click()
    assert answer.value.ok
    box = more.locator("ul").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    assert not more.locator("img").is_visible()
    assert more.locator("summary").evaluate("e => e === document.activeElement")
    foot = page.locator(".article footer .share-more")
    foot.locator("summary").click()
    box = foot.locator("ul").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_row_stays_within_a_narrow_page_with_every_tool(open_page, live_server):
    article = article_with_picture()
    page = open_page("/", width=390)
    page.add_init_script("navigator.share = () => Promise.resolve();")
    page.add_init_script(VOICES % '[{lang: "ko-KR"}]')
    with override_settings(KAKAO_JS_KEY="0123abcd"):
        page.goto(live_server.url + article.get_absolute_url(), wait_until="networkidle")
    tools = page.locator(".article-tools .tool:visible")
    assert tools.count() == 8
    for index in range(tools.count()):
        box = tools.nth(index).bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_listening_reads_the_headline_and_the_text_without_captions(open_page, live_server):
    article = article_with_picture()
    page = open_page("/")
    page.add_init_script(VOICES % '[{lang: "en-US"}, {lang: "ko-KR"}]')
    page.goto(live_server.url + article.get_absolute_url(), wait_until="networkidle")
    listen = page.locator("[data-listen]")
    listen.click()
    for _ in range(4):
        page.evaluate("finish()")
    assert page.evaluate("told") == ["장터 & “불빛”", "첫 단락.", "소제목", "항목"]
    assert listen.get_attribute("aria-pressed") == "false"
    listen.click()
    stop = page.get_by_role("button", name="듣기 끝내기")
    assert listen.get_attribute("aria-pressed") == "true"
    listen.click()
    assert page.evaluate("speechSynthesis.paused")
    listen.click()
    assert not page.evaluate("speechSynthesis.paused")
    stop.click()
    assert not stop.is_visible()


def test_without_a_korean_voice_there_is_no_button(open_page, live_server):
    page = open_page("/")
    page.add_init_script(VOICES % '[{lang: "en-US"}]')
    page.goto(live_server.url + make_article().get_absolute_url(), wait_until="networkidle")
    assert not page.locator("[data-listen]").is_visible()


def test_article_is_kept_on_this_device_and_let_go_again(open_page, live_server):
    article = article_with_picture()
    page = open_page(article.get_absolute_url())
    save = page.locator("[data-save]")
    save.click()
    assert save.get_attribute("aria-pressed") == "true"
    assert len(json.loads(page.evaluate("localStorage.saved"))) == 1
    page.goto(f"{live_server.url}/saved/", wait_until="networkidle")
    link = page.get_by_role("link", name="장터 & “불빛”")
    link.click()
    page.wait_for_url(f"**{article.get_absolute_url()}")
    page.locator("[data-save][aria-pressed=true]").click()
    page.goto(f"{live_server.url}/saved/", wait_until="networkidle")
    assert page.get_by_text("아직 저장한 기사가 없습니다").is_visible()
    assert link.count() == 0


def test_without_script_nothing_is_offered_that_needs_it(open_page):
    page = open_page(article_with_picture().get_absolute_url(), java_script_enabled=False)
    for hook in ("[data-save]", "[data-listen]", "[data-print]"):
        assert not page.locator(hook).first.is_visible()
    page.locator(".article header .share-more summary").click()
    assert page.get_by_role("link", name="라인").first.is_visible()


@pytest.mark.asks("https://t1.kakaocdn.net/")
def test_kakao_is_asked_by_a_click_alone(open_page, live_server, monkeypatch):
    policy = middleware.POLICY.replace("script-src", "script-src https://t1.kakaocdn.net")
    monkeypatch.setattr(middleware, "POLICY", policy)
    with override_settings(KAKAO_JS_KEY="0123abcd"):
        page = open_page(make_article().get_absolute_url(), quiet=False)
        page.route("https://t1.kakaocdn.net/**", lambda route: route.abort())
        assert not [url for url in page.requested if "kakao" in url]
        with page.expect_request("https://t1.kakaocdn.net/**"):
            page.locator("[data-kakao]").first.click()
