"""Which passwords are refused: short ones, and known ones however they were lengthened.

Django's list of 20,000 common passwords holds next to none of twelve characters, because people
who have to be longer repeat what they had, join two, or add a year. All of that is taken away
before the list is asked. Nothing is asked of another site.
"""

import re
import unicodedata
from itertools import pairwise

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from newsroom.models import Masthead

LONGEST = 128
RUN = 3  # keys side by side that count as a row
FEW = 3  # different letters that must be left
ROWS = [
    *("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"),
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm"),
    *(
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
        "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ",
        "ㅋㅌㅊㅍㅠㅜㅡ",
        "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    ),
    "가나다라마바사아자차카타파하",
]
STEPS = {pair for row in ROWS for way in (row, row[::-1]) for pair in pairwise(way)}
# What Koreans take where others take “password”, as words and as the keys of these words.
WORDS = [
    *("비밀번호", "qlalfqjsgh", "패스워드", "votmdnjem", "안녕하세요", "dkssudgktpdy"),
    *("사랑해", "tkfkdgo", "대한민국", "eogksalsrnr", "우리나라", "dnflskfk"),
    *("관리자", "rhksflwk", "편집국", "vuswlqrnr", "발행인", "qkfgoddls", "기자", "rlwk"),
    *("신문", "tlsans", "newsroom", "newspaper", "editor", "reporter", "publisher"),
]


class LengthValidator(password_validation.MinimumLengthValidator):
    """Refuse what is short, however its Hangul is composed, and what nobody types."""

    def validate(self, password, user=None):
        super().validate(unicodedata.normalize("NFC", password), user)
        if len(password) > LONGEST:
            text = _("This password is too long. It may have at most %d characters.")
            raise ValidationError(text % LONGEST, code="password_too_long")


class KnownPasswordValidator(password_validation.CommonPasswordValidator):
    """Refuse common passwords, names of the account and the paper, and rows of keys.

    They are refused too if they are repeated, joined, or filled up with digits and signs.
    """

    def validate(self, password, user=None):
        text = unicodedata.normalize("NFC", password[:LONGEST]).casefold()
        names = {*WORDS, *names_of(user), *names_of_paper()}
        if any(self.is_known(kernel, names) for kernel in kernels(text)):
            raise ValidationError(
                _(
                    "This password is easy to guess: it is made of common passwords, names or rows"
                    " of keys. Take several words that do not belong together."
                ),
                code="password_too_common",
            )

    def is_known(self, text, names):
        """Whether `text` is a known word, two of them, or too little besides them."""
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        if len(set(text)) < FEW or text in self.passwords:
            return True
        splits = range(RUN, len(text) - RUN + 1)
        return any(text[:at] in self.passwords and text[at:] in self.passwords for at in splits)

    def get_help_text(self):
        return _(
            "Several words that do not belong together make a good password. Common passwords,"
            " names and rows of keys are refused, also with digits at their end."
        )


def kernels(text):
    """Yield what a password was lengthened from: without what surrounds it, rows, repetition."""
    trimmed = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    letters, rest = (re.sub(r"[\W\d_]", "", part) for part in (text, without_rows(text)))
    for kernel in (trimmed, letters, rest, without_rows(letters), *zigzag(text)):
        yield re.sub(r"^(.+?)\1+$", r"\1", kernel)


def zigzag(text):
    """Yield nothing left of a password that is two rows typed in turn: 1q2w3e4r."""
    if not without_rows(text[::2]) and not without_rows(text[1::2]):
        yield ""


def without_rows(text):
    """Return `text` without keys that lie side by side, or are the same, three or more of them."""
    kept, start = "", 0
    for end in range(1, len(text) + 1):
        step = tuple(text[end - 1 : end + 1])
        if len(step) == 2 and (step in STEPS or step[0] == step[1]):
            continue
        kept += text[start:end] if end - start < RUN else ""
        start = end
    return kept


def names_of(user):
    """Return what an account is called, of two characters of Hangul or four others at least."""
    if user is None:
        return set()
    names = [user.get_username(), user.get_full_name(), *user.get_full_name().split()]
    names.append((user.email or "").partition("@")[0])
    return {name.casefold() for name in names if is_name(name)}


def names_of_paper():
    """Return what the paper is called, as a whole and word by word."""
    title = Masthead.load().title
    return {name.casefold() for name in (title, *title.split()) if is_name(name)}


def is_name(text):
    """Whether a text is long enough to be taken for a name wherever it stands."""
    return len(text) >= (2 if re.search(r"[가-힣]", text) else 4)
