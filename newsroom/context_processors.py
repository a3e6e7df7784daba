"""What every page shows: the masthead, the sections, the pages in the footer."""

from typing import NamedTuple

from django.conf import settings
from django.db.models import BooleanField, F, Value
from django.utils.functional import SimpleLazyObject

from articles.models import Page, Section
from newsroom.addresses import address
from newsroom.models import Masthead
from newsroom.prepared import prepared


class Link(NamedTuple):
    """A name and the path to which it leads."""

    name: str
    url: str


class Navigation(NamedTuple):
    """The links of header and footer, in order."""

    sections: tuple
    pages: tuple


def site(request):
    """Give every template the masthead and the links of header and footer, two queries in all."""
    return {
        "masthead": SimpleLazyObject(Masthead.load),
        "navigation": SimpleLazyObject(navigation),
        "site_url": settings.SITE_URL,
        "site_verification": settings.SITE_VERIFICATION,
    }


def navigation():
    """Return the `Navigation`, read in one query."""
    links = {"articles:section": [], "articles:page": []}
    for name, slug, is_page, _position, _pk in sorted(linked(), key=lambda row: row[3:]):
        where = "articles:page" if is_page else "articles:section"
        links[where].append(Link(name, address(where, slug)))
    return Navigation(*map(tuple, links.values()))


@prepared
def linked():
    """The sections of the header and the pages of the footer."""
    sections = Section.objects.filter(is_in_navigation=True).values_list(
        "name", "slug", Value(False, BooleanField()), "position", "pk"
    )
    pages = Page.objects.filter(is_in_footer=True, is_published=True).values_list(
        F("title"), "slug", Value(True, BooleanField()), "position", "pk"
    )
    return sections.order_by().union(pages.order_by(), all=True)
