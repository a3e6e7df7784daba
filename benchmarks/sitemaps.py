"""What the files for search engines cost on a paper of a million articles.

    python -m benchmarks.sitemaps                       # 1,000,000 articles on SQLite
    python -m benchmarks.sitemaps --articles 100000
    DATABASE_URL=postgres://… python -m benchmarks.sitemaps

Each file is asked for once through the whole middleware stack; the cost is CPU and wall-clock
milliseconds. A chunk costs the same wherever it lies, and the index costs nothing.
"""

import argparse
import time
from datetime import timedelta

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Byline, Series, Tag, TaggedArticle
from articles.sitemaps import CHUNK
from authors.models import Author
from benchmarks.pages import sample_photos

FIRST = 10_000  # rows made by the application; the others are their copies


def fill(number):
    """Make `number` published articles without text, and ten that carry authors and tags."""
    photos, now = sample_photos(), timezone.now()
    series = Series.objects.create(title="연재")
    Article.objects.bulk_create(
        [
            Article(
                headline=f"장터에 다시 켜진 불, 상인회와 주민이 함께 쓴 겨울 장부 {n}",
                slug=f"장터에-다시-켜진-불-상인회와-주민이-함께-쓴-겨울-장부-{n}",
                state="published",
                hero=photos[n % 5] if n % 3 else None,
                published_at=now - timedelta(minutes=n),
            )
            for n in range(FIRST)
        ],
        batch_size=500,
    )
    skipped = {"id", "import_key"}
    columns = [f.column for f in Article._meta.concrete_fields if f.column not in skipped]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        for _ in range(number // FIRST - 1):
            cursor.execute(
                f"INSERT INTO articles_article ({names}) SELECT {names} FROM articles_article"
                f" WHERE id <= {FIRST}"
            )
    scratch.analyze()
    author, tag = Author.objects.create(name="기자"), Tag.objects.create(name="장터", slug="장터")
    for article in Article.objects.order_by("pk")[:10]:
        Byline.objects.create(article=article, author=author)
        TaggedArticle.objects.create(content_object=article, tag=tag)
        Article.objects.filter(pk=article.pk).update(series=series)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    number = parser.parse_args().articles
    scratch.prepare()
    began = time.monotonic()
    fill(number)
    print(f"{number:,} articles; {connection.vendor}; filled in {time.monotonic() - began:.0f} s\n")
    print(f"{'file':<30} {'CPU ms':>8} {'ms':>8} {'queries':>7} {'entries':>8} {'KB':>7}")
    client, last = Client(), number // CHUNK
    middle = [f"/sitemap-articles-{n}.xml" for n in (1, last // 2, last)]
    others = ["/sitemap-places.xml", "/sitemap-news.xml", "/feeds/latest.xml"]
    for address in ["/robots.txt", "/sitemap.xml", *middle, *others]:
        with CaptureQueriesContext(connection) as context:
            cpu, wall = time.process_time(), time.monotonic()
            response = client.get(address)
            cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        entries = response.content.count(b"<loc>") or response.content.count(b"<item>")
        print(
            f"{address:<30} {cpu * 1000:>8.1f} {wall * 1000:>8.1f} {len(context):>7}"
            f" {entries:>8} {len(response.content) / 1024:>7.0f}"
        )


if __name__ == "__main__":
    main()
