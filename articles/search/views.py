"""The search page, and what is suggested while somebody types."""

from django.db.models import Exists, F, OuterRef, Q, Value
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from articles.forms import BY_DATE, FILTERS, SearchForm
from articles.models import Article, Section, Series, Tag, TaggedArticle
from articles.search.facets import facets_of
from articles.search.finding import find
from articles.search.marks import show_marks
from articles.search.question import Question
from articles.search.vocabulary import corrected, suggestions
from authors.models import Author
from newsroom.addresses import address
from newsroom.paging import page_in_order, page_of_keys

PLACES = 12  # authors, sections, series and tags that a search leads to
LOOKED_AT = 100  # of a kind that are called so, before it is known which of them lead somewhere
NAMED = 4  # words of a question that may name one of them: nothing is called like a sentence
KINDS = {
    "author": (_("Author"), "authors:detail"),
    "section": (_("Section"), "articles:section"),
    "series": (_("Series"), "articles:series"),
    "tag": (_("Tag"), "articles:tag"),
}
SUGGESTED_LENGTH = 40  # characters of a beginning that is completed
HEADINGS = {"period": _("Period"), **{kind: label for kind, (label, _name) in KINDS.items()}}


@require_safe
def search(request):
    """What a question finds: articles, and authors, sections, series and tags of that name."""
    form = SearchForm(request.GET)
    question = form.is_valid() and Question(form.cleaned_data["q"])
    if not question:
        asked = form.is_valid() and form.cleaned_data["q"]
        return render(request, "articles/search.html", {"form": form, "asked": asked})
    articles = form.narrow(Article.objects.published())
    found = find(question, articles)
    by_date = form.cleaned_data["sort"] == BY_DATE
    published, fields = Article.objects.published(), ("lead", "body_text")
    others = []
    if by_date:
        rows = published.with_keys(found.keys).for_cards(*fields)
        page = page_in_order(rows.latest_first(), request.GET)
    else:
        page = page_of_keys(found.ranked, request.GET)
        rows = published.with_keys([*page.articles, *found.others]).for_cards(*fields)
        there = {article.pk: article for article in rows}
        page.articles, others = (
            [there[key] for key in keys if key in there] for keys in (page.articles, found.others)
        )
    show_marks([*page.articles, *others], found.words)
    context = {
        "form": form,
        "page": page,
        "found": found,
        "others": others,
        "by_date": by_date,
        "chosen": list(form.chosen()),
        "best_first": form.address(sort=None),
        "newest_first": form.address(sort=BY_DATE),
        "facets": links(form, found.keys) if found.keys else [],
        "places": places(question) if page.number == 1 else [],
        "hint": hint(form, question) if found.is_partial or not found.keys else None,
    }
    return render(request, "articles/search.html", context)


def links(form, keys):
    """Return [(heading, [(label, number of articles, address)])] of what narrows the search."""
    facets = facets_of(keys)
    return [
        (
            HEADINGS[name],
            [(label, n, form.address(**{name: value})) for value, label, n in facets[name]],
        )
        for name in FILTERS
        if facets[name] and not form.cleaned_data[name]
    ]


def hint(form, question):
    """Return (text, address) of what may have been meant, or None."""
    text = corrected(question, Article.objects.published())
    return text and (text, form.address(q=text, **dict.fromkeys(FILTERS)))


def places(question):
    """Return (kind, name, address) of authors, sections, series and tags that are called so."""
    if len(question.words) > NAMED:
        return []
    published = Article.objects.published()
    tagged = TaggedArticle.objects.filter(content_object__in=published, tag=OuterRef("pk"))
    serial = published.filter(series=OuterRef("pk"))
    first, *others = (
        named("author", Author.objects.all(), "name", question),
        named("section", Section.objects.all(), "name", question),
        named("series", Series.objects.filter(Exists(serial)), "title", question),
        named("tag", Tag.objects.filter(Exists(tagged)), "name", question),
    )
    rows = first.union(*others).order_by("called")[:PLACES]
    return [(KINDS[kind][0], name, address(KINDS[kind][1], slug)) for kind, name, slug in rows]


def named(kind, rows, field, question):
    query = Q()
    for word in question.words:  # in whose text its stem stands too
        query |= Q(**{f"{field}__icontains": word.stem.text})
    found = rows.model.objects.filter(query).order_by(field, "pk").values("pk")[:LOOKED_AT]
    rows = rows.filter(pk__in=found).order_by().annotate(kind=Value(kind), called=F(field))
    return rows.values_list("kind", "called", "slug")


@require_safe
def suggest(request):
    """JSON: {"words": [text], "articles": [{"headline", "url"}]} that complete `q`."""
    text = request.GET.get("q", "")[:SUGGESTED_LENGTH]
    words, articles = suggestions(text, Article.objects.published())
    found = [{"headline": a.headline, "url": a.get_absolute_url()} for a in articles]
    return JsonResponse(
        {"words": words, "articles": found}, json_dumps_params={"ensure_ascii": False}
    )
