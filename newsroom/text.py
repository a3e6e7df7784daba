"""Korean text: one normal form, particles that agree, plain text from HTML.

This module imports no app, so that every app may use it.
"""

import re
import unicodedata
from html import unescape

from django.utils.text import slugify

# What has no place in a name or a paragraph: control characters (tab and line breaks
# aside), the marks that turn the direction of the text around them, and what neither XML
# nor a database takes for a character.
UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
BLOCK_END = re.compile(r"</(p|h[1-6]|li|tr|td|th|blockquote|figcaption|figure)>|<br ?/?>|<hr ?/?>")
TAG = re.compile(r"<[^<>]*>")
SPACES = re.compile(r"\s+")

# How the last sound of a digit or a Latin letter is read aloud: does it close (받침)?
CLOSED_DIGITS = frozenset("013678")
CLOSED_LETTERS = frozenset("lmnr")
RIEUL_ENDINGS = frozenset("178lr")


def clean(text: str) -> str:
    """Return text in NFC, without control and direction-turning characters."""
    return UNWANTED.sub("", unicodedata.normalize("NFC", text))


def lines(text: str) -> str:
    """Return clean text whose lines end as ours do, whatever a browser sent."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str) -> str:
    """Return clean text on one line, runs of white space folded into one space."""
    return SPACES.sub(" ", clean(text)).strip()


def plain(html: str) -> str:
    """Return the readable text of sanitised HTML, a space where a block ended."""
    return SPACES.sub(" ", unescape(TAG.sub("", BLOCK_END.sub(" ", html)))).strip()


def excerpt(text: str, length: int = 120) -> str:
    """Return the first `length` characters of text, cut at a word, with an ellipsis if cut."""
    if len(text) <= length:
        return text
    cut = text[:length]
    head, _, _ = cut.rpartition(" ")
    return f"{head if len(head) > length // 2 else cut}…"


def korean_slug(text: str, length: int = 80) -> str:
    """Return a slug that keeps Hangul, cut at a word; empty if nothing is left."""
    slug = slugify(clean(text), allow_unicode=True)
    if len(slug) <= length:
        return slug
    head, _, _ = slug[:length].rpartition("-")
    return head or slug[:length]


def particle(word: str, pair: str) -> str:
    """Return the particle of `pair` ("은/는", "으로/로") that follows `word`.

    The first of the pair follows a closed syllable. Digits and Latin letters count as
    they are read aloud; `으로/로` also takes 로 after ㄹ.
    """
    closed_form, open_form = pair.split("/")
    last = next((c for c in reversed(word.casefold()) if c.isalnum()), "")
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        closed, rieul = final != 0, final == 8
    else:
        closed = last in CLOSED_DIGITS or last in CLOSED_LETTERS
        rieul = last in RIEUL_ENDINGS
    if rieul and open_form == "로":
        return open_form
    return closed_form if closed else open_form
