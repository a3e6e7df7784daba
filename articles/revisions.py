"""Every text that somebody saved is kept: the one door through which an article's text goes.

What is saved is a dict, `content`: headline, subtitle, lead, body, section, series,
series_position, hero, hero_caption, ai_assistance, tags (names), authors (keys in the order
of the bylines). Related rows stand in it by their keys.
"""

from django.db import transaction

from articles import tags
from articles.models import Article, Byline, Photo, Revision, Section, Series
from articles.search import index
from authors.models import Author
from newsroom.html import sanitise
from newsroom.text import clean, lines, one_line

Kind = Revision.Kind
ONE_LINE = ("headline", "subtitle", "hero_caption", "ai_assistance")
RELATED = {"section": Section, "series": Series, "hero": Photo}


def content_of(article):
    """Return the text of the article's row: what readers have, if it is public."""
    return {
        **{name: getattr(article, name) for name in (*ONE_LINE, "lead", "body")},
        **{name: getattr(article, f"{name}_id") for name in RELATED},
        "series_position": article.series_position,
        "tags": sorted(article.tags.values_list("name", flat=True)),
        "authors": list(article.bylines.values_list("author", flat=True)),
    }


def current(article):
    """Return the text that the desk goes on from: saved last, whether readers have it or not."""
    if article.working_copy_id is None:
        return content_of(article)
    return {**content_of(article), **article.working_copy.content}


def tidy(content):
    """Return `content` as a row would hold it, so that the same words are the same dict."""
    return {
        **content,
        **{name: one_line(content[name]) for name in ONE_LINE},
        "lead": lines(content["lead"]),
        "body": lines(sanitise(clean(content["body"]))),
        "tags": sorted({one_line(name) for name in content["tags"]}),
        "authors": list(dict.fromkeys(content["authors"])),
    }


def write(article, content):
    """Put `content` into the article's row, its bylines and its tags, and save it.

    What has been deleted since, a section or a photo, is left out.
    """
    for name in (*ONE_LINE, "lead", "body", "series_position"):
        setattr(article, name, content[name])
    for name, model in RELATED.items():
        setattr(article, name, model.objects.filter(pk=content[name]).first())
    authors = Author.objects.in_bulk(content["authors"])
    with transaction.atomic():
        article.save()
        article.tags.set(tags.of_now(content["tags"]))
        index.update(article)  # once more: tags are found as the headline is
        article.bylines.all().delete()
        Byline.objects.bulk_create(
            Byline(article=article, author_id=pk, position=place)
            for place, pk in enumerate(content["authors"])
            if pk in authors
        )
    article.__dict__.pop("byline_authors", None)


@transaction.atomic
def save(article, content, user, base, kind=Kind.SAVED, note=""):
    """Save `content`, written by `user` on the article's version `base`; return its Revision.

    The article is locked and read anew; a new one is made. If somebody else has saved other
    words since `base`, nothing is overwritten: the revision is of kind ASIDE. What readers
    have stays as it is until somebody publishes: the text becomes the working copy.
    """
    is_public = False
    if article._state.adding:
        content = tidy(content)
        write(article, content)
    else:
        lock(article)
        is_public = article.has_been_public
        before = current(article)
        content = tidy({**before, **content})
        if base != article.version and content != before:
            return make(article, content, user, Kind.ASIDE, note)
        if not article.revisions.exists():
            keep_first(article, before)
        if not is_public:
            write(article, content)
    revision = make(article, content, user, kind, note)
    article.version += 1
    article.working_copy = revision if is_public else None
    article.save(update_fields=["version", "working_copy", "updated_at"])
    return revision


def publish_working_copy(article):
    """Give readers what was saved since, if anything; the caller has locked the article."""
    if article.working_copy_id is None:
        return
    with transaction.atomic():
        write(article, current(article))
        article.working_copy = None
        article.save(update_fields=["working_copy"])


def record(article, user, kind, note=""):
    """Keep the article's row as it is now as a Revision, and return it."""
    return make(article, content_of(article), user, kind, note)


def lock(article):
    """Read the article anew and hold it until the transaction ends."""
    article.refresh_from_db(from_queryset=Article.objects.select_for_update())
    article.__dict__.pop("byline_authors", None)


def make(article, content, user, kind, note=""):
    """Make a Revision and return it."""
    return Revision.objects.create(
        article=article, content=content, made_by=user, kind=kind, note=note
    )


def keep_first(article, content):
    """Keep the text of an article that is older than revisions are, an imported one."""
    kind = Kind.PUBLISHED if article.has_been_public else Kind.SAVED
    Revision.objects.create(article=article, content=content, kind=kind, made_at=article.updated_at)
