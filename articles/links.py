"""Where links of a text lead, as far as they stay on this site."""

from collections import defaultdict
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.urls import Resolver404, resolve

from articles.middleware import normal_path
from articles.models import Article, OldAddress, Page, Section, Series, Tag
from authors.models import Author
from newsroom.text import clean

HIDDEN = "hidden"  # it is there, and readers do not get to see it
NOWHERE = "nowhere"  # nothing is there
LARGEST = 2**31 - 1  # no database has a row with a greater number


def published(keys):
    return Article.objects.published().with_keys(keys).values_list("pk", flat=True)


def existing(model):
    """Return a function that tells which of some slugs have a row that readers may see."""
    return lambda slugs: model.objects.filter(slug__in=slugs).values_list("slug", flat=True)


def pages(slugs):
    rows = Page.objects.filter(slug__in=slugs, is_published=True)
    return rows.values_list("slug", flat=True)


def comments(keys):
    rows = apps.get_model("comments", "Comment").objects.on_published().visible()
    return rows.filter(pk__in=keys).values_list("pk", flat=True)


# What an address needs so that it leads somewhere: a row by its key, and which of them are open.
ROWS = {
    **dict.fromkeys(
        [
            *("articles:detail", "articles:short", "articles:qr", "articles:card"),
            *("comments:thread", "comments:new", "comments:article_feed"),
        ],
        ("pk", published),
    ),
    **dict.fromkeys(["articles:section", "articles:section_feed"], ("slug", existing(Section))),
    **dict.fromkeys(["articles:tag", "articles:tag_feed"], ("slug", existing(Tag))),
    **dict.fromkeys(["authors:detail", "articles:author_feed"], ("slug", existing(Author))),
    **dict.fromkeys(["articles:series", "articles:series_feed"], ("slug", existing(Series))),
    "articles:page": ("slug", pages),
    "comments:detail": ("pk", comments),
}
# What is there for one reader or for the newsroom alone.
PRIVATE = {"articles:preview", "comments:mine", "comments:enter", "comments:data"}


def broken(addresses):
    """Return those of `addresses` that lead to no page of ours, with HIDDEN or NOWHERE.

    Other sites are not asked. It takes a query for each kind of page that is linked to.
    """
    verdicts, wanted, lost = {}, defaultdict(dict), {}
    for address in addresses:
        path = path_here(address)
        if path is None:
            continue
        match = find(path)
        if match is None:
            lost[address] = normal_path(path)
        elif match.namespace == "admin" or match.view_name in PRIVATE:
            verdicts[address] = HIDDEN
        elif match.view_name in ROWS:
            name, rows = ROWS[match.view_name]
            key = match.kwargs[name]
            wanted[rows][address] = key if isinstance(key, str) else min(key, LARGEST)
    for rows, keys in wanted.items():
        there = set(rows(set(keys.values())))
        verdicts |= {address: NOWHERE for address, key in keys.items() if key not in there}
    hidden = [address for address in wanted[published] if address in verdicts]
    if hidden:
        keys = {wanted[published][address] for address in hidden}
        unpublished = set(Article.objects.filter(pk__in=keys).values_list("pk", flat=True))
        verdicts |= {a: HIDDEN for a in hidden if wanted[published][a] in unpublished}
    if lost:
        known = OldAddress.objects.filter(path__in=set(lost.values()))
        led = set(known.values_list("path", flat=True))
        verdicts |= {address: NOWHERE for address, path in lost.items() if path not in led}
    return verdicts


def path_here(address):
    """Return the decoded path of an address of this site; None for any other."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return address  # none at all: it leads nowhere
    if parts.scheme and (parts.scheme not in ("http", "https")):
        return None
    if host and host != urlsplit(settings.SITE_URL).hostname:
        return None
    if not (host or parts.path):
        return None  # a place in the text itself
    if not host and not parts.path.startswith("/"):
        return parts.path  # beside the article's own address, where nothing is
    path = clean(unquote(parts.path))
    return f"/?p={parts.query[2:]}" if path == "/" and parts.query[:2] == "p=" else path or "/"


def find(path):
    """Return the page that answers at `path`, if there is one; a missing last slash is added."""
    for tried in (path, f"{path}/"):
        try:
            return resolve(tried)
        except Resolver404:
            continue
    return None
