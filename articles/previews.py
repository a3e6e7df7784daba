"""An article as readers will see it, before they do: at the desk, and under a link to send."""

from django.conf import settings
from django.core import signing
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import revisions
from articles.body import render_body
from articles.models import Article, Photo, PreviewLink, Section, Series, Tag
from articles.views import detail_context
from authors.models import Author
from newsroom.addresses import address
from newsroom.text import excerpt, one_line, plain

SIGNER = signing.Signer(sep=".", salt="preview")
NOT_SAVED_YET = 0  # the number of an article that has no row


# The article, in memory alone


def as_readers_see(article, content):
    """Return `article` with the text `content`, published now if it is not yet; never saved."""
    if article is None:
        seen = Article(pk=NOT_SAVED_YET)
    else:
        places = ("section", "series", "hero")
        seen = Article.objects.with_dispute().select_related(*places).get(pk=article.pk)
    content = revisions.tidy(content)
    for name in (*revisions.ONE_LINE, "lead", "body", "series_position"):
        setattr(seen, name, content[name])
    seen.headline = seen.headline or _("(no headline yet)")
    for name, model in (("section", Section), ("series", Series), ("hero", Photo)):
        if content[name] != getattr(seen, f"{name}_id"):
            setattr(seen, name, content[name] and model.objects.filter(pk=content[name]).first())
    seen.body_html, _photos = render_body(seen.body)
    seen.body_text = plain(seen.body)
    seen.summary = one_line(seen.lead) or excerpt(seen.body_text)
    seen.state = Article.State.PUBLISHED
    seen.published_at = seen.published_at or timezone.now()
    authors = Author.objects.select_related("portrait").in_bulk(content["authors"])
    seen.byline_authors = [authors[pk] for pk in content["authors"] if pk in authors]
    return seen


def tags_of(names):
    """Return the tags of these names; one that is new is made in memory alone."""
    known = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
    new = Tag()
    return [known.get(name) or Tag(name=name, slug=new.slugify(name)) for name in names]


def page(request, article, content, is_framed=False, note=""):
    """Return the page of the article with the text `content`, as readers will get it.

    Its forms are inert, and nobody keeps a copy. Only a page of the site may frame it, and
    only if it is `is_framed`; `note` stands on top of it.
    """
    seen = as_readers_see(article, content)
    context = detail_context(seen, tags_of(content["tags"]))
    context |= {"is_preview": True, "is_framed": is_framed, "preview_note": note}
    response = render(request, "articles/detail.html", context)
    changes = {"form-action": "'none'"}
    if is_framed:
        changes["frame-ancestors"] = "'self'"
        response["X-Frame-Options"] = "SAMEORIGIN"
    response["Content-Security-Policy"] = policy(**changes)
    return uncached(response)


def policy(**changes):
    """Return the content security policy of the site with some of its parts changed."""
    parts = {**settings.CONTENT_SECURITY_POLICY, **changes}
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def uncached(response):
    """Let nobody keep, index or tell of the answer."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response


# The link to send


def url_of(link):
    """Return the address of a preview link; nobody can make it up."""
    return address("articles:preview", SIGNER.sign(str(link.pk)))


def is_over(link):
    """Whether the link has ended: revoked, past its time, or its article was withdrawn since."""
    ends = [link.expires_at, link.revoked_at, link.article.withdrawn_at]
    return any(end and link.made_at <= end <= timezone.now() for end in ends)


@require_safe
def preview(request, token):
    """The page of an article for whoever was sent a link to it."""
    try:
        number = int(SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        raise Http404(_("There is no such preview.")) from None
    link = PreviewLink.objects.select_related("article").filter(pk=number).first()
    if link is None or is_over(link):
        return uncached(render(request, "articles/preview_over.html", status=410))
    article = link.article
    if article.is_published and article.working_copy_id is None:
        return uncached(redirect(article))
    note = _("Preview: this is not published. Please do not pass the link on.")
    return page(request, article, revisions.current(article), note=note)
