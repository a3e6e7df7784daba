"""What the moderators' desk costs: a page of the queue, one decision, 500 of them at once.

    python -m benchmarks.moderation                    # 1,000 and 100,000 waiting, on SQLite
    python -m benchmarks.moderation --waiting 20000    # one size
    DATABASE_URL=postgres://… python -m benchmarks.moderation

Everything runs in one process through the whole middleware stack, on a database of its
own that is thrown away (a database of PostgreSQL should be empty at first).
"""

import argparse
import re
import time
from datetime import timedelta

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from authors.models import User
from comments.models import Comment, Contact, ModerationEvent, Signal, path_step

URL = "/admin/comments/comment/"
SEEN = re.compile(r'name="seen-(\d+)" value="([^"]+)"')
TEXTS = [
    "장터 이야기 잘 읽었습니다. 다음에는 버스 시간표도 실어 주세요.",
    "난방비를 나눠 낸다는 생각이 좋습니다.\n우리 골목도 해 보면 어떨까요?",
    "주차할 곳이 없어서 돌아왔습니다. 군청은 무엇을 하고 있습니까.",
]


def fill(waiting, done):
    """Add comments until `waiting` wait, and as many again were approved long ago."""
    articles = list(Article.objects.all()) or Article.objects.bulk_create(
        Article(
            headline=f"불 꺼진 장터에 다시 등을 단 사람들 {n}",
            slug=f"기사-{n}",
            state="published",
            published_at=timezone.now(),
        )
        for n in range(50)
    )
    now, first = timezone.now(), 2 * done + 1
    for start in range(first, 2 * waiting + 1, 5000):
        numbers = range(start, min(start + 5000, 2 * waiting + 1))
        Comment.objects.bulk_create(
            Comment(
                pk=n,
                article=articles[n % 50],
                root_id=n,
                path=path_step(n),
                state="pending" if n % 2 else "approved",
                queued_at=now - timedelta(seconds=n) if n % 2 else None,
                created_at=now - timedelta(seconds=n),
                author_name=f"독자 {n % 997}",
                text=TEXTS[n % 3],
            )
            for n in numbers
        )
        Contact.objects.bulk_create(
            Contact(comment_id=n, email=f"reader{n % 5000}@example.com") for n in numbers
        )
        Signal.objects.bulk_create(Signal(comment_id=n, rule="first") for n in numbers if n % 2)
    scratch.analyze()


def ask(method, *given, status):
    """Return (seconds, queries) of a request that is to be answered with `status`."""
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        response = method(*given)
        taken = time.perf_counter() - began
    assert response.status_code == status, (given, response.status_code)
    return taken, len(captured)


def page(client, address):
    """Return (seconds, queries) of the quickest of three loads of `address`."""
    return min(ask(client.get, address, status=200) for _ in range(3))


def send(client, data):
    """Return (seconds, queries) of sending a form of the queue."""
    return ask(client.post, URL, data, status=302)


def measure(client):
    """Yield (what, seconds, queries) of the work of a moderator."""
    for name, query in (
        ("queue, first page", ""),
        ("queue, last page", "?p=100000"),
        ("queue, by rule", "?rule=first"),
        ("queue, by article", "?article=2"),
        ("queue, reported", "?state=reported"),
        ("all approved", "?state=approved"),
        ("queue, search", "?q=버스"),
    ):
        yield name, *page(client, URL + query)
    number, seen = SEEN.search(client.get(URL).content.decode()).groups()
    data = {"do": f"approve:{number}", f"seen-{number}": seen}
    yield "approve one", *send(client, data)
    batch = ModerationEvent.objects.latest("pk").batch
    yield "undo one", *send(client, {"do": f"undo:{batch}"})
    ids = list(Comment.objects.queued().values_list("pk", flat=True)[:500])
    yield "approve 500", *send(client, {"action": "approve", "_selected_action": ids})
    assert Comment.objects.filter(pk__in=ids, state="approved").count() == 500
    batch = ModerationEvent.objects.latest("pk").batch
    yield "undo 500", *send(client, {"do": f"undo:{batch}"})
    assert Comment.objects.filter(pk__in=ids, state="pending").count() == 500


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--waiting", type=int, nargs="*", default=[1000, 100_000])
    sizes = sorted(parser.parse_args().waiting)
    scratch.prepare()
    user = User.objects.create_user("조정자", is_staff=True)
    user.groups.add(Group.objects.get(name="moderator"))
    client = Client()
    client.force_login(user)
    print(f"{connection.vendor}\n{'waiting':>8} {'what':<20} {'ms':>8} {'queries':>8}")
    done = 0
    for size in sizes:
        fill(size, done)
        done = size
        for name, seconds, queries in measure(client):
            print(f"{size:>8} {name:<20} {seconds * 1000:>8.0f} {queries:>8}")


if __name__ == "__main__":
    main()
