"""Words that hold a comment, however they are disguised.

The lists that come with the software are `data/blocked.txt` and `data/allowed.txt`; a paper's
own words, its exceptions and the entries it switched off are rows of `Word`. docs/words.md
tells how texts are compared and what was measured.

The words are a tree of syllables. At each place of a text where one can begin the tree is
walked along every reading (comments.spelling) that the text allows there, across what was
put in between. Each walk looks at a bounded piece of text, so the time grows with the text
and never faster.
"""

import re
import time
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import product

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from comments.models import Comment, Word
from comments.spelling import (
    ALOUD,
    ALOUD_AT,
    GAP,
    INITIALS,
    LETTERS_BETWEEN,
    MARKS,
    VOWEL_SIGNS,
    data_lines,
    fold,
    is_letter,
    is_syllable,
    keystrokes,
    opened,
    parts_of,
    readings,
    rejoined,
    signs_of,
    spell,
    syllable_of,
)

FRESH_SECONDS = 4  # how long a process may go without asking for the paper's own words


HANGUL = re.compile("[가-힣ㄱ-ㅣ]")

# The tree of words


@dataclass(frozen=True)
class Form:
    """One way to write an entry, with its flags; see docs/words.md."""

    entry: str
    flags: str = ""


class Node:
    """What may follow the syllables that led here, and the forms that end here."""

    __slots__ = ("by_initial", "ends", "next", "tails")

    def __init__(self):
        self.next, self.by_initial, self.ends, self.tails = {}, {}, [], []

    def step(self, sign):
        """Return the node that `sign` leads to, made if need be."""
        if sign not in self.next:
            self.next[sign] = node = Node()
            if is_syllable(sign):
                initial = INITIALS[parts_of(sign)[0]]
                self.by_initial.setdefault(initial, []).append(node)
        return self.next[sign]

    def at(self, text):
        """Return the node to which the signs of `text` lead."""
        return reduce(Node.step, signs_of(text), self)


def endings(texts):
    """Return a tree of endings, whose forms are those of the words that they end."""
    root = Node()
    for text in texts:
        root.at(text).ends.append(None)
    return root


# A run of Latin letters and what looks like them, and letters with marks between them.
LATIN = re.compile(r"[a-z0-9@$!|+]{2,40}+")
SPACED_LATIN = re.compile(
    rf"(?<![a-z0-9])[a-z0-9@$](?:(?:[{MARKS}]{{1,2}}|[0-9])[a-z0-9@$](?![a-z0-9])){{2,30}}"
)
# What stands before and after a part of an address.
BEFORE_PART, AFTER_PART = re.compile(r"[a-z0-9/][/\-_@=&.]$"), re.compile(r"[/\-_@=&.][a-z0-9]")


def begins_word(signs, place):
    """Whether a word begins at `place`, an interjection before it aside."""
    before = place
    while before and place - before < 4 and is_letter(signs[before - 1]):
        before -= 1
    return before == place or (
        signs[before:place] in shipped().sets["앞"]
        and not (before and is_letter(signs[before - 1]))
    )


def ends_word(signs, end, tails=None):
    """Whether a word ends at `end`, or goes on with one of the set `tails`."""
    if end == len(signs) or not is_syllable(signs[end]):
        return True
    return bool(tails) and signs.startswith(shipped().sets[tails], end)


def may_go_on(sign, after, second, signs, place):
    """Whether a word in disguise may go on after its first syllable `sign` at `place`."""
    if "가" <= after <= "힣":
        if not "아" <= after < "자":
            return after == sign
        _, vowel, final = parts_of(sign)
        return final > 0 or parts_of(after)[1] == vowel
    if ALOUD_AT.match(signs, place + 1):
        return True
    at = GAP.match(signs, place + 1).end()
    if at > place + 1 and at < len(signs) and is_syllable(signs[at]):
        return (
            second is None or signs[at] in second or signs[at] == sign or "아" <= signs[at] < "자"
        )
    return True


