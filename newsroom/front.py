"""What stands on the front page, and in which order."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from articles.models import Article, Correction, Section
from newsroom.prepared import prepared

FRESH = timedelta(days=3)
TOP_STORIES = 12
BELOW_LEAD = 4
MOST_SECTIONS = 24  # an imported site may have hundreds
IN_SECTION = 5
DISCUSSED = 5


def front_page_content():
    """Return the context of the front page; no article stands on it twice, bar the rankings."""
    cards = Article.objects.published().for_cards()
    newest = list(cards.latest_first()[: 3 * TOP_STORIES])
    weighty = cards.filter(priority__gt=0, published_at__gte=timezone.now() - FRESH)
    weighty = list(weighty.order_by("-priority", "-published_at", "-pk")[:TOP_STORIES])
    chosen = unique([*weighty, *newest])
    lead = next(iter(weighty), None) or headed(newest) or next(iter(newest), None)
    tops = [article for article in chosen if article.pk != lead.pk][:TOP_STORIES]
    pictured = [article for article in tops if article.hero][:BELOW_LEAD]
    placed = {article.pk for article in (lead, *tops) if article}
    return {
        "newest_at": newest[0].published_at if newest else None,
        "lead": lead,
        "below_lead": pictured,
        "tops": [article for article in tops if article not in pictured],
        "sections": sections_with_articles(placed),
        "discussed": Article.objects.published()
        .show_comments()
        .most_discussed()
        .for_cards()[:DISCUSSED],
        "corrections": Correction.objects.published().for_ledger()[:3],
    }


def unique(articles):
    """Return `articles` in their order, each once."""
    return list({article.pk: article for article in articles}.values())


@prepared
def newest_in_sections(now, sections, placed):
    """The newest cards of each of these sections, but for those that are placed already."""
    query = Q(pk=None)
    for section in sections:
        newest = Article.objects.published(now).in_section(section).exclude(pk__in=placed)
        query |= Q(pk__in=newest.latest_first().values("pk")[:IN_SECTION])
    return Article.objects.filter(query).for_cards().latest_first()


def sections_with_articles(placed):
    """Return the sections that have articles besides those `placed`, in order, in two queries."""
    sections = list(Section.objects.all()[:MOST_SECTIONS])
    keys = [section.pk for section in sections]
    by_section = {}
    for article in newest_in_sections(timezone.now(), keys, sorted(placed)):
        by_section.setdefault(article.section_id, []).append(article)
    for section in sections:
        newest = by_section.get(section.pk, [])
        head = headed(newest)
        section.newest = unique([head, *newest]) if head else newest
    return [section for section in sections if section.newest]


def headed(articles):
    """Return the first of `articles` that has a picture, or None."""
    return next((article for article in articles if article.hero), None)
