"""Reading a WordPress export (WXR 1.0 to 1.2) item by item, however large it is."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError, TreeBuilder
from xml.parsers.expat import errors

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse
from django.utils.translation import gettext as _

from newsroom.text import one_line

# XML forbids these, WordPress lets them through.
CONTROLS = bytes(i for i in range(1, 32) if i not in b"\t\n\r")
KEPT_META = {
    *("_thumbnail_id", "_wp_attachment_image_alt", "footnotes", "_yoast_wpseo_metadesc"),
    *("_yoast_wpseo_primary_category", "rank_math_primary_category"),
    "wps_subtitle",
}


class BadExport(Exception):
    """A file that is no readable export; the message names the line and the reason."""


@dataclass
class Term:
    """A category or a tag."""

    slug: str
    name: str
    parent: str = ""
    number: str = ""


@dataclass
class Attachment:
    """A file of the former site's media library."""

    number: str
    url: str
    alt: str = ""
    caption: str = ""
    post: str = ""  # the number of the post to which it was uploaded


@dataclass
class Item:
    """A post, a page, an attachment, …: `values` by name ("title", "wp:post_id")."""

    values: dict
    terms: list = field(default_factory=list)  # (domain, Term)
    meta: dict = field(default_factory=dict)
    former_slugs: list = field(default_factory=list)
    comments: list = field(default_factory=list)  # dicts by name

    def get(self, name):
        return self.values.get(name, "").strip()

    @property
    def number(self):
        """The post's number as WordPress counts; empty if it has none."""
        number = self.get("wp:post_id")
        return number if number.isascii() and number.isdigit() else ""

    @property
    def kind(self):
        return self.get("wp:post_type") or "post"


@dataclass
class Export:
    """What the first reading finds: the site, and what posts refer to."""

    base: str = ""
    version: str = ""
    items: int = 0
    authors: dict = field(default_factory=dict)  # login: display name
    unlisted: set = field(default_factory=set)  # logins that only posts speak of
    categories: dict = field(default_factory=dict)  # slug: Term
    tags: dict = field(default_factory=dict)
    attachments: dict = field(default_factory=dict)  # number: Attachment
    blocks: dict = field(default_factory=dict)  # number: HTML of a reusable block

    @property
    def name(self):
        """The site as import keys say it: without scheme and www., which a site may change."""
        return re.sub(r"^https?://(?:www\.)?", "", self.base)


class Cleaned:
    """A binary file without what stands before the XML and the control characters in it."""

    def __init__(self, file):
        self.file = file
        self.started = False
        self.skipped_lines = 0

    def read(self, size=-1):
        data = self.file.read(size)
        if not self.started and data:
            self.started = True
            start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
            self.skipped_lines = data[: len(data) - len(start)].count(b"\n")
            data = start
        return data.translate(None, CONTROLS)


def name_of(tag):
    """Return a tag's name with the usual prefix of its namespace, whatever its spelling."""
    space, _brace, name = tag.rpartition("}")
    space = space.rstrip("/")
    if not space:
        return name
    if "wordpress.org/" in space:
        return f"excerpt:{name}" if space.endswith("excerpt") else f"wp:{name}"
    if space.endswith("modules/content"):
        return f"content:{name}"
    return f"dc:{name}" if "purl.org/dc" in space else f"other:{name}"


def slug_of(text):
    """Return a nicename as people read it: decoded, NFC."""
    return one_line(unquote(text or ""))


def elements(path):
    """Yield (name, element) of each finished child of the channel; it is emptied after use.

    Raises `BadExport` for a file that is not well-formed, declares entities or is no RSS.
    """
    parser = DefusedXMLParser(target=TreeBuilder())
    depth, channel = 0, None
    with open(path, "rb") as file:
        cleaned = Cleaned(file)

        def refused(reason, line=None):
            line = (line or parser.parser.CurrentLineNumber) + cleaned.skipped_lines
            return BadExport(_("Line %(line)s: %(reason)s") % {"line": line, "reason": reason})

        try:
            for event, element in iterparse(cleaned, ("start", "end"), parser=parser):
                if event == "start":
                    depth += 1
                    if depth == 1 and name_of(element.tag) != "rss":
                        raise refused(not_an_export())
                    if depth == 2:
                        channel = element
                    continue
                depth -= 1
                if depth == 2:
                    yield name_of(element.tag), element
                    channel.clear()
        except ParseError as error:
            raise refused(what_is_wrong(error), error.position[0]) from error
        except DefusedXmlException as error:
            raise refused(_("it declares XML entities, as no export does")) from error
        except (LookupError, ValueError) as error:
            raise refused(_("its character encoding is unknown")) from error