def stands_disguised(signs, start, end):
    """Whether the signs from `start` to `end` can be a disguised word, by what is around.

    다시 발견 holds one across a space, 혹시...발 across dots: a disguise begins and ends where
    a word does.
    """
    first, last = signs[start], signs[end - 1]
    before, after = signs[start - 1 : start], signs[end : end + 1]
    if first in INITIALS:
        if before and before in INITIALS and before not in "ㅋㅎㅉㅇ":
            return False
    elif not begins_word(signs, start):
        return False
    if last in INITIALS:
        return not after or after not in INITIALS or after in "ㅋㅎㄴㄹㅇㅉㅁㄷㅅㄲ"
    between = signs[start:end]
    if not HANGUL.search(between) or (last.isdigit() and after.isdigit()):
        return False
    return ends_word(signs, end, "뜬뒤" if " " in between or last.isdigit() else "뒤")


# The lists


@dataclass(frozen=True)
class Found:
    """Where a blocked word stands in a text, as it was written there."""

    start: int
    end: int
    text: str
    word: str


@dataclass(frozen=True)
class Spared(Found):
    """A place that would have been found but for an exception."""

    exception: str


@dataclass(frozen=True)
class Entry:
    """A word that comes with the software: its name, its group, and the forms it takes."""

    name: str
    group: str
    forms: tuple


@dataclass(frozen=True)
class Shipped:
    """The lists that come with the software."""

    entries: dict
    sets: dict
    exceptions: tuple


@lru_cache(maxsize=1)
def shipped():
    """Return the lists that come with the software, as their files have them."""
    entries, sets, exceptions = {}, {}, []
    for group, line in (*data_lines("blocked.txt"), *data_lines("allowed.txt")):
        if line.startswith("@"):
            name, *options = line[1:].split()
            sets[name] = sets.get(name, ()) + tuple(options)
        elif group == "예외":
            exceptions.append(line)
        else:
            name, _, forms = line.partition(":")
            before = entries[name].forms if name in entries else ()
            entries[name] = Entry(name, group, (*before, *forms.split()))
    return Shipped(entries, sets, tuple(exceptions))


FORM = re.compile(r"([\^!~=_]*)(.+?)([$%]?)", re.DOTALL)
PART = re.compile(r"\[([^\]]+)\]|\{([^}]+)\}|(.)")
LATIN_FORM = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
SHORTEST_TYPED = 5  # letters; shorter ones may be words of their own
MOST_STEPS = 60  # of one walk; a word takes a few dozen
MOST_FOUND = 50  # in one text; nobody needs more to decide on it


