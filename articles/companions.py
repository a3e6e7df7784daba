"""What stands around an article: its neighbours, its series, more by its author."""

from dataclasses import dataclass, field

from django.db.models import Q, Value
from django.utils import timezone

from articles.models import Article
from articles.querysets import RECENT
from newsroom.prepared import prepared

MORE_BY_AUTHOR = 4
PARTS = 20
DISCUSSED = 5
RELATED = 6
FIELDS = (
    *("headline", "slug", "published_at", "section_id", "series_id", "series_position"),
    *("comment_count", "comment_policy"),
)


@dataclass
class Companions:
    """Published articles that the page of another one leads to."""

    previous: Article | None = None
    next: Article | None = None
    parts: list = field(default_factory=list)
    by_author: list = field(default_factory=list)
    discussed: list = field(default_factory=list)


def companions_of(article):
    """Return the companions of `article`, read in one query.

    The query unites a few short lists; which article belongs to which is told from the
    rows themselves, since asking the database for it costs more than all the rest.
    """
    authors = article.byline_authors
    now = timezone.now()
    rows = rows_around(
        *(now, now - RECENT, article.pk, article.published_at),
        *(article.section_id, article.series_id, authors[0].pk if authors else None),
    )
    return sort_out(article, rows)


@prepared
def rows_around(now, month_ago, pk, at, section, series, author):
    """What `companions_of` unites, of an article with these keys, published `at`."""
    published = Article.objects.published(now)
    lists = [published.show_comments().most_discussed(month_ago)[:DISCUSSED]]
    if section:
        earlier = Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk)
        later = Q(published_at__gt=at) | Q(published_at=at, pk__gt=pk)
        others = published.in_section(section)
        lists.append(others.filter(earlier, published_at__lte=at).latest_first()[:1])
        lists.append(others.filter(later, published_at__gte=at).order_by("published_at", "pk")[:1])
    if series:
        parts = published.filter(series=series)
        lists.append(parts.order_by("series_position", "published_at")[:PARTS])
    by_author = Value(False)
    if author:
        newest = published.by_author(author).exclude(pk=pk).latest_first()[:MORE_BY_AUTHOR]
        lists.append(newest)
        by_author = Q(pk__in=newest.values("pk"))
    query = Q()
    for articles in lists:
        query |= Q(pk__in=articles.values("pk"))
    united = Article.objects.filter(query).annotate(is_by_author=by_author)
    return united.only(*FIELDS).order_by("-published_at", "-pk")


@prepared
def related_cards(now, pk, section, tags):
    """The cards of the articles nearest to the one with these keys."""
    return Article.objects.related_to(pk, section, tags, now).for_cards()[:RELATED]


def sort_out(article, rows):
    """Return the companions among `rows`, which are sorted newest first."""
    place = (article.published_at, article.pk)
    neighbours = [
        row for row in rows if row.section_id == article.section_id and row.pk != article.pk
    ]
    if not article.section_id:
        neighbours = []
    month_ago = timezone.now() - RECENT
    discussed = [
        row
        for row in rows
        if row.comment_count and row.comment_policy != "hidden" and row.published_at >= month_ago
    ]
    parts = [row for row in rows if article.series_id and row.series_id == article.series_id]
    return Companions(
        previous=next((row for row in neighbours if (row.published_at, row.pk) < place), None),
        next=next((row for row in neighbours[::-1] if (row.published_at, row.pk) > place), None),
        parts=sorted(parts, key=lambda row: (row.series_position, row.published_at)),
        by_author=[row for row in rows if row.is_by_author],
        discussed=sorted(discussed, key=lambda row: -row.comment_count)[:DISCUSSED],
    )
