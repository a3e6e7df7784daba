"""The body of an article as readers see it.

Editors' HTML holds marks: `<figure data-photo="12">` for a picture of the library and
`<figure data-embed="https://…">` for a video. They are drawn here when an article (or
a picture in it) is saved, so that showing a page only reads.
"""

import re
from html import unescape
from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from articles.embeds import player

# The sanitiser writes attributes in double quotes and closes every tag, so that these
# patterns meet one spelling only.
FIGURE = re.compile(r'<figure data-(photo|embed)="([^"]*)"[^>]*>(.*?)</figure>', re.DOTALL)
PHOTO = re.compile(r'<figure data-photo="(\d{1,9})"')
CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
BARE_FIGURE = re.compile(r"<figure>(\s*<figcaption>.*?</figcaption>)?\s*</figure>", re.DOTALL)
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def render_body(body):
    """Return (HTML for readers, the photos in it) of a sanitised `body`."""
    from articles.models import Photo

    numbers = {int(number) for number in PHOTO.findall(body)}
    photos = Photo.objects.in_bulk(numbers)

    def figure(match):
        kind, value, inside = match.groups()
        caption = CAPTION.search(inside)
        # Already sanitised: it is part of the body.
        caption = mark_safe(caption[1].strip()) if caption else ""
        if kind == "embed":
            return embed(value, caption)
        if not value.isdigit() or int(value) not in photos:
            return ""
        return render_to_string(
            "articles/_figure.html",
            {"photo": photos[int(value)], "caption": caption, "is_hero": False},
        ).strip()

    html = BARE_FIGURE.sub("", FIGURE.sub(figure, body))
    # A wide table is scrolled on its own, with the keyboard too.
    frame = format_html('<div class="table" role="group" aria-label="{}" tabindex="0">', _("Table"))
    html = TABLE.sub(lambda table: f"{frame}{table[0]}</div>", html)
    return html, list(photos.values())


def embed(escaped_url, caption):
    """Return the figure of a video: a link that a script may turn into its player."""
    url = unescape(escaped_url)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return render_to_string(
        "articles/_embed.html",
        {"url": url, "player": player(url), "host": parts.hostname, "caption": caption},
    ).strip()
