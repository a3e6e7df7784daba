"""What stands around an article: its neighbours, its series, more by its author."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q, Value
from django.utils import timezone

from articles.models import Article

MORE_BY_AUTHOR = 4
PARTS = 20
DISCUSSED = 5
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
    published = Article.objects.published()
    lists = [published.show_comments().most_discussed()[:DISCUSSED]]
    if article.section_id:
        at, pk = article.published_at, article.pk
        earlier = Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk)
        later = Q(published_at__gt=at) | Q(published_at=at, pk__gt=pk)
        in_section = published.in_section(article.section_id)
        lists.append(in_section.filter(earlier, published_at__lte=at).latest_first()[:1])
        lists.append(
            in_section.filter(later, published_at__gte=at).order_by("published_at", "pk")[:1]
        )
    if article.series_id:
        parts = published.filter(series=article.series_id)
        lists.append(parts.order_by("series_position", "published_at")[:PARTS])
    by_author = Value(False)
    if article.byline_authors:
        others = published.by_author(article.byline_authors[0]).exclude(pk=article.pk)
        newest = others.latest_first()[:MORE_BY_AUTHOR]
        lists.append(newest)
        by_author = Q(pk__in=newest.values("pk"))
    query = Q()
    for articles in lists:
        query |= Q(pk__in=articles.values("pk"))
    rows = list(
        Article.objects.filter(query)
        .annotate(is_by_author=by_author)
        .only(*FIELDS)
        .order_by("-published_at", "-pk")
    )
    return sort_out(article, rows)


def sort_out(article, rows):
    """Return the companions among `rows`, which are sorted newest first."""
    place = (article.published_at, article.pk)
    neighbours = [
        row for row in rows if row.section_id == article.section_id and row.pk != article.pk
    ]
    if not article.section_id:
        neighbours = []
    month_ago = timezone.now() - timedelta(days=30)
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
