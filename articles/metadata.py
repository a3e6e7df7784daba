"""What machines are told of an article, as plain dicts: JSON-LD and Open Graph."""

import json

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe

from newsroom.templatetags.newsroom import absolute, iso

AI_SOURCE = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
SCRIPT_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def as_script(data):
    """Return `data` as JSON that is safe inside a <script> element."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(SCRIPT_ESCAPES))  # escaped here


def article_metadata(article, tags):
    """Return the NewsArticle of `article`, in schema.org's terms."""
    data = {
        "@context": "https://schema.org",
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
    if article.section:
        data["articleSection"] = article.section.name
    if tags:
        data["keywords"] = [tag.name for tag in tags]
    if article.hero:
        data["image"] = images(article.hero)
    return data


def person(author):
    """Return the Person of an author."""
    return {
        "@type": "Person",
        "name": author.name,
        "url": absolute(author.get_absolute_url()),
        "jobTitle": author.role,
    }


def images(photo):
    """Return the ImageObjects of a photo in the shapes that search engines ask for."""
    found = []
    for crop in ("16x9", "4x3", "1x1"):
        width = photo.widths(crop)[-1]
        image = {
            "@type": "ImageObject",
            "url": absolute(photo.rendition(crop, width)),
            "width": width,
            "height": photo.size(crop, width)[1],
        }
        if photo.caption:
            image["caption"] = photo.caption
        if photo.credit:
            image["creditText"] = photo.credit
        if photo.is_ai_generated:
            image["digitalSourceType"] = AI_SOURCE
        found.append(image)
    return found


def breadcrumbs(*steps):
    """Return the BreadcrumbList of (name, path) steps."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(steps, 1)
        ],
    }
