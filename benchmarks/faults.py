"""What breaks under the paper while people write, and whether anything is missing afterwards.

    python -m benchmarks.faults                     # all scenarios, some minutes
    python -m benchmarks.faults --only power --seconds 20

Each scenario has a server, a database and a folder of its own on the loopback interface. What
people were told is counted and looked for in the database afterwards. Those that need root
(small disks), PostgreSQL, Redis or nginx say so where they are not there. Ends with
an error if anything is missing.
"""

import argparse
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from itertools import pairwise
from pathlib import Path

import psycopg
from PIL import Image

from benchmarks.crowd import (
    ROOT,
    Crowd,
    Watch,
    children_of,
    free_port,
    kill_workers,
    serving,
    wait_for,
)
from benchmarks.services import POSTGRES, Postgres, Redis, fill, small_disk
from tests.comments.mailserver import Sink

# What a scenario finds: an article that anybody may write under, and an editor's session.
PREPARE = """
from datetime import timedelta
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from articles.models import Article
from authors.models import User
from newsroom.models import Masthead
call_command("migrate", verbosity=0)
rules = {"comments_hold_first": False, "comments_per_sender": 9999, "comments_on_site": 9999}
Masthead(pk=1, title="미르내신문", comment_policy="open", **rules).save()
yesterday = timezone.now() - timedelta(days=1)
article = Article.objects.create(
    headline="장터에 다시 켜진 불", state="published", published_at=yesterday)
editor = User.objects.create_superuser("한도경")
client = Client()
client.force_login(editor)
print(article.pk, client.cookies["sessionid"].value)
"""
STORE = "from newsroom.pagestores import shared_store; print(shared_store().store.folder)"


class Skipped(Exception):
    """What a scenario needs is not there; the message says what."""


@dataclass
class Outcome:
    """What people were told, what of it is there, and how long it took to be well again."""

    told: int
    there: int
    failures: int = 0  # 5xx
    back: float | None = None
    note: str = ""


