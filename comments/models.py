"""What readers answer: comments in threads, and the log of what moderators did."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments.querysets import CommentQuerySet
from newsroom.fields import LineField, ProseField

STEP = 7  # characters of `path` a level: 36**7 comments
MAX_DEPTH = 30  # deeper replies stand on this level, in time order
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def path_step(number):
    """Return `number` in base 36, as wide as every step of a path."""
    step = ""
    while number:
        number, digit = divmod(number, 36)
        step = DIGITS[digit] + step
    return step.rjust(STEP, "0")


class Comment(models.Model):
    """One comment. `path` spells its ancestors, so that a thread is read in index order."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        SPAM = "spam", _("spam")
        TRASHED = "trashed", _("trashed")
        DELETED = "deleted", _("deleted by its author")
        BLINDED = "blinded", _("blinded for 30 days")

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("in reply to"),
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="replies",
    )
    root = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.RESTRICT, related_name="thread"
    )
    depth = models.PositiveSmallIntegerField(default=0, editable=False)
    path = models.CharField(max_length=STEP * (MAX_DEPTH + 1), editable=False, default="")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING, editable=False
    )
    author_name = LineField(_("name"), max_length=30)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="comments",
        editable=False,
    )
    text = ProseField(_("comment"), max_length=2000)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    # What readers see below this comment; a hidden one with answers stays as a place holder.
    reply_count = models.PositiveIntegerField(default=0, editable=False)
    submission_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("pending", "approved", "rejected", "spam"),
                        *("trashed", "deleted", "blinded"),
                    ]
                ),
                name="comment_state_known",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, depth=0) | Q(parent__isnull=False, depth__gt=0),
                name="comment_depth_fits_parent",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="comment_has_text"),
        ]
        indexes = [
            models.Index(fields=["root", "path"], name="comment_thread"),
            models.Index(fields=["article", "-id"], condition=Q(parent=None), name="comment_roots"),
            models.Index(fields=["state", "-id"], name="comment_by_state"),
            models.Index(fields=["article", "state", "-id"], name="comment_of_article"),
        ]

    def __str__(self):
        return f"{self.author_name}: {self.text[:40]}"

    def save(self, *args, **kwargs):
        """Save; a new comment gets its place in the thread."""
        if self.pk:
            return super().save(*args, **kwargs)
        with transaction.atomic():
            if self.parent:
                self.root_id = self.parent.root_id or self.parent.pk
                self.depth = min(self.parent.depth + 1, MAX_DEPTH)
            super().save(*args, **kwargs)
            above = self.parent.path[: STEP * self.depth] if self.parent else ""
            self.path = above + path_step(self.pk)
            self.root_id = self.root_id or self.pk
            super().save(update_fields=["path", "root"])

    def get_absolute_url(self):
        return reverse("comments:detail", args=[self.pk])

    @property
    def is_visible(self):
        return self.state == self.State.APPROVED

    @property
    def ancestor_ids(self):
        """The primary keys of the comments above this one, from the root down."""
        steps = [self.path[i : i + STEP] for i in range(0, len(self.path) - STEP, STEP)]
        return [int(step, 36) for step in steps]


class Contact(models.Model):
    """The e-mail address behind a comment, apart from everything that is shown."""

    comment = models.OneToOneField(
        Comment, on_delete=models.CASCADE, primary_key=True, related_name="contact"
    )
    email = models.EmailField(_("e-mail"))

    class Meta:
        verbose_name = _("e-mail of a comment")
        verbose_name_plural = _("e-mails of comments")

    def __str__(self):
        return f"#{self.comment_id}"


class ModerationEvent(models.Model):
    """One change of a comment's state: who, when, from what to what. Never changed."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="events")
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("moderator"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="moderation_events",
    )
    before = models.CharField(_("before"), max_length=10, choices=Comment.State.choices)
    after = models.CharField(_("after"), max_length=10, choices=Comment.State.choices)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("moderation")
        verbose_name_plural = _("moderation log")
        constraints = [
            models.CheckConstraint(condition=~Q(before=F("after")), name="moderation_changes")
        ]

    def __str__(self):
        return f"{self.before} → {self.after}"
