"""Tags renamed, merged and proposed. Old addresses, and texts that still hold the old name,
lead to the tag of now.
"""

import re
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from articles.middleware import normal_path
from articles.models import Article, OldAddress, Tag, TaggedArticle
from articles.search import index
from authors.models import free_slug
from newsroom.addresses import address
from newsroom.text import clean, korean_slug, plain

PAGES = [("articles:tag", ()), ("articles:tag_feed", ("xml",)), ("articles:tag_feed", ("json",))]
PROPOSED = 8
LATELY = 100  # articles of the section whose tags are looked at
USED_LATELY = 3  # how many of them have a tag that is proposed for the section
LETTER = re.compile(r"[^\W_]")
APART = re.compile(r"\W+")


def check_name(name):
    """Raise ValidationError for what is too long for a tag, or has nothing to be called by."""
    if len(name) > Tag._meta.get_field("name").max_length:
        text = _("A tag has 60 letters at most: “%s…” is longer.")
        raise ValidationError(text % name[:20])
    if not LETTER.search(name):
        raise ValidationError(_("“%s” is no tag: it has neither a letter nor a digit.") % name)


@transaction.atomic
def rename(tag, name):
    """Give the tag another name; its address follows, and the old one leads there."""
    old, tag.name = tag.slug, name
    if korean_slug(name, 60) != korean_slug(old, 60):
        tag.slug = free_slug(Tag, name, "tag")
    tag.save()
    if tag.slug != old:
        lead_on(old, tag)
    index.refresh(list(tag.tagged.values_list("content_object", flat=True)))


@transaction.atomic
def merge(others, kept):
    """Let every article that has one of the tags `others` have `kept`, once, in its place."""
    tagged = TaggedArticle.objects.filter(tag__in=others)
    keys = list(tagged.values_list("content_object", flat=True).distinct())
    for tag in others:
        has_kept = TaggedArticle.objects.filter(tag=kept).values("content_object")
        tag.tagged.exclude(content_object__in=has_kept).update(tag=kept)
        tag.delete()
        lead_on(tag.slug, kept)
    index.refresh(keys)


def lead_on(slug, tag):
    """Let the page and the feed that a tag had under `slug` lead to those of `tag`."""
    for name, rest in PAGES:
        old, new = (unquote(address(name, part, *rest)) for part in (slug, tag.slug))
        OldAddress.objects.filter(path=normal_path(new)).delete()
        OldAddress.objects.filter(target=old).update(target=new)
        there = {"article": None, "target": new}
        OldAddress.objects.update_or_create(path=normal_path(old), defaults=there)


def of_now(names):
    """Return `names`, those of tags that were renamed or merged as the tags are called now."""
    paths = {
        normal_path(unquote(address("articles:tag", korean_slug(n, 60) or "-"))): n for n in names
    }
    moved = dict(OldAddress.objects.filter(path__in=paths).values_list("path", "target"))
    if not moved:
        return names
    slugs = [page.rstrip("/").rpartition("/")[2] for page in (*moved, *moved.values())]
    there = {
        unquote(tag.get_absolute_url()): tag.name for tag in Tag.objects.filter(slug__in=slugs)
    }
    now = {
        paths[path]: there[target]
        for path, target in moved.items()
        if target in there and f"{path}/" not in there
    }
    return [now.get(name, name) for name in names]


def proposed(content):
    """Return names of tags that a text may want: those that it names, then its section's own."""
    text = in_words(f"{content['headline']} {content['lead']} {plain(content['body'])}")
    spelled = {name: in_words(name) for name in Tag.objects.values_list("name", flat=True)}
    named = [name for name, words in spelled.items() if len(words) > 2 and words in text]
    named.sort(key=len, reverse=True)  # the longer says more
    taken = {name.casefold() for name in content["tags"]}
    names = dict.fromkeys([*named, *usual_in(content["section"])])
    return [name for name in names if name.casefold() not in taken][:PROPOSED]


def in_words(text):
    """Return the words of `text`, a space before each: what begins a word may end in a particle."""
    return f" {APART.sub(' ', clean(text).casefold()).strip()}"


def usual_in(section):
    """Return the names of the tags that articles of a section mostly have, of late."""
    if section is None:
        return []
    lately = Article.objects.published().in_section(section).latest_first().values("pk")[:LATELY]
    used = Tag.objects.filter(tagged__content_object__in=lately).annotate(number=Count("tagged"))
    often = used.filter(number__gte=USED_LATELY).order_by("-number", "name")
    return list(often.values_list("name", flat=True)[:PROPOSED])
