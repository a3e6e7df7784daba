"""What is kept so that articles are found by their words; articles.search fills it."""

from array import array

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class NumbersField(models.Field):
    """Whole numbers of 32 bits: an array in PostgreSQL, packed bytes in SQLite."""

    def db_type(self, connection):
        return "integer[]" if connection.vendor == "postgresql" else "blob"

    def get_db_prep_value(self, value, connection, prepared=False):
        return value if connection.vendor == "postgresql" else array("i", value).tobytes()

    def from_db_value(self, value, expression, connection):
        return value if connection.vendor == "postgresql" else list(array("i", value))


class SearchEntry(models.Model):
    """Which terms an article has that is published, now or at a time to come.

    SQLite finds by them through a table of FTS5, PostgreSQL through an index of this column.
    """

    article = models.OneToOneField(
        Article, primary_key=True, on_delete=models.CASCADE, related_name="search_entry"
    )
    numbers = NumbersField()
    related_at = models.DateTimeField(null=True)  # when its related articles were chosen

    class Meta:
        indexes = [
            models.Index(
                fields=["article"], condition=Q(related_at=None), name="article_to_be_related"
            )
        ]

    def __str__(self):
        return str(self.article)


class SearchTerm(models.Model):
    """In how many articles a term stands: the rarer it is, the more it tells."""

    number = models.IntegerField(primary_key=True)
    articles = models.IntegerField()

    def __str__(self):
        return f"{self.number}: {self.articles}"


class Related(models.Model):
    """That an article leads to another one, in which place and why; articles.related chooses."""

    class Reason(models.TextChoices):
        PINNED = "pinned", _("chosen by the editors")
        SERIES = "series", _("same series")
        TAG = "tag", _("same tag")
        TEXT = "text", _("similar news")
        SECTION = "section", _("same section")

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="leads_to")
    other = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="led_to_by")
    position = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    tag = models.ForeignKey("Tag", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "other"], name="related_once"),
            models.CheckConstraint(condition=~Q(article=F("other")), name="related_is_another"),
        ]

    def __str__(self):
        return f"{self.article} → {self.other} ({self.reason})"


class RelatedChoice(models.Model):
    """That the editors want an article to lead to another one, first of all, or never."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="related_choices")
    other = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="+"
    )
    is_wanted = models.BooleanField(_("wanted"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["article", "other"], name="related_choice_once"),
            models.CheckConstraint(
                condition=~Q(article=F("other")), name="related_choice_is_another"
            ),
        ]

    def __str__(self):
        return f"{self.article} → {self.other}"
