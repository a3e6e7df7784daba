"""Answering a question: the articles that have its words, or most of them, in order."""

from dataclasses import dataclass, field

from articles.search.question import newest_with
from articles.search.ranking import Weights, heaviest, rank, read
from articles.search.terms import IN_HEADLINE

RANKED = 150  # articles whose texts are read to put them in order
TITLED = 50  # more of them, those with all words in the headline
COUNTED = 1000  # articles up to which results are counted
FEW = 10  # articles with all words below which those with most of them are shown as well
OTHERS = 60  # of which these are the best
MOST = 0.1  # of the weight of a question that these must have
POSTINGS = 20_000  # what weighing may read of the index
SPARE = 200  # articles that are looked at at once, whether readers may see them


@dataclass
class Found:
    """What a question found."""

    ranked: list = field(default_factory=list)  # keys of the articles that may be best, in order
    keys: list = field(default_factory=list)  # of all, up to COUNTED and one, the newest first
    words: list = field(default_factory=list)  # as they were found, for the marks
    others: list = field(default_factory=list)  # with most of the words, where few have all
    is_partial: bool = False  # none had all the words

    @property
    def number(self):
        return min(len(self.keys), COUNTED)

    @property
    def has_more(self):
        return len(self.keys) > COUNTED


def find(question, articles):
    """Return the Found of a question among `articles`, ranked by relevance.

    All words, else all words without their particles, else most of them; where few articles
    have all words, `others` follow that have most of them.
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
            others = []
            if len(best) < FEW and len(asked.words) > 1:
                others = most(question, articles, OTHERS)
            others = [key for key in others if key not in best][:FEW]
            return Found(best, keys, asked.words, others)
    best = most(question, articles, RANKED)
    words = [word.stem for word in question.words]
    return Found(best, sorted(best, reverse=True), words, is_partial=True)


def ranked(keys, words):
    """Return keys in order, without those whose texts turn out not to have the words."""
    true = [text for text in read(keys) if all(text.count_word(word) for word in words)]
    return [text.pk for _, text in rank(true, Weights(terms_of(words)))]


def most(question, articles, number):
    """Return keys of what has most of the question's words, by how much they tell.

    As many as `number` are read to put them in order.
    """
    weights = Weights(terms_of(question.words))
    rare = {term: weights.idf[term] for term in weights.rarest(POSTINGS)}
    enough = MOST * sum(rare.values())
    heavy = [key for key, weight in heaviest(rare, COUNTED) if weight >= enough]
    keys = []
    for start in range(0, len(heavy), SPARE):
        batch = heavy[start : start + SPARE]
        there = set(articles.with_keys(batch).values_list("pk", flat=True))
        keys += [key for key in batch if key in there]
        if len(keys) >= number:
            break
    return [text.pk for _, text in rank(read(keys[:number]), weights)]


def terms_of(words):
    return {term for word in words for term in word.pairs}