class Paper:
    """A database with one article, and how to serve it."""

    def __init__(self, address, folder, article, session=""):
        self.address, self.folder = address, Path(folder)
        self.article, self.session = article, session
        self.path = f"/articles/{article}/comments/"
        self.environment = {
            "DATABASE_URL": address,
            "MEDIA_ROOT": str(self.folder / "media"),
            "REDIS_URL": "",
            "SECRET_KEY": os.environ.get("SECRET_KEY", "of a trial"),
            "WEB_CONCURRENCY": "2",
        }

    @classmethod
    def prepared(cls, address, folder):
        """Make the tables and the article in an empty database."""
        paper = cls(address, folder, 0)
        article, session = paper.shell(PREPARE).split()
        return cls(address, folder, int(article), session)

    @property
    def file(self):
        """The file of SQLite."""
        return Path(self.address.removeprefix("sqlite:///"))

    def moved(self, folder):
        """Return the same paper in another folder (SQLite)."""
        file = Path(folder, "paper.db")
        with sqlite3.connect(self.file) as here, sqlite3.connect(file) as there:
            here.backup(there)
        here.close()
        there.close()
        return Paper(f"sqlite:///{file}", folder, self.article, self.session)

    def shell(self, code, **environment):
        return self.manage("shell", "-v0", "-c", code, **environment).communicate(timeout=120)[0]

    def manage(self, *arguments, stdin=None, **environment):
        own = {name: text for name, text in os.environ.items() if name != "DEBUG"}
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**own, **self.environment, **environment},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @contextmanager
    def serve(self, **environment):
        """Serve the paper; give the server's process and port."""
        port = free_port()
        own = {**self.environment, "SITE_URL": f"http://127.0.0.1:{port}", **environment}
        with (
            open(self.folder / "server.log", "a") as log,
            serving(port, log, **own) as server,
        ):
            yield server, port

    def sql(self, query, *values):
        """Return the rows of a statement."""
        if self.address.startswith("sqlite"):
            link = sqlite3.connect(self.file, timeout=20)
            query = query.replace("%s", "?")
        else:
            link = psycopg.connect(self.address)
        try:
            with link:
                cursor = link.execute(query, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    def rename(self, headline):
        """Change what readers see, past the application."""
        update = "UPDATE articles_article SET headline = %s WHERE id = %s"
        self.sql(update, headline, self.article)

    def outcome(self, crowd, back=None, note=""):
        kept = dict(self.sql("SELECT id, text FROM comments_comment"))
        there = sum(kept.get(number) == text for number, text in crowd.told)
        return Outcome(len(crowd.told), there, crowd.failures(), back, note)


def writers(crowd, number=8):
    return [(crowd.write, name) for name in range(number)] + [(crowd.read, 0), (crowd.read, 1)]


def first_after(crowd, moment):
    """Return how long after a moment somebody was told that their comment was kept."""
    return next((at - moment for at in sorted(crowd.told_at) if at > moment), None)


def seen_within(paper, watch, times=3):
    """Return the longest time in which a change was seen in every worker, as a sentence."""
    took = []
    for number in range(times):
        headline = f"{time.monotonic_ns()}번째로 고친 제목 {number}"
        paper.rename(headline)
        took.append(watch.until(headline))
    if None in took:
        return "a change was not seen"
    return f"changes seen after {max(took):.2f} s"


def workers_killed(paper, seconds=10):
    """kill -9 of the web server's processes"""
    with paper.serve() as (server, port):
        crowd = Crowd(port, paper.path, seconds)
        crowd.come(*writers(crowd), (kill_workers, server, seconds, crowd))
        crowd.wait()
    at = sorted(crowd.told_at)
    pause = max((after - before for before, after in pairwise(at)), default=None)
    return paper.outcome(crowd, pause, f"{seconds} kills")


def mail_worker_killed(paper, seconds=10):
    """kill -9 of the process that sends letters"""
    sink, kills = Sink(), 5
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.server_address[1]}"}
    crowd = Crowd(0, paper.path)

    def write(name):
        number = 0
        while time.monotonic() < crowd.end:
            number += 1
            email = f"r{name}-{number}@example.com"
            crowd.write_one(name, f"{name}번 독자의 {number}번째 말씀", email=email, notify="on")

    def start():
        worker = paper.manage("worker", "--interval", "0.05", **mail)
        worker.stdout.readline()  # it is ready
        return worker

    def waiting():
        return paper.sql("SELECT count(*) FROM comments_mail WHERE sent_at IS NULL")[0][0]

    try:
        with paper.serve(**mail) as (_server, crowd.port):
            crowd.end = time.monotonic() + seconds
            crowd.come(*[(write, name) for name in range(3)])
            for _ in range(kills):
                worker, before = start(), len(sink.letters)
                end = time.monotonic() + 10
                while len(sink.letters) < before + 5 and time.monotonic() < end:
                    time.sleep(0.01)
                worker.kill()
                worker.communicate()
            crowd.wait()
        began, worker = time.monotonic(), start()
        while waiting() and time.monotonic() < began + 60:
            # What was taken and not noted is tried again after minutes; the trial does not wait.
            past = "UPDATE comments_mail SET due_at = created_at WHERE sent_at IS NULL"
            paper.sql(past)
            time.sleep(0.2)
        back = time.monotonic() - began
        worker.terminate()
        worker.communicate()
    finally:
        sink.shutdown()
        sink.server_close()
    names = [message_from_bytes(letter)["Message-ID"] for letter in sink.letters]
    note = f"letters; {kills} kills, {len(names) - len(set(names))} came twice"
    return Outcome(len(crowd.told), len(set(names)), crowd.failures(), back, note)


def postgres_killed(postgres, paper, seconds=12):
    """kill -9 of PostgreSQL, away for two seconds"""
    with paper.serve() as (_server, port):
        crowd = Crowd(port, paper.path, seconds)
        crowd.come(*writers(crowd))
        time.sleep(seconds / 3)
        postgres.kill()
        time.sleep(2)
        postgres.start()
        postgres.wait()  # it reads its log first
        back_at = time.monotonic()
        crowd.end = max(crowd.end, back_at + seconds / 3)
        crowd.wait()
    return paper.outcome(crowd, first_after(crowd, back_at))


