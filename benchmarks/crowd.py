"""A server as in production, and the people before it: they write, read, and note what they see.

Needs no Django: whoever asks here knows no more than a browser does.
"""

import http.client
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

TOKEN = re.compile(r'name="token" value="(comment[^"]+)"')
PLACE = re.compile(r"/comments/(\d+)/mine/")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROOT = Path(__file__).resolve().parent.parent


class Crowd:
    """Writers and readers of one article, and what they were told."""

    def __init__(self, port, path, seconds=20, tls=False):
        self.port, self.path, self.tls = port, path, tls
        self.end = time.monotonic() + seconds
        self.statuses, self.lock = Counter(), threading.Lock()
        self.told = []  # (number, text) of comments whose writer was led to their page
        self.told_at = []  # when, on the steady clock
        self.people = []

    def ask(self, method, path, body=None, headers=FORM):
        """Return (status, headers, text) of a request; None for a connection that broke."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if self.tls:  # whatever the certificate says
            context = ssl._create_unverified_context()
            link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        try:
            link.request(method, path, body, headers if body else {})
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
            number += 1
            self.write_one(name, f"{name}번 독자의 {number}번째 댓글입니다.")

    def write_one(self, name, text, **fields):
        """Send a comment as a browser does; return the answer, None if there was no form."""
        page = self.ask("GET", self.path)
        token = page and TOKEN.search(page[2])
        if not token:
            time.sleep(0.05)  # as long as somebody needs to press the key again
            return page
        form = {"author_name": f"독자 {name}", "email": f"r{name}@example.com", "text": text}
        form |= {"consent": "on", "token": token[1], "once": str(time.monotonic_ns()), **fields}
        answer = self.ask("POST", self.path, urlencode(form))
        if answer and answer[0] == 302:
            with self.lock:
                self.told.append((int(PLACE.search(answer[1]["Location"])[1]), text))
                self.told_at.append(time.monotonic())
        return answer

    def read(self, _name):
        while time.monotonic() < self.end:
            self.ask("GET", self.path)
            time.sleep(0.05)

    def come(self, *doing):
        """Let everyone begin, each a function with what it is given."""
        self.people = [threading.Thread(target=act, args=given) for act, *given in doing]
        for person in self.people:
            person.start()

    def wait(self):
        for person in self.people:
            person.join()

    def failures(self):
        """Return how many answers said that it was the server's fault."""
        return sum(n for (_, status), n in self.statuses.items() if str(status)[0] == "5")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port, seconds=20):
    """Wait until something takes connections at a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"Nothing answers at port {port}.")


@contextmanager
def serving(port, log=None, application="newsroom.wsgi:application", **environment):
    """Let gunicorn serve the site with our settings; give its process once it answers.

    What it says goes to the file `log`, if there is one.
    """
    command = f"-m gunicorn --config deploy/gunicorn.conf.py --bind 127.0.0.1:{port}"
    own = {name: text for name, text in os.environ.items() if name != "DEBUG"}
    server = subprocess.Popen(
        [sys.executable, *command.split(), application],
        env={**own, "ALLOWED_HOSTS": "127.0.0.1", **environment},
        cwd=ROOT,
        stderr=log,
    )
    try:
        wait_for(port)
        yield server
    finally:
        server.terminate()
        server.wait(30)


def children_of(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_workers(server, times, crowd):
    """Kill a worker of `server` that many times, spread over the crowd's time."""
    pause = (crowd.end - time.monotonic()) / (times + 1)
    for _ in range(times):
        time.sleep(pause)
        if workers := children_of(server.pid):
            os.kill(random.choice(workers), signal.SIGKILL)


def worker_of(server, link):
    """Return which worker holds the other end of a connection, as Linux tells; None if none."""
    here, there = (f":{address[1]:04X}" for address in (link.getpeername(), link.getsockname()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    sockets = {
        f"socket:[{row[9]}]" for row in rows if row[1].endswith(here) and row[2].endswith(there)
    }
    for worker in children_of(server.pid):
        for entry in Path(f"/proc/{worker}/fd").iterdir():
            try:
                if os.readlink(entry) in sockets:
                    return worker
            except FileNotFoundError:
                continue
    return None


class Watch:
    """A connection to each worker that asks for one page again and again, and nothing else."""

    def __init__(self, server, port, path, workers=2):
        self.path, self.links = path, {}
        end = time.monotonic() + 20
        while len(self.links) < workers:
            if time.monotonic() > end:
                raise SystemExit(f"Only {len(self.links)} of {workers} workers answer.")
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            self.read(link)
            kept = self.links.setdefault(worker_of(server, link.sock), link)
            if kept is not link:
                link.close()

    def read(self, link):
        link.request("GET", self.path)
        return link.getresponse().read().decode()

    def until(self, text, seconds=10):
        """Return how long it takes until every worker shows a text; None if one never does."""
        began = time.monotonic()
        waiting = set(self.links)
        while waiting and time.monotonic() < began + seconds:
            waiting = {each for each in waiting if text not in self.read(self.links[each])}
            time.sleep(0.02)
        return None if waiting else time.monotonic() - began

    def close(self):
        for link in self.links.values():
            link.close()