class WordList:
    """The shipped lists with a paper's own words and exceptions, less what it switched off."""

    def __init__(self, blocked=(), allowed=(), off=()):
        lists = shipped()
        self.root, self.latin, self.typed = Node(), {}, {}
        self.tails = {name: endings(options) for name, options in lists.sets.items()}
        for entry in lists.entries.values():
            if entry.name not in off:
                for form in entry.forms:
                    self.add(form, entry.name)
        for text in blocked:
            if word := own_form(text):
                self.add(word, text)
        # What may follow the first syllable of a word, closed ones also drawn out: 병시인.
        self.second = {
            first: {*node.next} | {opened(sign) for sign in node.next if is_syllable(sign)}
            for first, node in self.root.next.items()
        }
        # Closed syllables that begin a word read as an open one and a consonant: 십알.
        self.closed = {
            syllable_of(*parts_of(sign)[:2], final)
            for sign in self.root.next
            if is_syllable(sign) and not parts_of(sign)[2]
            for final in range(1, 28)
        }
        self.aloud = {word[0] for word in ALOUD}
        self.exceptions, self.reach = {}, 0
        own = [(text, signs_of(text).strip(), {}) for text in allowed]
        for text, spelled, sets in (*((t, t, lists.sets) for t in lists.exceptions), *own):
            if not spelled:
                continue
            first, pattern, length = exception(spelled, sets)
            self.reach = max(self.reach, length)
            for sign in first:
                self.exceptions.setdefault(sign, []).append((pattern, text))

    def add(self, text, entry):
        """Put one form of an entry into the tree."""
        before, body, after = FORM.fullmatch(text).groups()
        form = Form(entry, before + after)
        if LATIN_FORM.fullmatch(body):
            self.latin[fold(body)] = form
            return
        *parts, ending = PART.findall(body)
        if not ending[1]:
            parts, ending = [*parts, ending], None
        choices = [("", " ") if one == "+" else letters or one for letters, _, one in parts]
        for word in map("".join, product(*choices)):
            node = self.root.at(word)
            if ending:
                node.tails.append((form, self.tails[ending[1]]))
                continue
            node.ends.append(form)
            if "!" not in form.flags and all(map(is_syllable, word)):
                typed = "".join(map(keystrokes, word))
                if len(typed) >= SHORTEST_TYPED:
                    self.typed[typed] = form

    def look(self, text):
        """Return what is found in `text`, and what exceptions spare, each in order."""
        signs, places = spell(text)
        found, spared, done = [], [], 0
        for start in self.beginnings(signs):
            if start < done:
                continue
            if len(found) == MOST_FOUND:
                break
            for end, entry in sorted(self.matches(signs, start), reverse=True):
                exception = self.excepted(signs, start, end)
                place = (places[start][0], places[end - 1][1])
                place = (*place, text[slice(*place)], entry)
                done = end
                if exception is None:
                    found.append(Found(*place))
                    break
                spared.append(Spared(*place, exception))
        latin = [*self.latin_words(signs)]
        if latin:
            taken = [(f.start, f.end) for f in found]
            for start, end, entry in latin:
                first, last = places[start][0], places[end - 1][1]
                if not any(a < last and first < b for a, b in taken):
                    found.append(Found(first, last, text[first:last], entry))
            found.sort(key=lambda found: found.start)
        return found[:MOST_FOUND], spared

    def beginnings(self, signs):
        """Yield the places of `signs` where a word may begin."""
        tree, by_initial = self.root.next, self.root.by_initial
        second, closed, aloud = self.second, self.closed, self.aloud
        before = " "
        for place, (sign, after) in enumerate(zip(signs, signs[1:] + " ", strict=True)):
            if not "가" <= sign <= "힣":
                if before != sign and (
                    (sign in tree and (sign in INITIALS or not is_letter(before)))
                    or (sign in by_initial and (sign not in NEVER_SHORT or after in VOWEL_SIGNS))
                    or (sign in aloud and not is_letter(before))
                ):
                    yield place
            elif node := tree.get(sign):
                if (
                    after in second[sign]
                    or node.ends
                    or node.tails
                    or (
                        may_go_on(sign, after, second[sign], signs, place)
                        and begins_word(signs, place)
                    )
                ):
                    yield place
            elif (
                sign in closed
                and not "가" <= before <= "힣"
                and may_go_on(sign, after, None, signs, place)
            ):
                yield place
            before = sign

    def matches(self, signs, start):
        """Return the (end, entry) of the words that begin at `start`."""
        matches, seen = set(), set()
        walks, steps = [Walk(self.root, start)], Steps(signs, start)
        while walks and len(seen) < MOST_STEPS:
            for walk in walks.pop().onward(signs, steps):
                if walk.mark in seen:
                    continue
                seen.add(walk.mark)
                for ending in walk.node.ends:
                    form = ending or walk.form
                    if not walk.splits and walk.may_be(form, signs, start):
                        matches.add((walk.place, form.entry))
                walks.append(walk)
                walks += [replace(walk, node=tree, form=form) for form, tree in walk.node.tails]
        return matches

    def latin_words(self, signs):
        """Yield (start, end, entry) of the words in Latin letters, and of those typed with them."""
        for match in LATIN.finditer(signs):
            word, (start, end) = match[0], match.span()
            before = signs[max(0, start - 2) : start]
            if BEFORE_PART.search(before) or AFTER_PART.match(signs, end):
                continue
            spelled = (word, word.rstrip("!|+"), word.strip("0123456789!|+"))
            form = next((f for s in spelled if (f := self.latin.get(fold(s)))), None)
            if not form and len(word) >= SHORTEST_TYPED and word[:2].isalpha():
                beginnings = range(SHORTEST_TYPED, min(len(word), 12) + 1)
                form = next((f for n in beginnings if (f := self.typed.get(word[:n]))), None)
            if form:
                yield *match.span(), form.entry
        for match in SPACED_LATIN.finditer(signs):
            form = self.latin.get(fold(re.sub(rf"[{MARKS}]", "", match[0])))
            if form:
                yield *match.span(), form.entry

    def excepted(self, signs, start, end):
        """Return the exception that covers the signs from `start` to `end`, or None."""
        for place in range(start, max(-1, start - self.reach), -1):
            for pattern, text in self.exceptions.get(signs[place], ()):
                match = pattern.match(signs, place)
                if match and match.end() >= end:
                    return text
        return None


