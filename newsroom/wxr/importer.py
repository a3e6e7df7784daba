"""Making our rows of a WordPress export: all of them, or none."""

import sys
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles.middleware import normal_path
from articles.models import Article, Byline, OldAddress, Page, Section, Tag, TaggedArticle
from authors.models import Author, free_slug
from newsroom.html import sanitise
from newsroom.text import clean, excerpt, korean_slug
from newsroom.wxr import reader
from newsroom.wxr.bodies import convert, line_of, prose_of
from newsroom.wxr.pictures import PictureDesk, key_of
from newsroom.wxr.report import Report
from newsroom.wxr.threads import CommentDesk
from newsroom.wxr.times import moment

BATCH = 200


def progress(rows, total=None):
    """Show how far a loop is, to people only."""
    return tqdm(rows, total=total, file=sys.stderr, disable=None)


def import_export(path, media=None, is_dry=False, update=False):
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
            Importer(export, report, desk, update).run(path)
            transaction.set_rollback(is_dry)
    except BaseException:
        desk.forget_files()
        raise
    return report


class Importer:
    """One run over one export, inside its transaction."""

    def __init__(self, export, report, desk, update):
        self.export, self.report, self.desk, self.update = export, report, desk, update
        self.base = export.base
        self.prefix = urlsplit(self.base).path.rstrip("/")
        self.comments = CommentDesk(self.base, report)
        self.articles = self.known(Article)
        self.pages = self.known(Page)
        self.sections, self.tags, self.authors = {}, {}, {}
        self.bylines, self.tagged, self.addresses = [], [], []

    def known(self, model):
        rows = model.objects.filter(import_key__startswith=self.base)
        return dict(rows.values_list("import_key", "pk"))

    def run(self, path):
        self.desk.save_rows()
        for login, name in self.export.authors.items():
            self.make_author(login, name)
        for category in self.export.categories.values():
            self.make_category(category)
        for tag in self.export.tags.values():
            self.tags[tag.slug] = self.make_tag(tag)
            self.keep_address(f"{self.prefix}/tag/{tag.slug}", target=self.tags[tag.slug])
        for item in progress(reader.items(path), self.export.items):
            self.take(item)
        self.flush()
        self.comments.flush()
        self.comments.recount()

    def take(self, item):
        """Import one item, or say why not."""
        if item.kind == "attachment":
            return
        title = f"#{item.number} {line_of(item.get('title'))}"
        if item.kind not in ("post", "page"):
            self.report.skip("item", _("not a post: %s") % line_of(item.kind)[:40], title)
            return
        kind = page_or_article(item)
        if not item.number:
            self.report.skip(kind, _("without a number"), title)
        elif item.get("wp:status") == "trash":
            self.report.skip(kind, _("in the trash"), title)
        elif kind == "page":
            self.make_page(item, title)
        else:
            self.make_article(item, title)
        if len(self.tagged) + len(self.bylines) + len(self.addresses) > BATCH:
            self.flush()

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

    # Authors, sections, tags

    def make_author(self, login, name):
        """Find or make the author; a reporter entered here before by that name is taken."""
        # Neither a sign-in nor an e-mail address is for readers.
        name = excerpt(line_of(name).split("@")[0], 59) or _("Newsroom")
        key = key_of(f"{self.base}?author={login}")
        author = Author.objects.filter(import_key=key).first()
        author = author or Author.objects.filter(name=name, import_key=None).first()
        self.report.count("author", "unchanged" if author else "made")
        author = author or Author(name=name)
        if author.import_key != key:
            author.import_key = key
            author.save()
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
        if len(line) == 1:
            place = self.sections[category.slug] = self.make_section(category)
        else:
            place = self.tags[category.slug, "category"] = self.make_tag(category)
        path = "/".join(step.slug for step in line)
        self.keep_address(f"{self.prefix}/category/{path}", target=place)

    def make_section(self, category):
        name = excerpt(line_of(category.name), 39) or category.slug[:40]
        section = Section.objects.filter(name=name).first()
        self.report.count("section", "unchanged" if section else "made")
        if section is None:
            slug = free_slug(Section, category.slug)
            position = min(Section.objects.count(), 32767)
            section = Section.objects.create(name=name, slug=slug, position=position)
        return section

    def make_tag(self, term):
        name = excerpt(line_of(term.name), 59) or term.slug[:60]
        tag = Tag.objects.filter(name__iexact=name).first()
        self.report.count("tag", "unchanged" if tag else "made")
        return tag or Tag.objects.create(name=name, slug=free_slug(Tag, term.slug))

    def places_of(self, item):
        """Return (section or None, tags) of a post."""
        lines, tags = [], []
        for domain, term in item.terms:
            if domain == "tag":
                found = reader.find_term(self.export.tags, term)
                tags.append(self.tags[found.slug])
            elif domain == "category":
                lines.append(self.line_to(reader.find_term(self.export.categories, term)))
            else:
                self.report.note("article", _("other taxonomy left out: %s") % line_of(domain)[:40])
        lines.sort(key=len)  # stable: a category of the first level before any deeper one
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

    # Articles and pages

    def make_article(self, item, title):
        """Make the article, or leave the one that was imported before; add new comments."""
        key = key_of(f"{self.base}?p={item.number}")
        known = self.update and Article.objects.filter(import_key=key).first()
        if key in self.articles and not known:
            self.report.skip("article", _("already imported"))
        elif known and known.state == Article.State.WITHDRAWN:
            self.report.skip("article", _("withdrawn here"), title)
        else:
            article = known or Article(import_key=key)
            self.articles[key] = self.save_article(article, item, title)
        pk = self.articles[key]
        if item.get("wp:status") in ("publish", "future") and not item.get("wp:post_password"):
            self.keep_addresses(item, article_id=pk)
        self.comments.add(pk, item.comments)

    def save_article(self, article, item, title):
        """Write what the item says into `article`; return its primary key."""
        section, tags = self.places_of(item)
        author = self.authors.get(item.get("dc:creator"))
        body, lead = self.text_of(item, title)
        fields = {
            "headline": self.headline_of(item, title, 300),
            "lead": lead,
            "body": sanitise(clean(body)),
            "section": section,
            "hero_id": self.hero_of(item, title),
            **self.state_of(item, title),
        }
        if slug := korean_slug(reader.slug_of(item.get("wp:post_name")), 100):
            fields["slug"] = slug
        if item.get("wp:comment_status") == "closed":
            fields["comment_policy"] = Article.CommentPolicy.CLOSED
        is_new = article.pk is None
        if not is_new and article.hero_id:
            fields["hero_id"] = fields["hero_id"] or article.hero_id
        is_changed = write(article, fields)
        is_signed = not is_new and (
            [byline.author for byline in article.bylines.all()] == [author] * bool(author)
            and set(article.tags.all()) == set(tags)
        )
        if not is_signed:
            if not is_new:
                article.bylines.all().delete()
                article.tagged.all().delete()
            if author:
                self.bylines.append(Byline(article=article, author=author))
            self.tagged += [TaggedArticle(content_object=article, tag=tag) for tag in tags]
        outcome = "updated" if is_changed or not is_signed else "unchanged"
        self.report.count("article", "made" if is_new else outcome)
        return article.pk

    def make_page(self, item, title):
        """Make the page, or leave the one that was imported before."""
        key = key_of(f"{self.base}?p={item.number}")
        if item.comments:
            reason = _("on a page, where nobody comments here")
            self.report.count("comment", "skipped", len(item.comments))
            self.report.note("comment", reason, title, len(item.comments))
        if key in self.pages and not self.update:
            self.report.skip("page", _("already imported"))
            page = Page.objects.get(pk=self.pages[key])
        else:
            page = self.save_page(key, item, title)
            self.pages[key] = page.pk
        if page.is_published:
            self.keep_addresses(item, target=page)

    def save_page(self, key, item, title):
        """Write the page; editors decide which imported pages stand in the footer."""
        page = Page.objects.filter(import_key=key).first()
        is_new = page is None
        page = page or Page(import_key=key, is_in_footer=False)
        if is_new:
            page.slug = free_slug(Page, reader.slug_of(item.get("wp:post_name")), "page")
        is_open = item.get("wp:status") == "publish" and not item.get("wp:post_password")
        if not is_open:
            self.report.note("page", _("not public there, so not public here"), title)
        fields = {
            "title": self.headline_of(item, title, 100),
            "body": sanitise(clean(self.text_of(item, title)[0])),
            "is_published": is_open,
        }
        is_changed = write(page, fields)
        self.report.count("page", "made" if is_new else "updated" if is_changed else "unchanged")
        return page

    def headline_of(self, item, title, length):
        headline = line_of(item.get("title"))
        if not headline:
            self.report.note(page_or_article(item), _("without a title"), title)
            return _("(untitled)")
        if len(headline) > length:
            self.report.note(page_or_article(item), _("long title cut"), title)
        return excerpt(headline, length - 1) if len(headline) > length else headline

    def text_of(self, item, title):
        """Return (body, lead) of an item, and report what its body lost."""
        body = convert(item.get("content:encoded"), self.desk.find)
        reasons = {
            "picture": _("picture left out: it was not imported"),
            "shortcode": _("shortcode removed, its text kept: %s"),
            "block": _("filled by WordPress itself, left out: %s"),
            "markup": _("broken HTML, only its text kept: %s"),
        }
        for (what, name), number in body.dropped.items():
            is_picture = what == "picture"
            reason = reasons[what] if is_picture else reasons[what] % name[:60]
            example = f"{title}: {name}" if is_picture else title
            self.report.note("body", reason, example, number)
        return body.html, prose_of(item.get("excerpt:encoded")) or body.lead

    def hero_of(self, item, title):
        """Return the key of the featured picture."""
        number = item.meta.get("_thumbnail_id", "")
        photo = self.desk.photos.get(number)
        if number not in ("", "0") and photo is None:
            self.report.note("article", _("featured picture missing"), title)
        return photo and photo.pk

    def state_of(self, item, title):
        """Return state and times; what readers could not see there stays a draft here."""
        states = {"pending": "review", "publish": "published", "future": "published"}
        status = item.get("wp:status")
        published_at = moment(
            item.get("wp:post_date_gmt"), item.get("wp:post_date"), item.get("pubDate")
        )
        state, reason = states.get(status, "draft"), ""
        if item.get("wp:post_password"):
            state, reason = "draft", _("protected by a password there: a draft here")
        elif status == "private":
            reason = _("private there: a draft here")
        elif status not in (*states, "draft", "auto-draft"):
            reason = _("unknown status: a draft here")
        elif state == "published" and published_at is None:
            state, reason = "draft", _("without a usable date: a draft here")
        if reason:
            self.report.note("article", reason, title)
        elif state != "published":
            published_at = None
        revised_at = moment(item.get("wp:post_modified_gmt"), item.get("wp:post_modified"))
        is_revised = (
            published_at and revised_at and revised_at - published_at > timedelta(seconds=60)
        )
        return {
            "state": state,
            "published_at": published_at,
            "revised_at": revised_at if is_revised else None,
        }

    # Old addresses

    def keep_addresses(self, item, **leads_to):
        """Let the item's former addresses lead to what it is now."""
        try:
            path = normal_path(unquote(urlsplit(item.get("link")).path))
        except ValueError:
            path = "/"
        if path.startswith("/") and path != "/":
            self.keep_address(path, **leads_to)
        self.keep_address(f"/?p={item.number}", **leads_to)

    def keep_address(self, path, article_id=None, target=None):
        address = unquote(target.get_absolute_url()) if target else ""
        row = OldAddress(path=normal_path(path), article_id=article_id, target=address)
        self.addresses.append(row)


def page_or_article(item):
    return "page" if item.kind == "page" else "article"


def write(row, fields):
    """Set `fields` and save a row that is new or changed by them; return whether it was."""
    if row.pk and all(getattr(row, name) == value for name, value in fields.items()):
        return False
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return True
