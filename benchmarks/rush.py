"""A story goes round the country: two hundred readers, and comments that moderators let in.

    python -m benchmarks.rush                           # 200 readers, 20 s, SQLite
    python -m benchmarks.rush --postgres --redis        # on a PostgreSQL and a Redis of its own

Readers ask for one article again and again, as fast as they are answered, on connections that
stay open. Meanwhile five comments a second come in and are approved in another process. Ends
with an error if a page answered with 5xx, if the slowest hundredth took more than twenty times
the median, or if an approval took more than a second until each worker showed it. All of it
shares the cores of this machine: a reader's time is mostly waiting for the others.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack

from benchmarks.crowd import Crowd, Watch
from benchmarks.faults import Paper, collect_static
from benchmarks.services import Postgres, Redis

SLOWEST_TO_MEDIAN, SEEN_WITHIN = 20, 1.0
COMMENT = re.compile(r'id="comment-(\d+)"')
# Approves each comment whose number comes in, and says so once it is committed.
MODERATE = """
import sys
from comments import moderation
from comments.models import Comment
for number in sys.stdin:
    moderation.approve(Comment.objects.get(pk=number))
    print(number, end="", flush=True)
"""


class Readers:
    """Many readers in one process, each on a connection that stays open."""

    def __init__(self, port, path):
        self.port, self.took, self.failures = port, [], 0
        lines = ("Host: 127.0.0.1", "Accept-Encoding: br", "Connection: keep-alive")
        self.request = "\r\n".join((f"GET {path} HTTP/1.1", *lines, "", "")).encode()

    async def read(self, end):
        """Ask until the end, on a new connection where the server closed the old one."""
        while time.monotonic() < end:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                while time.monotonic() < end:
                    began = time.monotonic()
                    writer.write(self.request)
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                    await reader.readexactly(length)
                    self.took.append(time.monotonic() - began)
                    self.failures += head.split(b" ", 2)[1] != b"200"
                    if b"connection: close" in head.lower():
                        break
            except (asyncio.IncompleteReadError, ConnectionError):
                pass  # a worker was replaced, as it is after some thousand requests
            finally:
                writer.close()

    async def all(self, number, seconds):
        end = time.monotonic() + seconds
        await asyncio.gather(*[self.read(end) for _ in range(number)])


class Approvals:
    """Comments that come in and are approved; when, and when each worker showed them first."""

    def __init__(self, paper, server, port, seconds, a_second):
        self.crowd, self.pause = Crowd(port, paper.path, seconds), 1 / a_second
        self.moderator = paper.manage("shell", "-v0", "-c", MODERATE, stdin=subprocess.PIPE)
        self.watch = Watch(server, port, f"{paper.path}?order=newest")
        self.approved, self.seen = {}, {worker: {} for worker in self.watch.links}

    def write(self):
        number, due = 0, time.monotonic()
        while time.monotonic() < self.crowd.end:
            number, due = number + 1, due + self.pause
            self.crowd.write_one(number, f"{number}번째 독자가 드리는 말씀입니다.")
            time.sleep(max(0, due - time.monotonic()))

    def moderate(self):
        while time.monotonic() < self.crowd.end:
            for number, _text in self.crowd.told[len(self.approved) :]:
                self.moderator.stdin.write(f"{number}\n")
                self.moderator.stdin.flush()
                self.moderator.stdout.readline()
                self.approved[number] = time.monotonic()
            time.sleep(0.01)

    def look(self, worker):
        while time.monotonic() < self.crowd.end + 2:
            page = self.watch.read(self.watch.links[worker])
            for number in map(int, COMMENT.findall(page)):
                self.seen[worker].setdefault(number, time.monotonic())
            time.sleep(0.03)

    def begin(self):
        looks = [(self.look, worker) for worker in self.seen]
        self.crowd.come((self.write,), (self.moderate,), *looks)

    def finish(self):
        """Wait for the end; return how long each approval took to be seen in every worker."""
        self.crowd.wait()
        self.watch.close()
        self.moderator.stdin.close()
        self.moderator.wait(10)
        return [
            max(seen.get(number, float("inf")) for seen in self.seen.values()) - at
            for number, at in self.approved.items()
        ]


def rush(paper, readers, seconds, a_second, **environment):
    """Return what is wrong after a rush, as sentences; print what was measured."""
    paper.sql("UPDATE newsroom_masthead SET comments_hold_first = %s", True)
    paper.environment |= environment
    with paper.serve() as (server, port):
        article = Crowd(port, "").ask("GET", f"/articles/{paper.article}/")[1]["Location"]
        crowd = Readers(port, article)
        approvals = Approvals(paper, server, port, seconds, a_second)
        thread = threading.Thread(target=asyncio.run, args=[crowd.all(readers, seconds)])
        thread.start()
        approvals.begin()
        thread.join()
        waited = approvals.finish()
    cuts = statistics.quantiles(crowd.took, n=100)
    median, slowest, ratio = cuts[49], cuts[98], cuts[98] / cuts[49]
    failures = crowd.failures + approvals.crowd.failures()
    print(
        f"{len(crowd.took)} pages read, {len(crowd.took) / seconds:.0f} a second; {failures} × 5xx"
    )
    print(f"p50 {median * 1000:.0f} ms, p99 {slowest * 1000:.0f} ms: {ratio:.1f} times")
    print(f"{len(waited)} approvals, the slowest seen everywhere after {max(waited):.2f} s")
    return [
        sentence
        for sentence, is_wrong in (
            ("pages failed", failures),
            ("the slowest are too slow", ratio > SLOWEST_TO_MEDIAN),
            ("an approval was seen too late", max(waited) > SEEN_WITHIN),
        )
        if is_wrong
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--comments", type=float, default=5, help="a second")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--redis", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as services:
        address, environment = f"sqlite:///{folder}/paper.db", {}
        if chosen.postgres:
            postgres = services.enter_context(Postgres(folder))
            postgres.wait()
            address = postgres.address
        if chosen.redis:
            environment["REDIS_URL"] = services.enter_context(Redis()).address
        paper = Paper.prepared(address, folder)
        collect_static(paper)
        if wrong := rush(paper, chosen.readers, chosen.seconds, chosen.comments, **environment):
            sys.exit("WRONG: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