class Steps(dict):
    """What can be read from each place that walks from one beginning come to."""

    def __init__(self, signs, start):
        self.signs, self.start = signs, start

    def after(self, walk):
        """Return each (reading, end, whether it is the sign itself, whether it splits)."""
        if walk.splits:
            onward = rejoined(self.signs, walk.place)
            return [(reading, end, False, False) for reading, end in onward]
        return self[walk.place]

    def __missing__(self, place):
        signs, places = self.signs, {place}
        if place > self.start:
            places.add(GAP.match(signs, place).end())
            if letters := LETTERS_BETWEEN.match(signs, place):
                places.add(letters.end())
        self[place] = steps = []
        for at in places:
            sign = signs[at : at + 1]
            for reading, end in readings(signs, at) if sign else ():
                exact = at == place and reading == sign and end == at + 1
                splits = is_syllable(sign) and reading != sign and not parts_of(reading)[2]
                steps.append((reading, end, exact, splits and bool(parts_of(sign)[2])))
        return steps


@dataclass(slots=True)
class Walk:
    """How far a walk along the tree has come: the signs read, and how they were read."""

    node: Node
    place: int
    form: Form | None = None  # whose ending is being read
    last: str = ""
    plain: bool = True  # every syllable as it is, nothing between
    short: bool = False  # some syllable by its first consonant only
    voiced: bool = False  # some syllable whole
    splits: bool = False  # the last sign's final belongs to the next syllable
    repeats: int = 0

    @property
    def mark(self):
        """What makes two walks the same from here on."""
        how = (self.plain, self.short, self.voiced, self.splits)
        return id(self.node), id(self.form), self.place, self.last, how

    def onward(self, signs, steps):
        """Yield the walks that are one step further."""
        node, form, last = self.node, self.form, self.last
        if not node.next and signs[self.place : self.place + 1] != last:
            return
        for reading, end, exact, splits in steps.after(self):
            whole = is_syllable(reading)
            voiced, plain = self.voiced or whole, self.plain and exact
            if after := node.next.get(reading):
                yield Walk(after, end, form, reading, plain, self.short, voiced, splits)
            # ㅅ발 and 시ㅂ, but not one single consonant after the other: these have forms.
            if not whole and reading not in NEVER_SHORT and (self.voiced or not self.short):
                for after in node.by_initial.get(reading, ()):
                    yield Walk(after, end, form, reading, False, True, voiced, splits)
            if whole and reading == last and self.repeats < 4 and not splits:  # 개개새새끼끼
                again = self.repeats + 1
                yield Walk(node, end, form, reading, False, self.short, voiced, False, again)

    def may_be(self, form, signs, start):
        """Whether what was read is `form`, by how it is written and what is around it."""
        stray = signs[start] in INITIALS or signs[self.place - 1] in INITIALS
        if self.plain and not stray:
            return (
                "~" not in form.flags
                and ("^" not in form.flags or begins_word(signs, start))
                and ("$" not in form.flags or ends_word(signs, self.place))
                and ("%" not in form.flags or ends_word(signs, self.place, "조사"))
                and (" " not in signs[start : self.place] or ends_word(signs, self.place, "뒤"))
            )
        if self.short and ("=" in form.flags or not self.voiced):
            return False
        if not self.plain and (
            "!" in form.flags or ("_" in form.flags and " " in signs[start : self.place])
        ):
            return False
        return stands_disguised(signs, start, self.place)


