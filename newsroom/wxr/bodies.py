"""WordPress HTML, classic or in blocks, made into the HTML that our articles hold."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape

from bs4 import BeautifulSoup, NavigableString
from bs4.exceptions import ParserRejectedMarkup

from articles.embeds import player
from newsroom.text import clean, excerpt, one_line

# One pass over the text: HTML tags are stepped over, shortcodes are met.
SHORTCODE = re.compile(
    r"<[a-zA-Z/!][^<>]*>|(\[?)\[(/?)([a-z][a-z0-9_-]*)((?:[\s=][^\[\]]*)?)\](\]?)"
)
ARGUMENT = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
LONE_URL = re.compile(r"^[ \t]*(https?://[^\s<>\"\[\]]+)[ \t]*\r?$", re.MULTILINE)
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
CONDITION = re.compile(r"<!\[[^<>]*>?")  # <![endif]>, as pasted from Word
MORE = re.compile(r"<!--\s*more\b[^<>]*-->", re.IGNORECASE)
NEWLINE_OR_TAG = re.compile(r"<[^<>]*>|\s*\n\s*")
BREAKS_AROUND = re.compile(r"^(?:\s|<br/?>)+|(?:\s|<br/?>)+$")
TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
LINE_END = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|h[1-6]|tr)\s*>", re.IGNORECASE)

KEPT_WHOLE = {"ul", "ol", "table", "pre", "hr", "h2", "h3", "h4", "figure"}
INLINE = {
    *("a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "label", "mark"),
    *("q", "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "ruby", "rt"),
}
DROPPED = ["script", "style", "noscript", "template", "svg", "math", "input", "select", "textarea"]
RENAMED = {"h1": "h2", "h5": "h4", "h6": "h4", "del": "s", "strike": "s", "acronym": "abbr"}
VIDEO_SITES = {
    "youtube": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
}


@dataclass
class Body:
    """A converted body, and what an editor should know about it."""

    html: str = ""
    lead: str = ""  # the text before <!--more-->
    dropped: Counter = field(default_factory=Counter)  # (what, name): how often


def line_of(html):
    """Return HTML as one line of plain text: tags stripped, entities decoded once."""
    return one_line(unescape(TAG.sub("", HIDDEN.sub("", html))))


def prose_of(html):
    """Return HTML (a comment, an excerpt) as plain text of several lines."""
    if "<" not in html:
        return clean(unescape(html)).strip()
    soup = BeautifulSoup(LINE_END.sub(lambda end: end[0] + "\n", html), "html.parser")
    for tag in soup.find_all(["script", "style"]):
        tag.decompose()
    for link in soup.find_all("a"):
        text, url = link.get_text().strip(), link.get("href", "").strip()
        if ADDRESS.fullmatch(url) and url.rstrip("/") != text.rstrip("/"):
            link.replace_with(f"{text} ({url})" if text else url)
    text = clean(soup.get_text().replace("\r", ""))
    return re.sub(r"[ \t]*\n(?:[ \t]*\n)+", "\n\n", text).strip()


def convert(html, find_photo):
    """Return the `Body` made of WordPress `html`.

    `find_photo(number, url)` returns the key of a picture of ours by the attachment's
    number or the picture's address, or None.
    """
    body = Body()
    is_classic = "<!-- wp:" not in html
    if MORE.search(html):
        before, html = MORE.split(html, maxsplit=1)
        body.lead = excerpt(one_line(prose_of(without_shortcodes(before))), 200)
        html = f"{before}\n\n{html}"
    html = without_comments(html.replace("\r\n", "\n"), body)
    html = CONDITION.sub("", LONE_URL.sub(lone_video, shortcodes(html, body)))
    try:
        soup = BeautifulSoup(html, "html.parser")
        tidy(soup)
        replace_players(soup)
        replace_pictures(soup, find_photo, body)
        unwrap_figures(soup)
        body.html = flow(soup, is_classic)
    except (RecursionError, ParserRejectedMarkup, AssertionError):
        body.dropped["markup", "HTML"] += 1
        paragraphs = re.split(r"\n\s*\n", TAG.sub("", HIDDEN.sub("", html)))
        body.html = "".join(f"<p>{escape(unescape(text))}</p>" for text in paragraphs)
    return body


def without_comments(html, body):
    """Take HTML comments away; note blocks that WordPress would have filled by itself."""
    text, *parts = html.split("<!--")
    for part in parts:
        inside, end, after = part.partition("-->")
        if end and inside.rstrip().endswith("/") and (name := re.match(r"\s*wp:([\w/-]+)", inside)):
            body.dropped["block", name[1].rstrip("/")] += 1
        text += after if end else inside
    return text


def without_shortcodes(html):
    return shortcodes(without_comments(html, Body()), Body())


def shortcodes(html, body):
    """Replace the shortcodes that mean something to us; unwrap and note the others."""

    def replace(match):
        opening, slash, name, rest, closing = match.groups()
        if name is None:
            return match[0]
        if opening and closing:  # [[like this]] is how a text speaks of a shortcode
            return match[0][1:-1]
        found = shortcode(name, slash, unescape(rest).strip())
        if found is None:
            body.dropped["shortcode", name] += not slash
            found = ""
        return opening + found + closing

    return SHORTCODE.sub(replace, html)


def shortcode(name, slash, rest):
    """Return the HTML that stands for a shortcode's opening or closing, None if unknown."""
    arguments = {key: a or b or c for key, a, b, c in ARGUMENT.findall(rest)}
    if name in ("caption", "wp_caption"):
        number = arguments.get("id", "").removeprefix("attachment_")
        caption = escape(arguments.get("caption", ""))
        start = f'<figure class="wp-caption" data-id="{escape(number)}">{caption}'
        return "</figure>" if slash else start
    if name == "gallery":
        numbers = re.findall(r"\d+", arguments.get("ids") or arguments.get("include") or "")
        return "".join(f'<figure><img class="wp-image-{number}"></figure>' for number in numbers)
    if name == "embed" or name in VIDEO_SITES:
        if slash:
            return "</figure>"
        value = arguments.get("id") or arguments.get("src") or rest.split("=", 1)[-1].strip()
        if not value or name == "embed":
            return f'<figure class="wp-block-embed" data-site="{name}">'
        return f'<figure class="wp-block-embed" data-site="{name}">{escape(value)}</figure>'
    if name in ("video", "audio"):
        files = [v for v in arguments.values() if ADDRESS.fullmatch(v)]
        return f"<p>{anchor(files[0])}</p>" if files and not slash else ""
    return None


