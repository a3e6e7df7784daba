"""What readers answer: comments in threads, what is known of their writers, and the log."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments.querysets import CommentQuerySet, MailQuerySet, SourceKeyQuerySet
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField

STEP = 7  # characters of `path` a level: 36**7 comments
MAX_DEPTH = 30  # deeper replies stand on this level, in time order
MAX_LENGTH = 2000
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def path_step(number):
    """Return `number` in base 36, as wide as every step of a path."""
    step = ""
    while number:
        number, digit = divmod(number, 36)
        step = DIGITS[digit] + step
    return step.rjust(STEP, "0")


class RefusalReason(models.Model):
    """Why a comment is not shown: a name for the moderators, a sentence for the writer."""

    name = LineField(_("name"), max_length=40, unique=True)
    text = ProseField(_("text for the writer"), max_length=500)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("reason for refusal")
        verbose_name_plural = _("reasons for refusal")

    def __str__(self):
        return self.name


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
        db_index=False,  # see comment_replies
    )
    root = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.RESTRICT,
        related_name="thread",
        db_index=False,  # see comment_thread
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
    text = ProseField(_("comment"), validators=[MaxLengthValidator(MAX_LENGTH)])
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    # What readers see below this comment; a hidden one with answers stays as a place holder.
    reply_count = models.PositiveIntegerField(default=0, editable=False)
    up_count = models.PositiveIntegerField(_("agree"), default=0, editable=False)
    down_count = models.PositiveIntegerField(_("disagree"), default=0, editable=False)
    score = models.FloatField(default=0, editable=False)  # comments.votes.wilson of the two
    is_pinned = models.BooleanField(_("pinned"), default=False, editable=False)
    # Distinct sources whose reports no moderator has looked at yet.
    report_count = models.PositiveSmallIntegerField(_("reports"), default=0, editable=False)
    # Since when it waits for a moderator: new, edited, reported or appealed against.
    queued_at = models.DateTimeField(_("waiting since"), null=True, editable=False)
    edited_text = ProseField(_("edit that waits"), blank=True, default="", editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    refusal = models.ForeignKey(
        RefusalReason,
        verbose_name=_("reason"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="comments",
    )
    appeal = ProseField(_("appeal"), blank=True, default="", editable=False)
    blinded_until = models.DateTimeField(_("blinded until"), null=True, editable=False)
    submission_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        permissions = [("view_contact_email", _("Can see the e-mail of a comment's writer"))]
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
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(queued_at__isnull=False),
                name="comment_pending_is_queued",
            ),
            models.CheckConstraint(
                condition=~Q(state="blinded") | Q(blinded_until__isnull=False),
                name="comment_blinding_ends",
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(is_pinned=True), name="comment_pinned_once"
            ),
        ]
        indexes = [
            models.Index(fields=["root", "path"], name="comment_thread"),
            # Without the roots: a database that counts rows by value would think that few
            # comments share the parent NULL, and look for the roots of an article here.
            models.Index(
                fields=["parent"], condition=Q(parent__isnull=False), name="comment_replies"
            ),
            models.Index(fields=["-id"], condition=Q(is_pinned=True), name="comment_pinned"),
            models.Index(fields=["article", "-id"], condition=Q(parent=None), name="comment_roots"),
            models.Index(
                fields=["article", "-is_pinned", "-id"],
                condition=Q(parent=None),
                name="comment_roots_newest",
            ),
            models.Index(
                fields=["article", "-is_pinned", "-score", "-id"],
                condition=Q(parent=None),
                name="comment_roots_best",
            ),
            models.Index(fields=["state", "-id"], name="comment_by_state"),
            models.Index(fields=["article", "state", "refusal"], name="comment_removals"),
            models.Index(
                fields=["queued_at", "id"],
                condition=Q(queued_at__isnull=False),
                name="comment_queue",
            ),
            # The few among many that wait for another reason than being new.
            models.Index(
                fields=["state", "queued_at"],
                condition=Q(queued_at__isnull=False),
                name="comment_queue_by_state",
            ),
            models.Index(
                fields=["report_count"],
                condition=Q(queued_at__isnull=False),
                name="comment_queue_reports",
            ),
        ]

    def __str__(self):
        return f"{self.author_name}: {self.text[:40]}"

    def save(self, *args, **kwargs):
        """Save; a new comment gets its place in the thread, and in the queue if it waits."""
        if self.pk:
            return super().save(*args, **kwargs)
        if self.state == self.State.PENDING and not self.queued_at:
            self.queued_at = self.created_at
        with transaction.atomic():
            if self.parent:
                self.answer(self.parent)
            super().save(*args, **kwargs)
            self.take_place()
            super().save(update_fields=["path", "root"])

    def get_absolute_url(self):
        return address("comments:detail", self.pk)

    def answer(self, parent):
        """Stand below `parent`, which has its place already."""
        self.parent, self.root_id = parent, parent.root_id
        self.depth = min(parent.depth + 1, MAX_DEPTH)

    def take_place(self):
        """Spell the place in the thread, for which the primary key must be known."""
        above = self.parent.path[: STEP * self.depth] if self.parent else ""
        self.path = above + path_step(self.pk)
        self.root_id = self.root_id or self.pk

    @property
    def is_visible(self):
        return self.state == self.State.APPROVED

    @property
    def ancestor_ids(self):
        """The primary keys of the comments above this one, from the root down."""
        steps = [self.path[i : i + STEP] for i in range(0, len(self.path) - STEP, STEP)]
        return [int(step, 36) for step in steps]


class Signal(models.Model):
    """Why a comment waits: the rule that stopped it and the text that the rule found."""

    class Rule(models.TextChoices):
        WORD = "word", _("word list")
        LINK = "link", _("links")
        DUPLICATE = "duplicate", _("written before")
        SPEED = "speed", _("many in a short time")
        FLOOD = "flood", _("many on the whole site")
        FIRST = "first", _("first comment")
        BLOCKED = "blocked", _("blocked sender")
        PERSONAL = "personal", _("personal data")
        HONEYPOT = "honeypot", _("hidden field filled in")
        HASTE = "haste", _("sent within seconds")
        FAILED = "failed", _("a check failed")
        EDIT = "edit", _("edited")
        REPORT = "report", _("reported")
        APPEAL = "appeal", _("appeal")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="signals")
    rule = models.CharField(_("rule"), max_length=10, choices=Rule.choices)
    found = models.CharField(_("found"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        indexes = [models.Index(fields=["rule", "comment"], name="signal_by_rule")]

    def __str__(self):
        return f"{self.get_rule_display()} {self.found}".strip()


class Contact(models.Model):
    """Who wrote a comment, apart from everything that is shown: e-mail and hashed address."""

    class Notify(models.TextChoices):
        OFF = "", _("no mail")
        ASKED = "asked", _("asked for, not confirmed")
        ON = "on", _("confirmed")

    comment = models.OneToOneField(
        Comment, on_delete=models.CASCADE, primary_key=True, related_name="contact"
    )
    email = models.EmailField(_("e-mail"))
    source = models.CharField(max_length=64, blank=True, default="")  # see comments.sources
    fingerprint = models.CharField(max_length=64, blank=True, default="")  # of the words
    notify = models.CharField(
        _("mail"), max_length=5, choices=Notify.choices, blank=True, default=Notify.OFF
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("e-mail of a comment")
        verbose_name_plural = _("e-mails of comments")
        indexes = [
            models.Index(fields=["email"], name="contact_email"),
            models.Index(fields=["source", "created_at"], name="contact_source"),
            models.Index(fields=["fingerprint"], name="contact_fingerprint"),
            models.Index(fields=["created_at"], name="contact_created"),
        ]

    def __str__(self):
        return f"#{self.comment_id}"


class VerifiedEmail(models.Model):
    """An address whose owner followed a link that we mailed there."""

    email = models.EmailField(unique=True)
    verified_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"#{self.pk}"


class SourceKey(models.Model):
    """A secret under which network addresses are hashed; destroyed, it makes them unreadable."""

    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SourceKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"#{self.pk}"


class Vote(models.Model):
    """That someone agrees (1) or disagrees (-1) with a comment."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="votes")
    source = models.CharField(max_length=64)
    value = models.SmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "source"], name="vote_once"),
            models.CheckConstraint(condition=Q(value__in=[-1, 1]), name="vote_value"),
        ]

    def __str__(self):
        return f"#{self.comment_id} {self.value:+}"


