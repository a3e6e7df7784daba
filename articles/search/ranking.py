"""Which of the articles found come first: BM25 over their texts, the same on every database.

The index only says which articles have a term. Of those that may be the best, the texts are
read, and what stands in a headline counts more than what stands in the body.
"""

import math
import re
from dataclasses import dataclass
from itertools import accumulate

from django.db import connection

from articles.models import Article, SearchTerm
from articles.search import index
from articles.search.keys import among
from articles.search.terms import IN_HEADLINE, initials, normal, number

K1, B = 1.2, 0.75  # the customary values of BM25
IN_HEAD, IN_LEAD = 4, 2  # how much more than in the body a term counts there


@dataclass
class Text:
    """An article's normal text: headline with subtitle and tags, lead, body."""

    pk: int
    headline: str
    lead: str
    body: str
    tags: tuple = ()  # their names

    def __len__(self):
        return len(self.headline) + len(self.lead) + len(self.body)

    def count(self, term):
        """Return how often `term` stands there, weighted by the place."""
        places = self.headline.count(term), self.lead.count(term), self.body.count(term)
        return IN_HEAD * places[0] + IN_LEAD * places[1] + places[2]

    def count_word(self, word):
        """Return the same of a word, which may have a space more or less in it."""
        if word.is_initials:
            return IN_HEAD * initials(self.headline).count(word.text)
        find = re.compile(word.pattern).findall
        return (
            IN_HEAD * len(find(self.headline))
            + IN_LEAD * len(find(self.lead))
            + len(find(self.body))
        )


class Weights:
    """How much each of some terms tells: the rarer it is, the more (BM25's idf)."""

    def __init__(self, terms):
        numbers = {term: number(term) for term in terms}
        rows = SearchTerm.objects.filter(pk__in=[*numbers.values(), number("")])
        known = dict(rows.values_list("pk", "articles"))
        total = max(known.get(number(""), 0), 1)
        self.articles = {term: min(max(known.get(n, 0), 0), total) for term, n in numbers.items()}
        self.idf = {
            term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in self.articles.items()
        }

    def only(self, terms):
        """Leave the other terms out; return itself."""
        self.articles = {term: self.articles[term] for term in terms}
        self.idf = {term: self.idf[term] for term in terms}
        return self

    def rarest(self, postings):
        """Return the terms that stand in an article at all, the rarest first, and no more than
        stand in `postings` articles together: common ones cost much and tell little.
        """
        known = sorted((n, term) for term, n in self.articles.items() if n)
        counts = accumulate(n for n, _ in known)
        kept = [term for (_, term), read in zip(known, counts, strict=True) if read <= postings]
        return kept or [term for _, term in known[:1]]


def heaviest(weights, limit):
    """Return pairs of a key and a weight: the articles with most of the weighted terms.

    `weights` maps terms to numbers; a term in the headline counts once more.
    """
    if not weights:
        return []
    marked = {IN_HEADLINE + term: weight for term, weight in weights.items()}
    if connection.vendor == "postgresql":
        part = (
            "SELECT article_id AS pk, %s::float AS weight FROM articles_searchentry"
            " WHERE numbers @> %s::int[]"
        )
        values = [(weight, [number(term)]) for term, weight in (weights | marked).items()]
    else:
        part = (
            "SELECT rowid AS pk, %s AS weight FROM articles_search WHERE articles_search MATCH %s"
        )
        values = [
            (weight, str(number(term) + 2**31)) for term, weight in (weights | marked).items()
        ]
    united = " UNION ALL ".join([part] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pk, SUM(weight) FROM ({united}) AS found"
            " GROUP BY pk ORDER BY 2 DESC, 1 DESC LIMIT %s",
            [value for pair in values for value in pair] + [limit],
        )
        return cursor.fetchall()


def read(keys):
    """Return the Texts of the articles with these keys."""
    tags = index.tags_of(keys)
    rows = Article.objects.filter(pk__in=among(keys)).order_by()
    rows = rows.values_list("pk", "headline", "subtitle", "lead", "body_text", named=True)
    return [text_of(row, tags.get(row.pk, ())) for row in rows]


def text_of(article, tags):
    """Return the Text of an article with tags of these names."""
    headline = index.headline_of(article.headline, article.subtitle, tags)
    parts = map(normal, (headline, article.lead, article.body_text))
    return Text(article.pk, *parts, tuple(tags))


def rank(texts, weights):
    """Return pairs of a score and a Text, the best first; a newer article before its equal.

    Texts are measured by the harmonic mean of their lengths: what was found by its words is
    longer than the paper's articles are, and that mean comes close to theirs.
    """
    if not texts:
        return []
    usual = len(texts) / sum(1 / max(len(text), 1) for text in texts)
    scored = []
    for text in texts:
        norm = K1 * (1 - B + B * len(text) / usual)
        counts = [(idf, text.count(term)) for term, idf in weights.idf.items()]
        score = sum(idf * n * (K1 + 1) / (n + norm) for idf, n in counts)
        scored.append((score, text))
    return sorted(scored, key=lambda pair: (-pair[0], -pair[1].pk))