NEVER_SHORT = "ㅇㅋㅎ"  # single ones are answers and laughter


def exception(text, sets):
    """Return the signs an exception may begin with, its expression, and its greatest length.

    A space in it may be missing in a text. In a shipped one, which knows `sets`, 0 stands
    for any digit; a paper's own means what it says.
    """
    parts = PART.findall(text) if sets else [("", "", sign) for sign in text]
    pattern, first, length = "", None, 0
    for letters, name, one in parts:
        options = letters or (sets[name] if name else [one])
        options = [option if not sets else signs_of(option) for option in options]
        if one.isspace():
            pattern += " ?"
        elif one == "0" and sets:
            pattern += "[0-9]"
            options = list("0123456789")
        else:
            pattern += f"(?:{'|'.join(map(re.escape, options))})"
        first = first or {option[0] for option in options}
        length += max(map(len, options))
    return first, re.compile(pattern), length


def own_form(text):
    """Return a moderator's word as a form of the tree: its letters, with no sign of ours."""
    return "".join(sign for sign in signs_of(text) if is_letter(sign) or sign.isalpha())


# The list in force


def current():
    """Return the list in force; what another process changed shows within `FRESH_SECONDS`."""
    return read_list(time.monotonic() // FRESH_SECONDS)


@lru_cache(maxsize=1)
def read_list(_turn):
    """Return the list that the database makes now; it is kept for the rest of this turn."""
    return word_list(tuple(sorted(Word.objects.values_list("kind", "text"))))


@lru_cache(maxsize=4)
def word_list(rows):
    kinds = {kind: tuple(text for of, text in rows if of == kind) for kind in Word.Kind.values}
    return WordList(**kinds)


def refresh():
    """Let the next look compare with the database: this process changed the list."""
    read_list.cache_clear()


def look(text: str) -> tuple[list[Found], list[Spared]]:
    """Return the blocked words in `text`, and those that exceptions spare, each in order."""
    return current().look(text)


def find(text: str) -> list[Found]:
    """Return the blocked words of the list in `text`, in order."""
    return look(text)[0]


# Changing the list


def validate(text, kind, instead_of=None):
    """Raise `ValidationError` if `text` cannot be an entry of that kind, or need not be one.

    `instead_of` is the row that it replaces, which counts no more.
    """
    if kind == Word.Kind.OFF:
        if text not in shipped().entries:
            raise ValidationError(_("No entry of the list has this name."))
        return
    letters = own_form(text)
    if len(letters) < 2 or not any(letter.isalpha() for letter in letters):
        raise ValidationError(
            _("Write at least two letters: anything shorter is part of ordinary words.")
        )
    others = Word.objects.exclude(pk=instead_of.pk if instead_of else None)
    rows = sorted(others.values_list("kind", "text"))
    found, spared = word_list(tuple(rows)).look(text)
    if kind == Word.Kind.ALLOWED:
        if not found:
            raise ValidationError(_("This needs no exception: nothing is found in it."))
        return
    if found:
        raise ValidationError(
            _("The list finds this already, as “%(word)s”."), params={"word": found[0].word}
        )
    spared = only(text).look(text)[1]
    if spared:
        raise ValidationError(
            _("The exception “%(exception)s” spares this."),
            params={"exception": spared[0].exception},
        )


def only(text):
    """Return a list whose one blocked word is `text`, with all exceptions in force."""
    allowed = Word.objects.filter(kind=Word.Kind.ALLOWED).values_list("text", flat=True)
    return WordList(blocked=(text,), allowed=tuple(allowed), off=frozenset(shipped().entries))


def would_hold(text):
    """Return those of the last 500 approved comments that `text` would have held."""
    approved = Comment.objects.filter(state=Comment.State.APPROVED).order_by("-pk")
    texts = approved.values_list("text", flat=True)[:500]
    words = only(text)
    return [text for text in texts if words.look(text)[0]]
