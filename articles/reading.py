"""What helps with a long text: how long it takes to read, and what its parts are."""

import math
import re
from itertools import count
from typing import NamedTuple

from newsroom.text import TAG, korean_slug, plain

# What Medium counts for Chinese, Japanese and Korean; measured, Japanese is read at 447 syllables
# a minute (Trauzettel-Klosinski & Dietz 2012), and Korean was not among the languages.
SYLLABLES_A_MINUTE = 500
FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)
SPACE = re.compile(r"\s+")
# The sanitiser leaves headings no attributes, so that they are spelled in one way only.
HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.DOTALL)
FEWEST = 4  # headings that make a table of contents worth its place


class Heading(NamedTuple):
    """A heading of a text, with the anchor under which it is found."""

    level: int
    anchor: str
    words: str


def minutes_of(html):
    """Return how many minutes it takes to read a text, at least one; captions do not count."""
    letters = SPACE.sub("", TAG.sub("", FIGURE.sub("", html)))
    return max(1, math.ceil(len(letters) / SYLLABLES_A_MINUTE - 0.5))


def with_anchors(html):
    """Return a text whose headings have anchors, and its `Heading`s if they are worth a list.

    An anchor follows from the words alone: what is added to a text moves none of the others.
    """
    headings, taken = [], set()

    def anchored(match):
        level, inside = match.groups()
        words = plain(inside)
        anchor = wanted = f"§{korean_slug(words)}"
        for number in count(2):
            if anchor not in taken:
                break
            anchor = f"{wanted}-{number}"
        taken.add(anchor)
        headings.append(Heading(int(level), anchor, words))
        return f'<h{level} id="{anchor}">{inside}</h{level}>'

    html = HEADING.sub(anchored, html)
    return html, headings if len(headings) >= FEWEST else []
