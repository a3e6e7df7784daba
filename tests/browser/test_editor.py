"""The editor of an article's body in a browser: words, Korean, paste, figures, keyboard."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article, Photo
from authors.models import User
from newsroom.html import TAGS, sanitise
from newsroom.models import Masthead
from tests.browser.eyes import assert_accessible
from tests.browser.hands import (
    Hangul,
    assert_body,
    body,
    choose,
    cookie_of,
    paste,
    press,
    tool,
    upload,
    write_at,
)
from tests.factories import image_file, make_article, make_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Every tag that an article may hold, and how the editor writes it.
EVERYTHING = (
    "<p>가 <strong>굵게</strong> <em>기울임</em> <s>취소</s> H<sub>2</sub>O m<sup>2</sup> "
    '<code>x</code> <a href="https://example.com/" title="밖">밖</a> <q>말</q> <cite>책</cite><br>'
    "다음 줄</p><h2>둘</h2><h3>셋</h3><h4>넷</h4><blockquote><p>“말”</p><cite>상인회장</cite>"
    '</blockquote><ul><li>하나<ul><li>속</li></ul></li><li>둘</li></ul><ol start="3" reversed="">'
    "<li>셋</li></ol><hr><pre><code>1 + 1\n  = 2</code></pre><table><caption>표</caption><thead>"
    '<tr><th scope="col">달</th><th scope="col">명</th></tr></thead><tbody><tr><td colspan="2">'
    "모두</td></tr></tbody><tfoot><tr><td>합</td><td>3</td></tr></tfoot></table>"
    '<figure data-embed="https://youtu.be/abcdefghijk"><figcaption>영<strong>상</strong>'
    "</figcaption></figure>"
)


@pytest.fixture
def open_desk(open_page, live_server):
    """Open pages of the admin, signed in."""
    Masthead(pk=1, title="미르내신문").save()
    cookie = cookie_of(User.objects.create_superuser("편집자"), live_server.url)

    def visit(path, *args, **kwargs):
        page = open_page("/", *args, **kwargs)
        page.set_default_timeout(10_000)
        page.context.add_cookies([cookie])
        for other in ("writing", "checks"):  # they have tests of their own
            page.route(f"**/js/desk/{other}.js", silence)
        page.goto(f"{live_server.url}{path}")
        return page

    return visit


@pytest.fixture
def open_article(open_desk):
    """Open the form of an article with that body."""

    def visit(body="", *args, **kwargs):
        article = make_article(body=body, state="draft", published_at=None)
        return open_desk(f"/admin/articles/article/{article.pk}/change/", *args, **kwargs)

    return visit


def silence(route):
    route.fulfill(body="", content_type="text/javascript")


class TestWriting:
    def test_every_tag_of_the_allow_list_comes_back_as_it_was(self, open_article):
        assert sanitise(EVERYTHING).replace(' rel="noopener"', "") == EVERYTHING
        for tag in TAGS - {"b", "i", "figure"}:
            assert f"<{tag}" in EVERYTHING, tag
        page = open_article(EVERYTHING)
        write_at(page)
        page.keyboard.type("끝")
        # `b` and `i` are written as `strong` and `em`; links get their rel when they are saved.
        assert_body(
            page,
            EVERYTHING.replace("영<strong>상</strong>", "영<strong>상</strong>") + ("<p>끝</p>"),
        )

    def test_nothing_is_changed_by_opening(self, open_article):
        odd = "<p>가</p>\n<ul>\n<li><b>나</b></li></ul>"
        page = open_article(odd)
        assert page.locator(".editor.is-rich").is_visible()
        assert_body(page, odd)

    def test_tools_write_what_they_say_and_the_form_hears_of_it(self, open_article):
        page = open_article()
        page.evaluate(
            "document.querySelector('form[id$=_form]').addEventListener('input',"
            " (event) => { window.heard = event.target.name })"
        )
        write_at(page)
        tool(page, "h2")
        page.keyboard.type("소제목")
        page.keyboard.press("Enter")
        page.keyboard.type("첫 ")
        page.keyboard.press("Control+b")
        page.keyboard.type("굵은")
        tool(page, "bold")
        page.keyboard.type(" 말")
        page.keyboard.press("Enter")
        tool(page, "bulletList")
        page.keyboard.type("하나")
        page.keyboard.press("Enter")
        page.keyboard.type("둘")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        tool(page, "blockquote")
        page.keyboard.type("말")
        assert_body(
            page,
            (
                "<h2>소제목</h2><p>첫 <strong>굵은</strong> 말</p><ul><li>하나</li><li>둘</li></ul>"
                "<blockquote><p>말</p></blockquote>"
            ),
        )
        assert page.evaluate("window.heard") == "body"
        tool(page, "undo")
        expect(page.locator("textarea[name=body]")).not_to_have_value(
            re.compile("<blockquote><p>말")
        )
        tool(page, "redo")
        assert_body(page, "", "<blockquote><p>말")

    def test_link_is_asked_for_and_checked(self, open_article):
        page = open_article("<p>자세히는 여기에</p>")
        choose(page, "여기")
        page.keyboard.press("Control+k")
        dialog = page.locator("dialog[data-ask]")
        dialog.locator("input").fill("javascript:alert(1)")
        page.keyboard.press("Enter")
        assert dialog.locator("[data-problem]").inner_text()
        dialog.locator("input").fill("https://example.com/?id=3&utm_source=mail")
        page.keyboard.press("Enter")
        link = '<a href="https://example.com/?id=3">여기</a>'
        assert_body(page, f"<p>자세히는 {link}에</p>")
        choose(page, "여기")
        tool(page, "link")
        dialog.locator("[data-remove]").click()
        assert_body(page, "<p>자세히는 여기에</p>")

    def test_table_with_a_head_and_its_tools(self, open_article):
        page = open_article()
        write_at(page)
        tool(page, "table")
        page.keyboard.type("달")
        page.keyboard.press("Tab")
        page.keyboard.type("명")
        assert page.locator("[data-in=table]").first.is_visible()
        tool(page, "deleteColumn")
        tool(page, "deleteRow")
        tool(page, "caption")
        page.locator("dialog[data-ask] input").fill("달마다")
        page.keyboard.press("Enter")
        html = body(page)
        assert "<caption>달마다</caption>" in html
        assert html.count("<tr>") == 2
        tool(page, "deleteTable")
        assert_body(page, "")

    def test_tools_by_keyboard(self, open_article):
        page = open_article("<p>글</p>")
        write_at(page)
        page.keyboard.press("Alt+F10")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert_body(page, "<h2>글</h2>")
        page.keyboard.press("Escape")
        page.keyboard.type("자")
        assert_body(page, "<h2>글자</h2>")

    def test_text_is_saved_as_it_is_written(self, open_article):
        page = open_article("<p>글</p>")
        write_at(page)
        page.keyboard.type("자")
        with page.expect_navigation():
            page.locator("form[id$=_form]").evaluate("form => form.requestSubmit()")
        assert Article.objects.get().body == "<p>글자</p>"


class TestNothingIsLost:
    def test_what_the_editor_cannot_show_stays_html_and_says_why(self, open_article):
        odd = "<figure><table><tbody><tr><td>1</td></tr></tbody></table></figure><p>글</p>"
        page = open_article(odd)
        assert page.locator("textarea[name=body]").is_visible()
        assert page.locator("[data-said=plain]").inner_text()
        assert not page.locator(".editor-text").is_visible()
        assert_body(page, odd)
        page.locator("textarea[name=body]").fill("<p>글</p>")
        page.locator(".editor-more summary").click()
        tool(page, "source")
        assert page.locator(".editor-text").inner_text().strip() == "글"

    def test_html_can_be_written_and_is_read_again(self, open_article):
        page = open_article("<p>글</p>")
        page.locator(".editor-more summary").click()
        tool(page, "source")
        page.locator("textarea[name=body]").fill("<h2>제목</h2><p style='color:red'>글</p>")
        page.locator(".editor-more summary").click()
        tool(page, "source")
        assert page.locator(".editor-text h2").inner_text() == "제목"

    def test_another_script_may_put_a_text_into_the_form(self, open_article):
        page = open_article("<p>글</p>")
        page.locator("textarea[name=body]").evaluate(
            "field => { field.value = '<p>되찾은 글</p>';"
            " field.dispatchEvent(new Event('input', { bubbles: true })) }"
        )
        assert page.locator(".editor-text").inner_text().strip() == "되찾은 글"
        assert_body(page, "<p>되찾은 글</p>")

    def test_textarea_stays_without_script(self, open_article):
        page = open_article("<p>글</p>", java_script_enabled=False)
        page.locator("textarea[name=body]").fill("<p>손으로 쓴 글</p>")
        assert not page.locator(".editor-tools").is_visible()


class TestKorean:
    def test_syllables_are_composed_and_kept(self, open_article):
        page = open_article()
        write_at(page)
        Hangul(page).type_nanum()
        assert_body(page, "<p>나눔</p>")

    def test_enter_in_the_middle_of_a_composition(self, open_article):
        page = open_article()
        write_at(page)
        hangul = Hangul(page)
        hangul.compose("ㄴ", "나")
        hangul.swallow("Enter")  # the input method takes the key, commits, and lets it through
        hangul.commit("나")
        page.keyboard.press("Enter")
        hangul.compose("ㄴ", "누", "눔")
        page.keyboard.press("Enter")  # or the key arrives while it still composes
        hangul.commit("눔")
        assert_body(page, "<p>나</p><p>눔</p>")

    def test_composition_in_the_middle_of_a_line(self, open_article):
        page = open_article("<p>장터에 <strong>불</strong>이 켜졌다</p>")
        write_at(page, end=False)
        for _step in range(4):
            press(page, "ArrowRight")
        hangul = Hangul(page)
        hangul.type_nanum()
        page.keyboard.type(" ")
        assert_body(page, "<p>장터에 나눔 <strong>불</strong>이 켜졌다</p>")
        page.keyboard.press("Backspace")
        assert_body(page, "<p>장터에 나눔<strong>불</strong>이 켜졌다</p>")

    def test_bold_on_and_off_between_syllables(self, open_article):
        page = open_article()
        write_at(page)
        hangul = Hangul(page)
        hangul.type_nanum()
        page.keyboard.press("Control+b")
        hangul.type_nanum()
        page.keyboard.press("Control+b")
        hangul.type_nanum()
        assert_body(page, "<p>나눔<strong>나눔</strong>나눔</p>")

    def test_composition_that_is_called_off_leaves_nothing(self, open_article):
        page = open_article("<p>글</p>")
        write_at(page)
        Hangul(page).compose("ㄴ", "나", "")
        page.keyboard.type("!")
        assert_body(page, "<p>글!</p>")

    def test_caption_and_list_take_korean_too(self, open_article):
        page = open_article("<ul><li>하나</li></ul>")
        choose(page, "하나")
        press(page, "ArrowRight")
        page.keyboard.press("Enter")
        Hangul(page).type_nanum()
        assert_body(page, "<ul><li>하나</li><li>나눔</li></ul>")


class TestPaste:
    def pasted(self, page, program):
        """Paste what a program puts on the clipboard; return what is left of it."""
        write_at(page)
        paste(page, Path(__file__).with_name("pasted").joinpath(f"{program}.html").read_text())
        return body(page)

    def is_clean(self, html):
        assert sanitise(html).replace(' rel="noopener"', "") == html
        for junk in ("<span", "style", "class", "mso", "data:", "&nbsp;", "<p></p>", "utm_"):
            assert junk not in html, junk

    def test_hangul_word_processor(self, open_article):
        page = open_article()
        html = self.pasted(page, "hangul")
        self.is_clean(html)
        assert html == (
            "<h2>막차가 끊긴 뒤</h2><p>군청은 <strong>12월 1일</strong>부터 바꾼다.</p>"
            "<ul><li>첫차 6시 10분</li><li>막차 21시 40분</li></ul>"
            "<table><thead><tr><th>마을</th><th>승객</th></tr></thead>"
            "<tbody><tr><td>노을면</td><td>31명</td></tr></tbody></table>"
        )
        notice = page.locator("[data-said=notice]")
        assert "1" in notice.inner_text()
        notice.locator("button").click()
        assert page.locator("dialog[data-library]").is_visible()

    def test_word(self, open_article):
        page = open_article()
        html = self.pasted(page, "word")
        self.is_clean(html)
        assert html == (
            "<h2>대파 한 단의 값</h2>"
            "<p>900원에 나간 <strong>대파</strong>가 <em>시장</em>에 왔다.</p>"
            "<ul><li>밭임자<ul><li>품삯</li></ul></li><li>중도매인</li></ul>"
            "<ol><li>하나</li><li>둘</li></ol>"
            '<table><tbody><tr><td colspan="2">합계 2,500원</td></tr>'
            "<tr><td>밭</td><td>900원</td></tr></tbody></table>"
            '<p><a href="https://example.com/a?id=3">자료</a></p>'
        )
        assert page.locator("[data-said=notice]").is_visible()

    def test_google_docs(self, open_article):
        page = open_article()
        html = self.pasted(page, "docs")
        self.is_clean(html)
        assert html == (
            "<h2>겨울 장부</h2><p>점포 <strong>스물두 곳</strong><em>이 나눴다</em><sup>1</sup></p>"
            "<ul><li>난방비<ul><li>전기</li></ul></li><li>등불</li></ul>"
            '<p><a href="https://example.com/jangbu">장부 보기</a></p>'
            "<table><thead><tr><th>달</th><th>손님</th></tr></thead>"
            "<tbody><tr><td>1월</td><td>320명</td></tr></tbody></table>"
        )
        assert not page.locator("[data-said=notice]").is_visible()

    def test_page_of_the_web(self, open_article):
        page = open_article()
        html = self.pasted(page, "web")
        self.is_clean(html)
        assert html == (
            "<h3>저수지 물이 찼다</h3><p>올해 첫눈이 왔다.</p>"
            "<p>물은 <strong>8할</strong>까지 찼다.</p>"
            "<blockquote><p>“이런 해는 처음이다.”</p></blockquote>"
            '<ol start="2"><li>둘째</li><li>셋째</li></ol>'
            '<p>자세히는 <a href="https://example.com/a?id=7">여기</a>와 저기.</p>'
        )
        assert page.locator("[data-said=notice]").is_visible()

    def test_what_was_copied_here_comes_back_whole(self, open_article):
        photo = make_photo()
        page = open_article(f'<p>가</p><figure data-photo="{photo.pk}"></figure>{EVERYTHING}')
        write_at(page)
        page.keyboard.press("Control+a")
        copied = page.evaluate(
            """() => {
              const data = new DataTransfer();
              const all = { clipboardData: data, bubbles: true, cancelable: true };
              document.querySelector(".editor-text").dispatchEvent(new ClipboardEvent("copy", all));
              return data.getData("text/html");
            }"""
        )
        page.keyboard.press("Delete")
        assert_body(page, "")
        paste(page, copied)
        assert_body(
            page, f'<p>가</p><figure data-photo="{photo.pk}"></figure>', "<caption>표</caption>"
        )
        page.wait_for_selector(f".desk-figure img[src*='{photo.version}']")

    def test_address_over_words_is_a_link_and_a_videos_alone_its_player(self, open_article):
        page = open_article("<p>자세히는 여기</p>")
        choose(page, "여기")
        paste(page, text="https://example.com/a")
        assert_body(page, '<p>자세히는 <a href="https://example.com/a">여기</a></p>')
        write_at(page)
        page.keyboard.press("Enter")
        paste(page, text="https://youtu.be/abcdefghijk")
        assert_body(page, "", '<figure data-embed="https://youtu.be/abcdefghijk"></figure>')
        assert not [url for url in page.requested if "youtu" in url]


class TestFigures:
    def test_photo_of_the_library_by_keyboard(self, open_article):
        old = make_photo(alt="불 켜진 장터", caption="자료실의 설명")
        make_photo(image_file(300, 200), alt="눈 내린 다리")
        page = open_article("<p>글</p>")
        write_at(page)
        tool(page, "photo")
        dialog = page.locator("dialog[data-library]")
        cards = dialog.locator("[data-grid] button")
        cards.nth(1).wait_for()
        assert "눈 내린 다리" in cards.first.inner_text()  # the newest first
        page.keyboard.type("장터")
        expect(cards).to_have_count(1)
        cards.first.focus()
        page.keyboard.press("Enter")
        assert cards.first.get_attribute("aria-pressed") == "true"
        dialog.locator("[data-done]").click()
        page.wait_for_selector(".desk-figure img")
        assert_body(page, f'<p>글</p><figure data-photo="{old.pk}"></figure>')
        caption = page.locator(".desk-figure figcaption")
        assert caption.get_attribute("data-placeholder") == "자료실의 설명"
        caption.click()
        Hangul(page).type_nanum()
        assert_body(page, "", f'"{old.pk}"><figcaption>나눔</figcaption>')
        page.keyboard.press("Enter")
        page.keyboard.type("다음")
        assert_body(page, "", "</figure><p>다음</p>")

    def test_hero_is_chosen_uploaded_and_taken_away(self, open_article):
        make_photo(alt="불 켜진 장터")
        new = make_photo(image_file(300, 200), alt="눈 내린 다리")
        page = open_article("<p>글</p>")
        number, shown = page.locator("[name=hero]"), page.locator("[data-hero] [data-shown]")
        assert not number.is_visible() and not shown.is_visible()
        page.locator("[data-hero] [data-choose]").press("Enter")
        dialog = page.locator("dialog[data-library][open]")
        cards = dialog.locator("[data-grid] button")
        cards.nth(1).click()
        cards.nth(0).click()  # one takes the place of the other
        expect(dialog.locator(".upload")).to_have_count(1)
        dialog.locator("[data-done]").click()
        assert number.input_value() == str(new.pk)
        assert shown.inner_text().strip() == "눈 내린 다리"
        page.locator("[data-hero] [data-choose]").click()
        upload(page, ("새벽.jpg", image_file(400, 300).read()))
        dialog.locator("[data-field=alt]").fill("새벽 첫차")
        dialog.locator("[data-done]").click()
        shown.get_by_text("새벽 첫차").wait_for()
        page.click("[value=save]")
        page.wait_for_selector(".messagelist")
        assert Article.objects.get().hero.alt == "새벽 첫차"
        page.locator("[data-hero] [data-remove]").click()
        assert number.input_value() == "" and not shown.is_visible()
        assert page.evaluate("document.activeElement.matches('[data-choose]')")

    def test_hero_is_typed_by_its_number_without_script(self, open_article):
        make_photo(alt="불 켜진 장터")
        page = open_article("<p>글</p>", java_script_enabled=False)
        assert page.locator("[name=hero]").is_visible()
        assert not page.locator("[data-hero] [data-choose]").is_visible()

    def test_figure_is_removed_by_keyboard(self, open_article):
        photo = make_photo()
        page = open_article(f'<p>앞</p><figure data-photo="{photo.pk}"></figure><p>뒤</p>')
        page.locator(".desk-figure figcaption").click()
        page.keyboard.press("Backspace")
        page.wait_for_selector(".desk-figure.ProseMirror-selectednode")
        page.keyboard.press("Backspace")
        assert_body(page, "<p>앞</p><p>뒤</p>")
        page.keyboard.press("Control+z")
        assert_body(page, "", "data-photo")
        page.locator(".desk-figure img").click()
        tool(page, "deleteFigure")
        assert_body(page, "<p>앞</p><p>뒤</p>")

    def test_upload_in_place_asks_for_the_words(self, open_article):
        page = open_article("<p>글</p>", quiet=False)  # a browser notes each refusal
        write_at(page)
        tool(page, "photo")
        upload(
            page,
            ("가.jpg", image_file(90, 60).read()),
            ("나.jpg", b"no picture"),
            ("다.jpg", image_file(60, 90).read()),
        )
        rows = page.locator("dialog[data-library] .upload")
        expect(page.locator(".upload[aria-busy]")).to_have_count(0)
        assert rows.nth(1).locator("[data-error]").inner_text()
        assert Photo.objects.count() == 2
        done = page.locator("[data-done]")
        rows.nth(0).locator("[data-field=alt]").fill("불 켜진 장터")
        done.click()
        page.wait_for_selector(".upload:nth-child(3) [data-error]:not([hidden])")
        assert_body(page, "<p>글</p>")
        rows.nth(2).locator("[data-field=alt]").fill("다리")
        rows.nth(2).locator("[data-field=credit]").fill("ⓒ 미르내신문")
        done.click()
        page.wait_for_selector(".desk-figure:nth-of-type(2) img")
        last, first = Photo.objects.all()
        assert (first.alt, last.alt, last.credit) == ("불 켜진 장터", "다리", "미르내신문")
        marks = "".join(f'<figure data-photo="{p.pk}"></figure>' for p in (first, last))
        assert_body(page, f"<p>글</p>{marks}")

    def test_picture_that_is_pasted_or_dropped_is_uploaded(self, open_article):
        page = open_article("<p>글</p>")
        write_at(page)
        data = list(image_file(90, 60).read())
        for kind in ("paste", "drop"):
            page.evaluate(
                """([kind, bytes]) => {
                  const data = new DataTransfer();
                  const type = "image/jpeg";
                  data.items.add(new File([new Uint8Array(bytes)], "그림.jpg", { type }));
                  const all = { bubbles: true, cancelable: true, clientX: 700, clientY: 700 };
                  const event = kind === "paste"
                    ? new ClipboardEvent(kind, { clipboardData: data, ...all })
                    : new DragEvent(kind, { dataTransfer: data, ...all });
                  document.querySelector(".editor-text").dispatchEvent(event);
                }""",
                [kind, data],
            )
            page.wait_for_selector("dialog[data-library] .upload img[src]")
            page.locator("dialog[data-library] [data-close]").first.click()
        assert Photo.objects.count() == 2

    def test_file_that_says_it_is_made_by_ai_is_flagged(self, open_article):
        xmp = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        page = open_article()
        tool(page, "photo")
        upload(page, ("ai.jpg", image_file(90, 60, comment=xmp).read()))
        page.wait_for_selector(".upload [data-found-ai]:not([hidden])")
        assert page.locator(".upload [data-field=isAi]").is_checked()
        assert Photo.objects.get().is_ai_generated

    def test_words_of_a_photo_are_changed_in_place(self, open_article):
        photo = make_photo(alt="")
        page = open_article(f'<p>글</p><figure data-photo="{photo.pk}"></figure>')
        assert page.locator(".desk-figure .is-warning").count() == 1
        page.locator(".desk-figure img").click()
        tool(page, "words")
        page.locator(".upload [data-field=alt]").fill("불 켜진 장터")
        page.locator("[data-done]").click()
        page.wait_for_selector(".desk-figure img[alt='불 켜진 장터']")
        photo.refresh_from_db()
        assert photo.alt == "불 켜진 장터"
        assert page.locator(".desk-figure .is-warning").count() == 0

    def test_what_could_not_be_sent_says_so_and_is_sent_again(self, open_article):
        page = open_article(quiet=False)
        tool(page, "photo")
        page.route("**/photo/upload/", lambda route: route.abort())
        upload(page, ("가.jpg", image_file(90, 60).read()))
        page.wait_for_selector(".upload [data-error]:not([hidden])")
        page.unroute("**/photo/upload/")
        page.locator(".upload [data-again]").click()
        page.wait_for_selector(".upload img[src]")
        assert Photo.objects.count() == 1

    def test_video_of_a_known_site_and_no_other(self, open_article):
        page = open_article("<p>글</p>")
        write_at(page)
        tool(page, "embed")
        field = page.locator("dialog[data-ask] input")
        field.fill("https://evil.example/youtube.com")
        page.keyboard.press("Enter")
        assert page.locator("dialog[data-ask] [data-problem]").inner_text()
        field.fill("https://www.youtube.com/watch?v=abcdefghijk")
        page.keyboard.press("Enter")
        mark = '<figure data-embed="https://www.youtube.com/watch?v=abcdefghijk"></figure>'
        assert_body(page, f"<p>글</p>{mark}")
        assert not [url for url in page.requested if "youtube.com" in url]


class TestLibrary:
    url = "/admin/articles/photo/"

    def test_many_files_each_judged_alone_and_their_words_kept(self, open_desk):
        page = open_desk(self.url, quiet=False)  # a browser notes each refusal
        files = [(f"{n}.jpg", image_file(60 + n, 40).read()) for n in range(3)]
        files.insert(1, ("망가진.jpg", b"no picture"))
        page.locator("[data-uploads] input[multiple]").set_input_files(
            [{"name": n, "mimeType": "image/jpeg", "buffer": data} for n, data in files]
        )
        rows = page.locator(".upload")
        expect(rows).to_have_count(4)
        expect(page.locator(".upload[aria-busy]")).to_have_count(0)
        assert Photo.objects.count() == 3
        assert rows.nth(1).locator("[data-error]").inner_text()
        rows.nth(0).locator("[data-field=alt]").fill("불 켜진 장터")
        rows.nth(0).locator("[data-keep]").click()
        rows.nth(0).locator("[data-kept]").wait_for()
        assert Photo.objects.filter(alt="불 켜진 장터").count() == 1

    def test_many_files_without_script(self, open_desk):
        page = open_desk(self.url, java_script_enabled=False)
        files = [("가.jpg", image_file(60, 40).read()), ("나.jpg", b"no picture")]
        page.locator("input[name=file]").set_input_files(
            [{"name": n, "mimeType": "image/jpeg", "buffer": data} for n, data in files]
        )
        page.locator("form.library-upload button").click()
        assert "나.jpg" in page.locator(".messagelist .error").inner_text()
        assert Photo.objects.count() == 1

    def test_focal_point_by_click_by_keys_and_by_numbers(self, open_desk):
        photo = make_photo(image_file(800, 400))
        page = open_desk(f"{self.url}{photo.pk}/change/")
        picture, point = page.locator("[data-focal-picture]"), page.locator("[data-focal-point]")
        box = picture.bounding_box()
        picture.click(position={"x": box["width"] * 0.8, "y": box["height"] * 0.25})
        x, y = page.locator("[name=focal_x]"), page.locator("[name=focal_y]")
        assert (x.input_value(), y.input_value()) == ("80", "25")
        point.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowDown")
        assert (x.input_value(), y.input_value()) == ("79", "35")
        x.fill("10")
        shown = page.locator("[data-crop]").first.evaluate("crop => crop.style.objectPosition")
        assert shown == "10% 35%"
        page.locator("[name=_save]").click()
        photo.refresh_from_db()
        assert (photo.focal_x, photo.focal_y) == (10, 35)

    @pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
    def test_no_accessibility_violation(self, open_desk, width, scheme):
        photo = make_photo(is_ai_generated=True, licence_ends_on=timezone.localdate())
        make_photo(image_file(60, 40), alt="")
        make_article(hero=photo)
        for path in (self.url, f"{self.url}{photo.pk}/change/"):
            page = open_desk(path, width, scheme)
            assert_accessible(page, "#content")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_no_accessibility_violation(open_article, width, scheme):
    photo = make_photo(caption="설명")
    page = open_article(f'{EVERYTHING}<figure data-photo="{photo.pk}"></figure>', width, scheme)
    page.locator(".desk-figure img").click()
    assert_accessible(page, ".editor")
    small = page.evaluate(
        "[...document.querySelectorAll('.editor-tools :is(button, summary)')]"
        ".filter((e) => e.checkVisibility() && (e.offsetHeight < 44 || e.offsetWidth < 44))"
        ".map((e) => e.outerHTML)"
    )
    assert not small
    tool(page, "photo")
    upload(page, ("가.jpg", image_file(90, 60).read()))
    page.wait_for_selector(".upload img[src]")
    page.wait_for_selector("[data-grid] button")
    assert_accessible(page, "dialog[open]")
    small = page.evaluate(
        "[...document.querySelectorAll('dialog[open] :is(button, .desk-button)')]"
        ".filter((e) => e.checkVisibility() && (e.offsetHeight < 44 || e.offsetWidth < 44))"
        ".map((e) => e.outerHTML)"
    )
    assert not small
    assert page.evaluate("document.documentElement.scrollWidth") <= width
