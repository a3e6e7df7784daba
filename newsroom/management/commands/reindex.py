"""Draw anew what is derived from articles: bodies with their pictures, plain text, counters."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles.models import Article


class Command(BaseCommand):
    help = "Draw anew everything that is derived from the articles."

    def handle(self, *args, **options):
        articles = Article.objects.order_by("pk")
        for article in tqdm(
            articles.iterator(chunk_size=200), total=articles.count(), disable=None
        ):
            article.save()
        Article.objects.note_corrections()
        self.stdout.write(_("%(number)d articles are drawn anew.") % {"number": articles.count()})
