"""Pictures, share links and structured data for any page that shows articles."""

from html import escape
from urllib.parse import quote

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from articles import cards
from articles.cards import card_of
from articles.companions import MOST_READ
from articles.metadata import as_script, breadcrumbs, image_object, profile, publisher, website
from articles.models import Article, Photo
from articles.reads import faded
from newsroom.addresses import address
from newsroom.drawn import draw, kept
from newsroom.templatetags.newsroom import absolute, time

register = template.Library()


@register.simple_tag
def picture(photo, crop, sizes, alt=None, eager=False):
    """A <picture> with AVIF and JPEG at the widths that exist; lazy unless `eager`.

    `crop` names one of `pictures.CROPS`, `sizes` is the attribute of that name.
    """
    alt = photo.alt if alt is None else alt
    values = (photo.version, photo.width, photo.height, photo.colour)
    return drawn_picture(values, crop, sizes, alt, eager)


@kept
def drawn_picture(values, crop, sizes, alt, eager):
    photo = Photo(**dict(zip(("version", "width", "height", "colour"), values, strict=True)))
    widths = photo.widths(crop)
    width, height = photo.size(crop, widths[-1])
    sets = {
        extension: ", ".join(f"{photo.rendition(crop, w, extension)} {w}w" for w in widths)
        for extension in ("avif", "jpg")
    }
    fallback = photo.rendition(crop, widths[len(widths) // 2])
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    return mark_safe(  # every value is a number, an address of ours, or escaped
        f'<picture><source type="image/avif" srcset="{sets["avif"]}" sizes="{escape(sizes)}">'
        f'<img src="{fallback}" srcset="{sets["jpg"]}" sizes="{escape(sizes)}" width="{width}"'
        f' height="{height}" alt="{escape(alt)}" data-colour="{photo.colour}" {loading}></picture>'
    )


@register.simple_tag
def card(article, level, sizes="", summary=False, count=True):
    """An article in a list (loaded by `for_cards`): its headline is a heading of that `level`.

    The picture stands there if `sizes`, its attribute of that name, is given. Beside another
    article the `count` of comments is left out: that page stays as it is when somebody writes.
    """
    photo = article.hero if sizes else None
    shape = {
        "level": level,
        "has_picture": bool(photo),
        "has_summary": summary,
        "has_section": bool(article.section),
        "is_corrected": article.is_corrected,
        "is_ai_picture": bool(photo and photo.is_ai_generated),
        "has_comments": bool(count and article.comment_count),
        "has_reason": hasattr(article, "reason"),
    }
    values = {
        "url": article.get_absolute_url(),
        "picture": picture(photo, "card", sizes, alt="") if photo else "",
        "headline": getattr(article, "marked_headline", None) or escape(article.headline),
        "summary": getattr(article, "marked_summary", None) or escape(article.summary),
        "section": escape(article.section.name) if article.section else "",
        "time": time(article.published_at, "day"),
        "count": str(article.comment_count),
        "reason": escape(getattr(article, "reason", "")),
    }
    return draw("articles/_card.html", shape, values)


@register.simple_tag
def social_picture(photo):
    """The Open Graph tags of a photo."""
    width = photo.widths("social")[-1]
    return social_image(photo.rendition("social", width), *photo.size("social", width), photo.alt)


@register.simple_tag
def social_card(article=None, masthead=None):
    """The Open Graph tags of an article's headline card, or of the paper's plain one."""
    if article is None:
        return social_image(static("img/card.png"), cards.WIDTH, cards.HEIGHT, "")
    url = card_of(article, masthead).url
    return social_image(url, cards.WIDTH, cards.HEIGHT, article.headline)


def social_image(path, width, height, alt):
    return format_html(
        '<meta property="og:image" content="{}">\n<meta property="og:image:width" content="{}">\n'
        '<meta property="og:image:height" content="{}">\n'
        '<meta property="og:image:alt" content="{}">',
        *(absolute(path), width, height, alt),
    )


@register.simple_tag
def most_read():
    """What readers read most these hours, for the side of a list."""
    articles = Article.objects.published().most_read("day", faded("day"), MOST_READ)
    return articles.only("headline", "slug")


@register.simple_tag
def share_row(article):
    """Links that share `article`, and the tools of this device that do; see `_share.html`."""
    short = article.get_short_url()
    values = {
        "short_url": short,
        "url": quote(absolute(short), safe=""),
        "title": quote(article.headline, safe=""),
        "qr_url": address("articles:qr", article.pk),
    }
    return draw("articles/_share.html", {"kakao_key": settings.KAKAO_JS_KEY}, values)


@register.simple_tag
def json_ld(article, data, masthead):
    """The article for search engines, with the paper as its publisher.

    The paper has written what nobody signed; the headline card stands in for a picture.
    """
    paper = publisher(masthead)
    data = {**data, "publisher": paper, "author": data["author"] or [paper]}
    if "image" not in data:
        path = card_of(article, masthead).url
        data["image"] = [image_object(path, cards.WIDTH, cards.HEIGHT)]
    return script(data)


@register.simple_tag
def website_ld(masthead):
    """The paper for search engines, on its front page."""
    return script(website(masthead))


@register.simple_tag
def profile_ld(author):
    """Whose page it is, for search engines."""
    return script(profile(author))


@register.simple_tag
def breadcrumb_ld(article, masthead):
    """Where the article stands in the paper, for search engines."""
    steps = [(masthead.title, "/")]
    if article.section:
        steps.append((article.section.name, article.section.get_absolute_url()))
    steps.append((article.headline, article.get_absolute_url()))
    return script(breadcrumbs(*steps))


def script(data):
    return format_html('<script type="application/ld+json">{}</script>', as_script(data))
