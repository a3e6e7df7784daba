"""What a page of a thread costs, however long the thread and however many comments there are.

    python -m benchmarks.threads                       # 1,000,000 comments in the table
    python -m benchmarks.threads --table 100000
    DATABASE_URL=postgres://… python -m benchmarks.threads

Threads of 10, 1,000 and 10,000 comments, each the same page of twenty roots, before and
after the table is filled with comments on other articles; beside them the plain recursive
query that reads a whole thread by its parents. On a database of its own that is thrown
away. CPU milliseconds of this process.
"""

import argparse
import time

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from tqdm import tqdm

from articles.models import Article
from benchmarks.pages import measure
from comments.models import Comment, path_step

BRANCH = 10  # comments of a root and its answers
BATCH = 20_000
ROUNDS = 8
RECURSIVE = """
WITH RECURSIVE thread AS (
  SELECT id, parent_id, author_name, text FROM comments_comment
  WHERE article_id = %s AND parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id, c.author_name, c.text
  FROM comments_comment c JOIN thread ON c.parent_id = thread.id
) SELECT * FROM thread
"""


def fill(article, number, begin):
    """Give `article` that many approved comments with primary keys from `begin` on."""
    fields = [field for field in Comment._meta.concrete_fields if field.attname != "id"]
    columns = ", ".join(f'"{field.column}"' for field in [Comment._meta.pk, *fields])
    places = ", ".join(["%s"] * (len(fields) + 1))
    statement = f"INSERT INTO comments_comment ({columns}) VALUES ({places})"
    comment = Comment(
        article_id=article.pk,
        state="approved",
        text="상인회는 매주 금요일 장부를 시장 입구에 붙인다. 잘 읽었습니다.",
        created_at=article.published_at,
    )
    same = {
        field.attname: field.get_db_prep_save(field.pre_save(comment, True), connection)
        for field in fields
    }
    for start in tqdm(range(0, number, BATCH), leave=False):
        rows = []
        for n in range(start, min(start + BATCH, number)):
            root = begin + n - n % BRANCH
            is_reply = n % BRANCH > 0
            own = {
                "parent_id": root if is_reply else None,
                "root_id": root,
                "depth": int(is_reply),
                "path": path_step(root) + (path_step(begin + n) if is_reply else ""),
                "author_name": f"독자 {n}",
                "reply_count": 0 if is_reply else BRANCH - 1,
            }
            rows.append([begin + n, *{**same, **own}.values()])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, rows)
    Article.objects.filter(pk=article.pk).update(comment_count=number)
    return begin + number


def recursive(article):
    """Return (CPU ms, rows) of reading the whole thread by its parents."""
    began, runs = time.process_time(), 0
    while runs < 3 or time.process_time() - began < 0.5:
        with connection.cursor() as cursor:
            cursor.execute(RECURSIVE, [article.pk])
            rows = cursor.fetchall()
        runs += 1
    return (time.process_time() - began) / runs * 1000, len(rows)


def show(articles, title):
    print(f"\n{title}")
    print(f"{'comments':>9} {'page ms':>8} {'ratio':>6} {'queries':>8} {'recursive ms':>13}")
    client, costs, queries = Client(), {}, {}
    addresses = {n: f"/articles/{article.pk}/comments/" for n, article in articles.items()}
    for _round in range(ROUNDS):  # in turns, so that a busy moment of the machine meets all
        for number, address in addresses.items():
            cost, queries[number], _size, _packed = measure(client, address, 0.5)
            costs[number] = min(cost, costs.get(number, cost))
    for number, article in articles.items():
        ratio = f"{costs[number] / costs[1000]:.2f}" if number > 10 else "-"
        print(
            f"{number:>9} {costs[number]:>8.2f} {ratio:>6} {queries[number]:>8}"
            f" {recursive(article)[0]:>13.2f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=int, default=1_000_000)
    table = parser.parse_args().table
    scratch.prepare()
    now = timezone.now()
    made = [
        Article.objects.create(headline=f"기사 {n}", state="published", published_at=now)
        for n in range(4)
    ]
    articles, begin = dict(zip((10, 1000, 10_000), made, strict=False)), 1
    for number, article in articles.items():
        begin = fill(article, number, begin)
    scratch.analyze()
    print(f"{connection.vendor}; a page of twenty roots with nine answers each (one with 10)")
    show(articles, f"{begin - 1:,} comments in the table")
    begin = fill(made[3], table - begin + 1, begin)
    scratch.analyze()
    show(articles, f"{begin - 1:,} comments in the table")


if __name__ == "__main__":
    main()
