"""What machines are told of an article, as plain dicts: JSON-LD and Open Graph."""

import json

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import mark_safe

from newsroom.templatetags.newsroom import absolute, iso

CONTEXT = "https://schema.org"
AI_SOURCE = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
AI_MARK = '<span class="ai">'  # in a body: see templates/articles/_figure.html
SCRIPT_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def as_script(data):
    """Return `data` as JSON that is safe inside a <script> element."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(SCRIPT_ESCAPES))  # escaped here


def article_metadata(article, tags, corrections=()):
    """Return the NewsArticle of `article`, in schema.org's terms."""
    data = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": article.headline,
        "description": article.summary,
        "url": absolute(article.get_absolute_url()),
        "mainEntityOfPage": absolute(article.get_absolute_url()),
        "datePublished": iso(article.published_at),
        "dateModified": iso(article.modified_at),
        "author": [person(author) for author in article.byline_authors],
        "publishingPrinciples": absolute(reverse("articles:page", args=["ethics"])),
        "isAccessibleForFree": True,
        "inLanguage": settings.LANGUAGE_CODE,
        "commentCount": article.comment_count,
    }
    if article.subtitle:
        data["alternativeHeadline"] = article.subtitle
    if article.section:
        data["articleSection"] = article.section.name
    if article.series:
        url = absolute(article.series.get_absolute_url())
        series = {"@type": "CreativeWorkSeries", "name": article.series.title, "url": url}
        data["isPartOf"] = series
    if tags:
        data["keywords"] = [tag.name for tag in tags]
    if article.hero:
        data["image"] = images(article.hero)
    if AI_MARK in article.body_html:
        in_text = article.photos.filter(is_ai_generated=True)
        data.setdefault("image", []).extend(image(photo, "full") for photo in in_text)
    noted = [entry for entry in corrections if entry.kind == entry.Kind.CORRECTION]
    if noted:
        data["correction"] = [
            {
                "@type": "CorrectionComment",
                "text": entry.told,
                "datePublished": iso(entry.published_at),
                "url": absolute(f"{article.get_absolute_url()}#correction-{entry.pk}"),
            }
            for entry in noted
        ]
    return data


def person(author):
    """Return the Person of an author."""
    data = {
        "@type": "Person",
        "name": author.name,
        "url": absolute(author.get_absolute_url()),
    }
    if author.role:
        data["jobTitle"] = author.role
    return data


def profile(author):
    """Return the ProfilePage of an author, with what the page shows of them."""
    whom = person(author)
    if author.bio:
        whom["description"] = author.bio
    if author.email:
        whom["email"] = author.email
    if author.portrait:
        width = author.portrait.widths("square")[-1]
        whom["image"] = absolute(author.portrait.rendition("square", width))
    return {"@context": CONTEXT, "@type": "ProfilePage", "url": whom["url"], "mainEntity": whom}


def publisher(masthead):
    """Return the paper as the publisher of what stands in it."""
    data = {
        "@type": "NewsMediaOrganization",
        "name": masthead.title,
        "url": absolute("/"),
        "logo": image_object(static("img/icon-512.png"), 512, 512),
        "correctionsPolicy": absolute(reverse("articles:corrections")),
        "ethicsPolicy": absolute(reverse("articles:page", args=["ethics"])),
        "foundingDate": masthead.founded_on and iso(masthead.founded_on),
        "address": masthead.address,
        "telephone": masthead.phone,
        "email": masthead.email,
    }
    return {name: value for name, value in data.items() if value}


def website(masthead):
    """Return the WebSite that the front page opens, with its search."""
    search = absolute(reverse("articles:search"))
    return {
        "@context": CONTEXT,
        "@type": "WebSite",
        "name": masthead.title,
        "url": absolute("/"),
        "inLanguage": settings.LANGUAGE_CODE,
        "publisher": publisher(masthead),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{words}}"},
            "query-input": "required name=words",
        },
    }


def images(photo):
    """Return the ImageObjects of a photo in the shapes that search engines ask for."""
    return [image(photo, crop) for crop in ("16x9", "4x3", "1x1")]


def image(photo, crop):
    """Return the ImageObject of a photo at its widest in one shape."""
    width = photo.widths(crop)[-1]
    data = image_object(photo.rendition(crop, width), *photo.size(crop, width))
    if photo.caption:
        data["caption"] = photo.caption
    if photo.credit:
        data["creditText"] = photo.credit
    if photo.is_ai_generated:
        data["digitalSourceType"] = AI_SOURCE
    return data


def image_object(path, width, height):
    """Return the ImageObject of a file of ours."""
    url = absolute(path)
    return {
        "@type": "ImageObject",
        "url": url,
        "contentUrl": url,
        "width": width,
        "height": height,
    }


def breadcrumbs(*steps):
    """Return the BreadcrumbList of (name, path) steps."""
    return {
        "@context": CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(steps, 1)
        ],
    }
