"""How two texts of an article differ: paragraph beside paragraph, word by word.

Korean words end in particles. So inside a word that changed only the syllables that did are
marked: of 장터가 and 장터는 just 가 and 는. This module knows no models.
"""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# A sanitised body, cut after each block; what holds no words belongs to the block before it.
BLOCK = re.compile(r".*?(?:</(?:p|h[2-4]|li|tr|figure|pre|caption|cite)>|<hr>|\Z)", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
STANDS_ALONE = re.compile(r"<hr>|<figure ")
TOKEN = re.compile(r"(\s*)(<[^>]*>|[^\s<]+)")
WORDS_ALIKE = 0.5
BLOCKS_ALIKE = 0.3
LONGEST_PAIRING = 10_000  # pairs to look at; what is longer was replaced as a whole
LONGEST_EXACT = 3_000  # words; in more, difflib may pass over the most common ones
SHOWN_AROUND = 1  # unchanged paragraphs beside a changed one


@dataclass
class Row:
    """Two paragraphs beside each other, as HTML; an empty one stands for none."""

    old: SafeString
    new: SafeString
    is_changed: bool


@dataclass
class Run:
    """Rows one after the other; those that are the same on both sides may be folded."""

    rows: list
    is_folded: bool


def text_runs(old: str, new: str) -> list[Run]:
    """Return the rows of two texts of plain lines, in runs."""
    return runs(rows_of(lines_of(old), lines_of(new)))


def line_runs(old: str, new: str) -> list[Run]:
    """Return two texts of one line, however unlike, as one row; nothing if both are empty."""
    before, after = (format_html("{}", text) or None for text in (old, new))
    return [Run([row(before, after)], False)] if before or after else []


def body_runs(old: str, new: str) -> list[Run]:
    """Return the rows of two sanitised bodies, in runs."""
    return runs(rows_of(blocks(old), blocks(new)))


def lines_of(text):
    """Return the lines of a plain text, as HTML."""
    return [format_html("{}", line) for line in text.split("\n") if line.strip()]


def blocks(body):
    """Return the blocks of a sanitised body: paragraphs, subheads, items, figures."""
    found = []
    for piece in BLOCK.findall(body):
        if not found or TAG.sub("", piece).strip() or STANDS_ALONE.search(piece):
            found.append(piece)
        else:
            found[-1] += piece
    return [block.strip() for block in found if block.strip()]


def rows_of(old, new):
    """Return the rows of two lists of blocks."""
    return [row(before, after) for before, after in align(old, new, blocks_alike)]


def row(before, after):
    """Return one block beside another, either of which may be missing."""
    if before == after:
        same = shown(before, "")
        return Row(same, same, False)
    if before is None or after is None:
        return Row(shown(before or "", "del"), shown(after or "", "ins"), True)
    pairs = align(tokens(before), tokens(after), words_alike, word_of)
    return Row(side(pairs, 0, "del"), side(pairs, 1, "ins"), True)


def runs(rows):
    """Return `rows` in runs, folding what is the same far from any change."""
    changed = [place for place, row in enumerate(rows) if row.is_changed]
    near = {place + step for place in changed for step in range(-SHOWN_AROUND, SHOWN_AROUND + 1)}
    places = groupby(range(len(rows)), key=lambda place: place not in near)
    found = [Run([rows[place] for place in group], is_far) for is_far, group in places]
    for run in found:
        run.is_folded = run.is_folded and len(run.rows) > 1
    return found


# Words


def tokens(block):
    """Return the words and tags of a block, each as (the space before it, itself)."""
    return TOKEN.findall(block)


def word_of(token):
    return token[1]


def is_tag(word):
    return word.startswith("<")


def shown(block, tag):
    """Return a whole block as it is read, its words and the mark of a figure, all in `tag`."""
    words = (
        f"{space}{'' if is_tag(word) and not STANDS_ALONE.match(word) else unescape(word)}"
        for space, word in tokens(block)
    )
    return together([("".join(words).strip(), bool(tag))], tag)


def side(pairs, place, tag):
    """Return one side of aligned words as HTML, with what the other side lacks in `tag`."""
    pieces = []  # (text, is it marked?)
    for pair in pairs:
        token, other = pair[place], pair[1 - place]
        if token is None:
            continue
        space, word = token
        pieces.append((space, None))
        if other is None:
            pieces.append((word if is_tag(word) else unescape(word), True))
        elif word != other[1]:
            pieces += syllables(unescape(word), unescape(other[1]))
        elif not is_tag(word):
            pieces.append((unescape(word), False))
        elif STANDS_ALONE.match(word):
            pieces.append((word, False))
    return together(joined(pieces), tag)


def syllables(word, other):
    """Return the pieces of `word`, marked where `other` reads otherwise."""
    steps = SequenceMatcher(None, word, other, autojunk=False).get_opcodes()
    return [(word[a:b], kind != "equal") for kind, a, b, _c, _d in steps if b > a]


def joined(pieces):
    """Return pieces with equal neighbours as one; a space is marked between two marked words."""
    found = []
    for place, (text, is_marked) in enumerate(pieces):
        if is_marked is None:
            after = pieces[place + 1][1] if place + 1 < len(pieces) else False
            is_marked = bool(found and found[-1][1] and after)
        if found and found[-1][1] == is_marked:
            found[-1][0] += text
        elif text:
            found.append([text, is_marked])
    return found


def together(pieces, tag):
    """Return pieces as HTML."""
    opened, closed = f"<{tag}>", f"</{tag}>"
    html = (
        f"{opened}{format_html('{}', text)}{closed}" if marked else format_html("{}", text)
        for text, marked in pieces
        if text
    )
    return mark_safe("".join(html).strip())  # each text came out of format_html


# Alignment


def align(old, new, alike, key=lambda item: item):
    """Return `old` and `new` side by side: pairs, either of which may be None."""
    a, b = [key(item) for item in old], [key(item) for item in new]
    is_long = max(len(a), len(b)) > LONGEST_EXACT
    pairs = []
    for kind, *place in SequenceMatcher(None, a, b, autojunk=is_long).get_opcodes():
        gone, come = old[place[0] : place[1]], new[place[2] : place[3]]
        if kind == "equal":
            pairs += zip(gone, come, strict=True)
        else:
            pairs += pair_up(gone, come, lambda x, y: alike(key(x), key(y)))
    return pairs


def pair_up(old, new, alike):
    """Pair what is alike in two lists, in order, as well as can be; the rest stands alone."""
    rows, columns = len(old), len(new)
    if rows * columns > LONGEST_PAIRING:
        return [(item, None) for item in old] + [(None, item) for item in new]
    likeness = [[alike(x, y) for y in new] for x in old]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]  # of what is left from here on
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            paired = likeness[i][j] and likeness[i][j] + best[i + 1][j + 1]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs, i, j = [], 0, 0
    while i < rows and j < columns:
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs + [(item, None) for item in old[i:]] + [(None, item) for item in new[j:]]


def words_alike(word, other):
    """Return how alike two words are, from 0 for not at all; tags are like no other."""
    if is_tag(word) or is_tag(other):
        return 0
    ratio = SequenceMatcher(None, word, other, autojunk=False).ratio()
    return ratio if ratio >= WORDS_ALIKE else 0


def blocks_alike(block, other):
    """Return how alike two blocks are, by the first two syllables of their words."""
    counts = [Counter(word[:2] for word in TAG.sub(" ", text).split()) for text in (block, other)]
    total = counts[0].total() + counts[1].total()
    if block.startswith("<figure ") and other.startswith("<figure "):
        return 1
    if not total:
        return 0
    ratio = 2 * (counts[0] & counts[1]).total() / total
    return ratio if ratio >= BLOCKS_ALIKE else 0