def redis_killed(paper, seconds=12):
    """kill -9 of Redis, away for two seconds"""
    if not shutil.which("redis-server"):
        raise Skipped("there is no redis-server")
    with Redis() as store, paper.serve(REDIS_URL=store.address) as (server, port):
        crowd = Crowd(port, paper.path, seconds)
        watch = Watch(server, port, paper.path)
        crowd.come(*writers(crowd, 4))
        time.sleep(seconds / 4)
        store.kill()
        without = seen_within(paper, watch)
        time.sleep(2)
        back_at = time.monotonic()
        store.start()
        again = seen_within(paper, watch)
        while not store.kept() and time.monotonic() < back_at + 20:
            seen_within(paper, watch, 1)
        back = time.monotonic() - back_at
        crowd.wait()
        watch.close()
    return paper.outcome(crowd, back, f"without it {without}; after it {again}")


def store_damaged(paper, seconds=8):
    """kept pages overwritten with noise"""
    with paper.serve() as (server, port):
        folder = Path(paper.shell(STORE, SITE_URL=f"http://127.0.0.1:{port}").strip())
        crowd, damaged, torn = Crowd(port, paper.path, seconds), [0], []
        watch = Watch(server, port, paper.path)

        def damage():
            noise = random.Random(1)
            while time.monotonic() < crowd.end:
                for file in folder.glob("*"):
                    with suppress(FileNotFoundError), file.open("r+b") as page:
                        page.seek(noise.randrange(max(1, file.stat().st_size)))
                        page.write(noise.randbytes(50))
                        damaged[0] += 1
                time.sleep(0.02)

        def read():
            while time.monotonic() < crowd.end:
                page = crowd.ask("GET", paper.path)
                if page and not page[2].rstrip().endswith("</html>"):
                    torn.append(page)

        crowd.come(*writers(crowd, 3), (read,), (read,), (damage,))
        seen = seen_within(paper, watch)
        crowd.wait()
        watch.close()
    outcome = paper.outcome(crowd, note=f"{damaged[0]} files, {len(torn)} torn pages; {seen}")
    outcome.failures += len(torn)
    return outcome


def clock_jumps(paper, seconds=9):
    """the clock jumps an hour ahead and two back"""
    clock = paper.folder / "clock"
    clock.write_text("0")
    own = {"CLOCK": str(clock), "application": "benchmarks.clocked:application"}
    with paper.serve(**own) as (server, port):
        crowd = Crowd(port, paper.path, seconds)
        watch = Watch(server, port, paper.path)
        crowd.come(*writers(crowd, 3))
        backs, seen = [], []
        for offset in (3600, -3600):
            time.sleep(seconds / 4)
            new = clock.with_suffix(".new")
            new.write_text(str(offset))
            new.replace(clock)
            jumped_at = time.monotonic()
            seen.append(seen_within(paper, watch, 1))
            time.sleep(1)
            backs.append(first_after(crowd, jumped_at))
        crowd.wait()
        watch.close()
    back = None if None in backs else max(backs)
    return paper.outcome(crowd, back, "; ".join(seen))


def power_cut(paper, seconds=8):
    """the power goes: SQLite's files as they were at that moment"""
    times, broken, copies = [0], 0, []
    with paper.serve() as (server, port):
        crowd = Crowd(port, paper.path, seconds)
        crowd.come(*writers(crowd))
        while time.monotonic() < crowd.end:
            time.sleep(random.uniform(0.1, 0.5))
            with crowd.lock:
                told = list(crowd.told)
            copies.append((frozen(server, paper, len(copies)), told))
        crowd.wait()
    missing = 0
    for file, told in copies:
        began = time.monotonic()
        link = sqlite3.connect(file)
        is_whole = link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = dict(link.execute("SELECT id, text FROM comments_comment"))
        link.close()
        times.append(time.monotonic() - began)
        broken += not is_whole
        missing += sum(kept.get(number) != text for number, text in told)
    sum_told = sum(len(told) for _, told in copies)
    note = f"{len(copies)} copies, {broken} broken"
    return Outcome(sum_told, sum_told - missing - broken, crowd.failures(), max(times), note)


def frozen(server, paper, number):
    """Copy the database's files while every process of the server stands still."""
    folder = paper.folder / f"copy-{number}"
    folder.mkdir()
    workers = children_of(server.pid)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        endings = ("", "-wal", "-shm") if number % 2 else ("", "-wal")
        for ending in endings:
            file = paper.file.with_name(paper.file.name + ending)
            if file.exists():
                shutil.copy(file, folder)
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
    return folder / paper.file.name


