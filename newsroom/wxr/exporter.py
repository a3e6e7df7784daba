"""Writing the whole paper as a WordPress export (WXR 1.2), so that nobody is locked in.

What readers cannot see here becomes public nowhere: drafts stay drafts, withdrawn articles
are private, and of comments only those are approved there that readers can read here.

WordPress counts posts, pages and pictures in one row. Articles keep their numbers, so that a
WordPress whose permalinks are `/articles/%post_id%/%postname%/` keeps their addresses;
pictures and pages are counted above them.
"""

import errno
import json
import os
import re
from collections import Counter
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from html import escape, unescape
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.body import BARE_FIGURE, CAPTION, FIGURE
from articles.body import PHOTO as PHOTO_MARK
from articles.embeds import player
from articles.models import Article, Byline, Page, Photo, Section, Series, Tag, TaggedArticle
from authors.models import Author
from comments.models import Comment
from newsroom.files import whole_file
from newsroom.models import Masthead
from newsroom.templatetags.newsroom import absolute
from newsroom.text import clean
from newsroom.wxr.bodies import anchor
from newsroom.wxr.importer import progress

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
TAIL = "</channel>\n</rss>\n"
BATCH = 100  # articles that are in memory at a time
ROWS = 1000  # comments that are
NEVER = "0000-00-00 00:00:00"  # how WordPress says that a draft has no time yet
SLUG_LENGTH = 200  # what WordPress keeps of an address, percent-encoded
PAGES_FROM = 1_000_000  # pictures and pages are counted from here, above all articles

State, CommentState = Article.State, Comment.State
APPROVED = {
    CommentState.APPROVED: "1",
    CommentState.PENDING: "0",
    CommentState.BLINDED: "0",
    CommentState.SPAM: "spam",
    CommentState.REJECTED: "trash",
    CommentState.TRASHED: "trash",
    CommentState.DELETED: "trash",
}
GONE = "-"  # what stands for words that their writer took back; replies keep their place
COMMENT_FIELDS = (
    *("pk", "article_id", "parent_id", "state", "author_name", "text", "created_at"),
    *("contact__email", "staff__author", "up_count", "down_count"),
)

# Bodies are sanitised: every tag is closed, and < and > stand for tags only.
HTML_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
TAG_OR_BRACKET = re.compile(r"<[^>]*>|\[(?=/?[A-Za-z])")
BLOCKS = {*("p", "h2", "h3", "h4", "blockquote", "ul", "ol", "figure", "pre", "table", "hr")}
VOID = {"br", "hr"}
WATCHED = re.compile(r"/(?:watch|shorts/|live/)")  # what WordPress plays of YouTube's addresses


# The file


@contextmanager
def snapshot():
    """See the paper as it is at one moment, while the newsroom and readers go on writing."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    mode = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # IMMEDIATE would keep all others from writing
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = mode


def write_export(path, with_emails=True):
    """Write the paper to a file at `path`; return how many rows of each kind were written.

    Only its owner may read it: it holds e-mail addresses and what was never published.
    """
    path = Path(path).absolute()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with whole_file(path, "w", encoding="utf-8", newline="\n") as file:
        return write_to(file, with_emails)


def write_to(file, with_emails=True):
    """Write the paper to an opened file; return how many rows of each kind were written."""
    with snapshot():
        exporter = Exporter(with_emails)
        for part in exporter.parts():
            file.write(part)
    return exporter.counts


# XML


def cdata(text):
    """Return text as XML holds it, whatever stands in it."""
    return f"<![CDATA[{clean(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(name, value):
    """Return an element; `name` may carry attributes."""
    inside = cdata(value) if value and isinstance(value, str) else value
    return f"<{name}>{inside}</{name.partition(' ')[0]}>"


def typed(text):
    """Return text that somebody typed as the HTML that WordPress takes everywhere."""
    return escape(text, quote=False)


def meta(key, value, of="post"):
    pair = element("wp:meta_key", key) + element("wp:meta_value", value)
    return f"<wp:{of}meta>{pair}</wp:{of}meta>\n"


def nicename(slug, number):
    """Return a slug as WordPress keeps it: percent-encoded; a long one is cut and numbered."""
    whole, end = quote(slug, safe="").lower(), ""
    while len(whole) + len(end) > SLUG_LENGTH:
        slug, end = slug[:-1], f"-{number}"
        whole = quote(slug, safe="").lower()
    return whole + end


def on_site(moment):
    """Return a time by the clock of the site, as WordPress writes it."""
    return f"{timezone.localtime(moment, timezone.get_default_timezone()):%Y-%m-%d %H:%M:%S}"


def in_utc(moment):
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def login_of(author):
    """Return the name with which an author signs in there, where only Latin letters are taken."""
    is_usable = author.slug.isascii() and not author.slug.startswith("author-")
    return author.slug if is_usable else f"author-{author.pk}"


# Bodies


def without_shortcodes(html):
    """Spell brackets so that WordPress does not take a text's [words] for its shortcodes."""
    return TAG_OR_BRACKET.sub(lambda found: "&#91;" if found[0] == "[" else found[0], html)


