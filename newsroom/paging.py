"""Pages of a list that stay put while new articles appear above them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

PAGE_SIZE = 20
LAST_PAGE = 1000
PAGED = ("page", "until")  # the parameters that walk through a list


@dataclass
class Page:
    """One page of a list. `until` holds the list still for who walks through it."""

    articles: list
    number: int
    has_next: bool
    until: int | None

    def __iter__(self):
        return iter(self.articles)

    def __len__(self):
        return len(self.articles)

    @property
    def next_query(self):
        return self.query(self.number + 1) if self.has_next else None

    @property
    def previous_query(self):
        if self.number == 1:
            return None
        return self.query(self.number - 1) if self.number > 2 else "?"

    def query(self, number):
        return f"?page={number}&until={self.until}" if self.until else f"?page={number}"


def page_of(articles, query, size=PAGE_SIZE):
    """Return the page of `articles` (published ones, not yet sliced), newest first.

    `query` is a QueryDict; `page` is a number from 1 on and `until` the second at which the
    walk through the pages began, so that what is published meanwhile moves nothing.
    Raises Http404 for a page that is not there.
    """
    number = page_number(query)
    until = whole_number(query.get("until", "0")) if number > 1 else 0
    if 0 < until < timezone.now().timestamp():
        articles = articles.filter(published_at__lt=datetime.fromtimestamp(until + 1, UTC))
    rows = rows_of(in_order(articles), number, size)
    if until <= 0 and rows:
        until = int(timezone.now().timestamp()) if number > 1 else newest_second(rows)
    return Page(rows[:size], number, has_next(rows, number, size), until or None)


def in_order(articles):
    """Return articles newest first, by what leads to them if they have such an order already."""
    return articles if articles.query.order_by else articles.latest_first()


def page_in_order(articles, query, size=PAGE_SIZE):
    """Return the page of `articles` in their own order; what is new stands at its end."""
    number = page_number(query)
    rows = rows_of(articles, number, size)
    return Page(rows[:size], number, has_next(rows, number, size), None)


def page_of_keys(keys, query, size=PAGE_SIZE):
    """Return the page of a list of primary keys; whoever shows them loads their rows."""
    number = page_number(query)
    rows = rows_of(keys, number, size)
    return Page(rows[:size], number, has_next(rows, number, size), None)


def rows_of(articles, number, size):
    """Return the rows of a page and one more, if there is one."""
    start = (number - 1) * size
    rows = list(articles[start : start + size + 1])
    if number > 1 and not rows:
        raise Http404(_("There is no such page."))
    return rows


def has_next(rows, number, size):
    return len(rows) > size and number < LAST_PAGE


def page_number(query):
    """Return the number of the page that `query` asks for; Http404 for a senseless one."""
    number = whole_number(query.get("page", "1"))
    if not 1 <= number <= LAST_PAGE:
        raise Http404(_("There is no such page."))
    return number


def newest_second(rows):
    """Return the second of the newest article: the same for everyone until a newer one appears."""
    return int(rows[0].published_at.timestamp())


def whole_number(text):
    """Return `text` as a number, or -1 if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
