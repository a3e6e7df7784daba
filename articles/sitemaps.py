"""Lists of addresses for search engines: an index, chunks of articles, and the recent news."""

from datetime import timedelta
from xml.sax.saxutils import escape

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Article, Page, Section, Series, Tag
from authors.models import Author
from newsroom.models import Masthead
from newsroom.pagecache import kept
from newsroom.templatetags.newsroom import absolute, iso

CHUNK = 2000  # articles a file, by primary key: a new article changes one small file only
MOST_TAGS = 20_000
PICTURE = ("hero", "hero__version", "hero__width", "hero__height")
NEWS_DAYS = 2
NEWS_MOST = 1000
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def xml(element, entries, extra=""):
    body = "\n".join(entries)
    return HttpResponse(
        f"{HEAD}<{element} {NAMESPACE}{extra}>\n{body}\n</{element}>\n",
        content_type="application/xml; charset=utf-8",
    )


def url(path, moment=None, extra=""):
    changed = f"<lastmod>{iso(moment)}</lastmod>" if moment else ""
    return f"<url><loc>{escape(absolute(path))}</loc>{changed}{extra}</url>"


def image(photo):
    """Return the mark of a picture, in Google's image format."""
    path = photo.rendition("full", photo.widths("full")[-1])
    return f"<image:image><image:loc>{escape(absolute(path))}</image:loc></image:image>"


@kept()
@require_safe
def index(request):
    """All files, by the highest number that any article has: of a million, the key alone tells it.

    Drafts count too; a file that has nothing but them names the front page, since none is empty.
    """
    newest = Article.objects.order_by("-pk").values_list("pk", flat=True).first()
    paths = [reverse("articles:sitemap_places"), reverse("articles:sitemap_news")]
    for number in range(1, (newest or 0) // CHUNK + 2):
        paths.append(reverse("articles:sitemap_articles", args=[number]))
    return xml(
        "sitemapindex",
        [f"<sitemap><loc>{escape(absolute(path))}</loc></sitemap>" for path in paths],
    )


@kept()
@require_safe
def articles(request, number):
    """The published articles of one chunk with the time of their last change."""
    if not 1 <= number < 1_000_000:
        raise Http404
    rows = (
        Article.objects.published()
        .filter(pk__gte=(number - 1) * CHUNK, pk__lt=number * CHUNK)
        .order_by("pk")
        .select_related("hero")
        .only(*("slug", "published_at", "revised_at", "corrected_at"), *PICTURE)
    )
    entries = [
        url(row.get_absolute_url(), row.modified_at, image(row.hero) if row.hero else "")
        for row in rows
    ]
    entries = entries or [url("/")]
    return xml("urlset", entries, ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"')


@kept()
@require_safe
def places(request):
    """Everything that is not an article: lists, people, pages."""
    published = Article.objects.published()
    in_series = published.filter(series=OuterRef("pk"))
    signed = published.filter(bylines__author=OuterRef("pk"))
    tagged = published.filter(tagged__tag=OuterRef("pk"))
    entries = [url("/")]
    for name in ("archive", "popular", "corrections"):
        entries.append(url(reverse(f"articles:{name}")))
    for section in Section.objects.all():
        entries.append(url(section.get_absolute_url()))
    for series in Series.objects.filter(Exists(in_series)):
        entries.append(url(series.get_absolute_url()))
    for author in Author.objects.filter(Exists(signed)):
        entries.append(url(author.get_absolute_url()))
    for page in Page.objects.filter(is_published=True):
        entries.append(url(page.get_absolute_url(), page.updated_at))
    for tag in Tag.objects.filter(Exists(tagged)).order_by("-pk")[:MOST_TAGS]:
        entries.append(url(tag.get_absolute_url()))
    return xml("urlset", entries)


@kept()
@require_safe
def news(request):
    """The articles of the last two days, in Google's news format."""
    since = timezone.now() - timedelta(days=NEWS_DAYS)
    recent = (
        Article.objects.published()
        .filter(published_at__gte=since)
        .latest_first()
        .only("headline", "slug", "published_at")[:NEWS_MOST]
    )
    title = Masthead.load().title
    entries = [
        url(
            article.get_absolute_url(),
            extra=(
                f"<news:news><news:publication><news:name>{escape(title)}</news:name>"
                f"<news:language>ko</news:language></news:publication>"
                f"<news:publication_date>{iso(article.published_at)}</news:publication_date>"
                f"<news:title>{escape(article.headline)}</news:title></news:news>"
            ),
        )
        for article in recent
    ]
    entries = entries or [url("/")]
    return xml("urlset", entries, ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"')
