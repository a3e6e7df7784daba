"""IndexNow: search engines are told what was published, changed or withdrawn.

Whoever changes what readers see calls `announce()`: a row is written with the change itself, and
the worker tells of it once it is due, which for a scheduled article is its time. Nothing happens
without a key. https://www.indexnow.org/documentation
"""

import json
import logging
from datetime import timedelta
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_tasks import task

from articles.models import Announcement, Article
from newsroom.addresses import address
from newsroom.templatetags.newsroom import absolute

logger = logging.getLogger(__name__)
# How long after its first, second, … try a change is told again; after the last one it is given
# up. The shortest is longer than a search engine may let us wait.
DELAYS = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)]
SECONDS = 20
AT_ONCE = 1000  # addresses a request; the protocol takes ten times as many


def announce(article, at=None):
    """Note that search engines are to be told of an article, once readers have it, or at `at`."""
    has_been_seen = article.state in (Article.State.PUBLISHED, Article.State.WITHDRAWN)
    if settings.INDEXNOW_KEY and has_been_seen:
        due_at = max(article.published_at, at or timezone.now(), timezone.now())
        fields = {"due_at": due_at, "attempts": 0}
        Announcement.objects.update_or_create(article=article, defaults=fields)


@task
def tell():
    """Tell search engines what is due; return of how many articles."""
    rows = take()
    told = [row.article for row in rows if row.article.has_been_public]
    failure = told and send([absolute(article.get_absolute_url()) for article in told])
    for row in rows:
        # As it was taken: what changed meanwhile is due anew.
        same = Announcement.objects.filter(pk=row.pk, due_at=row.due_at, attempts=row.attempts)
        if not failure or row.attempts > len(DELAYS):
            same.delete()
    if failure:
        logger.warning("IndexNow was not told of %d addresses (%s)", len(told), failure)
        return 0
    return len(told)


@transaction.atomic
def take():
    """Take what is due, and move its next try on, so that no other worker takes it."""
    due = Announcement.objects.due().select_for_update(skip_locked=True, of=("self",))
    article = ("article__slug", "article__state", "article__published_at")
    fields = ("due_at", "attempts", *article)
    rows = list(due.select_related("article").only(*fields)[:AT_ONCE])
    for row in rows:
        row.due_at = timezone.now() + DELAYS[min(row.attempts, len(DELAYS) - 1)]
        row.attempts += 1
    Announcement.objects.bulk_update(rows, ["due_at", "attempts"])
    return rows


def send(addresses):
    """Tell of these addresses; return what went wrong, or None."""
    key = settings.INDEXNOW_KEY
    data = {
        "host": urlsplit(settings.SITE_URL).netloc,
        "key": key,
        "keyLocation": absolute(address("articles:indexnow_key", key)),
        "urlList": addresses,
    }
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = Request(settings.INDEXNOW_URL, json.dumps(data).encode(), headers)
    try:
        with urlopen(request, timeout=SECONDS):
            return None
    except HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException) as error:  # nobody answers, or not in HTTP
        return type(error).__name__


@require_safe
def key_file(request, key):
    """The key, by which search engines know that it is we who tell."""
    if key != settings.INDEXNOW_KEY:
        raise Http404
    return HttpResponse(key, content_type="text/plain; charset=utf-8")