def lone_video(match):
    """Return the embed for a video's address that stands alone on its line."""
    return embed(unescape(match[1])) if plays(unescape(match[1])) else match[0]


def plays(url):
    """Whether we have a player for `url`; an address that cannot be read has none."""
    try:
        return bool(player(url))
    except ValueError:
        return False


def anchor(url):
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def embed(url):
    """Return the mark of a player; for a site that we do not play, a paragraph with a link."""
    url = f"https:{url}" if url.startswith("//") else url
    if not ADDRESS.fullmatch(url):
        return ""
    if plays(url):
        return f'\n\n<figure data-embed="{escape(url)}"></figure>\n\n'
    return f"\n\n<p>{anchor(url)}</p>\n\n"


def put(tag, html):
    """Put HTML of our own making where `tag` stands."""
    tag.replace_with(
        *[node.extract() for node in list(BeautifulSoup(html, "html.parser").contents)]
    )


def tidy(soup):
    """Drop what no article holds and give tags the names that our articles use."""
    for tag in soup.find_all(DROPPED):
        tag.decompose()
    for tag in soup.find_all(list(RENAMED)):
        tag.name = RENAMED[tag.name]
    for tag in soup.find_all("div", class_="wp-caption"):
        tag.name = "figure"
    for tag in soup.find_all(class_="wp-caption-text"):
        tag.name = "figcaption"
    for tag in soup.find_all("figure"):
        del tag["data-photo"]  # numbers of our library are ours to give
        if not plays(tag.get("data-embed", "")):
            del tag["data-embed"]
    for tag in soup.find_all("img", class_=["wp-smiley", "emoji"]):
        tag.replace_with(tag.get("alt", ""))


