"""How well and how fast articles are found, through the site's own code.

    python -m benchmarks.search DOCUMENTS QUERIES    # hit@1, hit@10, MRR@10
    python -m benchmarks.search DOCUMENTS            # each headline as query for its text
    python -m benchmarks.search --made-up 100000     # what it costs at that size
    DATABASE_URL=postgres://… python -m benchmarks.search …

DOCUMENTS is JSONL, plain or .gz, a document a line: {"id", "title", "text"} and, if there are,
"lead", "tags" and "date" (ISO). QUERIES likewise: {"query", "relevant": [id, …]}. Beside our
figures stand those of plain BM25 over pairs of syllables, which looks at every document.
"""

import argparse
import math
import random
import time
from collections import Counter, defaultdict
from functools import partial

from benchmarks import corpus, scratch  # first: they choose the database

# isort: split
from django.db import connection
from django.test import Client

from articles import reads
from articles.models import Article
from articles.search import index
from articles.search.finding import find
from articles.search.question import Question
from articles.search.terms import normal, pairs, runs

SAMPLE = 1000  # queries at most


class PlainBM25:
    """BM25 over the pairs of headline and text, every document scored: what to compare with."""

    def __init__(self, documents):
        self.postings, self.lengths = defaultdict(dict), {}
        for document in documents:
            counts = Counter(terms_of(f"{document['title']}\n{document['text']}"))
            self.lengths[document["id"]] = sum(counts.values())
            for term, number in counts.items():
                self.postings[term][document["id"]] = number
        self.average = sum(self.lengths.values()) / len(self.lengths)

    def find(self, query, k1=1.2, b=0.75):
        total, scores = len(self.lengths), Counter()
        for term in set(terms_of(query)):
            found = self.postings.get(term, {})
            idf = math.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
            for key, number in found.items():
                norm = k1 * (1 - b + b * self.lengths[key] / self.average)
                scores[key] += idf * number * (k1 + 1) / (number + norm)
        return [key for key, _ in scores.most_common(10)]


def terms_of(text):
    return [term for run in runs(normal(text)) for term in pairs(run)]


def figures(rankings):
    """Return hit@1, hit@10 and MRR@10 of pairs of found ids and the relevant ones."""
    places = [
        next((at for at, key in enumerate(found[:10], 1) if key in relevant), None)
        for found, relevant in rankings
    ]
    known = [place for place in places if place]
    number = len(places)
    return (
        sum(place == 1 for place in known) / number,
        len(known) / number,
        sum(1 / place for place in known) / number,
    )


def evaluate(documents, queries):
    """Print how well our search and plain BM25 find what is relevant."""
    keys = corpus.load(documents)
    index.rebuild()
    ids = {key: own for own, key in keys.items()}
    published = Article.objects.published()
    ours = []
    began = time.process_time()
    for query in queries:
        found = find(Question(query["query"]), published)
        shown = [ids[key] for key in [*found.ranked, *found.others][:10]]
        ours.append((shown, set(query["relevant"])))
    cost = (time.process_time() - began) / len(queries) * 1000
    plain = PlainBM25(documents)
    theirs = [(plain.find(query["query"]), set(query["relevant"])) for query in queries]
    print(f"{len(documents)} documents, {len(queries)} queries, {connection.vendor}")
    print(f"{'':<12} {'hit@1':>6} {'hit@10':>6} {'MRR@10':>6}")
    for name, rankings in (("search", ours), ("plain BM25", theirs)):
        print(f"{name:<12}", *(f"{figure:>6.3f}" for figure in figures(rankings)))
    print(f"{cost:.1f} ms CPU a query of this process")


def cost(number):
    """Print what indexing and searching cost at a size."""
    documents = list(corpus.made_up(number))
    text = sum(len(d["title"].encode()) + len(d["text"].encode()) for d in documents)
    corpus.load(documents)
    before = size()
    began = time.process_time(), time.time()
    index.rebuild()
    took = time.time() - began[1]
    print(f"{number} articles, {text / 1e6:.0f} MB of text, {connection.vendor}")
    print(f"index {(size() - before) / text:.2f}x the text; {number / took:.0f} articles/s")
    newest = Article.objects.order_by("-pk").values_list("pk", flat=True)[:50]
    reads.write({key: place for place, key in enumerate(newest, 1)})
    scratch.analyze()
    dice = random.Random(2)
    words = [word for d in dice.sample(documents, 200) for word in d["text"].split()]
    kinds = {
        "one word": [dice.choice(words) for _ in range(100)],
        "two words": [" ".join(dice.sample(words, 2)) for _ in range(100)],
        "words of one text": [
            " ".join(dice.sample(d["text"].split(), 3)) for d in dice.sample(documents, 100)
        ],
        "a sentence": [" ".join(d["text"].split()[10:20]) for d in dice.sample(documents, 100)],
    }
    client = Client()

    def ask(address, query):
        assert client.get(address, {"q": query}).status_code == 200

    for name, queries in kinds.items():
        corpus.report(name, partial(ask, "/search/"), queries)
    beginnings = [word[:3] for word in words[:100]]
    corpus.report("suggestions", partial(ask, "/search/suggest/"), beginnings)


def size():
    """Return the bytes of the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return cursor.fetchone()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", nargs="?")
    parser.add_argument("queries", nargs="?")
    parser.add_argument("--made-up", type=int, metavar="NUMBER")
    options = parser.parse_args()
    if options.made_up:
        cost(options.made_up)
    if options.documents:
        documents = list(corpus.lines_of(options.documents))
        if options.queries:
            queries = list(corpus.lines_of(options.queries))
        else:
            queries = [{"query": d["title"], "relevant": [d["id"]]} for d in documents]
            documents = [d | {"title": ""} for d in documents]
        evaluate(documents, queries[:SAMPLE])


if __name__ == "__main__":
    main()
