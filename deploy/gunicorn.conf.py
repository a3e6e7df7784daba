"""gunicorn's settings; the environment and the command line have the last word."""

import os
from pathlib import Path

import environ

# As in settings.py: .env where the environment says nothing.
environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")


bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True  # workers share the memory of what is loaded once
keepalive = 5
timeout = 30
graceful_timeout = 20
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
accesslog = None
control_socket_disable = True  # one socket for all sites of a user would be shared by chance


def post_fork(server, worker):
    """Close what the parent opened: a worker must not share a connection with another."""
    from django.db import connections

    connections.close_all()