def replace_players(soup):
    """Make embed marks of iframes, embed blocks and paragraphs that are a video's address."""
    for tag in soup.find_all(["iframe", "embed"]):
        put(tag, embed(tag.get("src", "").strip()))
    for tag in soup.find_all(["video", "audio"]):
        source = tag.get("src") or (tag.source or {}).get("src", "")
        put(tag, embed(source.strip()))
    for figure in soup.find_all("figure", class_="wp-block-embed"):
        caption = figure.figcaption and figure.figcaption.extract()
        player_inside = figure.find("figure", attrs={"data-embed": True})
        value = player_inside["data-embed"] if player_inside else figure.get_text().strip()
        if not ADDRESS.fullmatch(value) and re.fullmatch(r"[\w-]{6,20}", value):
            value = VIDEO_SITES.get(figure.get("data-site"), "") + value
        if ADDRESS.fullmatch(value):
            inside = f"<figcaption>{caption.decode_contents()}</figcaption>" if caption else ""
            html = embed(value)
            if 'data-embed="' in html:
                html = html.replace("</figure>", f"{inside}</figure>")
            put(figure, html)
        else:
            figure.name = "div"
    for tag in soup.find_all("p"):
        url = "" if tag.find("p") else tag.get_text().strip()
        if ADDRESS.fullmatch(url) and plays(url):
            put(tag, embed(url))


def replace_pictures(soup, find_photo, body):
    """Make photo marks of pictures, the innermost figures first."""
    for image in reversed(soup.find_all("img")):
        figure = image.find_parent("figure")
        if figure and len(figure.find_all("img")) > 1:
            figure = None  # a gallery around several pictures
        number = image.get("data-id") or (figure and figure.get("data-id")) or ""
        if found := re.search(r"wp-image-(\d+)", " ".join(image.get_attribute_list("class", ""))):
            number = number or found[1]
        source = image.get("src", "").strip()
        photo = find_photo(str(number), source)
        if photo is None:
            body.dropped["picture", source or f"#{number}"] += 1
        caption = picture_caption(image, figure)
        mark = f'<figure data-photo="{photo}">' if photo else ""
        if caption:
            mark += f"<figcaption>{caption}</figcaption>" if photo else f"<p>{caption}</p>"
        carrier = figure or image
        if not figure and image.parent.name == "a" and not image.parent.get_text().strip():
            carrier = image.parent
        put(carrier, mark + "</figure>" if photo else mark)


def picture_caption(image, figure):
    """Return the HTML of a picture's caption, inline tags alone; `image` leaves the figure."""
    if figure is None:
        return ""
    if image.parent.name == "a" and not image.parent.get_text().strip():
        image = image.parent
    image.extract()
    text = figure.figcaption or figure
    for tag in text.find_all(True):
        if tag.name not in INLINE:
            tag.unwrap()
    return one_line(text.decode_contents())


def unwrap_figures(soup):
    """Unwrap figures that are not ours (around tables, quotes, galleries); keep captions."""
    for tag in soup.find_all("figure"):
        if not (tag.get("data-photo") or tag.get("data-embed")):
            tag.name = "div"
            if caption := tag.find("figcaption", recursive=False):
                caption.name = "p"
    for figure in soup.find_all("figure"):
        for above in figure.find_parents(["ul", "ol", "h2", "h3", "h4", "a", "pre"]):
            if above.name in ("ul", "ol"):
                above.name = "div"
                for row in above.find_all("li", recursive=False):
                    row.name = "div"
            else:
                above.name = "div"


def flow(container, is_classic):
    """Return what `container` holds as blocks: paragraphs made, layout boxes unwrapped.

    In a classic body an empty line parts paragraphs and a line break breaks the line.
    """
    blocks, run = [], []

    def end_paragraph():
        text = BREAKS_AROUND.sub("", "".join(run))
        if text.replace("&nbsp;", "").strip():
            blocks.append(f"<p>{text}</p>")
        run.clear()

    for node in container.contents:
        if isinstance(node, NavigableString):
            if type(node) is not NavigableString:
                continue
            parts = re.split(r"\n\s*\n", node) if is_classic else [node]
            for place, part in enumerate(parts):
                if place:
                    end_paragraph()
                part = escape(part, quote=False)
                run.append(re.sub(r"[ \t]*\n", "<br>\n", part) if is_classic else part)
        elif node.name == "br":
            run.append("<br>")
        elif node.name in INLINE and not node.find(lambda tag: tag.name not in INLINE | {"br"}):
            html = str(node)
            run.append(NEWLINE_OR_TAG.sub(breaks, html) if is_classic else html)
        else:
            end_paragraph()
            if node.name in KEPT_WHOLE:
                blocks.append(str(node))
            elif node.name == "blockquote":
                blocks.append(f"<blockquote>{flow(node, is_classic)}</blockquote>")
            else:
                blocks.append(flow(node, is_classic))
    end_paragraph()
    return "\n".join(block for block in blocks if block)


def breaks(match):
    return "<br>" if match[0].isspace() else match[0]
