"""What the articles found have in common: sections, authors, tags and periods, counted."""

from datetime import timedelta

from django.db.models import Count, F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Byline, TaggedArticle
from articles.search.keys import among

OFFERED = 6  # of each kind
READ = 100  # of all kinds, those with most articles
PERIODS = {
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
    "year": (_("Last year"), timedelta(days=365)),
}


def facets_of(keys):
    """Return {name of a filter: [(value, label, number of articles)]} of articles by their keys."""
    keys = among(keys)
    articles = Article.objects.filter(pk__in=keys)
    counted = [
        counts_of(articles.exclude(section=None), "section"),
        counts_of(Byline.objects.filter(article__in=keys), "author"),
        counts_of(TaggedArticle.objects.filter(content_object__in=keys), "tag"),
    ]
    facets = {"section": [], "period": periods_of(articles), "author": [], "tag": []}
    for name, value, label, number in counted[0].union(*counted[1:]).order_by("-found")[:READ]:
        if len(facets[name]) < OFFERED:
            facets[name].append((value, label, number))
    return facets


def counts_of(rows, name):
    """Return (name of a filter, slug, name, number) of the places to which `rows` lead."""
    rows = rows.order_by().annotate(
        kind=Value(name), value=F(f"{name}__slug"), label=F(f"{name}__name")
    )
    return rows.values_list("kind", "value", "label").annotate(found=Count("pk"))


def periods_of(articles):
    now = timezone.now()
    counts = articles.aggregate(
        **{
            name: Count("pk", filter=Q(published_at__gt=now - length))
            for name, (_label, length) in PERIODS.items()
        }
    )
    return [(name, PERIODS[name][0], number) for name, number in counts.items() if number]
