"""Where an article belongs: sections, series, tags."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from authors.models import free_slug
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.text import korean_slug


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


class ArticleTimeField(models.DateTimeField):
    """When the article is published of which a row tells, for an index that is sorted by it.

    Written together with the row; `Article.save` keeps it in step. `of` names the article's key.
    """

    def __init__(self, *args, of="article", **kwargs):
        self.of = of
        super().__init__(*args, **{"null": True, "editable": False, **kwargs})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, row, add):
        value = getattr(row, self.of).published_at
        setattr(row, self.attname, value)
        return value


class TaggedArticle(ItemBase):
    """That an article carries a tag."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged", db_index=False)
    content_object = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="tagged")
    published_at = ArticleTimeField(of="content_object")

    class Meta:
        verbose_name = _("tag of an article")
        verbose_name_plural = _("tags of articles")
        constraints = [
            models.UniqueConstraint(fields=["tag", "content_object"], name="article_tagged_once")
        ]
        indexes = [
            models.Index(fields=["tag", "-published_at", "-content_object"], name="tagged_newest")
        ]
