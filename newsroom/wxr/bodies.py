"""WordPress HTML, classic or in blocks, made into the HTML that our articles hold."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape

from bs4 import BeautifulSoup, NavigableString
from bs4.exceptions import ParserRejectedMarkup

from articles.embeds import player
from newsroom.html import sanitise
from newsroom.text import excerpt, lines, one_line

# One pass over the text: HTML tags are stepped over, shortcodes are met.
SHORTCODE = re.compile(
    r"<[a-zA-Z/!][^<>]*>|(\[?)\[(/?)([a-z][a-z0-9_-]*)((?:[\s=][^\[\]]*)?)\](\]?)"
)
CAPTION = re.compile(
    r"(?<!\[)\[(caption|wp_caption)\b([^\[\]]*)\]((?:(?!\[(?:wp_)?caption\b).)*?)\[/\1\]",
    re.DOTALL,
)
EMBED = re.compile(r"(?<!\[)\[(embed|youtube|vimeo)\b[^\[\]]*\]([^\[\]]*)\[/\1\]")
CLOSING = re.compile(r"\[/([a-z][a-z0-9_-]*)\]")
REST_OF_LINE = re.compile(r"[ \t]*(?:\r?\n|<|$)")
ARGUMENT = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
LONE_URL = re.compile(r"^[ \t]*(https?://[^\s<>\"\[\]]+)[ \t]*\r?$", re.MULTILINE)
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
CONDITION = re.compile(r"<!\[[^<>]*>?")  # <![endif]>, as pasted from Word
MORE = re.compile(r"<!--\s*more\b[^<>]*-->", re.IGNORECASE)
REUSED = re.compile(r'<!--\s*wp:block\s+\{"ref":(\d+)[^<>]*\}\s*/-->')
FOOTNOTES = re.compile(r"<!--\s*wp:footnotes\b[^<>]*/-->")
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
# What people format a title, a name or a comment with. Any other tag there is a text's own.
FORMATTING = (
    *INLINE,
    *("br", "p", "div", "h[1-6]", "ul", "ol", "li", "blockquote", "pre", "hr", "img", "center"),
    *("del", "strike", "acronym", "wbr", "nobr"),
)
FORMAT = re.compile(rf"<!--[^<>]*-->|</?(?:{'|'.join(FORMATTING)})(?=[\s/>])[^<>]*>", re.I)
NO_FORMAT = re.compile(rf"<(?!!--|/?(?:{'|'.join(FORMATTING)})(?=[\s/>]))", re.IGNORECASE)
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
    """Return a title or a name as one line of plain text: formatting gone, entities decoded.

    What is no formatting (`<script>`, `<기획>`, `3 < 5`) stays as the text that it is.
    """
    return one_line(unescape(FORMAT.sub("", html)))


def prose_of(html):
    """Return what somebody typed (a comment, an excerpt) as plain text of several lines."""
    if "<" not in html:
        return lines(unescape(html)).strip()
    return text_of(NO_FORMAT.sub("&lt;", html))


def text_of(html):
    """Return the readable text of HTML; links keep their addresses."""
    soup = soup_of(LINE_END.sub(lambda end: end[0] + "\n", html))
    for tag in soup.find_all(DROPPED):
        tag.decompose()
    for image in soup.find_all("img"):
        image.replace_with(image.get("alt", ""))
    for link in soup.find_all("a"):
        text, url = link.get_text().strip(), link.get("href", "").strip()
        if ADDRESS.fullmatch(url) and url.rstrip("/") != text.rstrip("/"):
            link.replace_with(f"{text} ({url})" if text else url)
    return re.sub(r"[ \t]*\n(?:[ \t]*\n)+", "\n\n", lines(soup.get_text())).strip()


def soup_of(html):
    return BeautifulSoup(f"\n{html}", "html.parser")  # the line end says: this is no file name


def settled(html):
    """Return `html` sanitised, as it stays however often it is saved."""
    while (found := lines(sanitise(html))) != html:
        html = found
    return html


def filled(html, blocks, footnotes):
    """Return a body with its reusable blocks and footnotes, which WordPress keeps elsewhere.

    `blocks` holds the HTML of reusable blocks by number; `footnotes` is JSON.
    """
    html = REUSED.sub(lambda found: blocks.get(found[1], found[0]), html)
    try:
        notes = "".join(f"<li>{note['content']}</li>" for note in json.loads(footnotes or "[]"))
    except (ValueError, TypeError, KeyError):
        return html
    return FOOTNOTES.sub(lambda _found: f"<ol>{notes}</ol>", html) if notes else html


def convert(html, find_photo, gallery=()):
    """Return the `Body` made of WordPress `html`.

    `find_photo(number, url, alt)` returns the key of a picture of ours by the attachment's
    number or the picture's address, or None. `gallery` holds the numbers of the pictures
    that a [gallery] without numbers shows.
    """
    body = Body()
    is_classic = "<!-- wp:" not in html
    if MORE.search(html):
        before, html = MORE.split(html, maxsplit=1)
        body.lead = excerpt(one_line(text_of(without_shortcodes(before))), 200)
        html = f"{before}\n\n{html}"
    html = without_comments(html.replace("\r\n", "\n"), body)
    html = CONDITION.sub("", LONE_URL.sub(lone_url, shortcodes(html, body, gallery)))
    try:
        soup = soup_of(html)
        tidy(soup)
        replace_players(soup)
        replace_pictures(soup, find_photo, body)
        unwrap_figures(soup)
        body.html = flow(soup, is_classic)
    except (RecursionError, ParserRejectedMarkup, AssertionError):
        body.dropped["markup", "HTML"] += 1
        paragraphs = re.split(r"\n\s*\n", TAG.sub("", HIDDEN.sub("", html)))
        body.html = "".join(f"<p>{escape(unescape(text))}</p>" for text in paragraphs)
    body.html = settled(body.html)
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


def shortcodes(html, body, gallery=()):
    """Replace the shortcodes that mean something to us; unwrap and note the others."""
    html = CAPTION.sub(captioned, html)
    html = EMBED.sub(lambda found: embed_block(found[1], found[2].strip()), html)
    closed = set(CLOSING.findall(html))

    def replace(match):
        opening, slash, name, rest, closing = match.groups()
        if name is None:
            return match[0]
        if opening and closing:  # [[like this]] is how a text speaks of a shortcode
            return match[0][1:-1]
        found = shortcode(name, slash, unescape(rest).strip(), gallery)
        if found is None:
            # [sic] and [kbs 뉴스] are words of the text.
            has_form = name in closed or set("_-") & set(name) or ARGUMENT.search(rest)
            if not (has_form or stands_alone(match)):
                return match[0]
            body.dropped["shortcode", name] += not slash
            found = ""
        return opening + found + closing

    return SHORTCODE.sub(replace, html)


def stands_alone(match):
    """Whether there is nothing else on the line of what was found."""
    before = match.string[max(0, match.start() - 40) : match.start()].rstrip(" \t")
    return before[-1:] in ("", "\n", ">") and REST_OF_LINE.match(match.string, match.end())


def captioned(match):
    """Return the figure that a [caption] with its end stands for."""
    arguments = arguments_of(unescape(match[2]))
    number = arguments.get("id", "").removeprefix("attachment_")
    text = escape(arguments.get("caption", ""))
    return f'<figure class="wp-caption" data-id="{escape(number)}">{text}{match[3]}</figure>'


def arguments_of(text):
    return {key: a or b or c for key, a, b, c in ARGUMENT.findall(text)}


def embed_block(site, value):
    """Return the block of an address; of a number at a video site, too."""
    return f'<figure class="wp-block-embed" data-site="{site}">{value}</figure>'


def shortcode(name, slash, rest, gallery):
    """Return the HTML that stands for a shortcode's opening or closing, None if unknown."""
    arguments = arguments_of(rest)
    if name == "gallery":
        numbers = re.findall(r"\d+", arguments.get("ids") or arguments.get("include") or "")
        return "".join(
            f'<figure><img class="wp-image-{number}"></figure>' for number in numbers or gallery
        )
    if name in VIDEO_SITES:
        value = arguments.get("id") or arguments.get("src") or rest.split("=", 1)[-1].strip()
        return embed_block(name, escape(value)) if value and not slash else ""
    if name in ("caption", "wp_caption", "embed"):  # those with both ends are gone by now
        return ""
    if videos := [value for value in (*arguments.values(), rest) if plays(value)]:
        return embed(videos[0])
    if name in ("video", "audio"):
        files = [v for v in arguments.values() if ADDRESS.fullmatch(v)]
        return f"<p>{anchor(files[0])}</p>" if files and not slash else ""
    if "image" in name and (image := arguments.get("image") or arguments.get("src")):
        kind = "class" if image.isdigit() else "src"
        value = f"wp-image-{image}" if image.isdigit() else escape(image)
        return f'<figure><img {kind}="{value}"></figure>'
    return None


