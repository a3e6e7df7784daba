"""How good related articles are, through the site's own code.

    python -m benchmarks.related DOCUMENTS           # P@4, R@5, MRR
    python -m benchmarks.related --made-up 100000    # what one new article costs at that size
    DATABASE_URL=postgres://… python -m benchmarks.related …

DOCUMENTS is JSONL, plain or .gz, a document a line: {"id", "title", "text", "event"} and, if
there are, "lead", "tags" and "date" (ISO). Documents of one event are kin. R@5 is the part of an
article's kin (at most five) among the first five, P@4 the part of the first four that are kin.
On a database of its own that is thrown away.
"""

import argparse
import random
from collections import defaultdict

from benchmarks import corpus, scratch  # first: they choose the database

# isort: split
from django.db import connection
from tqdm import tqdm

from articles import related
from articles.models import Article
from articles.search import index


def evaluate(documents):
    """Print how much of an article's event stands among what is proposed for it."""
    keys = corpus.load(documents)
    index.rebuild()
    events = {keys[document["id"]]: document["event"] for document in documents}
    members = defaultdict(set)
    for key, event in events.items():
        members[event].add(key)
    precision, recall, reciprocal = [], [], []
    for key, event in tqdm(events.items(), leave=False):
        kin = members[event] - {key}
        if not kin:
            continue
        found = [other for other, *_ in related.proposals(Article.objects.get(pk=key), ())]
        precision.append(len(kin.intersection(found[:4])) / 4)
        recall.append(len(kin.intersection(found[:5])) / min(len(kin), 5))
        place = next((at for at, other in enumerate(found, 1) if other in kin), None)
        reciprocal.append(1 / place if place else 0)
    print(f"{len(documents)} documents, {len(recall)} with kin, {connection.vendor}")
    for name, figures in (("P@4", precision), ("R@5", recall), ("MRR", reciprocal)):
        print(f"{name} {sum(figures) / len(figures):.3f}")


def cost(number):
    """Print what relating a new article costs at a size."""
    corpus.load(corpus.made_up(number))
    index.rebuild()
    scratch.analyze()
    newest = list(Article.objects.order_by("-pk")[:2000])
    print(f"{number} articles, {connection.vendor}")
    corpus.report("a new article", related.relate, random.Random(2).sample(newest, 50))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", nargs="?")
    parser.add_argument("--made-up", type=int, metavar="NUMBER")
    options = parser.parse_args()
    if options.made_up:
        cost(options.made_up)
    if options.documents:
        evaluate(list(corpus.lines_of(options.documents)))


if __name__ == "__main__":
    main()
