"""Which articles an article leads to: chosen when it is published, kept, and only read after.

The editors' own choices come first. Then come articles whose texts have the same telling
terms, by BM25; one of its own time counts more than one of years before or after, one of the
same series or with the same tag more than another. Of almost the same text one is enough.
"""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from articles.models import Article, Related, RelatedChoice, SearchEntry
from articles.search.ranking import Weights, heaviest, rank, read, text_of
from articles.search.terms import pairs, runs

KEPT = 10  # more than are shown: one may be withdrawn
AT_LEAST = 6  # with other articles of the section if there are no better ones
TERMS = 60  # of the article, that tell most
IN_HEADLINE = 4  # how often a term of the headline counts
POSTINGS = 40_000  # what weighing may read of the index
WEIGHED, READ = 300, 100  # articles that are weighed by the index, and whose texts are read
LIKE = 0.05  # of the article's likeness to itself that another one must have to be kin
SAME = 0.8  # part of the terms of both from which two texts are almost the same
HALF_LIFE = 30  # days
SERIES, TAG, TAGS = 1.5, 1.25, 3  # what a series and each of some shared tags is worth
Reason = Related.Reason


@transaction.atomic
def relate(article):
    """Choose anew what a published article leads to; return the Related that are kept."""
    rows = choose(article)
    Related.objects.filter(article=article).delete()
    Related.objects.bulk_create(rows)
    SearchEntry.objects.filter(pk=article.pk).update(related_at=timezone.now())
    return rows


def relate_neighbours(rows):
    """Let the articles of `rows` be related anew by the worker: a new one may be among theirs."""
    SearchEntry.objects.filter(pk__in=[row.other_id for row in rows]).update(related_at=None)


def relate_due(number):
    """Relate up to `number` of the articles that wait for it, the newest first; return how many."""
    due = SearchEntry.objects.filter(related_at=None).order_by("-pk")[:number]
    articles = Article.objects.in_bulk([entry.pk for entry in due])
    for article in articles.values():
        relate(article)
    return len(articles)


def choose(article, choices=None):
    """Return what the article leads to, as Related that are not saved, the best first.

    `choices` are those of the desk for it, where they were read already.
    """
    if choices is None:
        choices = list(RelatedChoice.objects.filter(article=article))
    wanted = [choice.other_id for choice in choices if choice.is_wanted]
    unwanted = {choice.other_id for choice in choices if not choice.is_wanted} | {article.pk}
    found = dict.fromkeys(wanted, (Reason.PINNED, None))
    tags = {tag.name: tag for tag in article.tags.all()}
    for key, reason, tag in proposals(article, tags, unwanted | set(wanted)):
        if reason is None:
            unwanted.add(key)
        elif len(found) < KEPT:
            found[key] = (reason, tags.get(tag))
    for key in neighbours(article, unwanted | set(found), AT_LEAST - len(found)):
        found[key] = (Reason.SECTION, None)
    return [
        Related(article=article, other_id=key, position=place, reason=reason, tag=tag)
        for place, (key, (reason, tag)) in enumerate(found.items())
    ]


def proposals(article, tags, without=frozenset()):
    """Yield (key, reason, name of a shared tag or None) of kindred articles, the best first.

    `tags` are the names of the article's own. One whose text stands there already has no reason.
    """
    scores, facts, tags = kin(article, tags)
    for key in list(scores):
        if facts[key][1] and facts[key][1] == article.series_id:
            scores[key] *= SERIES
        scores[key] *= TAG ** min(len(tags.get(key, ())), TAGS)
    numbers = dict(
        SearchEntry.objects.filter(pk__in=[*scores, article.pk]).values_list("pk", "numbers")
    )
    shown = [set(numbers.get(article.pk, ()))]
    for key in sorted(scores, key=lambda key: (-scores[key], -key)):
        own = set(numbers.get(key, ()))
        if key in without:
            continue
        if any(are_same(own, other) for other in shown):
            yield key, None, None
            continue
        shown.append(own)
        if facts[key][1] and facts[key][1] == article.series_id:
            yield key, Reason.SERIES, None
        elif key in tags:
            yield key, Reason.TAG, tags[key][0]
        else:
            yield key, Reason.TEXT, None


def kin(article, tags):
    """Return {key: score} of articles with the same telling terms, (time, series) of each, and
    the names of the tags that it shares.
    """
    weights = telling_terms(text_of(article, tags))
    heavy = dict(heaviest({term: weights.idf[term] for term in weights.rarest(POSTINGS)}, WEIGHED))
    published = Article.objects.in_state(Article.State.PUBLISHED)
    rows = published.with_keys(heavy).values_list("pk", "published_at", "series")
    facts = {key: (at, series) for key, at, series in rows}
    near = {key: nearness(article, at) for key, (at, _) in facts.items()}
    best = sorted(facts, key=lambda key: -heavy[key] * near[key])[:READ]
    texts = read(best)
    ranked = [(score, text.pk) for score, text in rank(texts, weights)]
    itself = next((score for score, key in ranked if key == article.pk), 0)
    scores = {key: score * near[key] for score, key in ranked if score > LIKE * itself}
    return scores, facts, shared_tags(tags, [text for text in texts if text.pk in scores])


def telling_terms(text):
    """Return the Weights of the terms of a Text that tell most of it, by tf-idf."""
    counts = Counter()
    for field, times in ((text.headline, IN_HEADLINE), (text.lead, 1), (text.body, 1)):
        for run in runs(field):
            for term in pairs(run):
                counts[term] += times
    weights = Weights(counts)
    return weights.only(sorted(counts, key=lambda t: -counts[t] * weights.idf[t])[:TERMS])


def nearness(article, at):
    """Return what the time between two articles leaves of their kinship, 0.6 to 1."""
    own = article.published_at or timezone.now()
    days = abs((at - own).total_seconds()) / 86_400
    return 0.6 + 0.4 * 2 ** (-days / HALF_LIFE)


def shared_tags(own, texts):
    """Return {key of a Text: those of its tags that are among `own`}, the rarest first."""
    shared = {text.pk: [tag for tag in text.tags if tag in own] for text in texts}
    common = Counter(tag for tags in shared.values() for tag in tags)
    return {
        key: sorted(tags, key=lambda tag: (common[tag], tag))
        for key, tags in shared.items()
        if tags
    }


def are_same(one, other):
    """Return whether two sets of terms are those of almost the same text."""
    return len(one & other) > SAME * len(one | other)


def neighbours(article, without, number):
    """Return keys of the newest other articles, of the same section first."""
    if number <= 0:
        return []
    others = Article.objects.published().exclude(pk__in=without).latest_first()
    keys = []
    if section := article.section_id:
        keys = list(others.in_section(section).values_list("pk", flat=True)[:number])
    others = others.exclude(pk__in=keys).values_list("pk", flat=True)
    return keys + list(others[: number - len(keys)])