def parts_of(html):
    """Yield (name, HTML) of what stands side by side in a body; loose text has no name."""
    depth = start = 0
    name = ""
    for tag in HTML_TAG.finditer(html):
        closes, found = tag.groups()
        if depth == 0 and found in BLOCKS and not closes:
            yield "", html[start : tag.start()]
            start, name = tag.start(), found
        if found not in VOID:
            depth += -1 if closes else 1
        if depth == 0 and found == name:
            yield name, html[start : tag.end()]
            start, name = tag.end(), ""
    yield "", html[start:]


def block(name, html, **attributes):
    """Return HTML between the marks of a WordPress block."""
    found = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    for sign in ("--", "<", ">", "&"):  # none of them may stand in the mark, an HTML comment
        found = found.replace(sign, "".join(f"\\u{ord(letter):04x}" for letter in sign))
    found = f" {found}" if attributes else ""
    return f"<!-- wp:{name}{found} -->\n{html}\n<!-- /wp:{name} -->"


def wordpress_body(html, photos, number_of):
    """Return a body as blocks of WordPress, pictures and videos drawn.

    `photos` holds the pictures by key; `number_of` tells the number of one there.
    """

    def drawn(match):
        kind, value, inside = match.groups()
        caption = CAPTION.search(inside)
        caption = caption[1].strip() if caption else ""
        if kind == "embed":
            return video(unescape(value), caption)
        photo = photos.get(int(value)) if value.isdigit() else None
        return picture(photo, number_of(photo), caption) if photo else ("", "", {})

    blocks = []
    for name, part in parts_of(without_shortcodes(BARE_FIGURE.sub("", html))):
        if name == "figure" and (figure := FIGURE.fullmatch(part)):
            kind, part, attributes = drawn(figure)
        else:
            part = FIGURE.sub(lambda found: drawn(found)[1], part)
            kind, part, attributes = plain_block(name, part)
        if part.strip():
            blocks.append(block(kind, part.strip(), **attributes))
    return "\n\n".join(blocks)


def plain_block(name, html):
    """Return (block, HTML, attributes) of a part of a body that is no figure."""
    if name == "p":
        return "paragraph", html, {}
    if name in ("h2", "h3", "h4"):
        html = html.replace(f"<{name}>", f'<{name} class="wp-block-heading">', 1)
        return "heading", html, {"level": int(name[1])} if name != "h2" else {}
    return "html", html, {}


def figcaption(html):
    return f'<figcaption class="wp-element-caption">{html}</figcaption>' if html else ""


def picture(photo, number, caption):
    """Return (block, HTML, attributes) of a picture with all that readers see under it."""
    html = (
        f'<figure class="wp-block-image size-full"><img src="{address_of(photo)}"'
        f' alt="{escape(photo.alt)}" class="wp-image-{number}"/>'
        f"{figcaption(caption_of(photo, caption))}</figure>"
    )
    return "image", html, {"id": number, "sizeSlug": "full", "linkDestination": "none"}


def caption_of(photo, caption=""):
    """Return the HTML that stands under a picture: what made it, what it shows, whose it is."""
    parts = [caption or typed(photo.caption)]
    if photo.is_ai_generated:
        parts.insert(0, typed(f"{_('AI-generated image')} {photo.notice}"))
    if photo.credit:
        parts.append(f"ⓒ {typed(photo.credit)}")
    return " ".join(part for part in parts if part)


def address_of(photo):
    """Return the address of the largest public JPEG of a picture."""
    return absolute(photo.rendition("full", photo.widths("full")[-1]))


