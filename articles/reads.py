"""Counting who reads what, without knowing who: 많이 본 뉴스.

A script on the article's page says once that it is read. Nothing is written while somebody
waits: readings are gathered in the process and added to the database every few seconds, so
that a process that dies takes those of the last seconds along. Of readers nothing is kept
but, in memory and for an hour, a hash under a secret of the process, to leave reloads out.
"""

import logging
import math
import re
import secrets
import threading
import time
from collections import Counter

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from articles.models import Article, ReadScore
from newsroom.addresses import NUMBERS_END

logger = logging.getLogger(__name__)
# Half-lives in seconds: what counts in the list of this hour is over in a few of them.
HALF_LIVES = {"hour": 3600, "day": 12 * 3600, "week": 84 * 3600}
EPOCH = 1_704_067_200  # 2024-01-01, from which logarithms count, so that they stay exact
FADED = -2  # logarithm of a score at which a reading is forgotten
REMEMBERED = 3600  # seconds for which a reader who reloads is not counted again
MOST_REMEMBERED = 200_000
ROBOT = re.compile(
    r"bot\b|crawl|spider|slurp|yeti|daum|facebookexternalhit|kakaotalk-scrap|headless|lighthouse"
    r"|preview|python|curl|wget|java/|okhttp|go-http",
    re.IGNORECASE,
)


class Gathered:
    """The readings that this process has not yet written."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = Counter()
        self.seen, self.secret, self.began = set(), secrets.token_bytes(16), time.monotonic()
        self.timer = None

    def add(self, key, reader):
        """Count a reading of the article with this key, unless `reader` had one lately."""
        with self.lock:
            now = time.monotonic()
            if now - self.began > REMEMBERED or len(self.seen) > MOST_REMEMBERED:
                self.seen, self.secret, self.began = set(), secrets.token_bytes(16), now
            mark = hash((self.secret, reader, key))
            if mark in self.seen:
                return
            self.seen.add(mark)
            self.numbers[key] += 1
            if self.timer is None and settings.READS_WRITTEN_AFTER:
                self.timer = threading.Timer(settings.READS_WRITTEN_AFTER, self.write_later)
                self.timer.daemon = True
                self.timer.start()
        if not settings.READS_WRITTEN_AFTER:
            self.write()

    def write_later(self):
        try:
            self.write()
        finally:
            connection.close()  # this thread's own

    def write(self):
        """Add what was gathered to the database; what cannot be written waits for the next time."""
        with self.lock:
            numbers, self.numbers, self.timer = self.numbers, Counter(), None
        try:
            write(numbers)
        except DatabaseError as error:
            logger.warning("%d readings wait (%s)", numbers.total(), type(error).__name__)
            with self.lock:
                self.numbers += numbers


gathered = Gathered()


@csrf_exempt  # changes nothing but a number, and nothing of whoever asks
@require_POST
def count(request, pk):
    """A browser says that somebody reads an article."""
    agent = request.headers.get("User-Agent", "")
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    if pk < NUMBERS_END and is_ours and agent and not ROBOT.search(agent):
        gathered.add(pk, (request.META.get("REMOTE_ADDR"), agent))
    response = HttpResponse(status=204)
    patch_cache_control(response, no_store=True)
    return response


@transaction.atomic
def write(numbers, at=None):
    """Add numbers of readings, {key of an article: number}, to the scores of public articles."""
    at = time.time() if at is None else at
    keys = sorted(Article.objects.published().with_keys(numbers).values_list("pk", flat=True))
    ReadScore.objects.bulk_create(
        [ReadScore(pk=key, **dict.fromkeys(HALF_LIVES, 0.0)) for key in keys],
        ignore_conflicts=True,
    )
    scores = list(ReadScore.objects.filter(pk__in=keys).order_by("pk").select_for_update())
    for score in scores:
        for name, half_life in HALF_LIVES.items():
            added = math.log2(numbers[score.pk]) + (at - EPOCH) / half_life
            setattr(score, name, log_sum(getattr(score, name), added))
    ReadScore.objects.bulk_update(scores, list(HALF_LIVES))


def log_sum(one, other):
    """Return the binary logarithm of the sum of two numbers of which it is given."""
    more, less = max(one, other), min(one, other)
    return more + math.log2(1 + 2 ** max(less - more, -1000))


def faded(period):
    """Return the score, a whole number, below which an article is in no list of a period."""
    return int((time.time() - EPOCH) / HALF_LIVES[period] + FADED)
