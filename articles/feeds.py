"""RSS 2.0 with the full text, and JSON Feed 1.1: what changed, for machines that read along."""

import re

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Article, Correction, Section, Tag
from authors.models import Author
from newsroom.models import Masthead
from newsroom.templatetags.newsroom import absolute, iso

NEWEST = 30
MARKUP = re.compile(r"<[^>]+>")


class FullTextFeed(Rss201rev2Feed):
    """RSS 2.0 whose items carry the whole article, its authors and its picture."""

    def rss_attributes(self):
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        if item.get("content"):
            handler.addQuickElement("content:encoded", item["content"])
        for name in item.get("creators", ()):
            handler.addQuickElement("dc:creator", name)


def feed(title, description, path, feed_path, items):
    """Return the RSS answer for `items`, the keyword arguments of `add_item`."""
    rss = FullTextFeed(
        title=f"{title} - {Masthead.load().title}",
        link=absolute(path),
        description=description or title,
        language="ko",
        feed_url=absolute(feed_path),
    )
    for item in items:
        rss.add_item(**item)
    return HttpResponse(rss.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


def content_of(article):
    """Return the body for other people's screens: every address absolute, the hero on top."""
    return hero_figure(article) + MARKUP.sub(with_absolute_addresses, article.body_html)


def with_absolute_addresses(tag):
    """Return the text of a matched tag whose addresses name the site."""
    html = tag[0].replace('="/', f'="{absolute("/")}')
    return html.replace(", /media/", f", {absolute('/media/')}")


def picture_address(photo):
    return absolute(photo.rendition("full", photo.widths("full")[-1]))


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
        picture_address(photo),
        photo.alt,
        " ".join(filter(None, words)),
    )


def article_item(article):
    """Return an article as an item of a feed."""
    link = absolute(article.get_absolute_url())
    return {
        "title": article.headline,
        "link": link,
        "description": escape(article.summary),  # feed readers take it for HTML
        "content": content_of(article),
        "unique_id": absolute(article.get_short_url()),
        "unique_id_is_permalink": True,
        "pubdate": article.published_at,
        "categories": [tag.name for tag in article.tags.all()],
        "creators": [author.name for author in article.byline_authors],
    }


def article_feed(request, articles, title, description, path):
    items = map(article_item, articles.published().for_feed().latest_first()[:NEWEST])
    return feed(title, description, path, request.path, items)


@require_safe
def latest(request):
    return article_feed(request, Article.objects, _("Latest articles"), "", "/")


@require_safe
def section(request, slug):
    section = get_object_or_404(Section, slug=slug)
    path = section.get_absolute_url()
    return article_feed(
        request, Article.objects.in_section(section), section.name, section.description, path
    )


@require_safe
def tag(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    return article_feed(
        request, Article.objects.tagged_with(tag), tag.name, "", tag.get_absolute_url()
    )


@require_safe
def author(request, slug):
    author = get_object_or_404(Author, slug=slug)
    path = author.get_absolute_url()
    return article_feed(request, Article.objects.by_author(author), author.name, author.bio, path)


@require_safe
def latest_json(request):
    """JSON Feed 1.1 of the latest articles."""
    articles = Article.objects.published().for_feed().latest_first()[:NEWEST]
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": Masthead.load().title,
        "home_page_url": absolute("/"),
        "feed_url": absolute(request.path),
        "language": "ko",
        "items": [
            {
                "id": absolute(article.get_short_url()),
                "url": absolute(article.get_absolute_url()),
                "title": article.headline,
                "summary": article.summary,
                "content_html": content_of(article),
                "date_published": iso(article.published_at),
                "date_modified": iso(article.modified_at),
                "authors": [
                    {"name": author.name, "url": absolute(author.get_absolute_url())}
                    for author in article.byline_authors
                ],
                "tags": [tag.name for tag in article.tags.all()],
                **({"image": picture_address(article.hero)} if article.hero else {}),
            }
            for article in articles
        ],
    }
    return JsonResponse(
        data,
        content_type="application/feed+json; charset=utf-8",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def corrections(request):
    entries = Correction.objects.published().for_ledger()[:NEWEST]
    items = [
        {
            "title": f"{entry.get_kind_display()}: {entry.article.headline}",
            "link": absolute(entry.article.get_absolute_url()),
            "description": escape(entry.text),
            "unique_id": f"{absolute(entry.article.get_short_url())}#correction-{entry.pk}",
            "unique_id_is_permalink": False,
            "pubdate": entry.published_at,
        }
        for entry in entries
    ]
    path = reverse("articles:corrections")
    return feed(_("Corrections"), "", path, request.path, items)