class Report(models.Model):
    """That a reader finds a comment wrong, and why. Open until a moderator has looked."""

    class Reason(models.TextChoices):
        ABUSE = "abuse", _("insult or hatred")
        SPAM = "spam", _("advertising")
        PRIVACY = "privacy", _("personal data")
        RIGHTS = "rights", _("violates my rights (defamation, privacy)")
        FALSE = "false", _("false information")
        OTHER = "other", _("something else")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    source = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    note = ProseField(_("what is wrong"), blank=True, validators=[MaxLengthValidator(1000)])
    # Only of those who want an answer: a request for a temporary measure needs one.
    email = models.EmailField(_("e-mail"), blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    closed_at = models.DateTimeField(_("looked at"), null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "source"],
                condition=Q(closed_at__isnull=True),
                name="report_open_once",
            )
        ]

    def __str__(self):
        return f"{self.get_reason_display()} {self.note}".strip()


class Ban(models.Model):
    """A writer whose comments are always held: by e-mail or by hashed network address."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SOURCE = "source", _("network address")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    digest = models.CharField(max_length=64, unique=True)  # never the address itself
    note = LineField(_("why"), max_length=200, blank=True)
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("moderator"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("ban")
        verbose_name_plural = _("bans")

    def __str__(self):
        return f"{self.get_kind_display()} #{self.pk}"


class Word(models.Model):
    """What the paper adds to the word list that comes with the software (comments.words).

    A comment with a blocked word waits, exceptions pass; an entry of the list that is
    switched off, by its name, finds nothing any more.
    """

    class Kind(models.TextChoices):
        BLOCKED = "blocked", _("blocked")
        ALLOWED = "allowed", _("exception")
        OFF = "off", _("switched off")

    text = LineField(_("word"), max_length=60)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.BLOCKED)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["text", "pk"]
        verbose_name = _("word")
        verbose_name_plural = _("word list")
        constraints = [
            models.UniqueConstraint(fields=["text", "kind"], name="word_once"),
            models.CheckConstraint(condition=~Q(text=""), name="word_has_text"),
        ]

    def __str__(self):
        return self.text


class ModerationEvent(models.Model):
    """What was done with a comment: who, when, what, why. Written once, never changed."""

    class Action(models.TextChoices):
        STATE = "state", _("decision")
        UNDO = "undo", _("decision taken back")
        EDIT = "edit", _("edited by its writer")
        PIN = "pin", _("pinned")
        UNPIN = "unpin", _("no longer pinned")
        MASK = "mask", _("personal data masked")
        KEEP = "keep", _("kept after reports")
        BAN = "ban", _("writer banned")
        REVEAL = "reveal", _("e-mail looked at")
        APPEAL = "appeal", _("appealed")
        ERASE = "erase", _("erased at the writer's wish")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="events")
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("moderator"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="moderation_events",
    )
    action = models.CharField(_("what"), max_length=6, choices=Action.choices, default=Action.STATE)
    before = models.CharField(_("before"), max_length=10, choices=Comment.State.choices)
    after = models.CharField(_("after"), max_length=10, choices=Comment.State.choices)
    # The reason's name as it was, so that the log stays true when the list changes.
    reason = LineField(_("reason"), max_length=40, blank=True)
    note = ProseField(_("note"), blank=True)
    # What the changed fields held before, so that the step can be taken back.
    snapshot = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    batch = models.CharField(max_length=32, blank=True, db_index=True)  # done in one step
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("moderation")
        verbose_name_plural = _("moderation log")
        # What is rare in the log is found without reading all of it.
        indexes = [
            models.Index(fields=["action", "-id"], name="moderation_by_action"),
            models.Index(fields=["after", "-id"], name="moderation_by_outcome"),
        ]

    def __str__(self):
        return f"{self.get_action_display()}: {self.before} → {self.after}"

    def save(self, *args, **kwargs):
        if self.pk:
            raise TypeError("The moderation log is only ever added to.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("The moderation log is only ever added to.")


class Mail(models.Model):
    """A letter to be sent, written in the same transaction as what it tells of.

    It holds no text and, but for one kind, no address: both are looked up when it is sent, so
    that it says what is true then, and nothing of a reader's is kept in two places.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("question whether mail is wanted")
        APPROVED = "approved", _("comment approved")
        REFUSED = "refused", _("comment refused")
        BLINDED = "blinded", _("comment blinded")
        RESTORED = "restored", _("blinded comment shown again")
        STANDS = "stands", _("answer to an appeal")
        REPLY = "reply", _("reply")
        REQUEST_TAKEN = "taken", _("request: comment blinded")
        REQUEST_REMOVED = "removed", _("request: comment removed")
        REQUEST_ENDED = "ended", _("request: comment shown again")
        REQUEST_DECLINED = "declined", _("request: comment stays")
        DATA = "data", _("link to one's own comments")
        DIGEST = "digest", _("what waits for moderators")
        PASSWORD = "password", _("link to a new password")
        INVITATION = "invitation", _("invitation to the newsroom")
        FACTOR_ON = "factor_on", _("two-step sign-in set up")
        FACTOR_OFF = "factor_off", _("two-step sign-in turned off")
        FACTOR_RESET = "cleared", _("two-step sign-in reset by the desk")
        NEW_CODES = "codes", _("new recovery codes")
        NEW_PASSWORD = "changed", _("password changed")
        NEW_EMAIL = "email", _("e-mail of the account changed")
        NEW_PLACE = "place", _("signed in from a new place")

    # What the letter is about, so that the same news is never told twice.
    key = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    comment = models.ForeignKey(
        Comment, null=True, on_delete=models.CASCADE, related_name="letters"
    )
    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    # The e-mail that an account had before: nothing else knows it. Emptied once it is sent.
    address = models.EmailField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    # When it is to be tried (again); nothing once it is sent or given up.
    due_at = models.DateTimeField(null=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="mail_due"
            )
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_kind_display()}"


class NoMail(models.Model):
    """A mailbox, as a hash, whose owner wants no mail of ours."""

    digest = models.CharField(max_length=64, unique=True)  # see comments.sources.email_digest
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"#{self.pk}"
