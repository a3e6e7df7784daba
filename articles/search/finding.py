"""Answering a question: the articles that have its words, or most of them, in order."""

from dataclasses import dataclass, field

from articles.search.keys import among
from articles.search.question import newest_with
from articles.search.ranking import Weights, heaviest, rank, read
from articles.search.terms import IN_HEADLINE

RANKED = 150  # articles whose texts are read to put them in order
TITLED = 50  # more of them, those with all words in the headline
COUNTED = 1000  # articles up to which results are counted
MOST = 0.2  # of the weight of a question that an article must have, where none has all


@dataclass
class Found:
    """What a question found."""

    ranked: list = field(default_factory=list)  # keys of the articles that may be best, in order
    keys: list = field(default_factory=list)  # of all, up to COUNTED and one, the newest first
    words: list = field(default_factory=list)  # as they were found, for the marks
    is_partial: bool = False  # none had all the words

    @property
    def number(self):
        return min(len(self.keys), COUNTED)

    @property
    def has_more(self):
        return len(self.keys) > COUNTED


def find(question, articles):
    """Return the Found of a question among `articles`, ranked by relevance.

    All words, else all words without their particles, else most of them.
    """
    if not question:
        return Found()
    if question.excluded:
        articles = articles.exclude(pk__in=question.excluded_keys())
    for asked in filter(None, (question, question.stemmed())):
        keys = newest_with(asked.terms(), COUNTED + 1, articles)
        promising = keys[:RANKED]
        if len(keys) > RANKED:
            titled = newest_with(asked.terms(IN_HEADLINE), TITLED, articles)
            promising = [*{*promising, *titled}]
        best = ranked(promising, asked.words)
        if len(keys) <= RANKED:  # the texts were read: what only the index took for a match goes
            keys = [key for key in keys if key in best]
        if best:
            return Found(best, keys, asked.words)
    return most(question, articles)


def ranked(keys, words):
    """Return keys in order, without those whose texts turn out not to have the words."""
    texts = read(keys)
    true = [text for text in texts if all(text.count_word(word) for word in words)]
    weights = Weights({term for word in words for term in word.pairs})
    return [text.pk for _, text in rank(true, words, weights)]


def most(question, articles):
    """Return what has most of the question's words, by how much they tell."""
    words = [word.stem for word in question.words]
    weights = Weights({term for word in question.words for term in word.pairs})
    rare = {term: weights.idf[term] for term in weights.rarest()}
    enough = MOST * sum(rare.values())
    heavy = [key for key, weight in heaviest(rare, COUNTED) if weight >= enough]
    there = set(articles.filter(pk__in=among(heavy)).values_list("pk", flat=True))
    keys = [key for key in heavy if key in there][:RANKED]
    best = [text.pk for _, text in rank(read(keys), words, weights)]
    return Found(best, sorted(keys, reverse=True), words, is_partial=True)
