"""Making our rows of a WordPress export: all of them, or none.

A second import of the same site brings what is new there, and what was changed there in
articles, pages and comments that nobody changed here. Where both sides changed, ours stays
and the report says so; `overwrite` takes theirs. To tell the two apart, an `import_key` holds
where the row came from and a digest of what the import wrote. What was withdrawn here stays
withdrawn, a moderator's decision stands, and what was deleted here comes back.
"""

import hashlib
import re
import sys
from datetime import timedelta
from html import escape
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles import related
from articles.middleware import normal_path
from articles.models import (
    RESERVED_SLUGS,
    Article,
    Byline,
    OldAddress,
    Page,
    Section,
    Tag,
    TaggedArticle,
)
from articles.search import index
from authors.models import Author, free_slug
from newsroom.text import korean_slug
from newsroom.wxr import reader
from newsroom.wxr.bodies import convert, filled, line_of, prose_of, settled
from newsroom.wxr.pictures import PictureDesk, fit, key_of
from newsroom.wxr.report import Report
from newsroom.wxr.threads import CommentDesk, signature
from newsroom.wxr.times import moment

BATCH = 200
RELATED = 1000  # articles whose related ones are chosen at once; the worker goes on
NO_CATEGORY = {"uncategorized", "미분류"}  # where WordPress puts what was put nowhere
PRIMARY_CATEGORY = ("_yoast_wpseo_primary_category", "rank_math_primary_category")
TIMES = ("state", "published_at", "revised_at")
MINUTE = timedelta(seconds=60)
State = Article.State


def progress(rows, label, total=None):
    """Show how far a loop is, to people only."""
    return tqdm(rows, label, total=total, file=sys.stderr, disable=None)


def import_export(path, media=None, is_dry=False, overwrite=False):
    """Import the export at `path`; return the `Report`. Raises `reader.BadExport`.

    The file is read to its end before anything is written. Rows are written in one
    transaction; a run that fails takes its picture files away again.
    """
    export = reader.survey(path)
    report = Report()
    desk = PictureDesk(export, media, report, is_dry)
    try:
        desk.read_files(progress)
        with transaction.atomic():
            with index.rebuilt_after():
                Importer(export, report, desk, overwrite).run(path)
            transaction.set_rollback(is_dry)
    except BaseException:
        desk.forget_files()
        raise
    for _number in progress(range(0 if is_dry else RELATED), _("Related articles")):
        if not related.relate_due(1):
            break
    return report


