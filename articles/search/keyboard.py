"""Hangul that was typed while the keyboard was set to English: rydbr is 교육."""

import re
import unicodedata

KEYS = dict(
    zip(
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        strict=True,
    )
)
# Letters that are typed as two, and the numbers of the letters in a syllable (Unicode 3.12).
TWO_KEYS = (
    "ㅗㅏㅘ ㅗㅐㅙ ㅗㅣㅚ ㅜㅓㅝ ㅜㅔㅞ ㅜㅣㅟ ㅡㅣㅢ "
    "ㄱㅅㄳ ㄴㅈㄵ ㄴㅎㄶ ㄹㄱㄺ ㄹㅁㄻ ㄹㅂㄼ ㄹㅅㄽ ㄹㅌㄾ ㄹㅍㄿ ㄹㅎㅀ ㅂㅅㅄ"
)
DOUBLE = {three[:2]: three[2] for three in TWO_KEYS.split()}
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
ONE_OF = {
    letters: "|".join([*(pair for pair in DOUBLE if DOUBLE[pair] in letters), f"[{letters}]"])
    for letters in (VOWELS, FINALS)
}
# What begins the next syllable ends none: of ㄱㅏㅂㅅㅣ the ㅅ is not at the end of 값.
SYLLABLE = re.compile(f"([{INITIALS}])({ONE_OF[VOWELS]})((?:{ONE_OF[FINALS]})(?![{VOWELS}]))?")


def as_hangul(text):
    """Return Latin letters as the Hangul that the same keys write, or None if they write none."""
    if not text.isascii() or not text.isalpha():
        return None
    letters = "".join(KEYS.get(letter) or KEYS[letter.lower()] for letter in text)
    written = SYLLABLE.sub(syllable, letters)
    return written if all("가" <= letter <= "힣" for letter in written) else None


def syllable(match):
    """Return the syllable of matched letters."""
    first, vowel, last = (DOUBLE.get(letters, letters) for letters in match.groups(""))
    conjoining = [chr(0x1100 + INITIALS.index(first)), chr(0x1161 + VOWELS.index(vowel))]
    if last:
        conjoining.append(chr(0x11A8 + FINALS.index(last)))
    return unicodedata.normalize("NFC", "".join(conjoining))
