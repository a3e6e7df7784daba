"""What stands around an article: its neighbours, its series, more by its author."""

from dataclasses import dataclass, field

from django.db.models import Q, Subquery

from articles.models import Article

MORE_BY_AUTHOR = 4
PARTS = 20
DISCUSSED = 5


@dataclass
class Companions:
    """Published articles that the page of another one leads to."""

    previous: Article | None = None
    next: Article | None = None
    parts: list = field(default_factory=list)
    by_author: list = field(default_factory=list)
    discussed: list = field(default_factory=list)


def companions_of(article):
    """Return the companions of `article`, read in one query."""
    published = Article.objects.published()
    others = published.exclude(pk=article.pk).latest_first().values("pk")
    groups = {"is_discussed": published.show_comments().most_discussed().values("pk")[:DISCUSSED]}
    if article.section_id:
        at, pk = article.published_at, article.pk
        in_section = published.in_section(article.section_id).values("pk")
        earlier = Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk)
        later = Q(published_at__gt=at) | Q(published_at=at, pk__gt=pk)
        groups["is_previous"] = in_section.filter(published_at__lte=at).filter(earlier)
        groups["is_previous"] = groups["is_previous"].latest_first()[:1]
        groups["is_next"] = in_section.filter(published_at__gte=at).filter(later)
        groups["is_next"] = groups["is_next"].order_by("published_at", "pk")[:1]
    if article.series_id:
        groups["is_part"] = published.filter(series=article.series_id).values("pk")
        groups["is_part"] = groups["is_part"].order_by("series_position", "published_at")[:PARTS]
    if article.byline_authors:
        groups["is_by_author"] = others.by_author(article.byline_authors[0])[:MORE_BY_AUTHOR]

    query = Q()
    for ids in groups.values():
        query |= Q(pk__in=ids)
    flags = {flag: Q(pk__in=Subquery(ids.values("pk"))) for flag, ids in groups.items()}
    rows = list(
        Article.objects.filter(query)
        .annotate(**flags)
        .only("headline", "slug", "published_at", "series_position", "comment_count")
        .latest_first()
    )

    def group(flag):
        return [row for row in rows if getattr(row, flag, False)]

    return Companions(
        previous=next(iter(group("is_previous")), None),
        next=next(iter(group("is_next")), None),
        parts=sorted(group("is_part"), key=lambda row: (row.series_position, row.published_at)),
        by_author=group("is_by_author"),
        discussed=sorted(group("is_discussed"), key=lambda row: -row.comment_count),
    )
