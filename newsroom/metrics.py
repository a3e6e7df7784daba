"""Numbers for Prometheus: counted in every process, read in one piece at /metrics.

Nothing is imported or counted unless METRICS is on. This module needs no app to be loaded, so
that what answers before Django does may count too: `metrics.page_cache.count("hit")`.
"""

import os
from functools import cache
from threading import Lock

from django.conf import settings

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where gunicorn's processes put their numbers together
# The name of this process there. gunicorn gives a new worker the name of one that has ended, so
# that files do not grow in number (deploy/gunicorn.conf.py).
process = "main"
lock = Lock()


@cache
def prometheus():
    """Return the library, told by which name this process writes."""
    import prometheus_client
    from prometheus_client import multiprocess, values

    if SHARED in os.environ:
        values.ValueClass = values.MultiProcessValue(lambda: process)
    return prometheus_client, multiprocess


class Metric:
    """A counter, or a histogram of seconds, made when it is first needed."""

    def __init__(self, name, text, *labels, kind="Counter", **options):
        self.made, self.kind = None, kind
        self.arguments = (name, text, labels), options

    def of(self, labels):
        if self.made is None:
            with lock:
                arguments, options = self.arguments
                make = getattr(prometheus()[0], self.kind)
                self.made = self.made or make(*arguments, **options)
        return self.made.labels(*labels)

    def count(self, *labels):
        """Count one more of what these values of the labels describe."""
        if settings.METRICS:
            self.of(labels).inc()

    def observe(self, seconds, *labels):
        """Note how long one of them took."""
        if settings.METRICS:
            self.of(labels).observe(seconds)


requests = Metric("newsroom_requests", "Answers by Django.", "view", "method", "status")
seconds = Metric(
    "newsroom_request_seconds",
    "How long Django took for an answer.",
    "view",
    kind="Histogram",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
errors = Metric("newsroom_errors", "Requests that ended in an exception.", "kind")
database_errors = Metric("newsroom_database_errors", "Statements that failed.", "kind")
page_cache = Metric("newsroom_page_cache", "Answers by the page cache.", "outcome")


def exposition(*collectors):
    """Return what was counted, in all processes of this server, and what `collectors` add."""
    with lock:
        library, multiprocess = prometheus()
    counted, added = library.REGISTRY, library.CollectorRegistry()
    if SHARED in os.environ:
        counted = library.CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    for collector in collectors:
        added.register(collector)
    return library.generate_latest(added) + library.generate_latest(counted)
