"""Threads for any page."""

from django import template
from django.utils.html import escape, urlize
from django.utils.safestring import mark_safe

from comments.forms import CommentForm
from comments.models import Comment
from comments.policy import is_open, is_readable
from comments.threads import Thread, read_thread

register = template.Library()


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comment_thread(context, article):
    """The comments of an article with their form; no query where there are none."""
    masthead = context["masthead"]
    thread = read_thread(article) if article.comment_count else Thread([])
    return {
        "article": article,
        "thread": thread,
        "form": CommentForm(article=article),
        "is_readable": is_readable(article, masthead),
        "is_open": is_open(article, masthead),
    }


@register.simple_tag
def latest_comments(number=5):
    """The newest comments that readers may see, with their articles."""
    return (
        Comment.objects.visible()
        .on_published()
        .select_related("article")
        .only("author_name", "text", "created_at", "article__headline", "article__slug")
        .order_by("-pk")[:number]
    )


@register.filter
def comment_text(text):
    """A comment as HTML: nothing but paragraphs, quotes (>) and links that pass no credit."""
    if "http" in text or "www." in text:
        html = urlize(text, nofollow=True, autoescape=True)
        html = html.replace(' rel="nofollow"', ' rel="nofollow ugc noopener"')
    else:
        html = escape(text)
    parts = []
    for line in html.split("\n"):
        if line.startswith("&gt;"):
            parts.append(f"<q>{line[4:].strip()}</q>")
        else:
            parts.append(line)
    return mark_safe("<br>".join(parts))  # escaped above, line by line
