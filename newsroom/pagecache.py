"""The page cache: an answer that is ready is given before Django hears of the request.

A view says with `kept` that its page is the same for everyone, and what it depends on. Made
pages are kept compressed, in this process and in a store that all processes share, until
something they show changes (`newsroom.changes`), or a moment comes at which something appears
by itself. Whoever has signed in, posts, searches or asks for anything else goes past it.
`docs/page-cache.md` tells the whole of it.
"""

import hashlib
import json
import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import wraps
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.handlers.wsgi import get_path_info
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, get_resolver, resolve
from django.utils.http import parse_http_date_safe

from newsroom import metrics
from newsroom.changes import PAPER, Changes
from newsroom.compression import SMALL, WORTHWHILE, best_encoding
from newsroom.pagestores import LEASE_SECONDS, shared_store

logger = logging.getLogger(__name__)
LASTS = 300  # seconds that a page is kept without a change, since rankings move on
LOOK_AFTER = 0.25  # seconds after which a process looks again what has changed
STALE_FOR = 0.7  # seconds since a page was good, for which it is given while one makes it anew
WAIT = 5  # seconds to wait for the thread that makes it, where there is no old one
COUNT_AFTER = 10  # seconds after which a process tells its outcomes
MOST_BYTES = 32 * 2**20  # of pages in one process
LONGEST_QUERY, LONGEST_VALUE = 2000, 100
DECLARED = "newsroom.page"  # where a view leaves in the WSGI environment what its page needs
OLD_NAMES = {"p", "page_id"}  # of WordPress: `articles.middleware` answers them
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
KEPT_BY_304 = {"cache-control", "etag", "last-modified", "surrogate-key", "vary"}
known_names = set()


def kept(*names, on=""):
    """Let the page cache keep the page of a view, which is the same bytes for everyone.

    `names` are the parameters of a query that the view reads; no other reaches it. `on` is
    what the page depends on besides the paper itself: a key of `newsroom.changes`, in which
    {pk} stands for the view's argument.
    """
    known_names.update(names)

    def decorate(view):
        @wraps(view)
        def declaring(request, *args, **kwargs):
            response = view(request, *args, **kwargs)
            if response.status_code == 200 and request.method in ("GET", "HEAD"):
                keys = [PAPER, *on.format(**kwargs).split()]
                request.environ[DECLARED] = keys
                response.headers["Surrogate-Key"] = " ".join(keys)
                response.headers.setdefault("Cache-Control", cache_control())
            return response

        declaring.kept_names = frozenset(names)
        return declaring

    return decorate


def cache_control():
    """What others are told: browsers ask each time, which costs a 304; a CDN keeps it a while.

    Browsers too take `stale-while-revalidate` to heart, so that it is a second and no more.
    """
    return (
        f"public, max-age=0, s-maxage={settings.CDN_SECONDS}, stale-while-revalidate=1,"
        " stale-if-error=86400"
    )


@dataclass
class Page:
    """A made page. Times are of the wall clock, but those below the line, of the steady one."""

    keys: list
    snapshot: str  # of the changes that it shows
    made_at: float
    until: float  # when it must be made anew
    headers: list
    etag: str
    bodies: dict  # {encoding: bytes}
    # ----
    ends: float = 0.0
    seen: int = -1  # the generation of changes when it came to this process
    checked: int = -1  # and when it was found good last
    good_at: float = 0.0

    def __post_init__(self):
        self.ends = time.monotonic() + min(self.until - time.time(), LASTS)
        self.size = sum(map(len, self.bodies.values())) + 4000
        dates = [value for name, value in self.headers if name == "Last-Modified"]
        self.modified = parse_http_date_safe(dates[0]) if dates else None
        self.unchanged = [pair for pair in self.headers if pair[0].lower() in KEPT_BY_304]
        self.whole = {
            encoding: [
                *self.headers,
                *([("Content-Encoding", encoding)] if encoding else []),
                ("Content-Length", str(len(body))),
            ]
            for encoding, body in self.bodies.items()
        }

    def packed(self):
        """Return the page as bytes that `unpacked` knows from all others."""
        names = ("keys", "snapshot", "made_at", "until", "headers", "etag")
        head = {name: getattr(self, name) for name in names}
        head["lengths"] = {encoding: len(body) for encoding, body in self.bodies.items()}
        data = b"\n".join((json.dumps(head).encode(), b"".join(self.bodies.values())))
        return digest_of(data) + data

    @classmethod
    def unpacked(cls, data):
        """Return the page that was `packed`, or None if these bytes are no such thing."""
        if data is None or digest_of(data[16:]) != data[:16]:
            return None
        head, rest = data[16:].split(b"\n", 1)
        head = json.loads(head)
        head["headers"] = list(map(tuple, head["headers"]))
        bodies, start = {}, 0
        for encoding, length in head.pop("lengths").items():
            bodies[encoding] = rest[start : start + length]
            start += length
        return cls(**head, bodies=bodies)

    def give(self, environ, start_response):
        """Answer a request with the page, or with 304 to who has it."""
        age = ("Age", str(max(0, int(time.time() - self.made_at))))
        if self.is_known(environ):
            start_response("304 Not Modified", [*self.unchanged, age])
            return []
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""), self.bodies)
        start_response("200 OK", [*self.whole[encoding], age])
        return [self.bodies[encoding]] if environ["REQUEST_METHOD"] == "GET" else []

    def is_known(self, environ):
        if tags := environ.get("HTTP_IF_NONE_MATCH"):
            return self.etag.removeprefix("W/") in tags or tags.strip() == "*"
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        return bool(since and self.modified and self.modified <= (parse_http_date_safe(since) or 0))


