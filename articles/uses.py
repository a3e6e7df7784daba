"""Where photos stand besides what readers have: in text that is still in hand, and in pages."""

import re

from django.utils.translation import gettext_lazy as _

from articles.models import Article, Page, Writing

PHOTO = re.compile(r"data-photo=[\"']?(\d{1,9})")  # as people type it too


def texts_elsewhere():
    """Yield (numbers of its photos, kind, what it belongs to) for each such text.

    They are read whole, as there are few: a database that looked for each photo of the
    library in each of them would take longer.
    """
    # "> 0" is "not NULL" that SQLite looks up in the index.
    articles = Article.objects.filter(working_copy__gt=0).select_related("working_copy")
    for article in articles.only("headline", "state", "working_copy__content").order_by():
        content = article.working_copy.content
        yield numbers(content["hero"], content["body"]), _("changed, not public yet"), article
    writings = Writing.objects.filter(content__isnull=False).select_related("article", "user")
    people = ("user__username", "user__first_name", "user__last_name")
    for row in writings.only("content", "article__headline", "article__state", *people):
        kind = _("being written by %s") % row.user
        yield numbers(row.typed("hero"), row.typed("body")), kind, row.article
    for page in Page.objects.filter(body__contains="data-photo").only("title", "body"):
        yield numbers("", page.body), _("page"), page


def numbers(hero, body):
    """Return the numbers of the photos at the head and in the text."""
    return {int(number) for number in [*PHOTO.findall(body), str(hero)] if number.isdigit()}


def used_elsewhere():
    """Return the numbers of the photos that stand in any such text."""
    return set().union(*(found for found, _kind, _subject in texts_elsewhere()))
