"""How much articles are read."""

from django.db import models

from articles.models.article import Article


class ReadScore(models.Model):
    """How much an article is read, lately more than long ago; articles.reads adds to it.

    Each score is the binary logarithm of a sum in which every reading counts twice as much as
    one that was a half-life earlier. So scores of different times can be compared as they
    are, and nothing has to be counted down.
    """

    article = models.OneToOneField(
        Article, primary_key=True, on_delete=models.CASCADE, related_name="read_score"
    )
    hour = models.FloatField()
    day = models.FloatField()
    week = models.FloatField()

    class Meta:
        indexes = [
            models.Index(fields=["-hour"], name="read_score_hour"),
            models.Index(fields=["-day"], name="read_score_day"),
            models.Index(fields=["-week"], name="read_score_week"),
        ]

    def __str__(self):
        return str(self.article)
