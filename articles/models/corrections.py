"""What we put right in public, and who asked us to."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.querysets import CorrectionQuerySet
from newsroom.fields import LineField, ProseField
from newsroom.text import excerpt

# 언론중재법 15조 2, 3항: a request is answered within 3 days; if it is accepted, what was asked
# for is published within 7. Both are counted from the day on which the request came in.
ANSWER_DAYS, PUBLISH_DAYS = 3, 7


class Correction(models.Model):
    """What we put right in public, on the article and in the ledger."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        REBUTTAL = "rebuttal", _("Rebuttal")
        FOLLOW_UP = "follow_up", _("Follow-up")

    class Stage(models.TextChoices):
        WAITING = "waiting", _("waits for an answer")
        ACCEPTED = "accepted", _("accepted, to be published")
        REFUSED = "refused", _("refused")
        DATED = "dated", _("appears at its time")
        PUBLISHED = "published", _("published")

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="corrections"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CORRECTION)
    text = ProseField(_("text"), blank=True, help_text=_("What readers are told."))
    before = ProseField(_("before"), blank=True, help_text=_("The words that stood there."))
    after = ProseField(_("after"), blank=True, help_text=_("The words that stand there now."))
    published_at = models.DateTimeField(
        _("published"),
        default=timezone.now,
        null=True,
        blank=True,
        help_text=_("Empty: readers do not see it yet."),
    )
    is_marked = models.BooleanField(
        _("the article says that a correction was asked for"),
        default=False,
        help_text=_("Until the request is refused or what was asked for is published."),
    )
    # What the law asks of a request (언론중재법 14, 15조); nothing of it is shown to readers.
    requested_at = models.DateTimeField(_("request received"), null=True, blank=True)
    requested_by = LineField(_("who asks"), max_length=100, blank=True)
    requester_phone = LineField(_("phone"), max_length=40, blank=True)
    disputed_text = ProseField(_("disputed words"), blank=True)
    request_reason = ProseField(_("why they are disputed"), blank=True)
    requested_text = ProseField(_("text asked for"), blank=True)
    is_accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_reason = ProseField(_("reason for the decision"), blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("handled by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | ~Q(text=""), name="correction_has_text"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=False) | Q(requested_at__isnull=False),
                name="correction_published_or_requested",
            ),
        ]
        indexes = [models.Index(fields=["-published_at", "-id"], name="correction_latest")]

    def __str__(self):
        return f"{self.get_kind_display()}: {excerpt(self.text or self.disputed_text, 40)}"

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        Article.objects.filter(pk=self.article_id).note_corrections()

    def delete(self, *args, **kwargs):
        result = super().delete(*args, **kwargs)
        Article.objects.filter(pk=self.article_id).note_corrections()
        return result

    @property
    def stage(self):
        """How far it has come; the stages are also the views of the list."""
        if self.published_at:
            is_there = self.published_at <= timezone.now()
            return self.Stage.PUBLISHED if is_there else self.Stage.DATED
        if self.is_accepted is None:
            return self.Stage.WAITING
        return self.Stage.ACCEPTED if self.is_accepted else self.Stage.REFUSED

    @property
    def due_on(self):
        """The last day for the next step that the law asks for; None if none is open."""
        steps = {self.Stage.WAITING: ANSWER_DAYS, self.Stage.ACCEPTED: PUBLISH_DAYS}
        days = steps.get(self.stage)
        return days and timezone.localdate(self.requested_at) + timedelta(days=days)

    @property
    def days_left(self):
        """How many days are left for the next step; less than none if it is overdue."""
        return self.due_on and (self.due_on - timezone.localdate()).days

    @property
    def told(self):
        """All that readers are told, as plain text: for feeds and machines."""
        parts = [self.text]
        if self.before:
            parts.append(gettext("Before: %s") % self.before)
        if self.after:
            parts.append(gettext("After: %s") % self.after)
        return "\n".join(parts)
