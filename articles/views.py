"""What readers read: articles, and the lists that lead to them."""

import segno
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.body import render_body
from articles.cards import card_of, opened
from articles.companions import companions_of
from articles.forms import PopularForm
from articles.metadata import article_metadata
from articles.models import Article, Byline, Correction, Page, Section, Series, Tag
from articles.reading import minutes_of, with_anchors
from articles.reads import faded
from newsroom.addresses import NUMBERS_END
from newsroom.changes import COMMENTS
from newsroom.models import Masthead
from newsroom.pagecache import kept
from newsroom.paging import PAGE_SIZE, PAGED, page_in_order, page_of
from newsroom.prepared import prepared
from newsroom.templatetags.newsroom import absolute

CARD_SECONDS = 7 * 86_400  # a card leaves with its article: not kept for good, as pictures are


def readable(pk):
    """Return the article that readers may see, or the 404 and 410 answers it deserves."""
    article = next(iter(article_row(pk, timezone.now())), None) if pk < NUMBERS_END else None
    if article and (article.state == Article.State.WITHDRAWN or article.is_published):
        return article
    raise Http404


@prepared
def article_row(pk, now):
    """The article with this key, with its section, series and hero."""
    rows = Article.objects.filter(pk=pk).select_related("section", "series", "hero")
    return rows.defer("body", "body_text").with_dispute(now)


@prepared
def bylines_of(pk):
    """The bylines of the article with this key, with authors and portraits, in order."""
    bylines = Byline.objects.filter(article=pk).order_by("position", "pk")
    return bylines.select_related("author__portrait")


@prepared
def tags_of(pk):
    """The tags of the article with this key, by name."""
    return Tag.objects.filter(tagged__content_object=pk).order_by("name")


def gone(request, article):
    """The page of a withdrawn article: that it stood here, and why it does not any more."""
    context = {"article": article}
    return render(request, "articles/withdrawn.html", context, status=410)


@kept(on="article-{pk}")
@require_safe
def detail(request, pk, slug):
    """The article page."""
    article = readable(pk)
    if article.state == Article.State.WITHDRAWN:
        return gone(request, article)
    if request.path != (url := article.get_absolute_url()) and slug != article.slug:
        return redirect(url, permanent=True)
    return render(request, "articles/detail.html", detail_context(article))


def detail_context(article, tags=None):
    """Return what the article page shows of `article`, whose `tags` may be others for once."""
    if tags is None:
        tags = tags_of(article.pk)
        article.byline_authors = [byline.author for byline in bylines_of(article.pk)]
    companions = companions_of(article)
    corrections = list(article.corrections.published()) if article.corrected_at else []
    text, contents = with_anchors(article.body_html)
    return {
        "article": article,
        "current_section": article.section,
        "tags": tags,
        "companions": companions,
        "corrections": corrections,
        "metadata": article_metadata(article, tags, corrections),
        "minutes": minutes_of(article.body_html),
        "text": text,
        "contents": contents,
    }


@require_safe
def short(request, pk):
    """The address for sharing, without the slug: leads to the article."""
    article = readable(pk)
    if article.state == Article.State.WITHDRAWN:
        return gone(request, article)
    return redirect(article, permanent=True)


@require_safe
def card(request, pk, version):
    """The headline card of an article; an earlier one leads to that of today."""
    article = get_object_or_404(Article.objects.published().select_related("section"), pk=pk)
    card = card_of(article, Masthead.load())
    if request.path != card.url:
        return redirect(card.url)
    response = FileResponse(opened(card), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={CARD_SECONDS}"
    return response


@kept()
@require_safe
def qr(request, pk):
    """The short address of an article, for a camera."""
    article = get_object_or_404(Article.objects.published().only("pk"), pk=pk)
    code = segno.make(absolute(article.get_short_url()), error="m")
    response = HttpResponse(content_type="image/svg+xml")
    code.save(response, kind="svg", scale=8, light="#fff")
    return response


@kept()
@require_safe
def saved(request):
    """What this device keeps for later; the list is known to the device alone."""
    return render(request, "articles/saved.html")


def listing(request, template, articles, **context):
    """Render a paged list of cards."""
    page = page_of(articles.for_cards(), request.GET)
    return render(request, template, {"page": page, **context})


@kept(*PAGED, on=COMMENTS)
@require_safe
def section(request, slug):
    section = get_object_or_404(Section, slug=slug)
    articles = Article.objects.published().in_section(section)
    return listing(
        request, "articles/section.html", articles, section=section, current_section=section
    )


@kept(*PAGED, on=COMMENTS)
@require_safe
def tag(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    articles = Article.objects.published().tagged_with(tag)
    return listing(request, "articles/tag.html", articles, tag=tag)


@kept(*PAGED, on=COMMENTS)
@require_safe
def series(request, slug):
    """All parts of a series, the first part first."""
    series = get_object_or_404(Series, slug=slug)
    articles = Article.objects.published().in_series(series).for_cards()
    parts = page_in_order(articles.order_by("series_position", "published_at", "pk"), request.GET)
    return render(request, "articles/series.html", {"series": series, "page": parts})


@kept()
@require_safe
def archive(request):
    """The months in which the paper appeared, newest first."""
    return render(request, "articles/archive.html", {"months": Article.objects.months()})


@kept(*PAGED, on=COMMENTS)
@require_safe
def month(request, year, month):
    if not (1 <= month <= 12 and 1900 <= year <= 2200):
        raise Http404
    articles = Article.objects.published().in_month(year, month)
    first_day = timezone.datetime(year, month, 1).date()
    return listing(request, "articles/month.html", articles, month=first_day)


@kept("by", "section", on=COMMENTS)
@require_safe
def popular(request):
    """What is read most, of all or of a section, this hour, day or week; or talked about most."""
    form = PopularForm(request.GET)
    articles = Article.objects.published()
    if form.section:
        articles = articles.in_section(form.section)
    ranked = ranking(articles, form.by)
    if not ranked and not form.is_chosen:  # a paper of which nothing is counted yet
        form.by = "comments"
        ranked = ranking(articles, form.by)
    return render(request, "articles/popular.html", {"form": form, "ranked": ranked})


def ranking(articles, by):
    """Return the first cards of a list: most read of a period, or by comments."""
    if by == "comments":
        ranked = articles.show_comments().most_discussed()
    else:
        ranked = articles.most_read(by, faded(by), PAGE_SIZE)
    return list(ranked.for_cards()[:PAGE_SIZE])


@kept(*PAGED)
@require_safe
def corrections(request):
    """The public ledger of corrections, newest first."""
    entries = Correction.objects.published().for_ledger()
    return render(request, "articles/corrections.html", {"page": page_of(entries, request.GET)})


@kept()
@require_safe
def page(request, slug):
    """A page that stands still; its body may hold what an article's may."""
    page = get_object_or_404(Page, slug=slug, is_published=True)
    return render(request, "articles/page.html", {"page": page, "body": render_body(page.body)[0]})
