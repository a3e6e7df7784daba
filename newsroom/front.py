"""What stands on the front page, and in which order."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from articles.models import Article, Correction, Section

FRESH = timedelta(days=3)
TOP_STORIES = 6
IN_SECTION = 4
DISCUSSED = 5


def front_page_content():
    """Return the context of the front page; no article stands on it twice, bar the rankings."""
    cards = Article.objects.published().for_cards()
    newest = list(cards.latest_first()[: 3 * TOP_STORIES])
    weighty = cards.filter(priority__gt=0, published_at__gte=timezone.now() - FRESH)
    chosen = unique([*weighty.order_by("-priority", "-published_at")[:TOP_STORIES], *newest])
    lead = next((article for article in chosen if article.hero), chosen[0] if chosen else None)
    tops = [article for article in chosen if article is not lead][:TOP_STORIES]
    tops.sort(key=lambda article: article.hero is None)  # a row of pictures, then a row of words
    placed = {article.pk for article in (lead, *tops) if article}
    return {
        "lead": lead,
        "tops": tops,
        "sections": sections_with_articles(cards, placed),
        "discussed": Article.objects.published()
        .show_comments()
        .most_discussed()
        .for_cards()[:DISCUSSED],
        "corrections": Correction.objects.filter(
            article__in=Article.objects.published(), published_at__lte=timezone.now()
        ).select_related("article")[:3],
    }


def unique(articles):
    """Return `articles` in their order, each once."""
    return list({article.pk: article for article in articles}.values())


def sections_with_articles(cards, placed):
    """Return the sections that have articles besides those `placed`, in order, in two queries."""
    sections = list(Section.objects.all())
    query = Q(pk=None)
    for section in sections:
        newest = Article.objects.published().in_section(section).exclude(pk__in=placed)
        query |= Q(pk__in=newest.latest_first().values("pk")[:IN_SECTION])
    by_section = {}
    for article in cards.filter(query).latest_first():
        by_section.setdefault(article.section_id, []).append(article)
    for section in sections:
        section.newest = by_section.get(section.pk, [])
    return [section for section in sections if section.newest]
