"""Threads for any page, and the words of a comment as HTML."""

import re
from html import escape

from django import template
from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment
from comments.pages import conversation
from comments.threads import read_thread
from newsroom.addresses import address
from newsroom.drawn import draw, fill, kept, mark
from newsroom.forms import make_token
from newsroom.prepared import prepared
from newsroom.templatetags.newsroom import day, stamp, time

register = template.Library()

LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'`]+", re.IGNORECASE)
AFTER_LINK = ".,!?:;…·~”’』」》〉"  # ends a sentence rather than an address
MOST_A_DAY = 2000  # comments that are looked at for what is discussed today
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
        shown["form_html"] = fill(empty_form(get_language(), *shape), values)
    return shown


@kept
def empty_form(_language, longest, is_approved_first):
    """Return the template of an empty form: HTML and names of values in turn."""
    form = CommentForm(article=Article(pk=0), longest=longest, initial={"token": mark("token")})
    context = {"form": form, "thread_url": mark("thread_url")}
    context["is_approved_first"] = is_approved_first
    return render_to_string("comments/_form.html", context).split("\0")


@register.simple_tag(takes_context=True)
def latest_comments(context):
    """The newest comments that readers may see, with their articles; none that is folded."""
    return newest_comments(timezone.now(), context["masthead"].comments_fold_reports)


@prepared
def newest_comments(now, folds_at):
    """The newest comments on articles published by `now`, with fewer reports than fold them."""
    comments = Comment.objects.visible().on_published(now).select_related("article")
    shown = comments.exclude(report_count__gte=folds_at, staff=None).order_by("-pk")
    return shown.only("author_name", "text", "created_at", "article__headline", "article__slug")[:3]


@register.simple_tag
def waiting_comments():
    """How many comments wait for a moderator."""
    return Comment.objects.queued().order_by().count()


@register.simple_tag
def discussed_today(number=5):
    """The articles that most was said about today, each with how much (`said_today`)."""
    newest = Comment.objects.visible().order_by("-pk").values("pk")[:MOST_A_DAY]
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    said = Article.objects.published().filter(
        comments__in=newest, comments__created_at__gte=midnight
    )
    said = said.only("headline", "slug").annotate(said_today=Count("comments"))
    return said.order_by("-said_today", "-pk")[:number]


@register.simple_tag
def comment_html(comment, is_open=False, folds_at=0, is_quoted=False):
    """A comment as it stands in a thread; with votes and reports where `folds_at` is given."""
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
    return draw("comments/_comment.html", shape, values)


@register.simple_tag
def thread_html(thread, is_open, folds_at):
    """The comments of a page of a thread, each above the list of its answers."""
    parts = []
    for comment in thread.comments:
        parts += ["<li>", comment_html(comment, is_open, folds_at)]
        if comment.has_children:
            parts.append(draw("comments/_opening.html", {"number": comment.reply_count}, {}))
        else:
            parts.append("</li>")
        for left in reversed(comment.closes):
            if not left and getattr(comment, "more_of", None):
                root = comment.more_of
                values = {"name": escape(root.author_name), "url": root.get_absolute_url()}
                parts.append(draw("comments/_more.html", {}, values))
            parts.append("</ol></details></li>")
    return mark_safe("".join(parts))  # drawn by templates, and put together here


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
