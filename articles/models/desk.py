"""What the desk keeps of an article besides its text: revisions, notes, links, places."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.querysets import AnnouncementQuerySet
from newsroom.fields import LineField, ProseField
from newsroom.text import excerpt, one_line, plain

PREVIEW_LASTS = timedelta(days=7)


class Revision(models.Model):
    """How an article stood when somebody saved it: all its words, who, when and why."""

    class Kind(models.TextChoices):
        SAVED = "saved", _("saved")
        SUBMITTED = "submitted", _("submitted for review")
        RETURNED = "returned", _("given back")
        TAKEN = "taken", _("taken back")
        PUBLISHED = "published", _("published")
        SCHEDULED = "scheduled", _("scheduled")
        RECALLED = "recalled", _("no longer scheduled")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RESTORED = "restored", _("restored")
        ASIDE = "aside", _("kept aside: somebody else had saved meanwhile")

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="revisions"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.SAVED)
    content = models.JSONField(_("content"), encoder=DjangoJSONEncoder)
    note = LineField(_("why"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        indexes = [models.Index(fields=["article", "-id"], name="revision_of_article")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.made_at:%Y-%m-%d %H:%M}"


class Writing(models.Model):
    """An article's form that somebody has open, and what they typed and have not saved."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="writings"
    )
    article = models.ForeignKey(
        Article, null=True, on_delete=models.CASCADE, related_name="writings"
    )
    base = models.PositiveIntegerField(default=0)  # the article's version when it was opened
    content = models.JSONField(null=True, encoder=DjangoJSONEncoder)  # None: nothing typed yet
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)
    # Counts what the form sent: what arrives late does not take the place of what is newer.
    step = models.PositiveIntegerField(default=0)
    # Its text was saved: the content is gone, and what the form still sends is not kept.
    saved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("unsaved text")
        verbose_name_plural = _("unsaved texts")
        indexes = [models.Index(fields=["article", "-seen_at"], name="writing_of_article")]

    def __str__(self):
        return f"{self.user} {self.seen_at:%Y-%m-%d %H:%M}"

    @property
    def headline(self):
        """The headline that was typed."""
        return one_line(self.typed("headline"))

    @property
    def beginning(self):
        """How the text that was typed begins."""
        return excerpt(plain(self.typed("body")))

    def typed(self, name):
        """Return what was typed into one field."""
        return next(iter((self.content or {}).get(name, [])), "")


class Note(models.Model):
    """What the desk says to each other about an article; readers never see it."""

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="notes"
    )
    text = ProseField(_("note"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_has_text")]

    def __str__(self):
        return self.text


def preview_end():
    """Return when a preview link made now ends."""
    return timezone.now() + PREVIEW_LASTS


class PreviewLink(models.Model):
    """A link under which somebody without an account may read an article before it is public."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="preview_links")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"), default=preview_end)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")

    def __str__(self):
        return f"{self.article} {self.expires_at:%Y-%m-%d}"


class Placement(models.Model):
    """An article's place on the front page, which an editor gave it for a time."""

    article = models.OneToOneField(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="placement"
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("0 leads the page, the next ones follow it.")
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("place on the front page")
        verbose_name_plural = _("places on the front page")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="placement_ends_after_it_starts",
            )
        ]

    def __str__(self):
        return f"{self.position}. {self.article}"

    @staticmethod
    def due(now):
        """Return the condition that an article has a place whose time it is."""
        lasts = Q(placement__ends_at=None) | Q(placement__ends_at__gt=now)
        return lasts & Q(placement__starts_at__lte=now)


class Announcement(models.Model):
    """That search engines are to be told of an article: see `articles.indexnow`."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, related_name="announcement")
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = AnnouncementQuerySet.as_manager()

    def __str__(self):
        return f"{self.article} {self.due_at:%Y-%m-%d %H:%M}"
