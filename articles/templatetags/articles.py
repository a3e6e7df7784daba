"""Pictures, share links and structured data for any page that shows articles."""

from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from articles.companions import DISCUSSED
from articles.metadata import as_script, breadcrumbs, profile, publisher, website
from articles.models import Article
from newsroom.templatetags.newsroom import absolute

register = template.Library()


@register.simple_tag
def picture(photo, crop, sizes, alt=None, eager=False):
    """A <picture> with AVIF and JPEG at the widths that exist; lazy unless `eager`.

    `crop` names one of `pictures.CROPS`, `sizes` is the attribute of that name.
    """
    widths = photo.widths(crop)
    width, height = photo.size(crop, widths[-1])
    sets = {
        extension: ", ".join(f"{photo.rendition(crop, w, extension)} {w}w" for w in widths)
        for extension in ("avif", "jpg")
    }
    fallback = photo.rendition(crop, widths[len(widths) // 2])
    alt = escape(photo.alt if alt is None else alt)
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    return mark_safe(  # every value is a number, an address of ours, or escaped
        f'<picture><source type="image/avif" srcset="{sets["avif"]}" sizes="{escape(sizes)}">'
        f'<img src="{fallback}" srcset="{sets["jpg"]}" sizes="{escape(sizes)}" width="{width}"'
        f' height="{height}" alt="{alt}" data-colour="{photo.colour}" {loading}></picture>'
    )


@register.simple_tag
def social_picture(photo):
    """The Open Graph tags of a photo."""
    width = photo.widths("social")[-1]
    return format_html(
        '<meta property="og:image" content="{}">\n<meta property="og:image:width" content="{}">\n'
        '<meta property="og:image:height" content="{}">\n'
        '<meta property="og:image:alt" content="{}">',
        absolute(photo.rendition("social", width)),
        *photo.size("social", width),
        photo.alt,
    )


@register.simple_tag
def most_discussed():
    """What readers talk about, for the side of a list."""
    articles = Article.objects.published().show_comments().most_discussed()
    return articles.only("headline", "slug")[:DISCUSSED]


@register.simple_tag
def share_links(article):
    """Plain links that share `article`: {"icon", "label", "url"} each; no script is needed."""
    url = quote(absolute(article.get_short_url()), safe="")
    title = quote(article.headline, safe="")
    return [
        {
            "icon": "facebook",
            "label": _("Share on Facebook"),
            "url": f"https://www.facebook.com/sharer/sharer.php?u={url}",
        },
        {
            "icon": "x",
            "label": _("Share on X"),
            "url": f"https://x.com/intent/tweet?text={title}&url={url}",
        },
        {
            "icon": "band",
            "label": _("Share on Band"),
            "url": f"https://band.us/plugin/share?body={title}%0A{url}&route={url}",
        },
        {
            "icon": "naver",
            "label": _("Share on Naver"),
            "url": f"https://share.naver.com/web/shareView?url={url}&title={title}",
        },
        {
            "icon": "mail",
            "label": _("Send by e-mail"),
            "url": f"mailto:?subject={title}&body={url}",
        },
    ]


@register.simple_tag
def json_ld(data, masthead):
    """The article for search engines, with the paper as its publisher."""
    return script({**data, "publisher": publisher(masthead)})


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
    steps = [(masthead.title, reverse("front_page"))]
    if article.section:
        steps.append((article.section.name, article.section.get_absolute_url()))
    steps.append((article.headline, article.get_absolute_url()))
    return script(breadcrumbs(*steps))


def script(data):
    return format_html('<script type="application/ld+json">{}</script>', as_script(data))
