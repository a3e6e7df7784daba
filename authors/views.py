"""The page of an author."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from articles.models import Article
from authors.models import Author
from newsroom.changes import COMMENTS
from newsroom.pagecache import kept
from newsroom.paging import PAGED, page_of


@kept(*PAGED, on=COMMENTS)
@require_safe
def detail(request, slug):
    """Who an author is, and what they wrote, newest first."""
    author = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    articles = Article.objects.published().by_author(author).for_cards()
    context = {"author": author, "page": page_of(articles, request.GET)}
    return render(request, "authors/detail.html", context)
