"""What somebody asks: words, "phrases" and -words, and how the index finds them."""

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models.expressions import RawSQL

from articles.search.terms import AS_INITIALS, GLUED_RUN, are_initials, normal, number, pairs, runs

PART = re.compile(r'(?P<no>-?)"(?P<phrase>[^"]*)"?|(?P<not>-?)(?P<word>[^\s"]+)')
SPARE = 100  # articles that the index finds and that are not out yet, or of another section
COMPOUND = range(4, 17)  # syllables of a run that may be several words
QUOTES = str.maketrans("“”„«»「」『』", '"""""""""')
# Particles and endings that a noun may carry, the longer ones first.
PARTICLES = re.compile(
    "(?:에서는|에서도|으로는|으로도|이라는|이라고|에게서|까지는|부터는|에서|에게|한테|께서|으로|이나|이랑|"
    "까지|부터|마다|처럼|보다|라는|라고|이란|에는|에도|와의|과의|하는|하고|이다|은|는|이|가|을|를|의|에|도|와|과|로|만|란)$"
)


@dataclass
class Word:
    """One word of a question, or a phrase: what must stand together."""

    runs: list  # of normal text
    is_initials: bool = False

    @property
    def text(self):
        return " ".join(self.runs)

    @property
    def pairs(self):
        return [term for run in self.runs for term in pairs(run)]

    @property
    def stem(self):
        """The word without the particle at its end, if at least two syllables are left."""
        *others, last = self.runs
        stem = PARTICLES.sub("", last)
        long_enough = len(stem) > 1 and GLUED_RUN.match(last) and not self.is_initials
        return Word([*others, stem]) if long_enough else self

    @property
    def pattern(self):
        """A pattern that finds the word in normal text, with a space more or less in it."""
        loose = [" ?".join(split_points(run)) for run in self.runs]
        return r"\W{0,3}".join(loose)

    def alternatives(self, mark=""):
        """Lists of terms, any of which an article must have whole.

        One for the word as it is, and one for each place at which its author may have left
        a space (교육재단, 교육 재단): there the pair across it is missing.
        """
        if self.is_initials:
            return [[AS_INITIALS + pair for pair in pairs(self.runs[0])]]
        every = [mark + term for term in self.pairs]
        shorter, start = [], 0
        for run in self.runs:
            count = len(pairs(run))
            if may_have_gap(run):
                gaps = range(start + 1, start + count - 1)
                shorter += [every[:at] + every[at + 1 :] for at in gaps]
            start += count
        return shorter or [every]  # a shorter one finds whatever the whole one does


def may_have_gap(run):
    """Return whether a run may be several words that its writer did not part."""
    return len(run) in COMPOUND and GLUED_RUN.match(run)


def split_points(run):
    """Return the pieces of a run between which a space may stand: 교육재단 → 교육 재단."""
    if not may_have_gap(run):
        return [re.escape(run)]
    return [run[:2], *run[2:-2], run[-2:]]


class Question:
    """A question as it was typed, understood as far as it can be; nothing is refused."""

    def __init__(self, text):
        self.text, self.words, self.excluded = text, [], []
        for part in PART.finditer(normal(text.translate(QUOTES))):
            is_out = part["no"] or part["not"]
            found = part["phrase"] if part["word"] is None else part["word"]
            if not (own := runs(found)):
                continue
            word = Word(own, is_initials=part["word"] is not None and are_initials(found))
            (self.excluded if is_out else self.words).append(word)

    def __bool__(self):
        return bool(self.words)

    def stemmed(self):
        """Return the question without particles, or None if it has none."""
        other = Question("")
        other.words, other.excluded = [word.stem for word in self.words], self.excluded
        return other if other.words != self.words else None

    def terms(self, mark=""):
        """Return the terms, for `newest_with`, of articles that have all words.

        With the mark IN_HEADLINE all of them must stand in the headline or the tags.
        """
        return [word.alternatives(mark) for word in self.words]

    def excluded_keys(self):
        """Return an expression for the keys of articles that have one of the excluded words."""
        return keys_with([[terms for word in self.excluded for terms in word.alternatives()]])


def keys_with(groups):
    """Return an expression for the keys of articles that have the terms.

    Of each group, a list of alternatives, one must be there with all its terms.
    """
    return RawSQL(*matching(groups))


def newest_with(groups, limit, articles):
    """Return the keys of the newest of `articles` that have the terms, `limit` at most.

    The index alone finds the newest; only where it is of these too many that are not among
    `articles`, a section's or a year's, the others are asked for as well.
    """
    sql, values = matching(groups)
    enough = limit + SPARE
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY 1 DESC LIMIT {enough}", values)
        found = [key for (key,) in cursor.fetchall()]
    keys = keys_of(articles.with_keys(found), limit)
    if len(keys) < limit and len(found) == enough:
        keys = keys_of(articles.filter(pk__in=RawSQL(sql, values)), limit)
    return keys


def keys_of(articles, limit):
    return list(articles.order_by("-pk").values_list("pk", flat=True)[:limit])


def matching(groups):
    """Return SQL, and its values, for the keys of articles that have the terms."""
    numbers = [[list(map(number, terms)) for terms in group] for group in groups]
    if connection.vendor == "postgresql":
        has = "numbers @> %s::int[]"
        told = " AND ".join(f"({' OR '.join([has] * len(group))})" for group in numbers)
        sql = f"SELECT article_id FROM articles_searchentry WHERE {told}"
        return sql, [terms for group in numbers for terms in group]
    told = " AND ".join(map(fts_any, numbers))
    return "SELECT rowid FROM articles_search WHERE articles_search MATCH %s", [told]


def fts_any(group):
    """Return alternatives in the language of FTS5, what all of them need said once."""
    common = [n for n in group[0] if all(n in numbers for numbers in group)]
    others = [[n for n in numbers if n not in common] for numbers in group]
    told = [fts(common)] if common else []
    if all(others):
        told.append("(" + " OR ".join(f"({fts(numbers)})" for numbers in others) + ")")
    return " AND ".join(told)


def fts(numbers):
    """Return that all numbers must be there; FTS5 takes them without their sign."""
    return " AND ".join(str(n + 2**31) for n in numbers)
