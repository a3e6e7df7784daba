"""Choose anew which articles every article leads to."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles import related
from articles.models import Article


class Command(BaseCommand):
    help = "Choose the related articles of all published articles anew."

    def handle(self, *args, **options):
        published = Article.objects.in_state(Article.State.PUBLISHED).order_by("-pk")
        rows = published.iterator(chunk_size=100)
        for article in tqdm(rows, total=published.count(), disable=None):
            related.relate(article)
        self.stdout.write(_("The related articles are chosen."))
