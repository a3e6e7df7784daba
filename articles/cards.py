"""The headline card: the picture of an article that has none, for whoever shows a link to it.

A card is drawn when somebody first asks for it, and kept. Its address follows from what is on
it, so that at most one is drawn for each headline of an article that readers may see.
"""

from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import storages
from django.templatetags.static import static
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from newsroom import pictures
from newsroom.addresses import address

WIDTH, HEIGHT, MARGIN = 1200, 630, 80
PAPER, INK, SOFT, BRICK = "#fffdf8", "#1a1916", "#57534a", "#b3331c"  # of tokens.css
SIZES = ((84, 3), (68, 4), (54, 5))  # of the headline: px, and how many lines then have room
LINE = 1.28
COLOURS = 32
KEPT = timedelta(days=60)
# Fonts with Hangul, as Debian, macOS and Windows call them; Pillow finds them by name.
FONTS = (
    *("NotoSansCJK-Bold.ttc", "NotoSansKR-Bold.otf", "NanumGothicBold.ttf"),
    *("NanumBarunGothicBold.ttf", "AppleSDGothicNeo.ttc", "malgunbd.ttf"),
)
KOREAN_FACE = {"NotoSansCJK-Bold.ttc": 1}  # of several in one file
one_at_a_time = Lock()  # the processor of one card, however many ask


class Card(NamedTuple):
    """What is on a card, and for which article it is."""

    pk: int
    headline: str
    section: str
    paper: str

    @property
    def version(self):
        return sha256("\n".join((*self[1:], font_file() or "")).encode()).hexdigest()[:16]

    @property
    def url(self):
        """The path of the card; of the paper's plain one where no font has Hangul."""
        if font_file() is None:
            return static("img/card.png")
        return address("articles:card", self.pk, self.version)


def card_of(article, masthead):
    section = article.section.name if article.section else ""
    return Card(article.pk, article.headline, section, masthead.title)


def opened(card):
    """Return the file of a card, which is drawn if nobody asked for it before."""
    storage, path = storages["cards"], f"{card.version[:2]}/{card.version}.png"
    with one_at_a_time:
        if not storage.exists(path):
            pictures.keep(storage, path, BytesIO(draw(card)))
    return storage.open(path)


def forget():
    """Delete the cards that were drawn long ago; one that is asked for again is drawn again."""
    storage, number, long_ago = storages["cards"], 0, timezone.now() - KEPT
    for folder in storage.listdir("")[0] if storage.exists("") else ():
        for name in storage.listdir(folder)[1]:
            path = f"{folder}/{name}"
            if storage.get_modified_time(path) < long_ago:
                storage.delete(path)
                number += 1
    return number


@lru_cache
def font_file():
    """Return the font of the cards, or None if this machine has none with Hangul."""
    for name in filter(None, (settings.CARD_FONT, *FONTS)):
        try:
            ImageFont.truetype(name)
        except OSError:
            continue
        return name
    return None


def font(size):
    name = font_file()
    return ImageFont.truetype(name, size, index=KOREAN_FACE.get(name, 0))


def draw(card):
    """Return the card as a PNG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 16), fill=BRICK)
    pen.text((MARGIN, 76), drawable(card.section, font(34)), BRICK, font(34))
    for size, most in SIZES:
        lines = broken(drawable(card.headline, font(size)), font(size))
        if len(lines) <= most:
            break
    if len(lines) > most:
        lines[most - 1] = f"{lines[most - 1][:-1]}…"
    for number, line in enumerate(lines[:most]):
        pen.text((MARGIN, 138 + number * size * LINE), line, INK, font(size))
    pen.line((MARGIN, 528, WIDTH - MARGIN, 528), SOFT, 2)
    pen.text((MARGIN, 546), drawable(card.paper, font(38)), INK, font(38))
    file = BytesIO()
    image.quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def drawable(text, font):
    """Return `text` without what the font cannot draw, such as emoji."""
    missing = bytes(font.getmask("\U0010fffd"))
    return "".join(c for c in text if c == " " or bytes(font.getmask(c)) != missing).strip()


def broken(text, font):
    """Return the lines of `text`, broken between words; a word that is too long, inside."""
    lines, width = [""], WIDTH - 2 * MARGIN
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if font.getlength(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return lines
