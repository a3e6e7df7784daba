"""Reading a thread, writing a comment, and the address of every comment."""

import hashlib

from django.core import signing
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment
from comments.policy import is_open
from comments.threads import read_replies, read_thread
from newsroom.forms import public_form
from newsroom.models import Masthead
from newsroom.paging import whole_number

STATUS_SALT = "comment-status"


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request, pk):
    """GET: the thread of an article, page by page. POST: a new comment."""
    article = get_object_or_404(
        Article.objects.published().show_comments().select_related("section"), pk=pk
    )
    if request.method == "POST":
        return create(request, article)
    form = CommentForm(article=article, initial={"parent": parent_of(request.GET, article)})
    return thread_page(request, article, form)


def thread_page(request, article, form, status=200):
    before = whole_number(request.GET.get("before", "0"))
    masthead = Masthead.load()
    context = {
        "masthead": masthead,
        "article": article,
        "form": form,
        "thread": read_thread(article, before),
        "replied_to": form.replied_to,
        "is_open": is_open(article, masthead),
    }
    return render(request, "comments/thread.html", context, status=status)


def parent_of(query, article):
    """Return the visible comment that the form answers, or None."""
    number = whole_number(query.get("reply_to", "0"))
    if number <= 0:
        return None
    return Comment.objects.visible().filter(article=article, pk=number).first()


def create(request, article):
    """Keep a comment as pending; sent twice, it is kept once."""
    form = CommentForm(request.POST, article=article)
    if not is_open(article, Masthead.load()):
        form.add_error(None, _("Comments on this article are closed."))
    if not form.is_valid():
        return thread_page(request, article, form, status=422)
    key = submission_key(form.cleaned_data)
    try:
        with transaction.atomic():
            comment = form.save(key)
    except IntegrityError:
        comment = get_object_or_404(Comment, submission_key=key)
    return redirect("comments:status", token=signing.dumps(comment.pk, salt=STATUS_SALT))


def submission_key(data):
    """Return what makes two sendings the same: the form, the writer and the words."""
    parent = data["parent"].pk if data["parent"] else ""
    parts = (data["token"], data["email"], data["author_name"], str(parent), data["text"])
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@never_cache
@require_safe
def status(request, token):
    """What became of a comment, for the one who wrote it."""
    try:
        pk = signing.loads(token, salt=STATUS_SALT)
    except signing.BadSignature:
        raise Http404 from None
    comment = get_object_or_404(Comment.objects.select_related("article"), pk=pk)
    response = render(request, "comments/status.html", {"comment": comment})
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def detail(request, pk):
    """One comment with what it answers and what answers it."""
    comment = get_object_or_404(
        Comment.objects.shown().on_published().select_related("article", "article__section"), pk=pk
    )
    after = request.GET.get("after", "")[:300]
    ancestors = Comment.objects.shown().for_thread().in_bulk(comment.ancestor_ids)
    masthead = Masthead.load()
    context = {
        "masthead": masthead,
        "comment": comment,
        "article": comment.article,
        "ancestors": [ancestors[pk] for pk in comment.ancestor_ids if pk in ancestors],
        "replies": read_replies(comment, after),
        "is_open": is_open(comment.article, masthead),
    }
    return render(request, "comments/detail.html", context)