class Answer:
    """What the application said, to be passed on as it is."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def give(self, environ, start_response):
        start_response(self.status, self.headers)
        return [self.body] if environ["REQUEST_METHOD"] == "GET" else []


def digest_of(data):
    return hashlib.blake2b(data, digest_size=16).digest()


class PageCache:
    """A WSGI application before another one, whose kept pages it gives out."""

    def __init__(self, application, store):
        self.application, self.store = application, store
        self.changes = Changes()
        self.pages, self.size, self.lock = {}, 0, threading.Lock()
        self.making = {}  # {key: the event of who makes that page}
        self.hosts = set()  # that were found to be ours
        self.outcomes = dict.fromkeys(("hit", "stale", "made", "past"), 0)
        self.counted_at = 0
        get_resolver().url_patterns  # noqa: B018 - loads the views, and with them `known_names`

    def __call__(self, environ, start_response):
        key = self.key_of(environ)
        page = self.pages.get(key)
        if page is not None and self.is_good(page):
            self.note("hit")
        elif key is None or (page := self.answer(key, page, environ)) is None:
            self.note("past")
            return self.application(environ, start_response)
        return page.give(environ, start_response)

    def note(self, outcome):
        self.outcomes[outcome] += 1
        metrics.page_cache.count(outcome)

    # What is asked for

    def key_of(self, environ):
        """Return what names the page: its path and the query it knows; None if not of ours."""
        is_plain = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if not is_plain or "HTTP_AUTHORIZATION" in environ:
            return None
        if settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
            return None
        if environ.get("HTTP_HOST") not in self.hosts and not self.is_ours(environ):
            return None
        if settings.HTTPS and "https" not in (
            environ["wsgi.url_scheme"],
            environ.get("HTTP_X_FORWARDED_PROTO"),
        ):
            return None
        query = environ.get("QUERY_STRING")
        return self.key_with(query, environ) if query else (environ["PATH_INFO"], "")

    def is_ours(self, environ):
        """Whether the site answers under the host that was asked for."""
        host = environ.get("HTTP_HOST", "")
        domain, _port = split_domain_port(host)
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
            return False
        if len(self.hosts) < 100:
            self.hosts.add(host)
        return True

    def key_with(self, query, environ):
        """Return the key of an address with a query, of which only what its view reads counts."""
        if len(query) > LONGEST_QUERY:
            return None
        asked = dict(parse_qsl(query, keep_blank_values=True))  # the last of a name, as in Django
        if not known_names.isdisjoint(asked):
            names = getattr(view_of(environ), "kept_names", frozenset())
            asked = {name: value for name, value in asked.items() if name in names | OLD_NAMES}
            if any(len(value) > LONGEST_VALUE for value in asked.values()):
                return None
        elif OLD_NAMES.isdisjoint(asked):
            asked = {}
        if not OLD_NAMES.isdisjoint(asked):
            return None
        return environ["PATH_INFO"], urlencode(sorted(asked.items()))

    # What is kept

    def is_good(self, page):
        """Whether a page shows all that this process knows, which is at most a moment old."""
        now, changes = time.monotonic(), self.changes
        if now - changes.looked_at > LOOK_AFTER:
            self.look(wait=now - changes.looked_at > STALE_FOR)
        if page.checked != changes.generation:
            generation = changes.generation
            if not changes.are_in(page):
                return False
            page.checked = generation
        if now >= page.ends or not page.made_at - 1 <= time.time() < page.until:
            return False  # it is over, or the clock was put back and its forms are not valid yet
        page.good_at = changes.looked_at
        return True

    def look(self, wait):
        """Look what has changed; whether it is known now."""
        try:
            is_known = self.changes.look(wait)
        except DatabaseError as error:
            logger.warning("What has changed is not known (%s)", type(error).__name__)
            return False
        if time.monotonic() - self.counted_at > COUNT_AFTER:
            self.counted_at = time.monotonic()
            self.store.count(self.outcomes)
        return is_known

    def answer(self, key, old, environ):
        """Return the page as it is now, found or made; None if the request must go past."""
        if getattr(view_of(environ), "kept_names", None) is None:
            return None
        with self.lock:
            event = self.making.get(key)
            is_first = event is None
            if is_first:
                event = self.making[key] = threading.Event()
        if not is_first:
            return self.old_or(old, lambda: self.remembered(key) if event.wait(WAIT) else None)
        try:
            return self.found_or_made(key, old, environ)
        finally:
            event.set()
            del self.making[key]

    def old_or(self, old, wait):
        """Return the old page if it was good a moment ago, or else what one waits for."""
        if old is not None and time.monotonic() - old.good_at < STALE_FOR:
            self.note("stale")
            return old
        return wait()

    def remembered(self, key):
        page = self.pages.get(key)
        return page if page is not None and self.is_good(page) else None

    def found_or_made(self, key, old, environ):
        is_known = self.look(wait=True)
        name = repr(key)
        if is_known and (page := self.found(key, name)):
            return page
        is_ours = self.store.lease(name)
        try:
            if not is_ours:  # another process makes it
                page = self.old_or(old, lambda: self.awaited(key, name))
                if page is not None:
                    return page
            answer = self.made(key, environ)
            if isinstance(answer, Page) and is_known:
                self.store.set(name, answer.packed())
                self.remember(key, answer)
        finally:
            if is_ours:
                self.store.release(name)
        is_failure = isinstance(answer, Answer) and answer.status >= "500"
        if is_failure and old is not None and self.changes.are_in(old):
            self.note("stale")
            return old  # nothing is known against it
        self.note("made")
        return answer

    def found(self, key, name):
        """Return the page from the store, if it is good."""
        page = Page.unpacked(self.store.get(name))
        if page is None:
            return None
        page.seen = self.changes.generation
        if not self.changes.were_in(page) or not self.is_good(page):
            return None
        self.note("hit")
        self.remember(key, page)
        return page

    def awaited(self, key, name):
        """Return the page that another process makes, or None if it takes too long, or died."""
        ends = time.monotonic() + LEASE_SECONDS
        while time.monotonic() < ends:
            time.sleep(0.02)
            self.look(wait=True)
            if page := self.found(key, name):
                return page
        return None

    def remember(self, key, page):
        """Keep a page in this process; those that were of no use for longest make room."""
        with self.lock:
            old = self.pages.get(key)
            self.pages[key] = page
            self.size += page.size - (old.size if old else 0)
            if self.size > MOST_BYTES:
                for other in sorted(self.pages, key=lambda other: self.pages[other].good_at):
                    self.size -= self.pages.pop(other).size
                    if self.size < MOST_BYTES * 0.9:
                        break

    # What is made

    def made(self, key, environ):
        """Return what the application answers to this request, a `Page` if it may be kept."""
        seen, snapshot, until = self.changes.known()
        asked = {name: value for name, value in environ.items() if name not in CONDITIONS}
        asked |= {"REQUEST_METHOD": "GET", "QUERY_STRING": key[1], "HTTP_ACCEPT_ENCODING": ""}
        said = []
        result = self.application(asked, lambda *arguments: said.append(arguments))
        try:
            body = b"".join(result)
        finally:
            result.close()
        status, headers = said[-1][:2]
        names = {name.lower() for name, _ in headers}
        if DECLARED not in asked or "set-cookie" in names:
            return Answer(status, headers, body)
        etag = next((value for name, value in headers if name.lower() == "etag"), None)
        if etag is None:
            etag = f'W/"{digest_of(body).hex()}"'
            headers.append(("ETag", etag))
        bodies = {"": body}
        if len(body) > WORTHWHILE:
            bodies |= {name: compress(body) for name, compress in SMALL.items()}
        now = time.time()
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        until = min(now + LASTS, until)
        return Page(asked[DECLARED], snapshot, now, until, headers, etag, bodies, seen=seen)


def statistics():
    """Return the Counter of what became of requests, by outcome, in all processes of late."""
    total = Counter()
    for outcomes in shared_store().counts():
        total.update(outcomes)
    return total


def view_of(environ):
    """Return the view of an address, or None."""
    try:
        return resolve(get_path_info(environ)).func
    except Resolver404:
        return None
