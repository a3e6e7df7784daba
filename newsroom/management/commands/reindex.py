"""Make anew what is derived from articles: the search index, and if asked, their pages."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from articles.models import Article
from articles.search import index


class Command(BaseCommand):
    help = "Make the search index anew; with --bodies, draw the articles' texts anew too."

    def add_arguments(self, parser):
        parser.add_argument(
            "--bodies", action="store_true", help="draw bodies, summaries and plain texts anew"
        )

    def handle(self, *args, **options):
        if options["bodies"]:
            articles = Article.objects.order_by("pk")
            rows = articles.iterator(chunk_size=200)
            for article in tqdm(rows, total=articles.count(), disable=None):
                article.save()
            Article.objects.note_corrections()
        number = index.rebuild(lambda batches: tqdm(batches, disable=None))
        self.stdout.write(_("%(number)d articles are in the search index.") % {"number": number})
