"""Two application servers behind nginx, on one PostgreSQL, one Redis, one folder of pictures."""

import os
import re
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import TransactionTestCase

from authors import access
from authors.hashing import OneAtATimeArgon2
from authors.models import User
from comments import mail
from comments.models import Comment, Mail, Signal
from newsroom.models import Masthead
from tests.comments.mailserver import Sink
from tests.comments.posting import comment_data
from tests.factories import make_article
from tests.newsroom.servers import Servers, ask, free_port, nginx_conf, static_files  # noqa: F401

PASSWORD = "장터에 켜진 불"
REDIS = os.environ.get("REDIS_URL", "")
# As systemd starts a service that has a socket: its first file beyond the usual three.
WITH_SOCKET = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


class Load:
    """Somebody who asks all the time, until told to end; counts how they were answered."""

    def __init__(self, *asking):
        self.answers, self.ended = Counter(), threading.Event()
        self.threads = [threading.Thread(target=self.run, args=[each]) for each in asking]

    def run(self, asking):
        while not self.ended.is_set():
            try:
                status = asking().status
            except OSError as error:
                status = type(error).__name__
            self.answers[status] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.skipif(
    not (REDIS and "postgres" in os.environ.get("DATABASE_URL", "") and shutil.which("nginx")),
    reason="PostgreSQL and Redis are asked for, and nginx is needed",
)
class TwoServersTests(Servers, TransactionTestCase):
    def setUp(self):
        Masthead(
            pk=1,
            title="미르내신문",
            comment_policy="open",
            comments_hold_first=False,
            comments_per_sender=4,
        ).save()
        self.article = make_article()
        self.editor = User.objects.create(
            username="한도경",
            password=make_password(PASSWORD, hasher=OneAtATimeArgon2()),
            email="desk@example.com",
            is_staff=True,
            is_superuser=True,
        )
        self.port, folder = free_port(), Path(settings.MEDIA_ROOT)
        self.site = f"https://127.0.0.1:{self.port}"
        self.sink = Sink()
        self.addCleanup(self.sink.server_close)
        self.addCleanup(self.sink.shutdown)
        database = os.environ["DATABASE_URL"]
        self.settings_of_both = {
            "DATABASE_URL": re.sub(r"/[^/]*$", f"/{connection.settings_dict['NAME']}", database),
            "DATABASE_POOL": "2",
            "REDIS_URL": REDIS,
            "REDIS_PREFIX": f"newsroom-two-{os.getpid()}",
            "SITE_URL": self.site,
            "TRUSTED_PROXIES": "1",
            "STAFF_SECOND_FACTOR": "off",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.server_address[1]}",
        }
        self.doors = [self.door(), self.door()]
        self.servers = [self.start(door) for door in self.doors]
        self.ports = [door.getsockname()[1] for door in self.doors]
        conf = nginx_conf(folder, self.ports, self.port, free_port())
        self.run_beside(["-e", "stderr", "-c", str(conf)], program="nginx")
        self.wait_for(self.port)
        self.page = self.article.get_absolute_url()
        for port in (*self.ports, None):  # who asks first waits until the server has started
            self.assertEqual(self.ask(port, self.page).status, 200)

    def door(self):
        """Return a socket that takes connections before a server is there."""
        door = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.addCleanup(door.close)
        return door

    def start(self, door):
        """Start an application server behind a socket, as systemd does."""
        command = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "newsroom.wsgi:application"]
        number = door.fileno()
        return self.run_beside(
            ["-c", WITH_SOCKET, str(number), *command], pass_fds=[number], **self.settings_of_both
        )

    def ask(self, port, path, data=None, address="203.0.113.7", **headers):
        """Ask one of the servers as nginx would, or nginx if none is named."""
        if port is None:
            return ask(self.port, path, data, tls=True, Origin=self.site, **headers)
        proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-For": address}
        return ask(port, path, data, Origin=self.site, **proxy, **headers)

    def sign_in(self, port, name="한도경", password=PASSWORD, address="203.0.113.7"):
        """Return the answer to a sign-in, and the session's cookie if there is one."""
        form = self.ask(port, "/admin/login/", address=address)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]
        cookie = form.headers["Set-Cookie"].split(";")[0]
        data = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        answer = self.ask(port, "/admin/login/", data, address, Cookie=cookie)
        cookies = " ".join(answer.headers.get_all("Set-Cookie") or ())
        found = re.search(r"sessionid=\w+", cookies)
        return answer, found and found[0]

    def test_what_one_server_knows_the_other_knows(self):
        here, there = self.ports
        with self.subTest("a session made on one holds on the other, and behind nginx"):
            answer, session = self.sign_in(here)
            self.assertEqual(answer.status, 302)
            for port in (here, there, None):
                self.assertEqual(self.ask(port, "/admin/", Cookie=session).status, 200)
                self.assertEqual(self.ask(port, "/admin/").status, 302)

        with self.subTest("failures to sign in are counted together"):
            stranger = "198.51.100.9"
            for number in range(access.NAME_LIMIT):
                answer, _ = self.sign_in(self.ports[number % 2], "편집자", "틀림", stranger)
                self.assertEqual(answer.status, 200)
            for port in self.ports:
                self.assertEqual(self.sign_in(port, "편집자", "틀림", stranger)[0].status, 429)
                self.assertEqual(self.sign_in(port)[0].status, 302)

        with self.subTest("comments of one sender are counted together"):
            address = f"/articles/{self.article.pk}/comments/"
            for number in range(6):
                data = comment_data(self.article, text=f"{number}번째로 드리는 말씀입니다.")
                answer = self.ask(self.ports[number % 2], address, data)
                self.assertEqual(answer.status, 302)
            states = Comment.objects.order_by("pk").values_list("state", flat=True)
            self.assertEqual(list(states), ["approved"] * 4 + ["pending"] * 2)
            self.assertEqual(Signal.objects.filter(rule=Signal.Rule.SPEED).count(), 2)

        with self.subTest("two workers send each letter once"):
            rows = [Mail(kind="password", key=f"test:{n}", user=self.editor) for n in range(12)]
            mail.write(rows)
            for _ in range(2):
                arguments = ["manage.py", "worker", "--interval", "0.05"]
                self.run_beside(arguments, **self.settings_of_both)
            end = time.monotonic() + 15
            while Mail.objects.filter(sent_at=None).exists() and time.monotonic() < end:
                time.sleep(0.1)
            time.sleep(0.5)
            letters = [message_from_bytes(letter)["Message-ID"] for letter in self.sink.letters]
            self.assertGreaterEqual(len(letters), 12)
            self.assertEqual(len(letters), len(set(letters)))
            self.assertEqual(len(letters), Mail.objects.exclude(sent_at=None).count())

    def test_reload_and_restart_lose_nobody(self):
        told, address = [], f"/articles/{self.article.pk}/comments/"

        def write():
            time.sleep(1)  # nginx lets twenty a minute through, and ten at once
            answer = self.ask(None, address, comment_data(self.article, text=f"{len(told)}번"))
            told.append(answer.headers["Location"])
            return answer

        readers = [lambda port=port: self.ask(port, self.page) for port in (*self.ports, None)]
        with Load(*readers, write) as load:
            for server in self.servers:
                time.sleep(0.5)
                server.send_signal(signal.SIGHUP)
                time.sleep(1.5)
            self.assertTrue(all(server.poll() is None for server in self.servers))
            for server, door in zip(self.servers, self.doors, strict=True):
                server.terminate()
                server.wait(25)
                self.start(door)
                time.sleep(1)
            self.ask(self.ports[1], self.page)
        self.assertEqual(set(load.answers), {200, 302}, load.answers)
        self.assertGreater(load.answers[200], 50)
        self.assertEqual(Comment.objects.count(), len(told))
        self.assertEqual(len(set(told)), len(told))
