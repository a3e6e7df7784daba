"""The terms by which Korean text is found, and the numbers that stand for them.

Korean glues particles to its nouns, so a word is found inside others: a run of Hangul or
Han characters becomes its overlapping pairs (교육재단 → 교육 육재 재단), and a syllable that
stands alone is kept. Latin words and numbers stay whole. Capitals, width and the form of
the syllables do not matter.
"""

import re
import unicodedata
from zlib import crc32

JAMO = re.compile("[ㄱ-ㆎ]+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060]")
GLUED = "가-힣一-鿿㐀-䶿豈-龎ぁ-ヿ"  # scripts written without reliable spaces
RUN = re.compile(rf"[{GLUED}]+|[ㄱ-ㆎ]+|[0-9]+|[^\W\d_{GLUED}ㄱ-ㆎ]+")
GLUED_RUN = re.compile(rf"[{GLUED}ㄱ-ㆎ]")
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
NOT_INITIALS = re.compile(f"[^{INITIALS}]+")
IN_HEADLINE, AS_INITIALS = "^", "~"  # marks of terms that are found in a special place


def normal(text):
    """Return text as it is compared: NFKC, without case and invisible characters.

    Letters of Hangul that stand alone (ㅅㅂ, ㄱㅇㅈㄷ) stay as they are: NFKC would join them.
    """
    text = INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        kept = JAMO.findall(text)
        parts = [unicodedata.normalize("NFKC", part) for part in JAMO.split(text)]
        text = parts[0] + "".join(a + b for a, b in zip(kept, parts[1:], strict=True))
    return text.casefold()


def runs(text):
    """Return the runs of characters of normal text that belong together."""
    return RUN.findall(text)


def pairs(run):
    """Return the terms of one run."""
    if len(run) < 2 or not GLUED_RUN.match(run):
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def terms(text):
    """Return the set of the terms of normal text."""
    return {term for run in set(runs(text)) for term in pairs(run)}


def initials(text):
    """Return text with its syllables as their first letters: 교육재단 → ㄱㅇㅈㄷ."""
    return "".join(INITIALS[(ord(c) - 0xAC00) // 588] if "가" <= c <= "힣" else c for c in text)


def are_initials(word):
    """Return whether a word of at least two letters is 초성 alone."""
    return len(word) > 1 and not NOT_INITIALS.search(word)


def number(term):
    """Return the number that stands for a term in the index: 32 bits with a sign.

    Two terms may share one. That finds an article too many, which reading its text puts
    right again.
    """
    return crc32(term.encode()) - 2**31


def numbers_of(headline, text):
    """Return the sorted numbers of an article: of its headline and tags, and of the rest."""
    headline, text = normal(headline), normal(text)
    in_headline = terms(headline)
    letters = NOT_INITIALS.split(initials(headline))
    marked = {IN_HEADLINE + term for term in in_headline}
    marked |= {AS_INITIALS + pair for run in letters if len(run) > 1 for pair in pairs(run)}
    return sorted({number(term) for term in in_headline | terms(text) | marked})
