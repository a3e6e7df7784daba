"""The paper itself: what the masthead says."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.fields import LineField


class Masthead(models.Model):
    """The one row that says who publishes this paper, as the Newspaper Act asks (신문법 21조)."""

    class CommentPolicy(models.TextChoices):
        APPROVE = "approve", _("approve first")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed, still readable")
        HIDDEN = "hidden", _("hidden")

    title = LineField(_("name of the paper"), max_length=60, default="Newsroom")
    tagline = LineField(_("motto"), max_length=120, blank=True)
    description = LineField(
        _("description"), max_length=200, blank=True, help_text=_("For search engines and sharing.")
    )
    registration_number = LineField(_("registration number"), max_length=40, blank=True)
    registered_on = models.DateField(_("registered on"), null=True, blank=True)
    founded_on = models.DateField(_("first published on"), null=True, blank=True)
    publisher = LineField(_("publisher"), max_length=60, blank=True)
    editor = LineField(_("editor"), max_length=60, blank=True)
    youth_protection_officer = LineField(_("youth protection officer"), max_length=60, blank=True)
    address = LineField(_("address"), max_length=200, blank=True)
    phone = LineField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    copyright_notice = LineField(_("copyright notice"), max_length=200, blank=True)
    comment_policy = models.CharField(
        _("comments"), max_length=10, choices=CommentPolicy.choices, default=CommentPolicy.APPROVE
    )

    class Meta:
        verbose_name = _("masthead")
        verbose_name_plural = _("masthead")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="masthead_is_one"),
            models.CheckConstraint(condition=~Q(title=""), name="masthead_has_title"),
        ]

    def __str__(self):
        return self.title

    @classmethod
    def load(cls):
        """Return the masthead; an unsaved one with the defaults before it was ever filled in."""
        return cls.objects.first() or cls(pk=1)
