"""Documents for the benchmarks of search and related articles: read, or made up at any size."""

import gzip
import json
import random
import time
from datetime import datetime, timedelta

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.utils import timezone

from articles.models import Article, Tag, TaggedArticle

BATCH = 1000
SYLLABLES = 30_000  # different words of made-up text


def lines_of(path):
    """Yield the objects of a JSONL file, plain or gzipped."""
    with gzip.open(path, "rt") if str(path).endswith(".gz") else open(path) as file:
        yield from (json.loads(line) for line in file if line.strip())


def load(documents):
    """Make published articles of documents; return {id of a document: key of its article}."""
    scratch.prepare()
    Article.objects.all().delete()
    keys, batch = {}, []
    now = timezone.now()
    for document in documents:
        batch.append((document, article_of(document, now)))
        if len(batch) == BATCH:
            keys |= keep(batch)
            batch = []
    return keys | keep(batch)


def article_of(document, now):
    date = document.get("date")
    moment = datetime.fromisoformat(date) if date else now - timedelta(days=1)
    return Article(
        headline=document["title"][:300] or "-",
        slug="x",
        lead=document.get("lead", ""),
        body_text=document["text"],
        state="published",
        published_at=moment if moment.tzinfo else timezone.make_aware(moment),
    )


def keep(batch):
    """Write a batch of documents and articles, with their tags; return their keys."""
    articles = Article.objects.bulk_create([article for _, article in batch])
    names = {name for document, _ in batch for name in document.get("tags", [])}
    known = dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
    for name in names - known.keys():
        known[name] = Tag.objects.create(name=name, slug=f"t{Tag.objects.count()}").pk
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag_id=known[name])
        for (document, _), article in zip(batch, articles, strict=True)
        for name in set(document.get("tags", []))
    )
    return {
        document["id"]: article.pk for (document, _), article in zip(batch, articles, strict=True)
    }


def report(name, work, rows):
    """Print the median and the 95th percentile of what `work` on a row costs: CPU and time."""
    spent, lasted = [], []
    for row in rows:
        began = time.process_time(), time.perf_counter()
        work(row)
        spent.append((time.process_time() - began[0]) * 1000)
        lasted.append((time.perf_counter() - began[1]) * 1000)
    spent.sort()
    lasted.sort()
    middle, late = len(spent) // 2, len(spent) * 95 // 100
    print(
        f"{name:<18} CPU p50 {spent[middle]:>6.1f} p95 {spent[late]:>6.1f}"
        f"   time p50 {lasted[middle]:>6.1f} p95 {lasted[late]:>6.1f} ms"
    )


def made_up(number, size=1000, seed=1):
    """Yield `number` documents of about `size` syllables, in words as frequent as real ones are."""
    dice = random.Random(seed)
    words = [
        "".join(chr(0xAC00 + int(dice.paretovariate(0.6)) * 28 % 11172) for _ in range(length))
        for length in dice.choices([1, 2, 3, 4, 5], [5, 40, 35, 15, 5], k=SYLLABLES)
    ]
    weights = [1 / (rank + 8) for rank in range(SYLLABLES)]
    pool = dice.choices(words, weights, k=1_000_000)
    now = timezone.now()
    for n in range(number):
        start = dice.randrange(len(pool) - size)
        text, length = [], 0
        while length < size:
            word = pool[(start + len(text) * 7) % len(pool)]
            text.append(word)
            length += len(word) + 1
        yield {
            "id": n,
            "title": " ".join(dice.sample(text, 6)),
            "text": " ".join(text),
            "date": (now - timedelta(minutes=30 * n)).isoformat(),
        }
