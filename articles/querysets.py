"""How we speak of many articles. What readers may see is said once: `published()`."""

from datetime import timedelta

from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from newsroom.models import Masthead

# What a card shows; everything else stays in the database.
CARD_FIELDS = (
    *("headline", "summary", "slug", "published_at", "corrected_at", "comment_count"),
    *("section", "section__name", "section__slug", "hero"),
    *("hero__version", "hero__width", "hero__height", "hero__colour", "hero__alt"),
    *("hero__is_ai_generated",),
)


RECENT = timedelta(days=30)


class PhotoQuerySet(models.QuerySet):
    """Pictures of the library."""


class CorrectionQuerySet(models.QuerySet):
    """What we put right in public."""

    def published(self):
        """Corrections that readers may see now, on articles that they may see."""
        from articles.models import Article

        articles = Article.objects.published()
        return self.filter(published_at__lte=timezone.now(), article__in=articles)

    def latest_first(self):
        return self.order_by("-published_at", "-pk")

    def for_ledger(self):
        """Load what the ledger shows, with the headline of the article."""
        return self.select_related("article").only(
            "kind", "text", "published_at", "article__headline", "article__slug"
        )


class ArticleQuerySet(models.QuerySet):
    """Articles, by the newsroom's own words."""

    def published(self, at=None):
        """Articles that readers may see now (or at the time `at`)."""
        return self.filter(state="published", published_at__lte=at or timezone.now())

    def show_comments(self):
        """Articles whose comments are not hidden, by their own word or the paper's."""
        hidden_by_paper = Exists(Masthead.objects.filter(comment_policy="hidden"))
        return self.exclude(comment_policy="hidden").exclude(hidden_by_paper, comment_policy="")

    def latest_first(self):
        """Newest first, in an order that does not shift."""
        return self.order_by("-published_at", "-pk")

    def in_section(self, section):
        return self.filter(section=section)

    def tagged_with(self, tag):
        return self.filter(tagged__tag=tag)

    def by_author(self, author):
        return self.filter(bylines__author=author)

    def in_month(self, year, month):
        """Articles published in that month of the site's time zone."""
        start = timezone.make_aware(timezone.datetime(year, month, 1))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        end = timezone.make_aware(timezone.datetime(year, month, 1))
        return self.filter(published_at__gte=start, published_at__lt=end)

    def containing(self, words):
        """Articles in whose text every one of `words` occurs."""
        query = Q()
        for word in words:
            query &= (
                Q(headline__icontains=word)
                | Q(subtitle__icontains=word)
                | Q(lead__icontains=word)
                | Q(body_text__icontains=word)
            )
        return self.filter(query)

    def for_cards(self):
        """Load what a card shows: headline, lead, section and picture, in one query."""
        return self.select_related("section", "hero").only(*CARD_FIELDS)

    def for_detail(self):
        """Load what the article page shows of the article itself."""
        from articles.models import Byline

        return self.select_related("section", "series", "hero").prefetch_related(
            Prefetch("bylines", Byline.objects.select_related("author__portrait")), "tags"
        )

    def for_feed(self):
        """Load whole articles with their authors and tags."""
        return self.for_detail()

    def related_to(self, pk, section, tags, at=None):
        """Articles that share tags or the section with the article `pk`, the nearest first.

        `section` and `tags` are primary keys; `at` is the time for which to look.
        """
        through = self.model.tags.through
        published = self.model.objects.published(at).exclude(pk=pk).latest_first()
        by_tag = published.filter(tagged__tag__in=tags).values("pk")[:60]
        by_section = published.filter(section=section).values("pk")[:20]
        shared = (
            through.objects.filter(content_object=OuterRef("pk"), tag__in=tags)
            .order_by()
            .values("content_object")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return (
            self.published(at)
            .exclude(pk=pk)
            .filter(Q(pk__in=by_tag) | Q(pk__in=by_section))
            .annotate(shared_tags=Subquery(shared))
            .order_by(models.F("shared_tags").desc(nulls_last=True), "-published_at", "-pk")
        )

    def most_discussed(self, since=None):
        """Articles published since a time, or in the last 30 days; most comments first."""
        since = since or timezone.now() - RECENT
        return self.filter(published_at__gte=since, comment_count__gt=0).order_by(
            "-comment_count", "-published_at", "-pk"
        )

    def note_corrections(self):
        """Write down on each article when it was last corrected."""
        from articles.models import Correction

        latest = Correction.objects.filter(article=OuterRef("pk")).order_by("-published_at")
        return self.update(corrected_at=Subquery(latest.values("published_at")[:1]))
