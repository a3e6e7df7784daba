"""What the whole site costs under gunicorn: CPU a request, as ratios in one run.

    python -m benchmarks.site                                  # 1,000 articles on SQLite
    python -m benchmarks.site --articles 100000                # ten comments an article
    DATABASE_URL=sqlite:////tmp/big.db python -m benchmarks.site \\
        --articles 1000000 --short --comments 5000000
    DATABASE_URL=postgres://… python -m benchmarks.site

Each page beside a bare WSGI application and an empty view of a Django without middleware,
all under the same gunicorn with one worker, asked over one connection that stays open. CPU is
that of the worker; what PostgreSQL needs stands beside it. The database is made where it is
empty, and gone on with where that was broken off.
"""

import argparse
import http.client
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.core.management import call_command
from django.db import connection

from articles import related
from articles.models import Article, SearchEntry
from authors.models import User
from benchmarks import archive, pages
from benchmarks.crowd import children_of, free_port, serving
from newsroom.models import Masthead
from tests.browser.hands import cookie_of
from tests.comments.posting import comment_data

TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def one_worker(application, **environment):
    """Let one worker of gunicorn serve an application; give its port and process number."""
    port, options = free_port(), {"GUNICORN_CMD_ARGS": "--workers 1 --max-requests 0"}
    with serving(port, subprocess.DEVNULL, application, **options, **environment) as server:
        time.sleep(1)
        yield port, children_of(server.pid)[0]


def cpu_of(pid):
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_database():
    """Return the seconds of CPU of PostgreSQL's processes on this machine; 0 without one."""
    if connection.vendor != "postgresql":
        return 0
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("comm").read_text().startswith("postgres"):
                total += cpu_of(process.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def measure(server, ask, seconds):
    """Return (CPU ms of the worker, of the database) a request; `ask` is given a connection."""
    port, worker = server
    link = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(20):
        ask(link)
    began, database, number = cpu_of(worker), cpu_of_database(), 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        ask(link)
        number += 1
    used = (cpu_of(worker) - began, cpu_of_database() - database)
    link.close()
    return [1000 * part / number for part in used]


def get(path, status=200, **headers):
    """Return what asks for a page as a browser does."""
    headers.setdefault("Accept-Encoding", "gzip, br")

    def ask(link):
        link.request("GET", quote(path, safe="/?=&%"), headers=headers)
        answer = link.getresponse()
        answer.read()
        assert answer.status == status, (path, answer.status)

    return ask


def post(article):
    """Return what sends a comment, each from somebody else."""
    numbers = count()

    def ask(link):
        number = next(numbers)
        data = comment_data(
            article, email=f"r{number}@example.com", text=f"{number}번째 의견입니다."
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        link.request("POST", f"/articles/{article.pk}/comments/", urlencode(data), headers)
        answer = link.getresponse()
        answer.read()
        assert answer.status == 302, answer.status

    return ask


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--comments", type=int, help="ten an article, unless told otherwise")
    parser.add_argument("--short", action="store_true", help="texts of 500 characters")
    parser.add_argument("--seconds", type=float, default=3)
    chosen = parser.parse_args()
    scratch.prepare(is_served=True)
    archive.fill(chosen.articles, chosen.comments, short=chosen.short)
    limits = {"comments_per_sender": 30_000, "comments_on_site": 30_000}
    Masthead.objects.update(**limits, comments_close_after_days=30_000)
    if SearchEntry.objects.count() < Article.objects.published().count():
        call_command("reindex")
    busiest, *_ = Article.objects.published().order_by("-comment_count")
    bare, some = Article.objects.published().filter(comment_count=0).order_by("pk")[10:12]
    pages.comment_on(some, 200)
    for article in (bare, some, busiest):
        related.relate(article)
    staff = cookie_of(User.objects.get(username="moderator"), "http://127.0.0.1")
    cookie = f"{staff['name']}={staff['value']}"
    section = bare.section.get_absolute_url()

    print(
        f"{Article.objects.count()} articles, {connection.vendor}, Python"
        f" {sys.version.split()[0]}; load {os.getloadavg()[0]:.1f}\n"
    )
    print(f"{'':<34} {'ms':>8} {'× hello':>8} {'× empty':>8} {'database ms':>12}")
    base = {}

    def row(name, server, ask):
        mine, database = measure(server, ask, chosen.seconds)
        base.setdefault(name, mine)
        ratios = [mine / base.get(other, mine) for other in ("bare WSGI", "empty Django view")]
        ratios = " ".join(f"{ratio:>8.2f}" for ratio in ratios)
        print(f"{name:<34} {mine:>8.3f} {ratios} {database:>12.2f}", flush=True)

    with one_worker("benchmarks.bare:hello") as server:
        row("bare WSGI", server, get("/"))
    with one_worker("benchmarks.bare:django()") as server:
        row("empty Django view", server, get("/"))
    with one_worker("newsroom.wsgi:application") as server:
        row("article, cached", server, get(bare.get_absolute_url()))
        row("front, cached", server, get("/"))
        etag = {"If-None-Match": "*"}
        row("article, cached, 304", server, get(bare.get_absolute_url(), 304, **etag))
        print(f"{'memory of the worker':<34} {memory_of(server[1]):>8.0f} MB")
    with one_worker("newsroom.wsgi:application", PAGE_CACHE="off") as server:
        row("article", server, get(bare.get_absolute_url()))
        row("article, 200 comments", server, get(some.get_absolute_url()))
        row(f"article, {busiest.comment_count} comments", server, get(busiest.get_absolute_url()))
        row("front", server, get("/"))
        row("section", server, get(section))
        row("search", server, get("/search/?q=장부"))
        row("queue of comments", server, get("/admin/comments/comment/", Cookie=cookie))
        row("a comment is sent", server, post(bare))
        print(f"{'memory of the worker':<34} {memory_of(server[1]):>8.0f} MB")


def memory_of(pid):
    """Return the megabytes that a process holds in memory."""
    pages_held = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages_held * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
