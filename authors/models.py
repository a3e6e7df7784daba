"""Who writes: the public author, and the account that signs in."""

import re

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from authors.querysets import AccessEventQuerySet
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.text import korean_slug

HANGUL = re.compile(r"[가-힣]+")


class User(AbstractUser):
    """An account of the newsroom. Readers have none."""

    # Grows when its sessions are ended; each carries the number under which it began.
    session_round = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self):
        return self.get_full_name() or self.get_username()

    def get_full_name(self):
        """The name as people say it: a Korean one begins with the family name, without a space."""
        if HANGUL.fullmatch(f"{self.last_name}{self.first_name}"):
            return f"{self.last_name}{self.first_name}"
        return super().get_full_name()

    def get_session_auth_hash(self):
        """What a session of this account carries: another one after `end_sessions`."""
        return self.of_this_round(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self):
        return map(self.of_this_round, super().get_session_auth_fallback_hash())

    def of_this_round(self, digest):
        return f"{digest}.{self.session_round}" if self.session_round else digest

    def end_sessions(self):
        """Refuse every session of the account at its next request."""
        User.objects.filter(pk=self.pk).update(session_round=F("session_round") + 1)
        self.refresh_from_db(fields=["session_round"])


class Author(models.Model):
    """A public byline with its page; it may exist without an account and outlives it."""

    name = LineField(_("name"), max_length=60)
    slug = SlugField(_("address"), unique=True, blank=True)
    role = LineField(_("role"), max_length=60, blank=True, help_text=_("Shown after the name."))
    bio = ProseField(_("introduction"), blank=True)
    email = models.EmailField(
        _("public e-mail"), blank=True, help_text=_("Shown to every reader beside the articles.")
    )
    portrait = models.ForeignKey(
        "articles.Photo",
        verbose_name=_("portrait"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="portrayed_authors",
    )
    user = models.OneToOneField(
        User,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="author",
    )
    is_active = models.BooleanField(
        _("works here"), default=True, help_text=_("Bylines stay when someone leaves.")
    )
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="author_has_name"),
            models.CheckConstraint(condition=~Q(slug=""), name="author_has_slug"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = free_slug(Author, self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address("authors:detail", self.slug)

    @property
    def signature(self):
        """The name with its role: 한도경 기자."""
        return f"{self.name} {self.role}".strip()


class AccessEvent(models.Model):
    """That somebody came in, failed to, or changed how an account is protected."""

    class Kind(models.TextChoices):
        SIGNED_IN = "in", _("signed in")
        RECOVERED = "recovered", _("signed in with a recovery code")
        SIGNED_OUT = "out", _("signed out")
        ELSEWHERE = "elsewhere", _("signed out everywhere else")
        FAILED = "failed", _("wrong password")
        PASSWORD = "password", _("password right, code asked for")
        WRONG_CODE = "wrong_code", _("wrong code")
        LOCKED = "locked", _("locked after too many failures")
        RESET_ASKED = "asked", _("asked for a new password by mail")
        PASSWORD_RESET = "reset", _("set a new password by mail")
        PASSWORD_CHANGED = "changed", _("changed the password")
        FACTOR_ON = "factor_on", _("set up two-step sign-in")
        FACTOR_RENEWED = "renewed", _("renewed two-step sign-in")
        FACTOR_OFF = "factor_off", _("turned two-step sign-in off")
        NEW_CODES = "codes", _("made new recovery codes")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="access_events",
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    # The typed name and the network address, as hashes: a name may be a password in the
    # wrong field, and whose address it was is nobody's business.
    name = models.CharField(max_length=64)
    source = models.CharField(max_length=64, blank=True)
    counts = models.BooleanField(default=False)  # as a failure, towards a lock
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = AccessEventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("record")
        verbose_name_plural = _("records")
        indexes = [
            models.Index(fields=["name", "-at"], name="access_by_name"),
            models.Index(fields=["source", "-at"], name="access_by_source"),
            models.Index(fields=["at"], name="access_by_time"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


def free_slug(model, text, fallback="item"):
    """Return a slug made of `text` that no row of `model` has yet."""
    base = korean_slug(text, 60) or fallback
    slug, number = base, 1
    while model._default_manager.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
