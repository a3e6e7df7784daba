"""The first page of the admin: what waits for whoever signs in."""

from itertools import groupby

from django.utils import timezone

from articles import flow
from articles.models import Article, Correction
from articles.reads import faded

SHOWN = 8  # rows of a list; the rest is a click away
State = Article.State


def dashboard(user):
    """Return what waits for `user`: lists of articles and requests, as far as they may see them."""
    if not flow.may(user, "view"):
        return {}
    rows = Article.objects.only("headline", "state", "updated_at", "published_at")
    seen = flow.seen_by(user, rows)
    waiting = {
        "is_editor": flow.is_editor(user),
        "drafts": rows.own(user).in_state(State.DRAFT).order_by("-updated_at", "-pk")[:SHOWN],
        "review": seen.in_state(State.REVIEW).order_by("updated_at", "pk")[:SHOWN],
        "days": by_day(seen),
    }
    if flow.may(user, "publish"):
        waiting["changed"] = rows.changed().order_by("-updated_at", "-pk")[:SHOWN]
    most_read = Article.objects.published().most_read("day", faded("day"), SHOWN)
    waiting["most_read"] = most_read.only("headline", "slug")
    if flow.may(user, "correct"):
        waiting["requests"] = open_requests()
    return waiting


def by_day(articles):
    """Return the scheduled ones of `articles` in the order of time, a list for each day."""
    scheduled = articles.in_state(State.PUBLISHED).filter(published_at__gt=timezone.now())
    scheduled = scheduled.order_by("published_at", "pk")[: 2 * SHOWN]
    days = groupby(scheduled, lambda article: local_day(article.published_at))
    return [list(rows) for _day, rows in days]


def open_requests():
    """Return the requests for a correction that wait for a step, the most urgent first."""
    requests = Correction.objects.to_come().select_related("article")
    requests = requests.only(
        *("kind", "requested_at", "requested_by", "is_accepted", "decided_at", "published_at"),
        "article__headline",
    )
    requests = [request for request in requests if request.due_on]
    return sorted(requests, key=lambda request: (request.due_on, request.pk))


def local_day(moment):
    return timezone.localtime(moment).date()
