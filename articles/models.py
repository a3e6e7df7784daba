"""What we publish: articles with their sections, series, tags, photos and corrections."""

from io import BytesIO

from django.core.files.storage import default_storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from articles.querysets import ArticleQuerySet, CorrectionQuerySet, PhotoQuerySet
from authors.models import Author, free_slug
from newsroom import pictures
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.html import sanitise
from newsroom.text import clean, excerpt, korean_slug, one_line, plain


class Section(models.Model):
    """A part of the paper: 사회, 경제, 문화."""

    name = LineField(_("name"), max_length=40, unique=True)
    slug = SlugField(_("address"), unique=True, blank=True)
    description = LineField(_("description"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_in_navigation = models.BooleanField(_("in the navigation"), default=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints = [models.CheckConstraint(condition=~Q(slug=""), name="section_has_slug")]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = free_slug(Section, self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address("articles:section", self.slug)


class Series(models.Model):
    """Articles that belong together in an order of their own."""

    title = LineField(_("title"), max_length=100)
    slug = SlugField(_("address"), unique=True, blank=True)
    description = ProseField(_("description"), blank=True)

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("series")
        verbose_name_plural = _("series")
        constraints = [models.CheckConstraint(condition=~Q(slug=""), name="series_has_slug")]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = free_slug(Series, self.title)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address("articles:series", self.slug)


class Tag(TagBase):
    """What an article is about, in a word; one tag however its syllables were typed."""

    name = LineField(_("name"), max_length=60, unique=True)
    slug = SlugField(_("address"), unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def slugify(self, tag, i=None):
        slug = korean_slug(tag, 60) or "tag"
        return slug if i is None else f"{slug}-{i}"

    def get_absolute_url(self):
        return address("articles:tag", self.slug)


class TaggedArticle(ItemBase):
    """That an article carries a tag."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged")
    content_object = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="tagged")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tag", "content_object"], name="article_tagged_once")
        ]


RESERVED_SLUGS = {"comments"}  # an address below the article's own


def originals():
    """Return the storage that readers cannot reach."""
    return storages["originals"]


class Photo(models.Model):
    """A picture of the library: the untouched original, and what readers see of it.

    `take()` is the only way in: it checks the file, keeps the original where readers
    cannot reach it, and draws the public renditions. Their addresses are a function of
    `version` and the size, so nothing but the row tells which files exist.
    """

    original = models.CharField(max_length=100, editable=False)
    digest = models.CharField(max_length=64, editable=False, db_index=True)
    version = models.CharField(max_length=20, editable=False)
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    colour = models.CharField(_("colour"), max_length=7, editable=False)
    focal_x = models.PositiveSmallIntegerField(
        _("focal point from the left, percent"), default=50, validators=[MaxValueValidator(100)]
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point from the top, percent"), default=50, validators=[MaxValueValidator(100)]
    )
    alt = LineField(
        _("alternative text"),
        max_length=250,
        blank=True,
        help_text=_("What is seen, for those who do not see it."),
    )
    caption = LineField(_("caption"), max_length=400, blank=True)
    credit = LineField(_("credit"), max_length=120, blank=True, help_text=_("Shown after ⓒ."))
    licence = LineField(_("licence"), max_length=120, blank=True)
    is_ai_generated = models.BooleanField(_("AI-generated"), default=False)
    ai_notice = LineField(
        _("AI notice"),
        max_length=200,
        blank=True,
        help_text=_("Shown with an AI-generated picture; empty means the usual sentence."),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        constraints = [
            models.CheckConstraint(
                condition=Q(focal_x__lte=100, focal_y__lte=100), name="photo_focal_point_inside"
            ),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="photo_has_size"),
        ]

    def __str__(self):
        return self.alt or self.caption or f"#{self.pk}"

    def save(self, *args, **kwargs):
        """Save, drawing anew what the changed fields make other: renditions and bodies."""
        self.redraw()
        before = Photo.objects.filter(pk=self.pk).first()
        with transaction.atomic():
            super().save(*args, **kwargs)
            for article in self.articles.select_for_update():
                article.save()
        if before and before.version != self.version:
            transaction.on_commit(before.remove_renditions)

    def delete(self, *args, **kwargs):
        """Take the picture from readers, wherever it stands; the original is kept."""
        with transaction.atomic():
            articles = list(self.articles.select_for_update())
            result = super().delete(*args, **kwargs)
            for article in articles:
                article.save()
        transaction.on_commit(self.remove_renditions)
        return result

    def take(self, file):
        """Make `file` (opened for reading bytes) the picture of this row; save() keeps it.

        Raises `pictures.Refused`, with a sentence for the editor, for anything that is not
        a still picture within the limits.
        """
        image = pictures.read(file)
        self.digest, extension = image.digest, image.extension
        self.original = f"{self.digest[:2]}/{self.digest}.{extension}"
        file.seek(0)
        pictures.keep(originals(), self.original, file)
        self.draw(image)

    def redraw(self):
        """Draw the renditions anew if the focal point or the AI flag made them others."""
        if self.version != pictures.version(self.digest, self.focal, self.is_ai_generated):
            with originals().open(self.original) as file:
                self.draw(pictures.read(file))

    def draw(self, image):
        """Write the public renditions of `image`, and what they are, into this row."""
        self.width, self.height, self.colour = image.width, image.height, image.colour
        self.version = pictures.version(self.digest, self.focal, self.is_ai_generated)
        for path, data in pictures.renditions(
            image, self.version, self.focal, self.is_ai_generated
        ):
            pictures.keep(default_storage, path, BytesIO(data))

    def remove_renditions(self):
        """Delete what readers could see of this row, unless another shows the same."""
        if not Photo.objects.filter(version=self.version).exists():
            for path in pictures.paths(self.version, self.width, self.height):
                default_storage.delete(path)

    @property
    def focal(self):
        """The point that crops keep, as fractions of width and height."""
        return (self.focal_x / 100, self.focal_y / 100)

    @property
    def notice(self):
        """The sentence shown with an AI-generated picture; empty for any other."""
        if not self.is_ai_generated:
            return ""
        return self.ai_notice or str(
            _("This image was generated by AI to aid understanding and does not show a real scene.")
        )

    def rendition(self, crop, width, extension="jpg"):
        """Return the address of the rendition of `crop` ("full", "card", …) at `width` px."""
        return f"/media/{pictures.path(self.version, crop, width, extension)}"

    def widths(self, crop):
        """Return the widths in px at which `crop` exists, ascending."""
        return pictures.widths(crop, self.width, self.height)

    def size(self, crop, width):
        """Return (width, height) in px of the rendition of `crop` at `width`."""
        return pictures.size(crop, width, self.width, self.height)


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
    priority = models.PositiveSmallIntegerField(
        _("weight on the front page"),
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(9)],
        help_text=_("9 leads the front page while it is fresh; 0 is ordinary."),
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
            models.Index(fields=["state", "-published_at", "-id"], name="article_latest"),
            models.Index(
                fields=["section", "state", "-published_at", "-id"], name="article_in_section"
            ),
            models.Index(fields=["series", "series_position"], name="article_in_series"),
        ]

    def __str__(self):
        return self.headline

    def save(self, *args, **kwargs):
        """Save; unless only some fields are, draw anew what follows from the text."""
        if kwargs.get("update_fields") is not None:
            return super().save(*args, **kwargs)
        from articles.body import render_body

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
            kept = {"comment_count", "corrected_at"}
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in kept
            ]
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.photos.set(photos)

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
    def modified_at(self):
        """When readers last got something new here."""
        moments = (self.published_at, self.revised_at, self.corrected_at)
        now = timezone.now()  # a correction may be dated ahead
        return max(t for t in moments if t and (t <= now or t == self.published_at))

    @property
    def reading_minutes(self):
        """How long reading takes, at 500 syllables a minute."""
        return max(1, round(len(self.body_text) / 500))

    @cached_property
    def byline_authors(self):
        """The authors in the order of their bylines."""
        return [byline.author for byline in self.bylines.all()]


class Byline(models.Model):
    """That an author signs an article, and in which place."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(
        Author, verbose_name=_("author"), on_delete=models.PROTECT, related_name="bylines"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="byline_author_once")
        ]

    def __str__(self):
        return str(self.author)


class Correction(models.Model):
    """What we put right in public, on the article and in the ledger."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        REBUTTAL = "rebuttal", _("Rebuttal")
        FOLLOW_UP = "follow_up", _("Follow-up")

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="corrections"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CORRECTION)
    text = ProseField(_("text"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="correction_has_text")]

    def __str__(self):
        return f"{self.get_kind_display()}: {excerpt(self.text, 40)}"

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        Article.objects.filter(pk=self.article_id).note_corrections()

    def delete(self, *args, **kwargs):
        result = super().delete(*args, **kwargs)
        Article.objects.filter(pk=self.article_id).note_corrections()
        return result


class OldAddress(models.Model):
    """An address of the paper's former site, and the article that stands for it now."""

    path = models.CharField(
        _("old address"),
        max_length=500,
        unique=True,
        help_text=_("Decoded, from the first slash on, without a slash at the end."),
    )
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="old_addresses",
    )
    target = models.CharField(
        _("or another address here"), max_length=500, blank=True, help_text="/pages/about/"
    )

    class Meta:
        ordering = ["path"]
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False) | ~Q(target=""),
                name="old_address_leads_somewhere",
            )
        ]

    def __str__(self):
        return self.path


class Page(models.Model):
    """A page that stands still: about, ethics, privacy."""

    slug = SlugField(_("address"), unique=True)
    title = LineField(_("title"), max_length=100)
    body = ProseField(_("body"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_in_footer = models.BooleanField(_("in the footer"), default=True)
    is_published = models.BooleanField(_("published"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.body = sanitise(self.body)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address("articles:page", self.slug)
