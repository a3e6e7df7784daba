"""Pages that stand still, and the addresses of the paper's former site."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from newsroom.addresses import address
from newsroom.fields import LineField, ProseField, SlugField
from newsroom.html import sanitise


class OldAddress(models.Model):
    """An address of the paper's former site, and the article that stands for it now."""

    path = models.CharField(
        _("old address"),
        max_length=500,
        unique=True,
        help_text=_("Decoded, from the first slash on, without a slash at the end."),
    )
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="old_addresses",
    )
    target = models.CharField(
        _("or another address here"), max_length=500, blank=True, help_text="/pages/about/"
    )

    class Meta:
        ordering = ["path"]
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False) | ~Q(target=""),
                name="old_address_leads_somewhere",
                violation_error_message=_("Choose the article, or write another address."),
            )
        ]

    def __str__(self):
        return self.path


class Page(models.Model):
    """A page that stands still: about, ethics, privacy."""

    slug = SlugField(_("address"), unique=True)
    title = LineField(_("title"), max_length=100)
    body = ProseField(_("body"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_in_footer = models.BooleanField(_("in the footer"), default=True)
    is_published = models.BooleanField(_("published"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    import_key = models.CharField(max_length=250, null=True, unique=True, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.body = sanitise(self.body)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address("articles:page", self.slug)
