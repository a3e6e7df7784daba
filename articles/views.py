"""What readers read: articles, and the lists that lead to them."""

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.body import render_body
from articles.companions import companions_of, related_cards
from articles.forms import SearchForm
from articles.metadata import article_metadata
from articles.models import Article, Correction, Page, Section, Series, Tag
from newsroom.paging import PAGE_SIZE, page_in_order, page_of


def readable(pk):
    """Return the article that readers may see, or the 404 and 410 answers it deserves."""
    article = get_object_or_404(Article.objects.for_detail(), pk=pk)
    if article.state == Article.State.WITHDRAWN:
        return article
    if not article.is_published:
        raise Http404
    return article


def gone(request, article):
    """The page of a withdrawn article: that it stood here, and why it does not any more."""
    context = {"article": article}
    return render(request, "articles/withdrawn.html", context, status=410)


@require_safe
def detail(request, pk, slug):
    """The article page."""
    article = readable(pk)
    if article.state == Article.State.WITHDRAWN:
        return gone(request, article)
    if request.path != (url := article.get_absolute_url()) and slug != article.slug:
        return redirect(url, permanent=True)
    return render(request, "articles/detail.html", detail_context(article))


def detail_context(article):
    """Return what the article page shows of `article`."""
    tags = list(article.tags.all())
    tag_ids = [tag.pk for tag in tags]
    related = related_cards(timezone.now(), article.pk, article.section_id, tag_ids)
    corrections = list(article.corrections.published()) if article.corrected_at else []
    return {
        "article": article,
        "current_section": article.section,
        "tags": tags,
        "related": related,
        "companions": companions_of(article),
        "corrections": corrections,
        "metadata": article_metadata(article, tags, corrections),
    }


@require_safe
def short(request, pk):
    """The address for sharing, without the slug: leads to the article."""
    article = readable(pk)
    if article.state == Article.State.WITHDRAWN:
        return gone(request, article)
    return redirect(article, permanent=True)


def listing(request, template, articles, **context):
    """Render a paged list of cards."""
    page = page_of(articles.for_cards(), request.GET)
    return render(request, template, {"page": page, **context})


@require_safe
def section(request, slug):
    section = get_object_or_404(Section, slug=slug)
    articles = Article.objects.published().in_section(section)
    return listing(
        request, "articles/section.html", articles, section=section, current_section=section
    )


@require_safe
def tag(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    articles = Article.objects.published().tagged_with(tag)
    return listing(request, "articles/tag.html", articles, tag=tag)


@require_safe
def series(request, slug):
    """All parts of a series, the first part first."""
    series = get_object_or_404(Series, slug=slug)
    articles = Article.objects.published().filter(series=series).for_cards()
    parts = page_in_order(articles.order_by("series_position", "published_at", "pk"), request.GET)
    return render(request, "articles/series.html", {"series": series, "page": parts})


@require_safe
def archive(request):
    """The months in which the paper appeared, newest first."""
    months = (
        Article.objects.published()
        .order_by()
        .values(month=TruncMonth("published_at"))
        .annotate(number=Count("pk"))
        .order_by("-month")
    )
    return render(request, "articles/archive.html", {"months": months})


@require_safe
def month(request, year, month):
    if not (1 <= month <= 12 and 1900 <= year <= 2200):
        raise Http404
    articles = Article.objects.published().in_month(year, month)
    first_day = timezone.datetime(year, month, 1).date()
    return listing(request, "articles/month.html", articles, month=first_day)


@require_safe
def search(request):
    """Articles whose text contains every word of the question."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "articles/search.html", {"form": form, "page": None})
    words = form.cleaned_data["q"].split()
    if not words:
        return render(request, "articles/search.html", {"form": form, "page": None})
    articles = Article.objects.published().containing(words)
    if form.cleaned_data["section"]:
        articles = articles.in_section(form.cleaned_data["section"])
    return listing(request, "articles/search.html", articles, form=form)


@require_safe
def popular(request):
    """What readers talk about most, this month and this year."""
    articles = Article.objects.published().show_comments()
    ranked = articles.most_discussed().for_cards()[:PAGE_SIZE]
    return render(request, "articles/popular.html", {"ranked": ranked})


@require_safe
def corrections(request):
    """The public ledger of corrections, newest first."""
    entries = Correction.objects.published().for_ledger()
    return render(request, "articles/corrections.html", {"page": page_of(entries, request.GET)})


@require_safe
def page(request, slug):
    """A page that stands still; its body may hold what an article's may."""
    page = get_object_or_404(Page, slug=slug, is_published=True)
    return render(request, "articles/page.html", {"page": page, "body": render_body(page.body)[0]})
