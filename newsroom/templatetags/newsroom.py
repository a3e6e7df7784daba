"""Display helpers for any page: times as Koreans write them, particles, icons."""

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from newsroom.drawn import kept
from newsroom.models import Masthead
from newsroom.text import particle

register = template.Library()


@register.filter
def stamp(moment):
    """2026.11.23. 오전 9:10 (in English: Nov. 23, 2026, 9:10 a.m.)."""
    moment = timezone.localtime(moment)
    if get_language() != "ko":
        return format_date(moment, "N j, Y, P")
    half, hour = ("오전", moment.hour) if moment.hour < 12 else ("오후", moment.hour - 12)
    return f"{moment:%Y.%m.%d.} {half} {hour or 12}:{moment:%M}"


@register.filter
def day(moment):
    """2026.11.23. (in English: Nov. 23, 2026)."""
    if hasattr(moment, "hour"):
        moment = timezone.localtime(moment)
    return f"{moment:%Y.%m.%d.}" if get_language() == "ko" else format_date(moment, "N j, Y")


def long_day(moment):
    """2026년 11월 23일 월요일 (in English: Monday, November 23, 2026)."""
    pattern = "Y년 n월 j일 l" if get_language() == "ko" else "l, F j, Y"
    return format_date(timezone.localtime(moment), pattern)


STYLES = {"stamp": stamp, "day": day, "long": long_day}


@register.filter
def iso(moment):
    """A time as machines read it, 2026-11-23T09:10:00+09:00, or a day, 2026-11-23."""
    if not hasattr(moment, "hour"):
        return moment.isoformat()
    return timezone.localtime(moment).isoformat(timespec="seconds")


@register.simple_tag
def time(moment, style="stamp"):
    """A <time> element that people and machines read: {% time article.published_at %}."""
    return time_in(get_language(), moment, style)


@kept
def time_in(_language, moment, style):
    return format_html('<time datetime="{}">{}</time>', iso(moment), STYLES[style](moment))


@register.simple_tag(takes_context=True)
def frame(context, name):
    """A part of what stands around every page: "head", "sections" or "footer".

    It is drawn anew only when the masthead, the navigation or the section is another.
    """
    section = getattr(context.get("current_section"), "name", "")
    inputs = (context["masthead"].values, *context["navigation"], section)
    return drawn_frame(name, get_language(), *inputs)


@kept
def drawn_frame(name, _language, masthead, sections, pages, section):
    context = {"masthead": Masthead(*masthead), "sections": sections, "pages": pages}
    return render_to_string(f"partials/_{name}.html", context | {"section": section})


@register.filter
def josa(word, pair):
    """The word with the particle that follows it: {{ name|josa:"이/가" }}."""
    return f"{word}{particle(str(word), pair)}"


@register.filter
def absolute(path):
    """The address with the site's own scheme and host in front."""
    return path if str(path).startswith("http") else f"{settings.SITE_URL}{path}"


ICONS = {
    path.stem: mark_safe(path.read_text(encoding="utf-8").strip())  # ours, from the repository
    for path in (settings.BASE_DIR / "templates" / "icons").glob("*.svg")
}


@register.simple_tag
def icon(name):
    """One of our line drawings, in the text's own colour."""
    return ICONS[name]
