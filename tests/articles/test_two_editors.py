"""Two editors saving one article, on a database file or server as in production."""

import pytest
from django.test import TransactionTestCase

from articles import revisions
from articles.models import Article, Revision
from authors.models import User
from tests.articles.test_writing import make_draft, typed
from tests.comments.test_concurrency import at_once, database_file
from tests.factories import make_article

__all__ = ["database_file"]  # the fixture that gives every test here its file
Kind = Revision.Kind


@pytest.mark.usefixtures("database_file")
class ManyAtOnceTests(TransactionTestCase):
    def setUp(self):
        self.users = [User.objects.create_user(name) for name in ("한도경", "류가온")]

    def save(self, article, number, base):
        text = f"{number}번째 글"
        content = typed(article, headline=text, tags=[f"태그 {number % 5}"])
        return revisions.save(article, content, self.users[number % 2], base)

    def check(self, article, saved):
        fresh = Article.objects.get(pk=article.pk)
        made = [revision for revision in saved if revision.kind == Kind.SAVED]
        self.assertEqual(fresh.version, len(made))
        self.assertEqual(revisions.current(fresh)["headline"], fresh_saved(fresh)["headline"])
        kept = {revision.content["headline"] for revision in fresh.revisions.all()}
        self.assertLessEqual({f"{number}번째 글" for number in range(100)}, kept)
        return fresh, made

    def test_two_editors_in_turn_a_hundred_times_lose_no_text(self):
        for article in (make_draft(), make_article()):
            saved = [
                self.save(Article.objects.get(pk=article.pk), number, number)
                for number in range(100)
            ]
            fresh, made = self.check(article, saved)
            self.assertEqual((len(made), fresh.version), (100, 100))
            self.assertEqual(revisions.current(fresh)["headline"], "99번째 글")

    def test_two_editors_a_hundred_times_at_once_lose_no_text(self):
        for article in (make_draft(), make_article()):
            asked = Article.objects.get(pk=article.pk).version

            def work(number, pk=article.pk, base=asked):
                return self.save(Article.objects.get(pk=pk), number, base)

            saved = at_once(work, 100)
            _fresh, made = self.check(article, saved)
            self.assertEqual(len(made), 1)  # all wrote on the same version: one was first

    def test_who_reads_the_version_anew_each_time_overwrites_nothing_unseen(self):
        article = make_draft()

        def work(number):
            fresh = Article.objects.get(pk=article.pk)
            return self.save(fresh, number, fresh.version)

        self.check(article, at_once(work, 100))


def fresh_saved(article):
    """The text of the last save that was not kept aside."""
    return article.revisions.exclude(kind=Kind.ASIDE).first().content
