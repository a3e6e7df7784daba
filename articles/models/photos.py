"""The picture library."""

from io import BytesIO

from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.querysets import PhotoQuerySet
from newsroom import pictures
from newsroom.fields import LineField


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
    licence_ends_on = models.DateField(
        _("licence ends on"),
        null=True,
        blank=True,
        help_text=_("Afterwards the desk warns wherever the picture is used."),
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
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
        indexes = [models.Index(fields=["-created_at", "-id"], name="photo_latest")]

    def __str__(self):
        return self.alt or self.caption or f"#{self.pk}"

    @cached_property
    def is_public(self):
        """Whether it stands in an article that is or was out, or shows an author; asked once."""
        from articles.models import Article

        out = Article.objects.exclude(state__in=["draft", "review"])
        return self.portrayed_authors.exists() or any(
            out.filter(**{field: self}).exists() for field in ("hero", "photos")
        )

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
        a still picture within the limits. A file that says it was made by AI flags the row.
        """
        image = pictures.read(file)
        self.is_ai_generated = self.is_ai_generated or image.says_ai
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

    @property
    def is_licence_over(self):
        """Whether the picture may not be used any more."""
        return bool(self.licence_ends_on and self.licence_ends_on < timezone.localdate())

    @property
    def warning(self):
        """What the desk should know before it uses the picture; mostly empty."""
        if self.is_licence_over:
            return gettext("The licence ended on %s.") % self.licence_ends_on.strftime("%Y.%m.%d.")
        return ""

    def rendition(self, crop, width, extension="jpg"):
        """Return the address of the rendition of `crop` ("full", "card", …) at `width` px."""
        return f"/media/{pictures.path(self.version, crop, width, extension)}"

    @property
    def small(self):
        """The address of the smallest rendition of the whole picture."""
        return self.rendition("full", self.widths("full")[0])

    def widths(self, crop):
        """Return the widths in px at which `crop` exists, ascending."""
        return pictures.widths(crop, self.width, self.height)

    def size(self, crop, width):
        """Return (width, height) in px of the rendition of `crop` at `width`."""
        return pictures.size(crop, width, self.width, self.height)
