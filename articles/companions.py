"""What stands around an article: its neighbours, its series, more by its author, related ones."""

from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.utils import timezone

from articles.models import Article, Byline, Related
from articles.querysets import number_of
from articles.reads import faded
from newsroom.prepared import prepared

MORE_BY_AUTHOR = 4
PARTS_BESIDE = 5  # of a series, before an article and after it
MOST_READ = 5
RELATED = 6
FIELDS = ("series_id", "series_position")  # besides those of a card


class Part(NamedTuple):
    """Which part of a series an article is, and the parts beside it, in their order."""

    number: int
    total: int
    before: list
    after: list

    @property
    def previous(self):
        return self.before[-1] if self.before else None

    @property
    def next(self):
        return self.after[0] if self.after else None

    @property
    def first(self):
        """The number of the first part that is shown."""
        return self.number - len(self.before)

    @property
    def are_all_shown(self):
        return len(self.before) + len(self.after) + 1 == self.total


@dataclass
class Companions:
    """Published articles that the page of another one leads to."""

    previous: Article | None = None
    next: Article | None = None
    part: Part | None = None
    by_author: list = field(default_factory=list)
    most_read: list = field(default_factory=list)
    related: list = field(default_factory=list)


def companions_of(article):
    """Return the companions of `article`, read in one query.

    The query unites a few short lists; which article belongs to which is told from the
    rows themselves, since asking the database for it costs more than all the rest.
    """
    authors = article.byline_authors
    now = timezone.now()
    rows = rows_around(
        *(now, faded("day"), article.pk, article.published_at),
        *(article.section_id, article.series_id, article.series_position),
        authors[0].pk if authors else None,
    )
    return sort_out(article, rows)


@prepared
def rows_around(now, least_read, pk, at, section, series, position, author):
    """What `companions_of` unites, of an article with these keys, published `at`."""
    published = Article.objects.published(now)
    related = Related.objects.filter(article=pk, other=OuterRef("pk"))
    most_read = published.most_read("day", least_read, MOST_READ)
    lists = [published.filter(led_to_by__article=pk), most_read]
    if section:
        earlier = Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk)
        later = Q(published_at__gt=at) | Q(published_at=at, pk__gt=pk)
        others = published.in_section(section)
        lists.append(others.filter(earlier, published_at__lte=at).latest_first()[:1])
        lists.append(others.filter(later, published_at__gte=at).order_by("published_at", "pk")[:1])
    parts_before = parts_after = Value(0)
    if series:
        parts, position = published.filter(series=series), Value(position, IntegerField())
        order = ("series_position", "published_at", "pk")
        same = {"series_position": position, "published_at": at}
        before = parts.filter(
            Q(series_position__lt=position)
            | Q(series_position=position, published_at__lt=at)
            | Q(**same, pk__lt=pk)
        ).order_by(*order)
        after = parts.filter(
            Q(series_position__gt=position)
            | Q(series_position=position, published_at__gt=at)
            | Q(**same, pk__gt=pk)
        ).order_by(*order)
        lists += [before.reverse()[:PARTS_BESIDE], after[:PARTS_BESIDE]]
        parts_before, parts_after = number_of(before), number_of(after)
    if author:
        newest = published.by_author(author).exclude(pk=pk)
        lists.append(newest[:MORE_BY_AUTHOR])
    signed = Byline.objects.filter(article=OuterRef("pk"), author=author)
    united = Article.objects.in_any(lists).annotate(
        related_position=Subquery(related.values("position")),
        related_reason=Subquery(related.values("reason")),
        related_tag=Subquery(related.values("tag__name")),
        read=F("read_score__day"),
        is_by_author=Exists(signed) if author else Value(False),
        parts_before=parts_before,
        parts_after=parts_after,
    )
    return united.for_cards(*FIELDS).latest_first()


def part_of(article, rows):
    """Return which part of its series an article is; None if there is no other."""
    parts = [row for row in rows if article.series_id and row.series_id == article.series_id]
    if not parts:
        return None
    parts.sort(key=order_in_series)
    here = order_in_series(article)
    before = [row for row in parts if order_in_series(row) < here][-PARTS_BESIDE:]
    after = [row for row in parts if order_in_series(row) > here][:PARTS_BESIDE]
    number = parts[0].parts_before + 1
    return Part(number, number + parts[0].parts_after, before, after)


def order_in_series(article):
    return article.series_position, article.published_at, article.pk


def sort_out(article, rows):
    """Return the companions among `rows`, which are sorted newest first."""
    place = (article.published_at, article.pk)
    others = [row for row in rows if row.pk != article.pk]
    section = article.section_id
    neighbours = [row for row in others if section and row.section_id == section]
    related = [row for row in others if row.related_position is not None]
    least = faded("day")
    read = [row for row in rows if row.read is not None and row.read > least]
    for row in related:
        label = Related.Reason(row.related_reason).label
        row.reason = f"{label}: {row.related_tag}" if row.related_tag else label
    return Companions(
        previous=next((row for row in neighbours if (row.published_at, row.pk) < place), None),
        next=next((row for row in neighbours[::-1] if (row.published_at, row.pk) > place), None),
        part=part_of(article, others),
        by_author=[row for row in others if row.is_by_author][:MORE_BY_AUTHOR],
        most_read=sorted(read, key=lambda row: -row.read)[:MOST_READ],
        related=sorted(related, key=lambda row: row.related_position)[:RELATED],
    )
