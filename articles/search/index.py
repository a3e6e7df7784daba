"""The index: which published articles have which terms, kept in step with their texts."""

from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from articles.models import Article, SearchEntry, SearchTerm, TaggedArticle
from articles.search import terms
from articles.search.keys import among

BATCH = 500
FIELDS = ("headline", "subtitle", "lead", "body_text", "state")  # what the index is made of
AT_ONCE = 5000  # rows of one statement


held = ContextVar("held", default=False)  # whether many articles are being written


@transaction.atomic
def update(article):
    """Bring the index in step with one article: with its text, or with its not being public."""
    if held.get():
        return
    remove([article.pk])
    if article.state == Article.State.PUBLISHED:
        add([article])


@transaction.atomic
def refresh(keys):
    """Bring the index in step with the articles of these keys."""
    public = Article.objects.in_state(Article.State.PUBLISHED)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        remove(batch)
        add(list(public.filter(pk__in=batch).only(*FIELDS)))


@contextmanager
def rebuilt_after():
    """Leave the index alone while many articles are written, and make it anew after."""
    token = held.set(True)
    try:
        yield
    finally:
        held.reset(token)
    rebuild()


def add(articles):
    """Put articles that the index does not hold into it."""
    count(put(articles))


def put(articles, related_at=None):
    """Put articles into the index; return how many of them have which number.

    `related_at` tells by their keys when the related articles of some were chosen.
    """
    tags = tags_of([article.pk for article in articles])
    entries = [
        SearchEntry(
            article=article,
            related_at=(related_at or {}).get(article.pk),
            numbers=terms.numbers_of(
                headline_of(article.headline, article.subtitle, tags.get(article.pk, ())),
                f"{article.lead}\n{article.body_text}",
            ),
        )
        for article in articles
    ]
    SearchEntry.objects.bulk_create(entries)
    if connection.vendor == "sqlite":
        write_fts("INSERT INTO articles_search (rowid, numbers) VALUES (%s, %s)", entries)
    return frequencies(entries)


def remove(keys):
    """Take the articles with these primary keys out of the index, as far as it holds them."""
    entries = list(SearchEntry.objects.filter(pk__in=keys))
    if not entries:
        return
    if connection.vendor == "sqlite":
        write_fts(
            "INSERT INTO articles_search (articles_search, rowid, numbers)"
            " VALUES ('delete', %s, %s)",
            entries,
        )
    SearchEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    count(frequencies(entries), sign=-1)


def frequencies(entries):
    """Return how many entries have each number; every one counts for the empty term."""
    numbers = Counter(n for entry in entries for n in entry.numbers)
    numbers[terms.number("")] = len(entries)
    return numbers


@transaction.atomic
def rebuild(progress=iter):
    """Make the index anew of all published articles; return how many they are.

    `progress` is given the batches, and shows how far it got.
    """
    public = Article.objects.in_state(Article.State.PUBLISHED)
    keys = list(public.order_by("pk").values_list("pk", flat=True))
    related_at = dict(SearchEntry.objects.values_list("pk", "related_at"))
    SearchEntry.objects.all().delete()  # a trigger empties SQLite's table with it
    SearchTerm.objects.all().delete()
    numbers = Counter()
    for batch in progress([keys[at : at + BATCH] for at in range(0, len(keys), BATCH)]):
        numbers.update(put(list(public.filter(pk__in=batch).only(*FIELDS)), related_at))
    count(numbers)
    return len(keys)


def count(numbers, sign=1):
    """Add to how many articles have each number.

    In one order everywhere, so that two who publish at once do not wait for each other in turn.
    """
    rows = sorted(numbers.items())
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        places = ", ".join(["(%s, %s)"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO articles_searchterm (number, articles) VALUES {places}"
                " ON CONFLICT (number) DO UPDATE"
                " SET articles = articles_searchterm.articles + excluded.articles",
                [value for number, articles in part for value in (number, sign * articles)],
            )


def tags_of(keys):
    """Return {key of an article: names of its tags}."""
    names = {}
    rows = TaggedArticle.objects.filter(content_object__in=among(keys))
    for key, name in rows.values_list("content_object", "tag__name"):
        names.setdefault(key, []).append(name)
    return names


def headline_of(headline, subtitle, tags):
    """Return what counts as headline of an article."""
    return "\n".join([headline, subtitle, *sorted(tags)])


def write_fts(statement, entries):
    rows = [(entry.pk, " ".join(str(n + 2**31) for n in entry.numbers)) for entry in entries]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
