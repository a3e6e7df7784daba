"""The article itself, and who signs it."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from articles.models.photos import Photo
from articles.models.places import ArticleTimeField, Section, Series, TaggedArticle
from articles.querysets import ArticleQuerySet
from authors.models import Author
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.html import sanitise
from newsroom.text import clean, excerpt, korean_slug, one_line, plain

RESERVED_SLUGS = {"comments"}  # an address below the article's own


class Article(models.Model):
    """A story, from its first draft to its place in the archive."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        REVIEW = "review", _("in review")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class CommentPolicy(models.TextChoices):
        DEFAULT = "", _("as everywhere on the site")
        OPEN = "open", _("open")
        APPROVE = "approve", _("approve first")
        CLOSED = "closed", _("closed, still readable")
        HIDDEN = "hidden", _("hidden")

    headline = LineField(_("headline"), max_length=300)
    subtitle = LineField(_("subtitle"), max_length=300, blank=True)
    lead = ProseField(
        _("lead"), blank=True, help_text=_("One or two sentences, for cards, search and sharing.")
    )
    body = ProseField(_("body"), blank=True)
    body_html = models.TextField(editable=False, default="")
    body_text = models.TextField(editable=False, default="")
    summary = models.TextField(editable=False, default="")
    slug = SlugField(_("address"), blank=True, help_text=_("Empty: made from the headline."))
    section = models.ForeignKey(
        Section,
        verbose_name=_("section"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
    )
    series = models.ForeignKey(
        Series,
        verbose_name=_("series"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="articles",
    )
    series_position = models.PositiveSmallIntegerField(_("number in the series"), default=0)
    hero = models.ForeignKey(
        Photo,
        verbose_name=_("hero photo"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="hero_of",
    )
    hero_caption = LineField(
        _("caption here"), max_length=400, blank=True, help_text=_("Empty: the photo's own.")
    )
    photos = models.ManyToManyField(Photo, editable=False, related_name="articles")
    authors = models.ManyToManyField(
        Author, verbose_name=_("authors"), through="Byline", related_name="articles"
    )
    tags = TaggableManager(_("tags"), through=TaggedArticle, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    published_at = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        help_text=_("A time to come schedules the article: it appears then, by itself."),
    )
    revised_at = models.DateTimeField(
        _("revised"), null=True, blank=True, help_text=_("Shown to readers as 수정.")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawal_reason = LineField(
        _("reason for withdrawal"), max_length=300, blank=True, help_text=_("Shown to readers.")
    )
    comment_policy = models.CharField(
        _("comments"), max_length=10, choices=CommentPolicy.choices, default="", blank=True
    )
    ai_assistance = LineField(
        _("use of AI"),
        max_length=300,
        blank=True,
        help_text=_("How AI tools were used and who answers for it; shown to readers."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("begun by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="begun_articles",
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsible"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="responsible_for",
        help_text=_("Who sees to it that the article gets on."),
    )
    # Counts what was saved here, so that a form knows whether it is still of today.
    version = models.PositiveIntegerField(default=0, editable=False)
    # What was saved and readers do not see yet, of an article that is public.
    working_copy = models.ForeignKey(
        "Revision", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    corrected_at = models.DateTimeField(editable=False, null=True)
    comment_count = models.PositiveIntegerField(_("comments"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [("publish_article", "Can publish article")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "review", "published", "withdrawn"]),
                name="article_state_known",
            ),
            models.CheckConstraint(condition=~Q(headline=""), name="article_has_headline"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="article_published_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn")
                | Q(published_at__isnull=False, withdrawn_at__isnull=False),
                name="article_withdrawn_has_times",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-published_at", "-id"],
                condition=Q(state="published"),
                name="article_published",
            ),
            models.Index(
                fields=["section", "-published_at", "-id"],
                condition=Q(state="published"),
                name="article_published_in_section",
            ),
            models.Index(fields=["series", "series_position"], name="article_in_series"),
            models.Index(
                fields=["-published_at", "comment_count", "comment_policy"],
                condition=Q(state="published"),
                name="article_published_discussed",
            ),
            models.Index(
                fields=["-updated_at", "-id"],
                condition=Q(state="published"),
                name="article_published_touched",
            ),
            models.Index(fields=["-updated_at", "-id"], name="article_touched"),
            models.Index(
                fields=["state", "-updated_at", "-id"],
                condition=~Q(state="published"),
                name="article_unpublished",
            ),
            models.Index(
                fields=["section", "-updated_at", "-id"], name="article_touched_in_section"
            ),
        ]

    def __str__(self):
        return self.headline

    def save(self, *args, **kwargs):
        """Save; unless only some fields are, draw anew what follows from the text."""
        if kwargs.get("update_fields") is not None:
            return super().save(*args, **kwargs)
        from articles.body import render_body
        from articles.search import index

        self.headline = one_line(self.headline)
        if not self.slug:
            self.slug = korean_slug(self.headline)
        if self.slug in RESERVED_SLUGS:
            self.slug += "-1"
        self.body = sanitise(clean(self.body))
        self.body_text = plain(self.body)
        self.summary = one_line(self.lead) or excerpt(self.body_text)
        self.body_html, photos = render_body(self.body)
        if self.pk and not self._state.adding:
            # The counters are kept by others, who may be at work right now.
            kept = {"comment_count", "corrected_at", "version", "working_copy"}
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in kept
            ]
        with transaction.atomic():
            super().save(*args, **kwargs)
            for rows in (self.bylines, self.tagged):
                rows.exclude(published_at=self.published_at).update(published_at=self.published_at)
            self.photos.set(photos)
            index.update(self)

    def get_absolute_url(self):
        return address("articles:detail", self.pk, self.slug or "-")

    def get_short_url(self):
        """The address without its slug: short enough to send to somebody."""
        return address("articles:short", self.pk)

    @property
    def is_published(self):
        """Whether readers may see it now."""
        return (
            self.state == self.State.PUBLISHED
            and self.published_at is not None
            and self.published_at <= timezone.now()
        )

    @property
    def has_been_public(self):
        """Whether readers may see it, or the note that it was withdrawn."""
        return self.is_published or self.state == self.State.WITHDRAWN

    @property
    def is_corrected(self):
        """Whether readers see a correction of it."""
        return self.corrected_at is not None and self.corrected_at <= timezone.now()

    @property
    def modified_at(self):
        """When readers last got something new here."""
        moments = (self.published_at, self.revised_at, self.corrected_at)
        now = timezone.now()  # a correction may be dated ahead
        return max(t for t in moments if t and (t <= now or t == self.published_at))

    @cached_property
    def byline_authors(self):
        """The authors in the order of their bylines."""
        return [byline.author for byline in self.bylines.all()]


class Byline(models.Model):
    """That an author signs an article, and in which place."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(
        Author,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="bylines",
        db_index=False,
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    published_at = ArticleTimeField()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="byline_author_once")
        ]
        indexes = [
            models.Index(fields=["author", "-published_at", "-article"], name="byline_newest")
        ]

    def __str__(self):
        return str(self.author)
