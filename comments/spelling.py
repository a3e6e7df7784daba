"""What a text spells: the signs that a reader sees in it, and the syllables they can be read as.

A text is reduced to signs, one for each thing a reader sees: syllables, single jamo, small
Latin letters, digits, marks. `readings()` tells what syllables can be seen at a place of it:
시이 and ㅅㅣ and c are all 시.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


def data_lines(name):
    """Yield (group, line) of a data file, without comments."""
    group = ""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("=="):
            group = line.strip("= ")
        elif line:
            yield group, line


def looks(group):
    """Return what the signs of a group of `looks.txt` stand for."""
    meaning = {}
    for of, line in data_lines("looks.txt"):
        stands_for, _, signs = line.partition(":")
        for sign in signs.split() if of == group else ():
            meaning[sign] = meaning.get(sign, "") + stands_for
    return meaning


# Signs

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
L, V, T = 0x1100, 0x1161, 0x11A8  # the first conjoining initial, vowel and final
NULL = INITIALS.index("ㅇ")
# Single jamo that are two.
PAIRS = dict(
    zip(
        "ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        ["ㄱㅅ", "ㄴㅈ", "ㄴㅎ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅂㅅ"],
        strict=True,
    )
)
LOOKS = looks("letters")
INVISIBLE = frozenset(("Cf", "Mn", "Me", "Mc"))
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
LETTER_SETS = (0x1F150, 0x1F170, 0x1F1E6)  # letters in dark circles and squares, and of flags
ASIAN = re.compile("[0-9a-z\u3041-\u30ff\u3400-\u9fff]")  # letters that look like something
ASCII_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def sign_of(character):
    """Return what `character` is compared as: nothing, one sign, or some."""
    code = ord(character)
    if "가" <= character <= "힣" or (L <= code <= 0x11FF and character not in FILLERS):
        return character
    category = unicodedata.category(character)
    if character in FILLERS or category in INVISIBLE:
        return ""
    if character.isspace() or category == "Cc":
        return " "
    if character in LOOKS:
        return LOOKS[character]
    if "ㄱ" <= character <= "ㅣ":
        return PAIRS.get(character, character)
    for start in LETTER_SETS:
        if start <= code < start + 26:
            return chr(ord("a") + code - start)
    plain = unicodedata.normalize("NFKC", character).casefold()
    if plain != character:
        # ㉦ and ⓢ are letters in circles, ⒮ and ㈅ in brackets, ﾡ is a narrow one.
        plain = unicodedata.normalize("NFC", plain.strip("()") or plain)
        return "".join(alone(part) for part in plain)
    base = unicodedata.normalize("NFKD", character)[0]
    if base != character:
        return SIGNS[base]
    if character in ASCII_MARKS or (character.isalnum() and ASIAN.match(character)):
        return character
    return str(unicodedata.digit(character, "·"))


def alone(character):
    """Return the sign of a normalised character; a conjoining jamo stands by itself."""
    for first, letters in ((L, INITIALS), (V, VOWELS), (T, FINALS)):
        if 0 <= ord(character) - first < len(letters):
            letter = letters[ord(character) - first]
            return PAIRS.get(letter, letter)
    return SIGNS[character]


class Signs(dict):
    """The signs of characters, each worked out when it is first met."""

    def __missing__(self, character):
        if len(self) > 20_000:
            self.clear()
        self[character] = signs = sign_of(character)
        return signs


SIGNS = Signs()
CONJOINING = re.compile("[\u1100-\u11ff]")
# A syllable typed in its parts, or a part that has no partner.
PARTS = re.compile("[ᄀ-ᄒ][ᅡ-ᅵ][ᆨ-ᇂ]?|[\u1100-\u11ff]")


def spell(text):
    """Return the signs of `text`, and where in it each stands, as (start, end)."""
    signs = [SIGNS[character] for character in text]
    spelled = "".join(signs)
    if len(spelled) == len(text) and "" not in signs:
        places = [(place, place + 1) for place in range(len(text))]
    else:
        places = [(place, place + 1) for place, those in enumerate(signs) for _ in those]
    if CONJOINING.search(spelled):
        return compose(spelled, places)
    return spelled, places


def compose(signs, places):
    """Return signs and places with conjoining jamo made into syllables or single jamo."""
    made, at, done = [], [], 0
    for match in PARTS.finditer(signs):
        made.append(signs[done : match.start()])
        at += places[done : match.start()]
        done = match.end()
        syllable = unicodedata.normalize("NFC", match[0])
        new = syllable if "가" <= syllable <= "힣" else alone(match[0])
        made.append(new)
        at += [(places[match.start()][0], places[done - 1][1])] * len(new)
    return "".join(made) + signs[done:], at + places[done:]


def signs_of(text):
    return spell(text)[0]


@cache
def parts_of(syllable):
    """Return the numbers of a syllable's initial, vowel and final; the final is 0 if open."""
    initial, rest = divmod(ord(syllable) - 0xAC00, 588)
    return initial, *divmod(rest, 28)


@cache
def syllable_of(initial, vowel, final=0):
    return chr(0xAC00 + initial * 588 + vowel * 28 + final)


def opened(syllable):
    """Return `syllable` without its final: 시 for 신."""
    return syllable_of(*parts_of(syllable)[:2])