def lone_url(match):
    """Return what stands for an address alone on its line: a player or a link."""
    url = unescape(match[1])
    return embed(url) if plays(url) else anchor(url)


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
    for tag in soup.find_all("a", class_="wp-block-file__button"):
        tag.decompose()  # the same link once more
    for tag in soup.find_all("a", href=re.compile("^#")):
        tag.unwrap()  # our articles have no places to jump to


def replace_players(soup):
    """Make embed marks of iframes, embed blocks and paragraphs that are a video's address."""
    for tag in soup.find_all(["iframe", "embed"]):
        put(tag, embed((tag.get("src") or tag.get("data-src") or "").strip()))
    for tag in soup.find_all(["video", "audio"]):
        source = tag.get("src") or (tag.source or {}).get("src", "")
        put(tag, embed(source.strip()))
    for figure in soup.find_all("figure", class_="wp-block-embed"):
        caption = figure.figcaption and figure.figcaption.extract()
        player_inside = figure.find("figure", attrs={"data-embed": True})
        text = figure.get_text().strip()
        value = player_inside["data-embed"] if player_inside and not text else text
        if not ADDRESS.fullmatch(value) and re.fullmatch(r"[\w-]{6,20}", value):
            value = VIDEO_SITES.get(figure.get("data-site"), "") + value
        if ADDRESS.fullmatch(value):
            inside = f"<figcaption>{caption.decode_contents()}</figcaption>" if caption else ""
            html = embed(value)
            if 'data-embed="' in html:
                html = html.replace("</figure>", f"{inside}</figure>")
            else:
                html += f"<p>{caption.decode_contents()}</p>" if caption else ""
            put(figure, html)
        else:
            figure.name = "div"
            if caption:
                figure.append(caption)
    for tag in soup.find_all("p"):
        url = "" if tag.find("p") else tag.get_text().strip()
        if ADDRESS.fullmatch(url) and (plays(url) or not tag.find("a")):
            put(tag, embed(url))


