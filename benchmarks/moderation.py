"""What the moderators' desk costs: a page of the queue, one decision, 500 of them at once.

    python -m benchmarks.moderation                    # 1,000 and 100,000 waiting, on SQLite
    python -m benchmarks.moderation --waiting 20000    # one size
    DATABASE_URL=postgres://… python -m benchmarks.moderation

Everything runs in one process through the whole middleware stack, on a database of its
own that is thrown away (a database of PostgreSQL should be empty at first).
"""

import argparse
import os
import re
import tempfile
import time
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
SCRATCH = tempfile.TemporaryDirectory()
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH.name}/bench.db")
os.environ["MEDIA_ROOT"] = SCRATCH.name

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

URL = "/admin/comments/comment/"
SEEN = re.compile(r'name="seen-(\d+)" value="([^"]+)"')
TEXTS = [
    "장터 이야기 잘 읽었습니다. 다음에는 버스 시간표도 실어 주세요.",
    "난방비를 나눠 낸다는 생각이 좋습니다.\n우리 골목도 해 보면 어떨까요?",
    "주차할 곳이 없어서 돌아왔습니다. 군청은 무엇을 하고 있습니까.",
]


def fill(waiting, done):
    """Add comments until `waiting` wait, and as many again were approved long ago."""
    from articles.models import Article
    from comments.models import Comment, Contact, Signal, path_step

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
    analyze = "ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE"
    connection.cursor().execute(analyze)


def page(client, address):
    """Return (seconds, queries) of the quickest of three loads of `address`."""
    best, queries = 9.0, 0
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            response = client.get(address)
            best = min(best, time.perf_counter() - began)
        assert response.status_code == 200, (address, response.status_code)
        queries = len(captured)
    return best, queries


def send(client, data, address=URL):
    """Return (seconds, queries) of sending a form of the queue."""
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        response = client.post(address, data)
        taken = time.perf_counter() - began
    assert response.status_code == 302, response.status_code
    return taken, len(captured)


def measure(client):
    """Yield (what, seconds, queries) of the work of a moderator."""
    from comments.models import Comment, ModerationEvent

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
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from django.contrib.auth.models import Group

    from authors.models import User

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