class Importer:
    """One run over one export, inside its transaction."""

    def __init__(self, export, report, desk, overwrite):
        self.export, self.report, self.desk, self.overwrite = export, report, desk, overwrite
        self.prefix = urlsplit(export.base).path.rstrip("/")
        self.comments = CommentDesk(export.name, report)
        self.known = {model: self.known_rows(model) for model in (Article, Page, Author)}
        self.seen = set()  # numbers of the posts and pages of this file
        self.sections, self.tags, self.authors = {}, {}, {}
        self.bylines, self.tagged, self.addresses = [], [], []

    def known_rows(self, model):
        """Return {key: (primary key, digest)} of the rows that came from this site before."""
        rows = model.objects.filter(import_key__startswith=self.export.name[:150])
        found = {}
        for import_key, pk in rows.values_list("import_key", "pk"):
            key, _space, digest = import_key.partition(" ")
            found[key] = (pk, digest)
        return found

    def key(self, query):
        return key_of(f"{self.export.name}?{query}".replace(" ", ""), 230)

    def run(self, path):
        self.desk.save_rows()
        for login, name in self.export.authors.items():
            self.make_author(login, name)
        for category in self.export.categories.values():
            self.make_category(category)
        for tag in self.export.tags.values():
            address = f"{self.prefix}/tag/{tag.slug}"
            self.tags[tag.slug] = self.make_tag(tag, self.place_at(address, Tag))
            self.keep_address(address, target=self.tags[tag.slug])
        self.keep_address(f"{self.prefix}/feed", target=reverse("articles:feed", args=["xml"]))
        for item in progress(reader.items(path), _("Articles"), self.export.items):
            self.take(item)
        self.flush()
        self.comments.flush()
        self.comments.recount()

    def take(self, item):
        """Import one item, or say why not."""
        title = f"#{item.number} {line_of(item.get('title'))}"
        kind = {"post": "article", "page": "page"}.get(item.kind, "item")
        if item.kind == "attachment":  # the desk has it
            self.skip_comments(item, _("on a picture, where nobody comments here"), title)
        elif reason := self.reason_against(item, kind):
            self.report.skip(kind, reason, title)
            self.skip_comments(item, _("on what was not imported"), title)
        elif kind == "page":
            self.make_page(item, title)
        else:
            self.make_article(item, title)
        self.seen.add(item.number)
        if len(self.tagged) + len(self.bylines) + len(self.addresses) > BATCH:
            self.flush()

    def reason_against(self, item, kind):
        """Return why an item is not imported; empty if it is."""
        if kind == "item":
            return _("not a post: %s") % line_of(item.kind)[:40]
        if not item.number:
            return _("without a number")
        if item.number in self.seen:
            return _("twice in this file")
        if item.get("wp:status") == "trash":
            is_here = self.key(f"p={item.number}") in self.known[Article] | self.known[Page]
            return _("in the trash there, but still here") if is_here else _("in the trash")
        return ""

    def skip_comments(self, item, reason, title):
        if item.comments:
            self.report.count("comment", "skipped", len(item.comments))
            self.report.note("comment", reason, title, len(item.comments))

    def flush(self):
        """Write the small rows that were gathered."""
        Byline.objects.bulk_create(self.bylines)
        TaggedArticle.objects.bulk_create(self.tagged)
        before = OldAddress.objects.count()
        OldAddress.objects.bulk_create(self.addresses, ignore_conflicts=True)
        made = OldAddress.objects.count() - before
        self.report.count("address", "made", made)
        self.report.count("address", "unchanged", len(self.addresses) - made)
        self.bylines, self.tagged, self.addresses = [], [], []

    def write(self, row, key, fields, *, now=(), then=()):
        """Make `row` say what `fields` do, unless somebody changed it here; return the outcome.

        `now` and `then` are what the row has in other tables, and what it is to have there.
        """
        digest = digest_of(fields.values(), then)
        if row.pk:
            written = self.known[type(row)][key][1]
            ours = digest_of([getattr(row, name) for name in fields], now)
            if digest == ours or (digest == written and not self.overwrite):
                return "unchanged"
            if ours != written and not self.overwrite:
                return "kept"
        outcome = "updated" if row.pk else "made"
        for name, value in fields.items():
            setattr(row, name, value)
        row.import_key = f"{key} {digest}"
        row.save()
        self.known[type(row)][key] = (row.pk, digest)
        return outcome

    def count(self, kind, outcome, title):
        if outcome == "kept":
            self.report.skip(kind, _("changed there and here: ours stays"), title)
        else:
            self.report.count(kind, outcome)

    # Authors, sections, tags

    def make_author(self, login, name):
        """Find or make the author; a reporter entered here before by that name is taken."""
        # Neither a sign-in nor an e-mail address is for readers.
        name = signature(name, 60) or _("Newsroom")
        key = self.key(f"author={login}")
        if key in self.known[Author]:
            author = Author.objects.get(pk=self.known[Author][key][0])
        else:
            author = Author.objects.filter(name=name, import_key=None).first() or Author()
        if author.pk and not author.import_key:
            Author.objects.filter(pk=author.pk).update(import_key=f"{key} {digest_of([name])}")
            outcome = "unchanged"
        else:
            outcome = self.write(author, key, {"name": name})
        self.count("author", outcome, name)
        if login in self.export.unlisted:
            self.report.note("author", _("named by articles only, not in the list"), name)
        self.authors[login] = author
        if slug := korean_slug(login.replace(".", "-")):
            self.keep_address(f"{self.prefix}/author/{slug}", target=author)

    def line_to(self, category):
        """Return the categories from the first level down to `category`."""
        line = [category]
        while parent := self.export.categories.get(line[0].parent):
            if parent in line:
                break
            line.insert(0, parent)
        return line

    def make_category(self, category):
        """Make a section of a first-level category, a tag of a deeper one."""
        line = self.line_to(category)
        path = f"{self.prefix}/category/{'/'.join(step.slug for step in line)}"
        if len(line) == 1:
            place = self.make_section(category, self.place_at(path, Section))
            self.sections[category.slug] = place
        else:
            place = self.make_tag(category, self.place_at(path, Tag))
            self.tags[category.slug, "category"] = place
        self.keep_address(path, target=place)

    def place_at(self, path, model):
        """Return what an earlier import made there, whatever it is called here by now."""
        old = OldAddress.objects.filter(path=normal_path(path)).first()
        return old and model.objects.filter(slug=old.target.strip("/").rpartition("/")[2]).first()

    def make_section(self, category, known):
        name = fit(line_of(category.name), 40) or category.slug[:40]
        section = known or Section.objects.filter(name=name).first()
        self.report.count("section", "unchanged" if section else "made")
        return section or Section.objects.create(
            name=name,
            slug=free_slug(Section, category.slug),
            position=min(Section.objects.count(), 32767),
            is_in_navigation=category.slug not in NO_CATEGORY,
        )

    def make_tag(self, term, known=None):
        name = fit(line_of(term.name), 60) or term.slug[:60]
        tag = known or Tag.objects.filter(name__iexact=name).first()
        self.report.count("tag", "unchanged" if tag else "made")
        return tag or Tag.objects.create(name=name, slug=free_slug(Tag, term.slug))

    def places_of(self, item, title):
        """Return (section or None, tags) of a post."""
        lines, tags = [], []
        for domain, term in item.terms:
            if domain == "tag":
                found = reader.find_term(self.export.tags, term)
                tags.append(self.tags[found.slug])
            elif domain == "category":
                lines.append(self.line_to(reader.find_term(self.export.categories, term)))
            elif domain != "author" or self.login_of(term) is None:
                self.report.note("article", _("other taxonomy left out: %s") % line_of(domain)[:40])
        if not lines:
            self.report.note("article", _("without a category: in no section"), title)
        # The one that an SEO plugin marks, then the first of the first level.
        primary = {item.meta.get(name) for name in PRIMARY_CATEGORY} - {None, ""}
        lines.sort(key=lambda line: (line[-1].number not in primary, len(line)))
        section = self.sections[lines[0][0].slug] if lines else None
        for line in lines:
            own = line[-1]
            if len(line) > 1:
                tags.append(self.tags[own.slug, "category"])
            elif self.sections[own.slug] != section:
                if (own.slug, "category") not in self.tags:
                    self.tags[own.slug, "category"] = self.make_tag(own)
                tags.append(self.tags[own.slug, "category"])
        return section, list(dict.fromkeys(tags))

    def login_of(self, term):
        """Return the login of the author whom a term of Co-Authors Plus means, or None."""
        logins = (term.name, term.slug.removeprefix("cap-"))
        return next((login for login in logins if login in self.authors), None)

    def authors_of(self, item):
        """Return the authors who sign a post: those of Co-Authors Plus, else its creator."""
        creator = item.get("dc:creator")
        joint = [self.login_of(term) for domain, term in item.terms if domain == "author"]
        logins = [login for login in joint if login] or [creator]
        logins.sort(key=lambda login: login != creator)
        found = [self.authors[login] for login in logins if login in self.authors]
        return list({author.pk: author for author in found}.values())

    # Articles and pages

    def make_article(self, item, title):
        """Make or update the article; add its new comments, keep its old addresses."""
        key = self.key(f"p={item.number}")
        article = None
        if known := self.known[Article].get(key):
            article = Article.objects.prefetch_related("bylines", "tagged").get(pk=known[0])
        if article and article.state == State.WITHDRAWN:
            self.report.skip("article", _("withdrawn here"), title)
        else:
            article = article or Article()
            self.save_article(article, key, item, title)
        if item.get("wp:status") in ("publish", "future") and not item.get("wp:post_password"):
            self.keep_addresses(item, article_id=article.pk)
        self.comments.add(article.pk, item.comments, dates_of(item)[0])

    def save_article(self, article, key, item, title):
        """Write what the item says into `article`."""
        section, tags = self.places_of(item, title)
        authors = self.authors_of(item)
        if not authors:
            self.report.note("article", _("without an author"), title)
        headline, body = self.headline_of(item, title, 300), self.body_of(item, title, 300)
        hero = self.hero_of(item, title)
        slug = korean_slug(reader.slug_of(item.get("wp:post_name")), 100) or article.slug
        slug = slug or korean_slug(headline)
        subtitle = fit(line_of(item.meta.get("wps_subtitle", "")), 300)
        fields = {
            "headline": headline,
            "slug": f"{slug}-1" if slug in RESERVED_SLUGS else slug,
            "lead": self.lead_of(item, body),
            "body": body.html,
            "section_id": section and section.pk,
            "hero_id": hero.pk if hero else article.hero_id,
            **self.state_of(item, title, article),
            # Only where there is one: without it the digests of earlier imports hold.
            **({"subtitle": subtitle} if subtitle else {}),
        }
        bylines, tagged = [], []
        if article.pk:
            bylines = [byline.author_id for byline in article.bylines.all()]
            tagged = sorted(row.tag_id for row in article.tagged.all())
        elif item.get("wp:comment_status") == "closed":
            article.comment_policy = Article.CommentPolicy.CLOSED
        theirs = [author.pk for author in authors], sorted(tag.pk for tag in tags)
        outcome = self.write(article, key, fields, now=(bylines, tagged), then=theirs)
        self.count("article", outcome, title)
        if outcome == "updated" and (bylines, tagged) != theirs:
            article.bylines.all().delete()
            article.tagged.all().delete()
        if outcome == "made" or (outcome == "updated" and (bylines, tagged) != theirs):
            self.bylines += [
                Byline(article=article, author=author, position=place)
                for place, author in enumerate(authors)
            ]
            self.tagged += [TaggedArticle(content_object=article, tag=tag) for tag in tags]

    def make_page(self, item, title):
        """Make or update the page; editors decide which imported pages stand in the footer."""
        self.skip_comments(item, _("on a page, where nobody comments here"), title)
        key = self.key(f"p={item.number}")
        if known := self.known[Page].get(key):
            page = Page.objects.get(pk=known[0])
        else:
            slug = free_slug(Page, reader.slug_of(item.get("wp:post_name")), "page")
            page = Page(slug=slug, is_in_footer=False)
        is_open = item.get("wp:status") == "publish" and not item.get("wp:post_password")
        if not is_open:
            self.report.note("page", _("not public there, so not public here"), title)
        fields = {
            "title": self.headline_of(item, title, 100),
            "body": self.body_of(item, title, 100).html,
            "is_published": is_open,
        }
        self.count("page", self.write(page, key, fields), title)
        if is_open:
            self.keep_addresses(item, target=page)

    def headline_of(self, item, title, length):
        headline = line_of(item.get("title"))
        if not headline:
            self.report.note(page_or_article(item), _("without a title"), title)
        elif len(headline) > length:
            reason = _("long title cut, whole at the start of the text")
            self.report.note(page_or_article(item), reason, title)
        return fit(headline, length) or _("(untitled)")

    def body_of(self, item, title, title_length):
        """Return the `Body` of an item, and report what it lost."""
        html = filled(
            item.get("content:encoded"), self.export.blocks, item.meta.get("footnotes", "")
        )
        body = convert(html, self.desk.find, self.desk.uploaded_to.get(item.number, ()))
        headline = line_of(item.get("title"))
        if len(headline) > title_length:
            body.html = settled(f"<p>{escape(headline)}</p>\n{body.html}")
        if not body.html:
            self.report.note(page_or_article(item), _("without a text"), title)
        reasons = {
            "shortcode": _("shortcode removed, its text kept: %s"),
            "block": _("filled by WordPress itself, left out: %s"),
            "markup": _("broken HTML, only its text kept: %s"),
        }
        for (what, name), number in body.dropped.items():
            if what == "picture":
                reason = _("picture left out: it was not imported")
                self.report.note("body", reason, f"{title}: {name}", number, is_listed=True)
            else:
                self.report.note("body", reasons[what] % name[:60], title, number)
        for url in dict.fromkeys(re.findall(r'<a href="([^"]+)"', body.html)):
            if self.desk.is_file(url):
                reason = _("link to a file that is still on the former site")
                self.report.note("body", reason, f"{title}: {unquote(url)}", is_listed=True)
        return body

    def lead_of(self, item, body):
        """Return the excerpt, else what stands before “more”, else what was for search engines."""
        description = item.meta.get("_yoast_wpseo_metadesc", "")
        description = "" if "%%" in description else line_of(description)
        return prose_of(item.get("excerpt:encoded")) or body.lead or description

    def hero_of(self, item, title):
        """Return the featured picture."""
        number = item.meta.get("_thumbnail_id", "")
        photo = self.desk.photos.get(number)
        if number not in ("", "0") and photo is None:
            self.report.note("article", _("featured picture missing"), title)
        return photo

    def state_of(self, item, title, article):
        """Return state and times; what readers could not see there stays a draft here."""
        states = {"pending": "review", "publish": "published", "future": "published"}
        status = item.get("wp:status")
        published_at, revised_at = dates_of(item)
        state, reason = states.get(status, "draft"), ""
        if item.get("wp:post_password"):
            state, reason = "draft", _("protected by a password there: a draft here")
        elif status == "private":
            reason = _("private there: a draft here")
        elif status not in (*states, "draft", "auto-draft"):
            reason = _("unknown status: a draft here")
        elif state == "published" and published_at is None:
            state, reason = "draft", _("without a usable date: a draft here")
        elif status == "future" and published_at <= timezone.now():
            if article.state == State.PUBLISHED:  # as it was to be
                return {name: getattr(article, name) for name in TIMES}
            state, reason = "review", _("scheduled there for a time that is over: in review here")
        elif state != "published" and article.state == State.PUBLISHED:
            reason = _("not public there any more, so not public here")
        if reason:
            self.report.note("article", reason, title)
        elif state != "published":
            published_at = None
        if not (published_at and revised_at) or revised_at - published_at <= MINUTE:
            revised_at = None
        return dict(zip(TIMES, (state, published_at, revised_at), strict=True))

    # Old addresses

    def keep_addresses(self, item, **leads_to):
        """Let the item's former addresses lead to what it is now."""
        try:
            path = normal_path(unquote(urlsplit(item.get("link")).path))
        except ValueError:
            path = "/"
        if path.startswith("/") and path != "/":
            self.keep_address(path, **leads_to)
            above, _slash, slug = path.rpartition("/")
            if slug == reader.slug_of(item.get("wp:post_name")):
                for former in item.former_slugs:
                    self.keep_address(f"{above}/{former}", **leads_to)
        self.keep_address(f"/?p={item.number}", **leads_to)

    def keep_address(self, path, article_id=None, target=""):
        if target and not isinstance(target, str):
            target = unquote(target.get_absolute_url())
        row = OldAddress(path=normal_path(path), article_id=article_id, target=target)
        self.addresses.append(row)


def dates_of(item):
    """Return when an item was published and last changed there, each None if unknown."""
    return (
        moment(item.get("wp:post_date_gmt"), item.get("wp:post_date"), item.get("pubDate")),
        moment(item.get("wp:post_modified_gmt"), item.get("wp:post_modified")),
    )


def page_or_article(item):
    return "page" if item.kind == "page" else "article"


def digest_of(values, others=()):
    """Return what tells whether any of the values is another one."""
    text = "\0".join(str(value) for value in (*values, *others))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
