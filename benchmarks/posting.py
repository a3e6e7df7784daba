"""Many people write at once while others read, and workers are killed meanwhile.

    python -m benchmarks.posting                        # 50 writers, 4 readers, 20 s, SQLite
    python -m benchmarks.posting --kills 20             # kill -9 of a worker, twenty times
    DATABASE_URL=postgres://… python -m benchmarks.posting

A server of its own on the loopback interface, on a database of its own (which should be
empty). Says how many comments their writers were told of, and ends with an error if one of
those is missing, one stands twice, a counter is off, or a page answered with 5xx.
"""

import argparse
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from urllib.parse import urlencode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
SCRATCH = tempfile.TemporaryDirectory()
os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH.name}/bench.db")
os.environ["MEDIA_ROOT"] = SCRATCH.name

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402

from articles.models import Article  # noqa: E402
from comments.models import Comment  # noqa: E402
from newsroom.models import Masthead  # noqa: E402

TOKEN = re.compile(r'name="token" value="(comment[^"]+)"')
PLACE = re.compile(r"/comments/(\d+)/mine/")


class Crowd:
    """Writers and readers of one article, and what they were told."""

    def __init__(self, port, article, seconds):
        self.port, self.path = port, f"/articles/{article.pk}/comments/"
        self.end = time.monotonic() + seconds
        self.statuses, self.told, self.lock = Counter(), [], threading.Lock()

    def ask(self, method, path, body=None):
        """Return (status, headers, text) of a request; None for a connection that broke."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            found = answer.status, answer.headers, answer.read().decode()
        except (OSError, http.client.HTTPException):
            found = None
        finally:
            link.close()
        with self.lock:
            self.statuses[method, found[0] if found else "broken"] += 1
        return found

    def write(self, name):
        number = 0
        while time.monotonic() < self.end:
            page = self.ask("GET", self.path)
            token = page and TOKEN.search(page[2])
            if not token:
                continue
            number += 1
            text = f"{name}번 독자의 {number}번째 댓글입니다."
            form = {"author_name": f"독자 {name}", "email": f"r{name}@example.com", "text": text}
            form |= {"consent": "on", "token": token[1]}
            answer = self.ask("POST", self.path, urlencode(form))
            if answer and answer[0] == 302:
                with self.lock:
                    self.told.append((int(PLACE.search(answer[1]["Location"])[1]), text))

    def read(self, _name):
        while time.monotonic() < self.end:
            self.ask("GET", self.path)
            time.sleep(0.05)


def serve(port):
    """Start gunicorn; return it once it answers."""
    command = f"-m gunicorn --config deploy/gunicorn.conf.py --bind 127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, *command.split(), "newsroom.wsgi:application"],
        env={**os.environ, "ALLOWED_HOSTS": "127.0.0.1"},
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    raise SystemExit("The server does not answer.")


def kill_workers(server, times, crowd):
    """Kill a worker of `server` that many times, spread over the crowd's time."""
    pause = (crowd.end - time.monotonic()) / (times + 1)
    for _ in range(times):
        time.sleep(pause)
        children = f"/proc/{server.pid}/task/{server.pid}/children"
        with open(children) as file:
            workers = [int(pid) for pid in file.read().split()]
        if workers:
            os.kill(random.choice(workers), signal.SIGKILL)


def check(article, crowd):
    """Return what is wrong afterwards, as sentences."""
    wrong = [
        f"{n} × {status}" for (_, status), n in crowd.statuses.items() if str(status)[0] == "5"
    ]
    kept = dict(Comment.objects.values_list("pk", "text"))
    lost = [pk for pk, text in crowd.told if kept.get(pk) != text]
    wrong += [f"lost: {len(lost)}"] if lost else []
    rows = Comment.objects.values("contact__email", "text").annotate(n=Count("pk"))
    double = rows.filter(n__gt=1).count()
    wrong += [f"double: {double}"] if double else []
    bare = Comment.objects.filter(contact=None).count()
    wrong += [f"without their e-mail: {bare}"] if bare else []
    article.refresh_from_db()
    visible = article.comments.visible().count()
    if article.comment_count != visible:
        wrong.append(f"counted {article.comment_count}, visible {visible}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=0)
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    rules = {"comments_hold_first": False, "comments_per_sender": 9999, "comments_on_site": 9999}
    Masthead(pk=1, title="미르내신문", comment_policy="open", **rules).save()
    article = Article.objects.create(
        headline="장터에 다시 켜진 불", state="published", published_at=timezone.now()
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve(port)
    crowd = Crowd(port, article, chosen.seconds)
    people = [threading.Thread(target=crowd.write, args=[n]) for n in range(chosen.writers)]
    people += [threading.Thread(target=crowd.read, args=[n]) for n in range(chosen.readers)]
    if chosen.kills:
        people.append(threading.Thread(target=kill_workers, args=[server, chosen.kills, crowd]))
    for person in people:
        person.start()
    for person in people:
        person.join()
    server.terminate()
    server.wait(30)
    print(dict(crowd.statuses))
    print(f"told: {len(crowd.told)}; kept: {Comment.objects.count()}")
    if wrong := check(article, crowd):
        raise SystemExit("WRONG: " + "; ".join(wrong))
    print("None lost, none double, counters exact, no 5xx.")


if __name__ == "__main__":
    main()
