"""Application servers as in production, and what a browser asks of them."""

import fcntl
import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def ask(port, path, data=None, tls=False, **headers):
    """Return the answer of the server at `port`; over TLS whatever its certificate says."""
    if tls:
        context = ssl._create_unverified_context()
        link = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    else:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = urlencode(data) if data is not None else None
    if body is not None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    try:
        link.request("POST" if body is not None else "GET", quote(path, "/?=&%"), body, headers)
        answer = link.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        link.close()


COLLECT = "from newsroom.management.commands.prepare import Command; Command().collect_static()"


@pytest.fixture(scope="session")
def static_files():
    """Collect the static files, as `make run` does: in production pages need them."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", COLLECT]
    settings.VAR_DIR.mkdir(exist_ok=True)
    with open(settings.VAR_DIR / "static.lock", "w") as lock:  # of tests that run beside these
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(command, cwd=settings.BASE_DIR, env=environment(), check=True)


def environment(**changes):
    """Return the environment of a process that serves as in production."""
    own = {name: text for name, text in os.environ.items() if name != "DEBUG"}
    return {**own, "SECRET_KEY": settings.SECRET_KEY, "ALLOWED_HOSTS": "127.0.0.1", **changes}


@pytest.mark.usefixtures("static_files")
class Servers:
    """Start servers for a test, and end them with it."""

    def serve(self, **changes):
        """Start gunicorn with our settings; return its port once it answers."""
        port = free_port()
        changes |= {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
        command = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "newsroom.wsgi:application"]
        self.run_beside(command, **changes)
        self.wait_for(port)
        return port

    def run_beside(self, arguments, program=sys.executable, pass_fds=(), **changes):
        """Start a process of ours that ends with the test."""
        changes = {"MEDIA_ROOT": str(settings.MEDIA_ROOT), "WEB_CONCURRENCY": "1", **changes}
        process = subprocess.Popen(
            [program, *arguments],
            cwd=settings.BASE_DIR,
            env=environment(**changes),
            pass_fds=pass_fds,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def wait_for(self, port):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"Nothing answers at port {port}.")

    def get(self, port, path, **headers):
        return ask(port, path, **headers)


def nginx_conf(folder, upstreams, port, plain_port):
    """Write deploy/nginx.conf so that it runs as it stands, but from `folder`; return the path."""
    text = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    servers = "\n".join(f"server 127.0.0.1:{each};" for each in upstreams)
    for pattern, ours in (
        (r"server 127\.0\.0\.1:8000 .*;", servers),
        (r"listen \[::\].*;\n", ""),
        (r"listen 443", f"listen 127.0.0.1:{port}"),
        (r"listen 80", f"listen 127.0.0.1:{plain_port}"),
        (r"/etc/letsencrypt/live/news\.example\.kr", str(folder)),
        (r"/var/lib/nginx/newsroom", f"{folder}/cache"),
        (r"/srv/newsroom/app", str(settings.BASE_DIR)),
        (r"server_name news\.example\.kr", "server_name 127.0.0.1"),
    ):
        text, number = re.subn(pattern, ours, text)
        assert number, pattern
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=127.0.0.1", "-days", "1", "-out", folder / "fullchain.pem"),
            *("-keyout", folder / "privkey.pem"),
        ],
        check=True,
        capture_output=True,
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""  # who may read the tests' folders
    path = folder / "nginx.conf"
    path.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log stderr error;"
        f"events {{}} http {{ include /etc/nginx/mime.types; {places} {text} }}"
    )
    return path
