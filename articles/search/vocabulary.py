"""Our own words: those of the headlines and tags that readers can see, to complete and correct.

No list of them is kept. They are read from the newest headlines that look like what was
typed, so that a word is gone together with its last article.
"""

import unicodedata
from collections import Counter
from difflib import SequenceMatcher

from django.db import connection

from articles.search import index
from articles.search.keyboard import as_hangul
from articles.search.question import PARTICLES, Question, matching, newest_with
from articles.search.terms import (
    AS_INITIALS,
    GLUED_RUN,
    IN_HEADLINE,
    INITIALS,
    are_initials,
    initials,
    normal,
    pairs,
    runs,
)

READ = 300  # headlines
JOINING = {ord(letter): 0x1100 + place for place, letter in enumerate(INITIALS)}
LIKE = 0.75  # how alike two words must be, letter by letter
WORDS, HEADLINES = 6, 3  # that are suggested
CORRECTED = 5  # words of a question that are looked at


def suggestions(text, articles):
    """Return words that complete the last one of `text`, and published articles that have all.

    A list of texts, and a list of articles with headline and slug.
    """
    *before, last = text.split() or [""]
    last = normal(last)
    start = last if are_initials(last) else letters(last)
    words = Counter()
    for word, number in words_like(last, articles).items():
        whole = initials(word) if are_initials(last) else letters(word)
        if whole.startswith(start) and word != last:
            words[word] = number
    texts = [" ".join([*before, word]) for word, _ in words.most_common(WORDS)]
    question = Question(text)
    keys = newest_with(question.terms(IN_HEADLINE), HEADLINES, articles) if question else []
    return texts, list(articles.with_keys(keys).order_by("-pk").only("headline", "slug"))


def corrected(question, articles):
    """Return the text of the question with words of ours that look like its own, or None.

    Only words that stand in no article are looked at, and only a text that finds something is
    returned. Nobody misspells a whole sentence: a long one is left as it is.
    """
    if len(question.words) > CORRECTED:
        return None
    typed = " ".join(as_hangul(word) or word for word in question.text.split())
    if typed != question.text and newest_with(Question(typed).terms(), 1, articles):
        return typed
    ours = known([[word.stem.alternatives()] for word in question.words])
    words = [
        word.text if place in ours else nearest(word, articles)
        for place, word in enumerate(question.words)
    ]
    text = " ".join(words)
    if text == " ".join(word.text for word in question.words):
        return None
    return text if known([Question(text).terms()]) else None


def known(questions):
    """Return the places of those questions, lists of terms, to which the index has an answer."""
    parts, values = [], []
    for place, groups in enumerate(questions):
        sql, told = matching(groups)
        parts.append(f"SELECT {place} WHERE EXISTS ({sql})")
        values += told
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {place for (place,) in cursor.fetchall()}


def nearest(word, articles):
    """Return the word of ours that is most like `word`; the word itself if none is."""
    if len(word.runs) > 1 or word.is_initials:
        return word.text
    like = words_like(word.text, articles)
    if word.text in like or word.stem.text in like:
        return word.text
    own = letters(word.stem.text)
    best, score = word.text, LIKE
    for other, number in like.items():
        matcher = SequenceMatcher(None, own, letters(other))
        likeness = matcher.ratio() + min(number, 9) / 1000  # of equals, what we write more often
        if likeness > score:
            best, score = other, likeness
    return best


def words_like(word, articles):
    """Return how often which words stand in headlines that share a pair of syllables, or
    of first letters, with `word`.
    """
    firsts = word if are_initials(word) else initials(word)
    like = [[AS_INITIALS + pair] for pair in pairs(firsts) if are_initials(pair)]
    like += [[IN_HEADLINE + pair] for pair in pairs(word)]
    found = articles.with_keys(newest_with([like], READ, articles))
    rows = list(found.values_list("pk", "headline", "subtitle"))
    tags = index.tags_of([key for key, *_ in rows])
    return Counter(
        stem
        for key, headline, subtitle in rows
        for run in runs(normal(index.headline_of(headline, subtitle, tags.get(key, ()))))
        if len(stem := stem_of(run)) > 1
    )


def letters(text):
    """Return text letter by letter, one that is typed but not yet joined to a syllable too."""
    return unicodedata.normalize("NFD", text).translate(JOINING)


def stem_of(run):
    """Return a run without its particle, if it is one that may carry one and stays a word."""
    stem = PARTICLES.sub("", run) if GLUED_RUN.match(run) else run
    return stem if len(stem) > 1 else run
