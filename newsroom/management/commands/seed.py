"""Fill the site with the sample paper: 미르내신문, its people, articles, pictures and readers."""

import tomllib
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles import related
from articles.models import (
    Article,
    Byline,
    Correction,
    Page,
    Photo,
    Placement,
    Section,
    Series,
)
from articles.search import index
from authors.models import Author, User
from comments import moderation
from comments.models import Comment, Contact
from newsroom.models import Masthead

SAMPLE = Path(__file__).resolve().parents[2] / "sample"


class Command(BaseCommand):
    help = "Fill an empty site with sample content; dates are relative to today."

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there are articles"
        )

    def handle(self, *args, if_empty, **options):
        if Article.objects.exists():
            message = _("There are articles already; the sample content is for an empty site.")
            if not if_empty:
                self.stderr.write(message)
            return
        # Minutes do not matter to a sample; a whole one makes the pages the same in a run.
        self.now = timezone.now().replace(second=0, microsecond=0)
        with transaction.atomic():
            with index.rebuilt_after():
                counts = self.fill()
            related.relate_due(counts["articles"])
        self.stdout.write(
            _("Sample content: %(articles)d articles, %(photos)d photos, %(comments)d comments.")
            % counts
        )

    def fill(self):
        site = read(SAMPLE / "site.toml")
        Masthead(pk=1, **site["masthead"]).save()
        self.sections = {
            row["slug"]: Section.objects.create(position=position, **row)
            for position, row in enumerate(site["sections"], 1)
        }
        self.series = {row["slug"]: Series.objects.create(**row) for row in site["series"]}
        for position, row in enumerate(site["pages"], 1):
            Page.objects.create(position=position, **row)
        self.photos = self.make_photos()
        self.authors = {row["key"]: self.make_author(**row) for row in site["authors"]}
        files = [read(path) for path in sorted((SAMPLE / "articles").glob("*.toml"))]
        files.sort(key=lambda row: -row["days_ago"])
        for row in tqdm(files, desc=_("articles"), disable=None):
            self.make_article(row)
        return {
            "articles": Article.objects.count(),
            "photos": Photo.objects.count(),
            "comments": Comment.objects.count(),
        }

    def make_photos(self):
        photos = {}
        tables = {}
        for path in sorted((SAMPLE / "pictures").glob("*.toml")):
            tables |= read(path)
        for key, fields in tqdm(tables.items(), desc=_("photos"), disable=None):
            photo = Photo(**fields)
            with open(SAMPLE / "pictures" / f"{key}.webp", "rb") as file:
                photo.take(file)
            photo.save()
            photos[key] = photo
        return photos

    def make_author(self, key, portrait=None, **fields):
        return Author.objects.create(slug=key, portrait=self.photos.get(portrait), **fields)

    def ago(self, days):
        return self.now - timedelta(days=days)

    def make_article(self, row):
        published = self.ago(row["days_ago"])
        revised_after = row.get("updated_after_hours")
        body = row["body"]
        for key, photo in self.photos.items():
            body = body.replace(f'data-photo="{key}"', f'data-photo="{photo.pk}"')
        article = Article(
            headline=row["headline"],
            subtitle=row.get("subtitle", ""),
            lead=row.get("lead", ""),
            body=body,
            section=self.sections.get(row.get("section")),
            series=self.series.get(row.get("series")),
            series_position=row.get("series_position", 0),
            hero=self.photos.get(row.get("hero")),
            state=row.get("state", "published"),
            published_at=published,
            revised_at=published + timedelta(hours=revised_after) if revised_after else None,
            comment_policy=row.get("comment_policy", ""),
            ai_assistance=row.get("ai_assistance", ""),
        )
        article.save()
        article.tags.set(row.get("tags", []))
        for position, key in enumerate(row["authors"]):
            Byline.objects.create(article=article, author=self.authors[key], position=position)
        for entry in row.get("corrections", ()):
            Correction.objects.create(
                article=article,
                kind=entry["kind"],
                text=entry["text"],
                before=entry.get("before", ""),
                after=entry.get("after", ""),
                published_at=self.ago(entry["days_ago"]),
            )
        if "place" in row:
            Placement.objects.create(
                article=article, position=row["place"], ends_at=self.now + timedelta(days=3)
            )
        self.make_comments(article, row.get("comments", ()))

    def make_comments(self, article, rows):
        made = []
        for number, row in enumerate(rows, 1):
            comment = Comment.objects.create(
                article=article,
                parent=made[row["reply_to"] - 1] if "reply_to" in row else None,
                author_name=row["name"],
                staff=self.account_of(row["staff"]) if "staff" in row else None,
                text=row["text"],
                created_at=min(
                    article.published_at + timedelta(hours=row["hours_after"]), self.now
                ),
            )
            Contact.objects.create(
                comment=comment, email=f"reader{article.pk}.{number}@example.com"
            )
            if (state := row.get("state", "approved")) != "pending":
                moderation.change_state(comment, state)
            made.append(comment)

    def account_of(self, key):
        """Return the account of a staff author; it cannot sign in until given a password."""
        author = self.authors[key]
        if not author.user:
            author.user = User(username=key, first_name=author.name, is_staff=True)
            author.user.set_unusable_password()
            author.user.save()
            author.save()
        return author.user


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)
