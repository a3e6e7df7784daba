"""Reading a thread, writing a comment, and the address of every comment."""

import logging
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import OperationalError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from articles.models import Article
from comments import guests, reports, votes, writing
from comments.forms import CommentForm, ReportForm
from comments.models import Comment
from comments.pages import VOTE_TOKEN, conversation
from comments.policy import is_open
from comments.sources import sources_of
from comments.threads import ORDERS, read_replies, read_thread
from newsroom.forms import make_token, public_form, token_age
from newsroom.models import Masthead
from newsroom.pagecache import kept
from newsroom.paging import page_in_order, whole_number
from newsroom.text import clean, one_line

logger = logging.getLogger(__name__)
QUESTION_LENGTH, QUESTION_WORDS = 200, 10  # of which comments are searched for
COUNT_SECONDS = 30  # how long the number of comments may be kept by whoever asked


def commented_article(pk):
    """Return the published article whose comments readers may see, or raise Http404."""
    articles = Article.objects.published().show_comments().select_related("section")
    return get_object_or_404(articles, pk=pk)


@kept("order", "after", "reply_to", on="article-{pk}")
@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request, pk):
    """GET: the thread of an article, page by page. POST: a new comment."""
    article, masthead = commented_article(pk), Masthead.load()
    if request.method == "POST":
        return create(request, article, masthead)
    form = CommentForm(
        article=article,
        longest=masthead.comments_max_length,
        initial={"parent": parent_of(request.GET, article)},
    )
    return thread_page(request, article, masthead, form)


def thread_page(request, article, masthead, form, status=200):
    order = request.GET.get("order", "")
    order = order if order in ORDERS else ORDERS[0]
    after = clean(request.GET.get("after", ""))[:40]
    page = read_thread(article, order, after)
    context = {
        "masthead": masthead,
        "replied_to": form.replied_to,
        "is_continued": bool(after),
        **conversation(article, masthead, page, form),
    }
    return render(request, "comments/thread.html", context, status=status)


def parent_of(query, article):
    """Return the visible comment that the form answers, or None."""
    number = whole_number(query.get("reply_to", "0"))
    if number <= 0:
        return None
    return Comment.objects.visible().filter(article=article, pk=number).first()


def create(request, article, masthead):
    """Keep a comment; lead its writer to the page where they see what becomes of it."""
    form = CommentForm(request.POST, article=article, longest=masthead.comments_max_length)
    if not is_open(article, masthead):
        form.add_error(None, _("Comments on this article are closed."))
    if not form.is_valid():
        return thread_page(request, article, masthead, form, status=422)
    try:
        comment = writing.write(form, masthead, sources_of(request))
    except writing.AlreadyUsed:
        form.renew()
        form.add_error(None, _("One comment was sent with this form. Please send this one again."))
        return thread_page(request, article, masthead, form, status=422)
    except OperationalError:  # the disk is full, or the database takes nothing at present
        logger.exception("A comment could not be kept")
        form.add_error(
            None,
            _("Your comment could not be kept just now. Please send it again in a few minutes."),
        )
        return thread_page(request, article, masthead, form, status=503)
    page = f"{reverse('comments:mine', args=[comment.pk])}#message"
    return with_owner_token(redirect(page), comment)


def with_owner_token(response, comment):
    """Let the browser keep the token of a comment, for its private address alone."""
    response.set_cookie(
        guests.COOKIE,
        guests.owner_token(comment),
        max_age=guests.COOKIE_DAYS * 86_400,
        path=f"/comments/{comment.pk}/mine/",
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",  # a link in a mail leads here too; posting needs our own page
    )
    return response


@kept(on="article-{pk}")
@cache_control(public=True, max_age=COUNT_SECONDS)
@require_safe
def new(request, pk):
    """How many comments readers can see, as JSON: a page compares it with what it shows."""
    return JsonResponse({"count": commented_article(pk).comment_count})


@require_safe
def detail(request, pk):
    """One comment with what it answers and what answers it."""
    comment = get_object_or_404(
        Comment.objects.shown().on_published().select_related("article", "article__section"), pk=pk
    )
    after = clean(request.GET.get("after", ""))[:300]
    ancestors = Comment.objects.shown().for_thread().in_bulk(comment.ancestor_ids)
    masthead, replies = Masthead.load(), read_replies(comment, after)
    context = {
        "masthead": masthead,
        "comment": comment,
        "ancestors": [ancestors[pk] for pk in comment.ancestor_ids if pk in ancestors],
        "replies": replies,
        **conversation(comment.article, masthead, replies),
    }
    return render(request, "comments/detail.html", context)


@require_safe
def search(request):
    """Recent comments with all words of a question: the other tab of the search page."""
    text = one_line(request.GET.get("q", ""))[:QUESTION_LENGTH]
    comments = Comment.objects.visible().on_published()
    found = (
        comments.latest_with(text.split()[:QUESTION_WORDS]).select_related("article")
        if text
        else comments.none()
    )
    page = page_in_order(found, request.GET)
    context = {"question": text, "page": page, "rest": f"&{urlencode({'q': text})}"}
    return render(request, "comments/search.html", context)


def visible_comment(pk):
    """Return the comment that readers can see, or raise Http404."""
    comments = Comment.objects.visible().on_published().select_related("article")
    return get_object_or_404(comments, pk=pk)


@public_form
@require_POST
def vote(request, pk):
    """Agree (1), disagree (-1) or take it back (0); a script gets the counts as JSON."""
    comment = visible_comment(pk)
    value = {"1": 1, "-1": -1, "0": 0}.get(request.POST.get("vote"))
    if value is None or token_age(request.POST.get("token", ""), VOTE_TOKEN) is None:
        context = {"comment": comment, "vote_token": make_token(VOTE_TOKEN)}
        return render(request, "comments/vote.html", context, status=422)
    votes.vote(comment, sources_of(request), value)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"up": comment.up_count, "down": comment.down_count})
    return redirect(f"{came_from(request) or comment.get_absolute_url()}#comment-{comment.pk}")


def came_from(request):
    """Return the path of our own page that the reader came from, or None."""
    page = urlsplit(request.headers.get("Referer", ""))
    is_ours = page.netloc == request.get_host() and page.path.startswith("/")
    if not is_ours or page.path == request.path:
        return None
    query = f"?{page.query}" if page.query else ""
    return f"/{page.path.lstrip('/')}{query}"


@public_form
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request, pk):
    """Say what is wrong with a comment."""
    if "done" in request.GET:
        return render(request, "comments/reported.html", {"comment_id": pk})
    comment = visible_comment(pk)
    form = ReportForm(request.POST if request.method == "POST" else None, about=comment)
    if form.is_valid():
        data = form.cleaned_data
        reports.report(comment, sources_of(request), data["reason"], data["note"], data["email"])
        return redirect(f"{request.path}?done#message")
    return form_page(request, "comments/report.html", form, comment=comment)


def form_page(request, template, form, **context):
    """Show a form, empty or as it was sent with what is wrong in it."""
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, **context}, status=status)
