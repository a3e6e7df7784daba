"""Threads for any page, and the words of a comment as HTML."""

import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment
from comments.pages import conversation
from comments.threads import read_thread
from newsroom.addresses import address
from newsroom.forms import make_token
from newsroom.templatetags.newsroom import day, stamp, time

register = template.Library()

LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'`]+", re.IGNORECASE)
AFTER_LINK = ".,!?:;…·~”’』」》〉"  # ends a sentence rather than an address
# A particle that is written against a bare host name: example.com에서.
PARTICLE = re.compile(r"(?<=[a-z0-9])[가-힣]+$", re.IGNORECASE)


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comment_thread(context, article):
    """The comments of an article with their form, the newest first."""
    masthead = context["masthead"]
    shown = conversation(article, masthead, read_thread(article))
    if shown["is_open"]:
        values = {"token": make_token(f"comment.{article.pk}"), "thread_url": shown["thread_url"]}
        shape = (masthead.comments_max_length, shown["is_approved_first"])
        shown["form_html"] = fill(uncached(drawn_form)(get_language(), *shape), values)
    return shown


@lru_cache(maxsize=20)
def drawn_form(language, longest, is_approved_first):
    """Return the empty form: HTML and names of values in turn, as `drawn()` does."""
    form = CommentForm(article=Article(pk=0), longest=longest, initial={"token": mark("token")})
    context = {"form": form, "thread_url": mark("thread_url")}
    context["is_approved_first"] = is_approved_first
    return render_to_string("comments/_form.html", context).split("\0")


@register.simple_tag(takes_context=True)
def latest_comments(context, number=5):
    """The newest comments that readers may see, with their articles; none that is folded."""
    folded = context["masthead"].comments_fold_reports
    return (
        Comment.objects.visible()
        .on_published()
        .exclude(report_count__gte=folded, staff=None)
        .select_related("article")
        .only("author_name", "text", "created_at", "article__headline", "article__slug")
        .order_by("-pk")[:number]
    )


VALUES = ("pk", "name", "answered", "url", "time", "text", "up", "down", "thread_url", "day")


@register.simple_tag
def comment_html(comment, is_open=False, folds_at=0, is_quoted=False):
    """A comment as it stands in a thread; with votes and reports where `folds_at` is given.

    A page holds two hundred of them, and drawing each by the template engine would take
    longer than all the rest. So the template is drawn once for every shape that a comment
    can have, with marks in place of the values, and then filled.
    """
    is_visible, is_staff = comment.is_visible, bool(comment.staff_id)
    shape = {"is_visible": is_visible, "state": "" if is_visible else comment.state}
    shape["is_quoted"] = is_quoted  # it may stand on the page again: only there it has its id
    if is_visible:
        is_nested = getattr(comment, "is_nested", False) and comment.parent_state == "approved"
        shape |= {
            "is_staff": is_staff,
            "is_pinned": comment.is_pinned,
            "is_nested": is_nested,
            "is_deep": is_nested and comment.is_deep,
            "is_edited": bool(comment.edited_at),
            "is_folded": bool(folds_at) and comment.report_count >= folds_at and not is_staff,
            "has_tools": bool(folds_at),
            "is_open": is_open,
        }
    values = {
        "pk": str(comment.pk),
        "name": escape(comment.author_name),
        "answered": escape(comment.parent_name) if shape.get("is_nested") else "",
        "url": comment.get_absolute_url(),
        "time": time(comment.created_at),
        "text": comment_text(comment.text) if is_visible else "",
        "up": str(comment.up_count or ""),
        "down": str(comment.down_count or ""),
        "thread_url": address("comments:thread", comment.article_id),
        "day": day(comment.blinded_until) if comment.blinded_until else "",
    }
    return fill(uncached(drawn)(get_language(), *shape.items()), values)


@register.simple_tag
def thread_html(thread, is_open, folds_at):
    """The comments of a page of a thread, each above the list of its answers."""
    language, parts = get_language(), []
    for comment in thread.comments:
        parts += ["<li>", comment_html(comment, is_open, folds_at)]
        opening = uncached(drawn_opening)(language, comment.reply_count)
        parts.append(opening if comment.has_children else "</li>")
        for left in reversed(comment.closes):
            if not left and getattr(comment, "more_of", None):
                root = comment.more_of
                values = {"name": escape(root.author_name), "url": root.get_absolute_url()}
                parts.append(fill(uncached(drawn_more)(language), values))
            parts.append("</ol></details></li>")
    return mark_safe("".join(parts))  # drawn by templates, and put together here


@lru_cache(maxsize=500)
def drawn_opening(language, number):
    """Return what stands between a comment and its answers: a fold that says how many."""
    return render_to_string("comments/_opening.html", {"number": number})


@lru_cache(maxsize=20)
def drawn_more(language):
    """Return the link to the rest of the answers: HTML and names of values in turn."""
    return render_to_string(
        "comments/_more.html", {name: mark(name) for name in ("name", "url")}
    ).split("\0")


@lru_cache(maxsize=500)
def drawn(language, *shape):
    """Return the template of a comment of this shape: HTML and names of values in turn."""
    marks = {name: mark(name) for name in VALUES}
    return render_to_string("comments/_comment.html", dict(shape) | marks).split("\0")


def mark(name):
    """Return what stands in a drawn template for the value `name`; no text holds a NUL."""
    return f"\0{name}\0"


def fill(parts, values):
    """Return a drawn template with its values, which are escaped, in their places."""
    filled = (values[part] if place % 2 else part for place, part in enumerate(parts))
    return mark_safe("".join(filled))  # templates and escaped values only


def uncached(draw):
    """Return `draw` without its cache in development, where templates change."""
    return draw.__wrapped__ if settings.DEBUG else draw


@register.filter
def clock(moment):
    """오후 3:12 (in English: 3:12 p.m.): the time of day alone."""
    return stamp(moment).split(" ", 1 if get_language() == "ko" else 3)[-1]


@register.filter
def comment_text(text):
    """A comment as HTML: nothing but paragraphs, quotes (>) and links that pass no credit."""
    blocks = []  # [is a quote, lines]; an empty line ends a block
    for line in text.split("\n"):
        line = line.strip()
        is_quote = line.startswith(">")
        if not line:
            blocks.append([None, []])
            continue
        if not blocks or blocks[-1][0] is not is_quote:
            blocks.append([is_quote, []])
        blocks[-1][1].append(linked(line[1:].strip() if is_quote else line))
    return mark_safe("".join(block(*each) for each in blocks if each[1]))  # escaped in linked()


def block(is_quote, lines):
    words = "<br>".join(lines)
    return f"<blockquote><p>{words}</p></blockquote>" if is_quote else f"<p>{words}</p>"


def linked(line):
    """Return a line as HTML, its addresses as links."""
    parts, end = [], 0
    for match in LINK.finditer(line):
        address = address_in(match[0])
        if "." not in address[4:]:
            continue
        parts.append(escape(line[end : match.start()]))
        url = escape(address if address[:4].lower() == "http" else f"https://{address}")
        parts.append(f'<a href="{url}" rel="nofollow ugc noopener">{escape(address)}</a>')
        end = match.start() + len(address)
    return "".join([*parts, escape(line[end:])])


def address_in(text):
    """Return the address that `text` begins with, without the sentence around it."""
    while text and (text[-1] in AFTER_LINK or (text[-1] == ")" and "(" not in text)):
        text = text[:-1]
    host = text.split("//", 1)[-1]
    return PARTICLE.sub("", text) if "/" not in host and "?" not in host else text
