"""gunicorn's settings; the environment and the command line have the last word."""

import os
import shutil
import socket
import tempfile
from itertools import count
from pathlib import Path

import environ

# As in settings.py: .env where the environment says nothing.
environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")


bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True  # workers share the memory of what is loaded once
# Who connects and sends nothing reaches no thread (`when_ready`). Who sends a byte now and then is
# the proxy's affair, which hands on whole requests.
keepalive = 5
timeout = 30
graceful_timeout = 20
# What a request may be. An address of ours has at most some 2,000 bytes with Hangul in it.
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
forwarder_headers = ""  # no header of a visitor says where the site is mounted
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
accesslog = None
control_socket_disable = True  # one socket for all sites of a user would be shared by chance


NUMBERS = "PROMETHEUS_MULTIPROC_DIR"


def when_ready(server):
    """Let the kernel keep a connection until its first bytes are there, a minute at most.

    Make the place where the workers put their numbers together (newsroom/metrics.py).
    """
    from django.conf import settings

    for listener in server.LISTENERS:
        if listener.sock.family != socket.AF_UNIX and hasattr(socket, "TCP_DEFER_ACCEPT"):
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
    if settings.METRICS:
        os.environ[NUMBERS] = tempfile.mkdtemp(prefix="newsroom-metrics-")


def pre_fork(server, worker):
    """Give a worker the first number that no other has: it goes on with the files of that name.

    What was opened while loading is closed: a worker must not share a connection with another.
    """
    from newsroom import databases

    databases.close()
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def post_fork(server, worker):
    from newsroom import metrics

    metrics.process = str(worker.number)


def post_worker_init(worker):
    from newsroom import databases

    databases.limit_statements()


def on_exit(server):
    if place := os.environ.get(NUMBERS):
        shutil.rmtree(place, ignore_errors=True)