def needs_root():
    if os.geteuid():
        raise Skipped("only root may mount a small disk")


def disk_full_comment(paper, seconds=10):
    """the disk is full when a comment comes"""
    needs_root()
    with small_disk(paper.folder, 24) as disk:
        paper = paper.moved(disk)
        with paper.serve() as (_server, port):
            crowd, refusals = Crowd(port, paper.path, 60), []

            def write(name):
                number = 0
                while time.monotonic() < crowd.end:
                    number += 1
                    answer = crowd.write_one(name, f"{name}: {number}" + " 가나다라" * 150)
                    if answer and answer[0] >= 500:
                        refusals.append(answer[2])

            crowd.come(*[(write, name) for name in range(4)], (crowd.read, 0))
            time.sleep(seconds / 3)
            ballast = fill(disk)
            while not refusals and time.monotonic() < crowd.end:
                time.sleep(0.05)
            time.sleep(1)
            ballast.unlink()
            back_at = time.monotonic()
            crowd.end = back_at + seconds / 3
            crowd.wait()
        note = said(refusals)
        whole = paper.sql("PRAGMA integrity_check") == [("ok",)]
        return paper.outcome(
            crowd, first_after(crowd, back_at), note + ("" if whole else "; BROKEN")
        )


def said(pages):
    """Return what the pages of a refusal say, without repetition."""
    words = set()
    for page in pages:
        found = re.search(r'class="errorlist[^>]*>(.*?)</ul>', page, re.S)
        found = found or re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
        words.add(re.sub(r"<[^>]+>", "", found[1]).strip() if found else "nothing")
    return f"{len(pages)} refused: {' / '.join(sorted(words))}"


def disk_full_upload(paper, seconds=0):
    """the disk is full when a picture comes"""
    needs_root()
    with small_disk(paper.folder, 6) as disk:
        with paper.serve(MEDIA_ROOT=str(disk)) as (_server, port):
            desk = Desk(port, paper.session)
            first = desk.upload()
            ballast = fill(disk)
            refused = [desk.upload() for _ in range(2)]
            ballast.unlink()
            back_at = time.monotonic()
            last = desk.upload()
        back = time.monotonic() - back_at
        rows = paper.sql("SELECT count(*) FROM articles_photo")[0][0]
        originals = [file for file in disk.glob("originals/**/*") if file.is_file()]
    answers = [first, *refused, last]
    told = sum(status == 201 for status, _ in answers)
    failures = sum(status >= 500 for status, _ in answers)
    sentence = json.loads(refused[0][1]).get("error") if refused[0][0] == 422 else refused[0][0]
    note = f"{len(refused)} refused: {sentence}"
    if rows != told or first[0] != 201 or last[0] != 201:
        note += f"; {rows} rows for {told} pictures"
    return Outcome(told, min(rows, len(originals)), failures, back, note)


class Desk:
    """An editor's browser that sends pictures."""

    def __init__(self, port, session):
        self.crowd = Crowd(port, "/")
        self.cookie = f"sessionid={session}; csrftoken={'a' * 32}"

    def upload(self):
        """Send a picture that nobody has seen before; return (status, text)."""
        picture = io.BytesIO()
        Image.frombytes("RGB", (200, 150), random.randbytes(90_000)).resize((640, 480)).save(
            picture, "JPEG"
        )
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n" + picture.getvalue() + b"\r\n--x--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
        headers |= {"Cookie": self.cookie, "X-CSRFToken": "a" * 32}
        status, _, text = self.crowd.ask("POST", "/admin/articles/photo/upload/", body, headers)
        return status, text


class SlowClients:
    """A thousand connections, from each of which a byte comes a second, or nothing at all."""

    def __init__(self, port, sends, tls=False, number=1000):
        self.port, self.sends, self.context = port, sends, None
        if tls:
            self.context = ssl._create_unverified_context()
        self.number, self.links, self.is_over = number, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def open(self):
        link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        if self.context:
            link = self.context.wrap_socket(link)
        if self.sends:
            link.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        return link

    def run(self):
        while not self.is_over.wait(1):
            for link in self.links if self.sends else ():
                with suppress(OSError):
                    link.send(b"a")

    def __enter__(self):
        for _ in range(self.number):
            with suppress(OSError):
                self.links.append(self.open())
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        self.thread.join()
        for link in self.links:
            link.close()


