"""What a page costs: CPU milliseconds a request, as ratios to an empty Django view.

    make bench                                  # 100, 2,000 and 10,000 articles on SQLite
    python -m benchmarks.pages --articles 2000  # one size
    DATABASE_URL=postgres://… python -m benchmarks.pages

Everything runs in one process through the whole middleware stack, with nothing cached,
on a database of its own that is thrown away.
"""

import argparse
import gzip
import time
from datetime import timedelta

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone

from articles import reads, related
from articles.models import Article, Byline, Photo, Section, Tag, TaggedArticle
from articles.search import index
from authors.models import Author
from comments import moderation
from comments.models import Comment
from newsroom import urls
from newsroom.models import Masthead

SENTENCES = [
    "저녁 여섯 시면 셔터가 내려가던 시장에 이달 들어 다시 불이 켜졌다.",
    "상인회는 매주 금요일 장부를 시장 입구에 붙인다.",
    "주민들은 다음 달에 살 품목과 금액을 미리 적었다.",
    "군청은 내년 예산에 절반을 담겠다고 밝혔다.",
    "아이들은 느티나무 아래에서 수업을 들었다.",
]


def empty(request):
    """The least that Django can answer."""
    return HttpResponse("ok")


def fill(number, offset, photos=None, paragraphs=6):
    """Add articles until there are `number`, as plain rows: sections, tags and authors in turn."""
    Masthead(pk=1, title="미르내신문").save()
    sections = list(Section.objects.all()) or [
        Section.objects.create(name=f"분야 {n}", slug=f"s{n}", position=n) for n in range(9)
    ]
    authors = list(Author.objects.all()) or [
        Author.objects.create(name=f"기자 {n}", slug=f"a{n}", role="기자") for n in range(8)
    ]
    tags = list(Tag.objects.all()) or [
        Tag.objects.create(name=f"태그 {n}", slug=f"t{n}") for n in range(200)
    ]
    photos = photos or sample_photos()
    body = "".join(f"<p>{' '.join(SENTENCES)}</p>" for _ in range(paragraphs))
    now = timezone.now()
    articles = Article.objects.bulk_create(
        [
            Article(
                headline=f"{SENTENCES[n % 5][:28]} {n}",
                slug=f"기사-{n}",
                summary=SENTENCES[n % 5],
                body=body,
                body_html=body,
                body_text=body,
                section=sections[n % 9],
                hero=photos[n % len(photos)],
                state="published",
                published_at=now - timedelta(hours=n),
            )
            for n in range(offset, number)
        ],
        batch_size=500,
    )
    Byline.objects.bulk_create(
        [Byline(article=a, author=authors[a.pk % 8]) for a in articles], batch_size=2000
    )
    TaggedArticle.objects.bulk_create(
        [
            TaggedArticle(content_object=a, tag=tags[(a.pk * step) % 200])
            for a in articles
            for step in (1, 7)
        ],
        batch_size=2000,
        ignore_conflicts=True,
    )


def sample_photos():
    """Return rows of photos; no file is read when a page is drawn."""
    if not Photo.objects.exists():
        Photo.objects.bulk_create(
            Photo(
                digest="0" * 64,
                version=f"{n:016x}",
                width=1600,
                height=1067,
                colour="#336655",
                alt="시장",
            )
            for n in range(5)
        )
    return list(Photo.objects.all())


def comment_on(article, number):
    """Give `article` that many approved comments: four replies to every root."""
    root = None
    for n in range(number):
        comment = Comment.objects.create(
            article=article,
            author_name=f"독자 {n}",
            text=SENTENCES[n % 5],
            parent=root if n % 5 else None,
        )
        root = root if n % 5 else comment
        moderation.approve(comment)


def measure(client, address, seconds=1.5):
    """Return (CPU ms a request, queries, bytes, gzipped bytes) of `address`."""
    for _ in range(3):
        response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    with CaptureQueriesContext(connection) as context:
        client.get(address)
        queries = len(context)
    number, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        client.get(address)
        number += 1
    cost = (time.process_time() - began) / number * 1000
    return cost, queries, len(response.content), len(gzip.compress(response.content))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="*", default=[100, 2000, 10_000])
    sizes = sorted(parser.parse_args().articles)
    urls.urlpatterns.insert(0, path("empty/", empty))
    scratch.prepare()
    client = Client()
    base = measure(client, "/empty/")[0]
    print(f"empty Django view: {base:.2f} ms CPU; {connection.vendor}; nothing cached\n")
    print(
        f"{'articles':>9} {'page':<22} {'ms':>7} {'ratio':>6} {'queries':>7} {'KB':>6} {'gz KB':>6}"
    )
    done = 0
    for size in sizes:
        fill(size, done)
        done = size
        scratch.analyze()
        index.rebuild()
        bare, busy = Article.objects.order_by("pk")[size // 2 : size // 2 + 2]
        if not busy.comment_count:
            comment_on(busy, 200)
        for article in (bare, busy):
            related.relate(article)
        reads.write({article.pk: article.pk for article in Article.objects.all()[:20]})
        pages = {
            "article": bare.get_absolute_url(),
            "article, 200 comments": busy.get_absolute_url(),
            "front": "/",
            "section": "/sections/s1/",
            "author": "/authors/a1/",
            "tag": "/tags/t1/",
            "search": "/search/?q=장부",
        }
        for name, address in pages.items():
            cost, queries, whole, packed = measure(client, address)
            print(
                f"{size:>9} {name:<22} {cost:>7.2f} {cost / base:>6.1f} {queries:>7}"
                f" {whole / 1024:>6.1f} {packed / 1024:>6.1f}"
            )


if __name__ == "__main__":
    main()