def video(url, caption):
    """Return (block, HTML, attributes) of a video; of one that WordPress cannot play, a link."""
    host = urlsplit(player(url) or "").hostname
    site = {"www.youtube-nocookie.com": "youtube", "player.vimeo.com": "vimeo"}.get(host)
    if site is None:
        html = f'<figure class="wp-block-embed">{anchor(url)}{figcaption(caption)}</figure>'
        return "html", html, {}
    parts = urlsplit(url)
    if site == "youtube" and parts.hostname != "youtu.be" and not WATCHED.match(parts.path):
        url = f"https://www.youtube.com/watch?v={player(url).rpartition('/')[2]}"
    names = f"wp-block-embed is-type-video is-provider-{site} wp-block-embed-{site}"
    html = (
        f'<figure class="{names}"><div class="wp-block-embed__wrapper">\n'
        f"{escape(url)}\n</div>{figcaption(caption)}</figure>"
    )
    return "embed", html, {"url": url, "type": "video", "providerNameSlug": site}


# Rows


def in_batches(rows):
    """Yield the rows of a queryset in lists, by primary key."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def photos_in(rows):
    """Return {key: photo} of the pictures that stand in the bodies of `rows`."""
    numbers = {int(number) for row in rows for number in PHOTO_MARK.findall(row.body)}
    return Photo.objects.in_bulk(numbers)


def status_of(article):
    """Return the status of an article there; what readers cannot see here is not public."""
    if article.state == State.PUBLISHED:
        return "publish" if article.is_published else "future"
    return {State.REVIEW: "pending", State.WITHDRAWN: "private"}.get(article.state, "draft")


class Exporter:
    """One run over the paper."""

    def __init__(self, with_emails=True):
        self.with_emails = with_emails
        self.counts = Counter()
        self.masthead = Masthead.load()
        self.logins = {author.pk: login_of(author) for author in Author.objects.order_by("pk")}
        highest = Article.objects.aggregate(highest=Max("pk"))["highest"] or 0
        self.above = max(PAGES_FROM, 10 ** len(str(highest)))

    def photo_number(self, photo):
        return self.above + 2 * photo.pk

    def page_number(self, page):
        return self.above + 2 * page.pk + 1

    def parts(self):
        """Yield the text of the export, piece by piece."""
        yield HEAD
        yield from self.channel()
        rows = (Photo.objects, Page.objects.filter(is_published=True), Article.objects)
        total = sum(found.count() for found in rows)
        for item in progress(self.items(*rows), _("Export"), total):
            yield from item
        yield TAIL

    def items(self, photos, pages, articles):
        """Yield each item as its pieces, which are to be taken before the next item."""
        for batch in in_batches(photos):
            yield from map(self.photo, batch)
        for batch in in_batches(pages):
            pictures = photos_in(batch)
            yield from (self.page(page, pictures) for page in batch)
        for batch in in_batches(self.with_places(articles)):
            pictures = photos_in(batch)
            threads = self.threads_of(batch)
            article_id, thread = next(threads, (None, ()))
            for article in batch:
                if article.pk == article_id:
                    yield self.article(article, pictures, thread)
                    article_id, thread = next(threads, (None, ()))
                else:
                    yield self.article(article, pictures)

    def with_places(self, articles):
        """Load articles with what their items say of authors, tags, series and corrections."""
        tagged = TaggedArticle.objects.select_related("tag").order_by("pk")
        return (
            articles.select_related("section", "series")
            .prefetch_related(
                "corrections", Prefetch("bylines", Byline.objects.all()), Prefetch("tagged", tagged)
            )
            .defer("body_html", "body_text", "summary")
        )

    def threads_of(self, articles):
        """Yield (article's key, its comments as dicts), the oldest article first."""
        rows = Comment.objects.filter(article__in=[article.pk for article in articles])
        rows = rows.order_by("article_id", "pk").values(*COMMENT_FIELDS)
        return groupby(rows.iterator(chunk_size=ROWS), key=itemgetter("article_id"))

    # The site

    def channel(self):
        """Yield the site, its authors, sections, tags and series."""
        about = self.masthead.description or self.masthead.tagline
        yield element("title", typed(self.masthead.title)) + "\n"
        yield f"<link>{escape(settings.SITE_URL)}</link>\n"
        yield element("description", typed(about)) + "\n"
        yield f"<language>{settings.LANGUAGE_CODE}</language>\n"
        yield "<wp:wxr_version>1.2</wp:wxr_version>\n"
        for name in ("wp:base_site_url", "wp:base_blog_url"):
            yield f"<{name}>{escape(settings.SITE_URL)}</{name}>\n"
        for author in Author.objects.order_by("pk"):
            yield self.author(author)
        for section in Section.objects.order_by("position", "pk"):
            yield self.term("category", section, section.name, section.description)
        for tag in Tag.objects.order_by("pk").iterator():
            yield self.term("tag", tag, tag.name)
        for series in Series.objects.order_by("pk"):
            yield self.term("term", series, series.title, series.description)

    def author(self, author):
        """Return an author, with the e-mail that every reader may see and no other."""
        values = {
            "author_id": author.pk,
            "author_login": self.logins[author.pk],
            "author_email": author.email,
            "author_display_name": typed(author.name),
            "author_first_name": "",
            "author_last_name": "",
        }
        inside = "".join(element(f"wp:{name}", value) for name, value in values.items())
        return f"<wp:author>{inside}</wp:author>\n"

    def term(self, kind, row, name, description=""):
        """Return a section ("category"), a tag, or a series ("term" of a taxonomy of its own)."""
        slug, of_own = nicename(row.slug, row.pk), "series"
        values = {
            "category": {"category_nicename": slug, "category_parent": "", "cat_name": typed(name)},
            "tag": {"tag_slug": slug, "tag_name": typed(name)},
            "term": {"term_taxonomy": of_own, "term_slug": slug, "term_name": typed(name)},
        }[kind]
        # Sections, tags and series share one count there.
        values = {"term_id": 3 * row.pk + ["category", "tag", "term"].index(kind), **values}
        if description:
            values[f"{kind}_description"] = typed(description)
        inside = "".join(element(f"wp:{field}", value) for field, value in values.items())
        return f"<wp:{kind}>{inside}</wp:{kind}>\n"

    # Items

    def item(self, kind, number, values, at, modified=None, is_set=True):
        """Return the beginning of an item: what every kind of them says."""
        modified = modified or at
        values = {
            "title": values["title"],
            "link": values["link"],
            "pubDate": format_datetime(at.astimezone(UTC).replace(microsecond=0)) if is_set else "",
            "dc:creator": values.get("creator", ""),
            'guid isPermaLink="false"': values.get("guid", values["link"]),
            "description": "",
            "content:encoded": values.get("content", ""),
            "excerpt:encoded": values.get("excerpt", ""),
            "wp:post_id": number,
            "wp:post_date": on_site(at),
            "wp:post_date_gmt": in_utc(at) if is_set else NEVER,
            "wp:post_modified": on_site(modified),
            "wp:post_modified_gmt": in_utc(modified),
            "wp:comment_status": values.get("comment_status", "closed"),
            "wp:ping_status": "closed",
            "wp:post_name": values["slug"],
            "wp:status": values["status"],
            "wp:post_parent": 0,
            "wp:menu_order": values.get("order", 0),
            "wp:post_type": kind,
            "wp:post_password": "",
            "wp:is_sticky": 0,
        }
        return "<item>\n" + "".join(f"{element(*pair)}\n" for pair in values.items())

    def photo(self, photo):
        """Yield a picture as an attachment."""
        self.counts["photos"] += 1
        url = address_of(photo)
        values = {
            # WordPress takes two pictures with one title and time for the same.
            "title": typed(f"{photo.alt or photo.caption} #{photo.pk}".strip()),
            "link": url,
            "content": typed(photo.licence),
            "excerpt": caption_of(photo),
            "slug": f"photo-{photo.pk}",
            "status": "inherit",
        }
        yield self.item("attachment", self.photo_number(photo), values, photo.created_at)
        yield element("wp:attachment_url", url) + "\n"
        yield meta("_wp_attachment_image_alt", typed(photo.alt)) if photo.alt else ""
        yield "</item>\n"

    def page(self, page, photos):
        """Yield a page that readers may see."""
        self.counts["pages"] += 1
        values = {
            "title": typed(page.title),
            "link": absolute(page.get_absolute_url()),
            "content": wordpress_body(page.body, photos, self.photo_number),
            "slug": nicename(page.slug, page.pk),
            "status": "publish",
            "order": page.position,
        }
        yield self.item("page", self.page_number(page), values, page.updated_at)
        yield "</item>\n"

    def article(self, article, photos, comments=()):
        """Yield an article with its comments."""
        self.counts["articles"] += 1
        policy = article.comment_policy or self.masthead.comment_policy
        logins = [self.logins[byline.author_id] for byline in article.bylines.all()]
        is_closed = policy in (Article.CommentPolicy.CLOSED, Article.CommentPolicy.HIDDEN)
        values = {
            "title": typed(article.headline),
            "link": absolute(article.get_absolute_url()),
            "guid": absolute(article.get_short_url()),
            "creator": logins[0] if logins else "",
            "content": wordpress_body(article.body, photos, self.photo_number),
            "excerpt": typed(article.lead),
            "slug": nicename(article.slug, article.pk),
            "status": status_of(article),
            "comment_status": "closed" if is_closed else "open",
        }
        at = article.published_at or article.created_at
        is_set = article.published_at is not None
        yield self.item("post", article.pk, values, at, article.revised_at, is_set)
        for domain, slug, name in terms_of(article, logins):
            yield element(f'category domain="{domain}" nicename="{slug}"', name) + "\n"
        for key, value in self.details_of(article):
            yield meta(key, value) if value else ""
        is_hidden = policy == Article.CommentPolicy.HIDDEN
        for comment in comments:
            yield self.comment(comment, is_hidden)
        yield "</item>\n"

    def details_of(self, article):
        """Yield (name, value) of what WordPress has no place for of its own."""
        if article.hero_id:
            yield "_thumbnail_id", str(self.above + 2 * article.hero_id)
        yield "wps_subtitle", typed(article.subtitle)  # as the plugin WP Subtitle calls it
        yield "newsroom_hero_caption", typed(article.hero_caption)
        yield "newsroom_series_position", str(article.series_position) if article.series else ""
        yield "newsroom_ai_assistance", typed(article.ai_assistance)
        if article.state == State.WITHDRAWN:
            yield "newsroom_withdrawn_at", on_site(article.withdrawn_at)
            yield "newsroom_withdrawal_reason", typed(article.withdrawal_reason)
        for correction in article.corrections.all():
            day = on_site(correction.published_at)[:10]
            text = f"{day} {correction.get_kind_display()}: {correction.text}"
            yield "newsroom_correction", typed(text)

    def comment(self, row, is_hidden):
        """Return a comment; nothing but its place of one that its writer deleted.

        Where the comments of an article are hidden from readers (`is_hidden`), those that
        were approved wait there.
        """
        self.counts["comments"] += 1
        is_deleted = row["state"] == CommentState.DELETED
        approved = APPROVED[row["state"]]
        email = row["contact__email"] if self.with_emails and not is_deleted else ""
        values = {
            "comment_id": row["pk"],
            "comment_author": GONE if is_deleted else typed(row["author_name"]),
            "comment_author_email": email or "",
            "comment_author_url": "",
            "comment_author_IP": "",
            "comment_date": on_site(row["created_at"]),
            "comment_date_gmt": in_utc(row["created_at"]),
            "comment_content": GONE if is_deleted else typed(row["text"]),
            "comment_approved": "0" if is_hidden and approved == "1" else approved,
            "comment_type": "comment",
            "comment_parent": row["parent_id"] or 0,
            "comment_user_id": row["staff__author"] or 0,
        }
        inside = "".join(f"{element(f'wp:{name}', value)}\n" for name, value in values.items())
        for name in ("up_count", "down_count"):
            if row[name]:
                inside += meta(f"newsroom_{name}", str(row[name]), of="comment")
        return f"<wp:comment>\n{inside}</wp:comment>\n"


def terms_of(article, logins):
    """Yield (taxonomy, slug, name) of an article's section, tags, series and joint authors."""
    if article.section:
        section = article.section
        yield "category", nicename(section.slug, section.pk), typed(section.name)
    for tagged in article.tagged.all():
        yield "post_tag", nicename(tagged.tag.slug, tagged.tag.pk), typed(tagged.tag.name)
    if article.series:
        series = article.series
        yield "series", nicename(series.slug, series.pk), typed(series.title)
    if len(logins) > 1:  # as the plugin Co-Authors Plus keeps them
        for login in logins:
            yield "author", f"cap-{login}", login
