"""Feeds, for machines that read along: RSS 2.0 with the full text, and JSON Feed 1.1."""

import re
from datetime import timedelta
from hashlib import sha256

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import escape, format_html, linebreaks
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Article, Correction, Section, Series, Tag
from authors.models import Author
from newsroom.models import Masthead
from newsroom.pagecache import kept
from newsroom.paging import in_order
from newsroom.templatetags.newsroom import absolute, iso

NEWEST = 30
MARKUP = re.compile(r"<[^>]+>")
A_SECOND = timedelta(seconds=1)


def feed(request, title, path, items, description="", form="xml", changed_at=None):
    """Return `items` (see `article_item`) in the `form` asked for, or that nothing is new.

    What the feed is made of is its ETag, so that nothing is drawn for who has it already.
    `changed_at` is when anything in it changed last, to the second that HTTP counts in: in
    that second itself it says nothing.
    """
    items, title = list(items), f"{title} - {Masthead.load().title}"
    etag = f'W/"{sha256(repr((title, description, items)).encode()).hexdigest()[:32]}"'
    is_settled = changed_at is not None and changed_at < timezone.now() - A_SECOND
    seconds = int(changed_at.timestamp()) if is_settled else None
    response = get_conditional_response(request, etag, seconds) or FORMS[form](
        title, absolute(path), absolute(request.path), description or title, items
    )
    response["ETag"] = etag
    if seconds:
        response["Last-Modified"] = http_date(seconds)
    return response


class FullTextFeed(Rss201rev2Feed):
    """RSS 2.0 whose items carry the whole article, its authors and its picture."""

    def rss_attributes(self):
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        if content := item.get("content"):
            handler.addQuickElement("content:encoded", content)
        for name, _url in item.get("authors", ()):
            handler.addQuickElement("dc:creator", name)
        if picture := item.get("picture"):
            handler.addQuickElement("media:content", attrs={"medium": "image", **picture})


def rss(title, url, feed_url, description, items):
    channel = FullTextFeed(title, url, description, language="ko", feed_url=feed_url)
    for item in items:
        channel.add_item(
            **item,
            description=escape(item["summary"]),  # feed readers take it for HTML
            pubdate=item["published_at"],
            categories=item.get("tags"),
        )
    text = channel.writeString("utf-8")
    return HttpResponse(text, content_type="application/rss+xml; charset=utf-8")


def json_feed(title, url, feed_url, description, items):
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": url,
        "feed_url": feed_url,
        "description": description,
        "icon": absolute(static("img/icon-512.png")),
        "language": "ko",
        "items": [json_item(item) for item in items],
    }
    return JsonResponse(
        data,
        content_type="application/feed+json; charset=utf-8",
        json_dumps_params={"ensure_ascii": False},
    )


def json_item(item):
    picture = {"image": item["picture"]["url"]} if item["picture"] else {}
    return {
        "id": item["unique_id"],
        "url": item["link"],
        "title": item["title"],
        "summary": item["summary"],
        "content_html": item["content"],
        "date_published": iso(item["published_at"]),
        "date_modified": iso(item["modified_at"]),
        "authors": [{"name": name, "url": url} for name, url in item["authors"]],
        "tags": item["tags"],
        **picture,
    }


FORMS = {"xml": rss, "json": json_feed}


def article_item(article):
    """Return an article as an item of a feed."""
    return {
        "title": article.headline,
        "link": absolute(article.get_absolute_url()),
        "unique_id": absolute(article.get_short_url()),
        "summary": article.summary,
        "content": content_of(article),
        "published_at": article.published_at,
        "modified_at": article.modified_at,
        "authors": [
            (author.name, absolute(author.get_absolute_url())) for author in article.byline_authors
        ],
        "tags": [tag.name for tag in article.tags.all()],
        "picture": picture_of(article.hero) if article.hero else None,
    }


def content_of(article):
    """Return the body for other people's screens: every address absolute, the hero on top."""
    return hero_figure(article) + MARKUP.sub(with_absolute_addresses, article.body_html)


def with_absolute_addresses(tag):
    """Return the text of a matched tag whose addresses name the site."""
    html = tag[0].replace('="/', f'="{absolute("/")}')
    return html.replace(", /media/", f", {absolute('/media/')}")


def picture_of(photo):
    """Return the attributes of Media RSS for a photo at its widest."""
    widest = photo.widths("full")[-1]
    width, height = photo.size("full", widest)
    url = absolute(photo.rendition("full", widest))
    return {"url": url, "type": "image/jpeg", "width": str(width), "height": str(height)}


def hero_figure(article):
    """Return the hero with its words; that AI drew it is said wherever it goes."""
    photo = article.hero
    if not photo:
        return ""
    words = [
        f"[{_('AI-generated image')}] {photo.notice}" if photo.is_ai_generated else "",
        article.hero_caption or photo.caption,
        f"ⓒ {photo.credit}" if photo.credit else "",
    ]
    return format_html(
        '<figure><img src="{}" alt="{}"><figcaption>{}</figcaption></figure>',
        picture_of(photo)["url"],
        photo.alt,
        " ".join(filter(None, words)),
    )


def article_feed(request, form, title, path, articles, description=""):
    newest = in_order(articles.published().for_feed())[:NEWEST]
    items, changed_at = map(article_item, newest), Article.objects.changed_at()
    return feed(request, title, path, items, description, form, changed_at)


@kept()
@require_safe
def latest(request, form):
    return article_feed(request, form, _("Latest articles"), "/", Article.objects)


@kept()
@require_safe
def section(request, slug, form):
    section = get_object_or_404(Section, slug=slug)
    articles, path = Article.objects.in_section(section), section.get_absolute_url()
    return article_feed(request, form, section.name, path, articles, section.description)


@kept()
@require_safe
def tag(request, slug, form):
    tag = get_object_or_404(Tag, slug=slug)
    articles = Article.objects.tagged_with(tag)
    return article_feed(request, form, tag.name, tag.get_absolute_url(), articles)


@kept()
@require_safe
def series(request, slug, form):
    series = get_object_or_404(Series, slug=slug)
    articles, path = Article.objects.in_series(series), series.get_absolute_url()
    return article_feed(request, form, series.title, path, articles, series.description)


@kept()
@require_safe
def author(request, slug, form):
    author = get_object_or_404(Author, slug=slug)
    articles, path = Article.objects.by_author(author), author.get_absolute_url()
    return article_feed(request, form, author.name, path, articles, author.bio)


@kept()
@require_safe
def corrections(request):
    entries = Correction.objects.published().for_ledger()[:NEWEST]
    items = [
        {
            "title": f"{entry.get_kind_display()}: {entry.article.headline}",
            "link": absolute(entry.article.get_absolute_url()),
            "unique_id": f"{absolute(entry.article.get_short_url())}#correction-{entry.pk}",
            "summary": entry.told,
            "content": linebreaks(entry.told, autoescape=True),
            "published_at": entry.published_at,
        }
        for entry in entries
    ]
    return feed(request, _("Corrections"), reverse("articles:corrections"), items)
