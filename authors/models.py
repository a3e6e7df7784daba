"""Who writes: the public author, and the account that signs in."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.text import korean_slug


class User(AbstractUser):
    """An account of the newsroom. Readers have none."""

    class Meta(AbstractUser.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("accounts")


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


def free_slug(model, text, fallback="item"):
    """Return a slug made of `text` that no row of `model` has yet."""
    base = korean_slug(text, 60) or fallback
    slug, number = base, 1
    while model._default_manager.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
