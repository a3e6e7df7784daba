"""What every page shows: the masthead, the sections, the pages in the footer."""

from django.conf import settings
from django.db.models import BooleanField, F, Value
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from articles.models import Page, Section
from newsroom.models import Masthead


def site(request):
    """Give every template the masthead and the links of header and footer, two queries in all."""
    return {
        "masthead": SimpleLazyObject(Masthead.load),
        "navigation": SimpleLazyObject(navigation),
        "site_url": settings.SITE_URL,
    }


def navigation():
    """Return {"sections": […], "pages": […]}, each a list of {"name", "url"} in order."""
    sections = Section.objects.filter(is_in_navigation=True).values_list(
        "name", "slug", Value(False, BooleanField()), "position", "pk"
    )
    pages = Page.objects.filter(is_in_footer=True, is_published=True).values_list(
        F("title"), "slug", Value(True, BooleanField()), "position", "pk"
    )
    links = {"sections": [], "pages": []}
    rows = sections.order_by().union(pages.order_by(), all=True)
    for name, slug, is_page, _position, _pk in sorted(rows, key=lambda row: row[3:]):
        if is_page:
            links["pages"].append({"name": name, "url": reverse("articles:page", args=[slug])})
        else:
            links["sections"].append(
                {"name": name, "url": reverse("articles:section", args=[slug])}
            )
    return links