def is_syllable(sign):
    return "가" <= sign <= "힣"


def is_letter(sign):
    return is_syllable(sign) or (sign.isascii() and sign.isalnum())


# Readings: what syllables can be seen at a place

MARKS = r"\s!-/:-@\[-`{-~·"
# What is put between the syllables of a word: marks, digits, laughter, a Latin letter or two.
GAP = re.compile(rf"(?:([{MARKS}0-9ㅋㅎㅠㅜ])\1*+){{0,6}}+")
LETTERS_BETWEEN = re.compile(rf"[{MARKS}]{{0,2}}[a-z]{{1,2}}[{MARKS}]{{0,2}}(?![a-z])")
TIGHT_GAP = re.compile(rf"[{MARKS}0-9]{{0,3}}")
DRAWN_OUT = re.compile(r"[~.\-·]{0,3}")
VOWEL_SIGNS = looks("vowels") | dict(zip(VOWELS, VOWELS, strict=True))
ALOUD = looks("aloud")
ALOUD_AT = re.compile("|".join(sorted(ALOUD, key=len, reverse=True)))


def readings(signs, place):
    """Yield (syllable or single consonant, end) for each way to read the signs at `place`."""
    sign = signs[place]
    if is_syllable(sign):
        yield sign, place + 1
        initial, vowel, final = parts_of(sign)
        if not final:
            yield from longer(signs, place + 1, initial, vowel)
        elif final > 1:  # 십알 is 시발
            after = GAP.match(signs, place + 1).end()
            if after < len(signs) and begins_with_nothing(signs[after]):
                yield syllable_of(initial, vowel), place + 1
    elif sign in INITIALS:
        initial, end = INITIALS.index(sign), place + 1
        while end < len(signs) and signs[end] == sign and end < place + 9:
            end += 1
        yield sign, end
        if end > place + 1:
            yield sign, place + 1
        for at in {end, TIGHT_GAP.match(signs, end).end()}:
            if at >= len(signs):
                continue
            if signs[at] in VOWEL_SIGNS:
                vowel = VOWELS.index(VOWEL_SIGNS[signs[at]])
                yield syllable_of(initial, vowel), at + 1
                yield from longer(signs, at + 1, initial, vowel)
            elif at == end and begins_with_nothing(signs[at]):  # ㅅ이발
                _, vowel, final = parts_of(signs[at])
                yield syllable_of(initial, vowel, final), at + 1
    else:
        if match := ALOUD_AT.match(signs, place):
            yield from ((syllable, match.end()) for syllable in ALOUD[match[0]])
        if sign.isalnum() or sign == " ":
            yield sign, place + 1


def begins_with_nothing(sign):
    return "아" <= sign < "자"


def longer(signs, place, initial, vowel):
    """Yield the readings of an open syllable drawn out or closed by what follows at `place`."""
    end = place
    while end < len(signs) and end < place + 12:
        at = DRAWN_OUT.match(signs, end).end()
        if at < len(signs) and signs[at] in (syllable_of(NULL, vowel), VOWELS[vowel]):
            end = at + 1
        else:
            break
    if end > place:
        yield syllable_of(initial, vowel), end
    at = DRAWN_OUT.match(signs, end).end()
    if at < len(signs) and begins_with_nothing(signs[at]):  # 바알
        _, same, final = parts_of(signs[at])
        if same == vowel and final:
            yield syllable_of(initial, vowel, final), at + 1
    at = TIGHT_GAP.match(signs, end).end()
    if at < len(signs) and signs[at] in FINALS:  # 바ㄹ
        after = TIGHT_GAP.match(signs, at + 1).end()
        if after >= len(signs) or signs[after] not in VOWELS:
            yield syllable_of(initial, vowel, FINALS.index(signs[at]) + 1), at + 1


def rejoined(signs, end):
    """Return the readings after the syllable before `end`, whose final goes to them: 십알."""
    final = parts_of(signs[end - 1])[2]
    initial = INITIALS.find(FINALS[final - 1])
    at = GAP.match(signs, end).end()
    _, vowel, closing = parts_of(signs[at])
    return [(syllable_of(initial, vowel, closing), at + 1)] if initial >= 0 else []


# Latin letters

FOLD = str.maketrans("01l!|34@5$7+89", "oiiiieaassttbg")
REPEATS = re.compile(r"(.)\1+")
# The keys of a Korean keyboard, in the order of the jamo.
KEYS = dict(zip(INITIALS, "rrseefaqqttdwwczxvg", strict=True))
KEYS |= dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", "koiojpuphynbml", strict=True))
KEYS |= {"ㅘ": "hk", "ㅙ": "ho", "ㅚ": "hl", "ㅝ": "nj", "ㅞ": "np", "ㅟ": "nl", "ㅢ": "ml"}


def fold(latin):
    """Return Latin letters and what looks like them in one spelling: s1ba1 is sibai."""
    return REPEATS.sub(r"\1", latin.translate(FOLD))


def keystrokes(syllable):
    """Return what typing `syllable` with the Latin keyboard gives: 시 is tl."""
    initial, vowel, final = parts_of(syllable)
    letters = [INITIALS[initial], VOWELS[vowel], *(FINALS[final - 1] if final else "")]
    return "".join(KEYS[part] for letter in letters for part in PAIRS.get(letter, letter))