def replace_pictures(soup, find_photo, body):
    """Make photo marks of pictures, the innermost figures first."""
    around_more = {id(f): f for f in soup.find_all("figure") if holds_more_than_a_picture(f)}
    for image in reversed(soup.find_all("img")):
        figure = image.find_parent("figure")
        if id(figure) in around_more:
            figure = None
        number = image.get("data-id") or (figure and figure.get("data-id")) or ""
        if found := re.search(r"wp-image-(\d+)", " ".join(image.get_attribute_list("class", ""))):
            number = number or found[1]
        source = source_of(image)
        photo = find_photo(str(number), source, image.get("alt", ""))
        if photo is None:
            body.dropped["picture", source[:300] or f"#{number}"] += 1
        caption = picture_caption(image, figure)
        mark = f'<figure data-photo="{photo}">' if photo else ""
        if caption:
            mark += f"<figcaption>{caption}</figcaption>" if photo else f"<p>{caption}</p>"
        put(figure or with_link(image), mark + "</figure>" if photo else mark)


def holds_more_than_a_picture(figure):
    """Whether a figure is a gallery, a table with pictures, a video, …"""
    is_gallery = len(figure.find_all("img", limit=2)) > 1
    return is_gallery or figure.get("data-embed") or figure.find([*KEPT_WHOLE, "blockquote"])


def with_link(image):
    """Return the link around a picture if it holds nothing else, or else the picture."""
    link = image.parent
    is_alone = link.name == "a" and not link.get_text().strip() and len(link.find_all(limit=2)) == 1
    return link if is_alone else image


def source_of(image):
    """Return a picture's address, also where a plugin keeps it until the reader scrolls there."""
    for name in ("src", "data-src", "data-lazy-src", "data-orig-file", "data-url"):
        url = image.get(name, "").strip()
        if url and not url.startswith("data:"):
            return url
    return image.get("src", "")


def picture_caption(image, figure):
    """Return the HTML of a picture's caption, inline tags alone; `image` leaves the figure."""
    if figure is None:
        return ""
    with_link(image).extract()
    for tag in figure.find_all(True):
        if tag.name not in INLINE:
            tag.unwrap()
    return one_line(figure.decode_contents())


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
