"""What stands on the front page, and in which order."""

from django.utils import timezone

from articles.models import Article, Correction, Placement, Section
from articles.querysets import RECENT
from articles.reads import faded
from newsroom.prepared import prepared

TOP_STORIES = 12
BELOW_LEAD = 4
MOST_SECTIONS = 24  # an imported site may have hundreds
IN_SECTION = 5
RANKED = 5
CORRECTIONS = 3


def front_page_content(wanted=None):
    """Return the context of the front page; no article stands on it twice, bar the rankings.

    `wanted` are the cards that an editor places at its top, in their order; those whose time
    it is, unless others are given. What is left over is filled with the newest.
    """
    now = timezone.now()
    newest = newest_cards(now)
    wanted = placed_cards(now) if wanted is None else wanted
    chosen = unique([*wanted, *newest])
    lead = next(iter(wanted), None) or headed(newest) or next(iter(newest), None)
    tops = [article for article in chosen if article.pk != lead.pk][:TOP_STORIES]
    pictured = [article for article in tops if article.hero][:BELOW_LEAD]
    placed = {article.pk for article in (lead, *tops) if article}
    return {
        "newest_at": newest[0].published_at if newest else None,
        "lead": lead,
        "below_lead": pictured,
        "tops": [article for article in tops if article not in pictured],
        "sections": sections_with_articles(now, placed),
        "most_read": most_read_cards(now, faded("day")),
        "discussed": discussed_cards(now, now - RECENT),
        "corrections": newest_corrections(now),
    }


@prepared
def newest_cards(now):
    """The cards from which the top of the page is chosen."""
    return Article.objects.published(now).for_cards().latest_first()[: 3 * TOP_STORIES]


@prepared
def placed_cards(now):
    """The cards to which an editor gave a place for this time."""
    placed = Article.objects.published(now).by_key().filter(Placement.due(now))
    return placed.for_cards().order_by("placement__position", "placement__pk")[: TOP_STORIES + 1]


@prepared
def most_read_cards(now, least):
    """What readers read most these hours, above a score."""
    most_read = Article.objects.published(now).most_read("day", least, RANKED)
    return most_read.only("headline", "slug")


@prepared
def discussed_cards(now, since):
    """What readers talk about most, of what was published since then."""
    discussed = Article.objects.published(now).show_comments().most_discussed(since)
    few = Article.objects.in_any([discussed[:RANKED]])
    return few.only("headline", "slug").order_by(*discussed.query.order_by)


@prepared
def newest_corrections(now):
    """The newest entries of the ledger."""
    return Correction.objects.published(now).for_ledger().latest_first()[:CORRECTIONS]


def unique(articles):
    """Return `articles` in their order, each once."""
    return list({article.pk: article for article in articles}.values())


@prepared
def newest_in_sections(now, sections, placed):
    """The newest cards of each of these sections, but for those that are placed already."""
    others = Article.objects.published(now).exclude(pk__in=placed).latest_first()
    lists = [others.in_section(section)[:IN_SECTION] for section in sections]
    return Article.objects.in_any(lists).for_cards().latest_first()


def sections_with_articles(now, placed):
    """Return the sections that have articles besides those `placed`, in order, in two queries."""
    sections = all_sections()
    keys, by_section = [section.pk for section in sections], {}
    for article in newest_in_sections(now, keys, sorted(placed)) if keys else ():
        by_section.setdefault(article.section_id, []).append(article)
    for section in sections:
        newest = by_section.get(section.pk, [])
        head = headed(newest)
        section.newest = unique([head, *newest]) if head else newest
    return [section for section in sections if section.newest]


@prepared
def all_sections():
    """The sections in their order."""
    return Section.objects.all()[:MOST_SECTIONS]


def headed(articles):
    """Return the first of `articles` that has a picture, or None."""
    return next((article for article in articles if article.hero), None)