def what_is_wrong(error):
    """Return in words of ours why the XML cannot be read."""
    cut_off = _("the file ends here in the middle; it was cut off or is empty")
    before = _("something stands before the beginning of the export")
    reasons = {
        errors.XML_ERROR_NO_ELEMENTS: cut_off,
        errors.XML_ERROR_UNCLOSED_TOKEN: cut_off,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION: cut_off,
        errors.XML_ERROR_PARTIAL_CHAR: cut_off,
        errors.XML_ERROR_SYNTAX: before,
        errors.XML_ERROR_MISPLACED_XML_PI: before,
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: _("something stands after the end of the export"),
        errors.XML_ERROR_TAG_MISMATCH: _("an element is closed here that is not open"),
        errors.XML_ERROR_UNDEFINED_ENTITY: _("an entity stands here that XML does not know"),
        errors.XML_ERROR_INVALID_TOKEN: _("a character stands here that XML does not allow"),
    }
    return reasons.get(errors.messages[error.code], _("the file is damaged here"))


def not_an_export():
    return _("this is not a WordPress export (WXR)")


def survey(path):
    """Read the file once to the end; return the `Export`, or raise `BadExport`."""
    export = Export()
    link = ""
    for name, element in elements(path):
        text = (element.text or "").strip()
        if name == "wp:wxr_version":
            export.version = text
        elif name == "link":
            link = text
        elif name == "wp:base_blog_url" or (name == "wp:base_site_url" and not export.base):
            export.base = text
        elif name == "wp:author":
            values = values_of(element)
            if login := values.get("wp:author_login", "").strip():
                export.authors[login] = display_name(values)
                export.unlisted.discard(login)
        elif name == "wp:category":
            add_term(export.categories, element, "category_nicename", "cat_name")
        elif name == "wp:tag":
            add_term(export.tags, element, "tag_slug", "tag_name")
        elif name == "item":
            survey_item(export, item_of(element))
    if not re.fullmatch(r"1\.\d+", export.version):
        reason = not_an_export()
        if export.version:
            reason = _("version %s of the format is unknown") % one_line(export.version)[:20]
        raise BadExport(_("Line %(line)s: %(reason)s") % {"line": 1, "reason": reason})
    export.base = (export.base or link).rstrip("/") + "/"
    return export


def survey_item(export, item):
    """Add to `export` what other items may refer to."""
    export.items += 1
    if item.kind == "attachment":
        if item.number and (url := item.get("wp:attachment_url") or item.get("guid")):
            export.attachments[item.number] = Attachment(
                number=item.number,
                url=url,
                alt=item.meta.get("_wp_attachment_image_alt", ""),
                caption=item.get("excerpt:encoded"),
                post=item.get("wp:post_parent"),
            )
    elif item.kind == "wp_block":
        export.blocks[item.number] = item.get("content:encoded")
    elif item.kind == "post":
        login = item.get("dc:creator")
        if login and login not in export.authors:
            export.authors[login] = login  # WXR 1.0 lists no authors, it names them in the posts
            export.unlisted.add(login)
        for domain, term in item.terms:
            known = export.tags if domain == "tag" else export.categories
            if domain in ("tag", "category") and not find_term(known, term):
                known[term.slug] = term


def find_term(known, term):
    """Return the term of `known` that `term` means: by its slug, or else by its name."""
    if term.slug in known:
        return known[term.slug]
    return next((other for other in known.values() if other.name == term.name), None)


def values_of(element):
    """Return the texts of an element's children by name."""
    return {name_of(child.tag): child.text or "" for child in element}


def display_name(values):
    """Return how an author signs: the display name, or family and given name."""
    full = values.get("wp:author_last_name", "") + values.get("wp:author_first_name", "")
    return values.get("wp:author_display_name") or full or values["wp:author_login"]


def add_term(known, element, slug_field, name_field):
    values = values_of(element)
    name = one_line(values.get(f"wp:{name_field}", ""))
    slug = slug_of(values.get(f"wp:{slug_field}")) or slug_of(name)
    parent, number = slug_of(values.get("wp:category_parent")), values.get("wp:term_id", "").strip()
    if slug:
        known[slug] = Term(slug, name or slug, parent, number)


def item_of(element):
    """Return the `Item` that an <item> element describes."""
    item = Item({})
    for child in element:
        name = name_of(child.tag)
        if name == "category":
            add_item_term(item, child)
        elif name == "wp:postmeta":
            values = values_of(child)
            key, value = values.get("wp:meta_key"), values.get("wp:meta_value", "").strip()
            if key in KEPT_META:
                item.meta[key] = value
            elif key == "_wp_old_slug" and value:
                item.former_slugs.append(slug_of(value))
        elif name == "wp:comment":
            item.comments.append(values_of(child))
        else:
            item.values.setdefault(name, child.text or "")
    for _domain, term in item.terms:
        term.slug = term.slug or slug_of(term.name)
    return item


def add_item_term(item, element):
    """Add a category or tag; WXR 1.0 says each twice, first without its nicename."""
    name = one_line(element.text or "")
    slug = slug_of(element.get("nicename"))
    domain = {"post_tag": "tag", None: "category"}.get(element.get("domain"), element.get("domain"))
    for known_domain, known in item.terms:
        if (known_domain, known.name) == (domain, name) and not (known.slug and slug):
            known.slug = known.slug or slug
            return
    if slug or name:
        item.terms.append((domain, Term(slug, name or slug)))


def items(path):
    """Yield each `Item` of the file."""
    for name, element in elements(path):
        if name == "item":
            yield item_of(element)
