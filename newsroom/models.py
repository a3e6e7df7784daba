"""The paper itself: what the masthead says, and whether its worker is at work."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.fields import LineField
from newsroom.prepared import prepared


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
    comments_close_after_days = models.PositiveSmallIntegerField(
        _("comments close after days"),
        default=90,
        help_text=_("Counted from publication; 0 never. An article's own setting comes first."),
    )
    comments_hold_first = models.BooleanField(
        _("newcomers wait"),
        default=True,
        help_text=_(
            "Where comments are open, those wait whose writer has no verified e-mail with two"
            " approved comments."
        ),
    )
    comments_links_allowed = models.PositiveSmallIntegerField(
        _("links a comment may have"), default=2, help_text=_("With more it waits.")
    )
    comments_max_length = models.PositiveSmallIntegerField(
        _("longest comment, characters"),
        default=2000,
        validators=[MinValueValidator(100), MaxValueValidator(2000)],
    )
    comments_per_sender = models.PositiveSmallIntegerField(
        _("comments of one sender in ten minutes"),
        default=5,
        help_text=_("More of them wait, wherever comments are open."),
    )
    comments_on_site = models.PositiveSmallIntegerField(
        _("comments on the whole site in ten minutes"),
        default=60,
        help_text=_("With more of them, all comments wait until it calms down."),
    )
    comments_fold_reports = models.PositiveSmallIntegerField(
        _("reports that fold a comment"),
        default=5,
        validators=[MinValueValidator(2)],
        help_text=_("By that many people; it stays folded until a moderator has looked."),
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
        return next(iter(masthead_rows()), None) or cls(pk=1)

    @property
    def values(self):
        """The values of all fields, in their order: `Masthead(*values)` is the same again."""
        return tuple(getattr(self, field.attname) for field in self._meta.concrete_fields)


@prepared
def masthead_rows():
    """The one masthead, or nothing before it was ever filled in."""
    return Masthead.objects.all()


class PageChange(models.Model):
    """That something readers can see has changed; written by triggers (`newsroom.changes`)."""

    key = models.CharField(max_length=40)
    position = models.BigIntegerField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "position"], name="page_change_once")]
        indexes = [models.Index(fields=["position"], name="page_change_by_position")]

    def __str__(self):
        return f"{self.key} {self.position}"


class LifeSign(models.Model):
    """When something that works where nobody sees it was last at work."""

    name = models.CharField(max_length=20, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self):
        return self.name

    @classmethod
    def give(cls, name):
        """Note that `name` is at work now."""
        sign = cls(name=name, seen_at=timezone.now())
        fields = {"unique_fields": ["name"], "update_fields": ["seen_at"]}
        cls.objects.bulk_create([sign], update_conflicts=True, **fields)