def read_among(slow, crowd, seconds):
    """Let four readers read among slow clients; return what became of it."""
    took = []

    def read():
        while time.monotonic() < crowd.end:
            began = time.monotonic()
            crowd.ask("GET", crowd.path)
            took.append(time.monotonic() - began)
            time.sleep(0.05)

    crowd.ask("GET", crowd.path)
    with slow:
        crowd.end = time.monotonic() + seconds
        crowd.come(*[(read,)] * 4)
        crowd.wait()
    answered = crowd.statuses["GET", 200]
    note = f"{len(slow.links)} slow ones; pages read, the slowest in {max(took):.2f} s"
    return Outcome(sum(crowd.statuses.values()), answered, crowd.failures(), None, note)


def silent_clients(paper, seconds=10):
    """a thousand clients that connect and say nothing, no proxy"""
    with paper.serve() as (_server, port):
        return read_among(SlowClients(port, False), Crowd(port, paper.path), seconds)


def slow_clients(paper, seconds=10):
    """a thousand clients that send a byte a second, nginx before"""
    if not shutil.which("nginx"):
        raise Skipped("there is no nginx")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from tests.newsroom.servers import nginx_conf  # which asks where the code is

    door, folder = free_port(), paper.folder / "nginx"
    folder.mkdir()
    with paper.serve(SITE_URL=f"https://127.0.0.1:{door}", TRUSTED_PROXIES="1") as (_server, port):
        conf = nginx_conf(folder, [port], door, free_port())
        conf.write_text(conf.read_text().replace("{}", "{ worker_connections 4096; }", 1))
        proxy = subprocess.Popen(["nginx", "-e", "stderr", "-c", conf], stderr=subprocess.DEVNULL)
        try:
            wait_for(door)
            crowd = Crowd(door, paper.path, tls=True)
            return read_among(SlowClients(door, True, tls=True), crowd, seconds)
        finally:
            proxy.terminate()
            proxy.wait(30)


SCENARIOS = {
    "workers": workers_killed,
    "mail": mail_worker_killed,
    "postgres": postgres_killed,
    "redis": redis_killed,
    "comment": disk_full_comment,
    "upload": disk_full_upload,
    "store": store_damaged,
    "clock": clock_jumps,
    "silent": silent_clients,
    "slow": slow_clients,
    "power": power_cut,
}


def collect_static(paper):
    """Collect the static files, without which no page is drawn in production."""
    paper.manage("collectstatic", "--noinput", "-v0").communicate(timeout=120)


def run(scenario, template, folder, arguments):
    """Run a scenario on a paper of its own."""
    if scenario is not postgres_killed:
        return scenario(template.moved(folder), **arguments)
    if not POSTGRES:
        raise Skipped("there is no PostgreSQL")
    with Postgres(folder) as postgres:
        postgres.wait()
        return scenario(postgres, Paper.prepared(postgres.address, folder), **arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SCENARIOS, nargs="*", default=list(SCENARIOS))
    parser.add_argument("--seconds", type=int, help="of each scenario")
    chosen = parser.parse_args()
    arguments = {"seconds": chosen.seconds} if chosen.seconds else {}
    is_wrong = False
    print(f"{'':<56} {'told':>6} {'there':>6} {'missing':>7} {'5xx':>4} {'back s':>6}")
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)  # PostgreSQL has a user of its own
        template = Paper.prepared(f"sqlite:///{scratch}/template.db", scratch)
        collect_static(template)
        for name in chosen.only:
            folder = Path(scratch, name)
            folder.mkdir()
            print(f"{SCENARIOS[name].__doc__:<56} ", end="", flush=True)
            try:
                found = run(SCENARIOS[name], template, folder, arguments)
            except Skipped as reason:
                print(f"not run: {reason}")
                continue
            missing = found.told - found.there
            is_wrong |= missing > 0 or not found.told
            back = "" if found.back is None else f"{found.back:.2f}"
            row = f"{found.told:>6} {found.there:>6} {missing:>7} {found.failures:>4} {back:>6}"
            print(f"{row}  {found.note}", flush=True)
    sys.exit(is_wrong)


if __name__ == "__main__":
    main()
