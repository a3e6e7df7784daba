"""What hands do at the desk: sign in, type Hangul, paste, choose words, tools and files."""

import re

from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.authors.test_door import PASSWORD


def cookie_of(user, url):
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}


def type_in(page, selector, text):
    page.fill(selector, text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_in(page, live_server, name="한도경"):
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("#id_username", name)
    type_in(page, "#id_password", PASSWORD)


def body(page):
    """What the form would send."""
    return page.locator("textarea[name=body]").input_value()


def assert_body(page, *parts):
    """The form comes to hold this text, or these parts of one: dialogs and editor take turns."""
    whole = parts[0] if len(parts) == 1 else re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    expect(page.locator("textarea[name=body]")).to_have_value(whole)


# After focus the editor puts its own selection back once, and it hears of ours with a later
# event: both are waited for, on the browser's own clock, however slow the machine is.
SETTLED = """async (act) => {
  const text = document.querySelector(".editor-text");
  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
  text.focus();
  await pause(50);
  await act?.(text);
  for (let left = 200; left > 0; left -= 1) {
    await pause(10);
    const { view, state } = text.editor;
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
    const { anchor, head } = state.selection;
    const isSame = (node, offset, place) => view.posAtDOM(node, offset) === place;
    if (isSame(anchorNode, anchorOffset, anchor) && isSame(focusNode, focusOffset, head)) return;
  }
  throw new Error("the editor has another selection than the page");
}"""


def settle(page):
    """Wait until the editor knows where the cursor stands."""
    page.evaluate(f"({SETTLED})()")


def press(page, key):
    """Move the cursor by a key."""
    page.keyboard.press(key)
    settle(page)


def write_at(page, end=True):
    page.locator(".editor-text").click()
    page.evaluate(
        f"""(end) => ({SETTLED})((text) => {{
          text.editor.commands.focus(end ? "end" : "start");
        }})""",
        end,
    )


def choose(page, what):
    """Choose a piece of the text, as the mouse would."""
    page.evaluate(
        f"""(what) => ({SETTLED})((text) => {{
          const walker = document.createTreeWalker(text, 4);
          while (walker.nextNode()) {{
            const at = walker.currentNode.data.indexOf(what);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + what.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            return;
          }}
          throw new Error(`no ${{what}}`);
        }})""",
        what,
    )


def tool(page, name):
    page.locator(f".editor-tools [data-do={name}]").click()


def paste(page, html="", text=""):
    """Paste as a browser does: with an event that carries the data."""
    page.evaluate(
        """([html, text]) => {
          const clipboardData = new DataTransfer();
          if (html) clipboardData.setData("text/html", html);
          clipboardData.setData("text/plain", text || "x");
          const all = { clipboardData, bubbles: true, cancelable: true };
          document.querySelector(".editor-text").dispatchEvent(new ClipboardEvent("paste", all));
        }""",
        [html, text],
    )


class Hangul:
    """A Korean input method: what is composed, letter by letter, and what is committed."""

    def __init__(self, page):
        self.devtools = page.context.new_cdp_session(page)

    def compose(self, *steps):
        for step in steps:
            place = {"selectionStart": len(step), "selectionEnd": len(step)}
            self.devtools.send("Input.imeSetComposition", {"text": step, **place})

    def commit(self, text):
        self.devtools.send("Input.insertText", {"text": text})

    def swallow(self, code):
        key = {"windowsVirtualKeyCode": 229, "key": "Process", "code": code}
        self.devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})

    def type_nanum(self):
        self.compose("ㄴ", "나", "난")
        self.commit("나")
        self.compose("누", "눔")
        self.commit("눔")


def compose(page, text):
    """Type Hangul as an input method does: each syllable grows until it is done."""
    keyboard = page.context.new_cdp_session(page)
    for syllable in text:
        for stage in stages(syllable):
            end = len(stage)
            values = {"text": stage, "selectionStart": end, "selectionEnd": end}
            keyboard.send("Input.imeSetComposition", values)
            page.wait_for_timeout(15)
        keyboard.send("Input.insertText", {"text": syllable})
    return keyboard


def stages(syllable):
    """What stands there while a syllable is typed: ㅎ, 하, 한."""
    if not "가" <= syllable <= "힣":
        return [syllable]
    number = ord(syllable) - 0xAC00
    first = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"[number // 588]
    open_syllable = chr(ord(syllable) - number % 28)
    return list(dict.fromkeys([first, open_syllable, syllable]))


def upload(page, *files, name="input[type=file][multiple]"):
    page.locator(f"dialog[data-library][open] {name}").set_input_files(
        [{"name": n, "mimeType": "image/jpeg", "buffer": data} for n, data in files]
    )
