"""What HTML an article may hold, and nothing else.

`sanitise()` runs when a body is saved. Tests run it over hostile strings again as they
come out of a page. This module imports no app.
"""

import re

import nh3

TAGS = {
    *("p", "h2", "h3", "h4", "strong", "em", "b", "i", "s", "sub", "sup", "br", "hr", "a"),
    *("blockquote", "cite", "q", "ul", "ol", "li", "figure", "figcaption", "code", "pre"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    # A picture of the library and an embed stand in the body as marks; articles.body draws them.
    "figure": {"data-photo", "data-embed"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
# Removed with what they hold; any other unknown tag loses only itself.
DROPPED_WHOLE = {"script", "style", "iframe", "object", "noscript", "template", "svg", "math"}
SCHEMES = {"http", "https", "mailto", "tel"}

HEADING_ONE = re.compile(r"<(/?)h1\b", re.IGNORECASE)
EMPTY_BLOCK = re.compile(r"<(p|h2|h3|h4|li|blockquote)>(\s|&nbsp;|<br>)*</\1>")


def sanitise(html: str) -> str:
    """Return `html` with only the tags and attributes an article may hold."""
    html = HEADING_ONE.sub(r"<\1h2", html)
    html = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=DROPPED_WHOLE,
        url_schemes=SCHEMES,
        link_rel="noopener",
        strip_comments=True,
    )
    return EMPTY_BLOCK.sub("", html).strip()
