"""What readers' pages ask of SQLite costs the same however much was ever published.

SQLite keeps no statistics unless it is told to, so that the plans of a small database are
those of a large one: no page may read all that was ever published and then sort it.
"""

import re
from unittest import skipUnless

from django.db import connection
from django.test import TestCase

from articles.models import Article, Placement, Series
from tests.factories import make_article, make_author, make_comment, make_section

ALL_PUBLISHED = re.compile(r"INDEX article_published\w*( \(published_at<\?\))?$")
SORTED = re.compile("FOR (ORDER|GROUP) BY")


@skipUnless(connection.vendor == "sqlite", "the plans are those of SQLite")
class QueryPlanTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        series = Series.objects.create(title="막차", slug="막차")
        section, cls.author = make_section(), make_author()
        cls.article, *_ = [
            make_article(
                f"냇가 소식 {number}",
                section=section,
                series=series,
                authors=[cls.author],
                tags=["나눔"],
                hours_ago=number,
            )
            for number in range(3)
        ]
        make_comment(cls.article, "고맙습니다.")
        Placement.objects.create(article=cls.article)

    def plans_of(self, address):
        """Return [(question, [(parent, step)])] of all that the page at an address asks."""
        asked = []

        def remember(execute, sql, params, many, context):
            asked.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(remember):
            response = self.client.get(address)
            b"".join(response) if response.streaming else response.content
        self.assertEqual(response.status_code, 200, address)
        with connection.cursor() as cursor:
            for sql, params in asked:
                if sql.lstrip().startswith(("SELECT", "WITH")):
                    cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                    yield sql, [(parent, step) for _, parent, _, step in cursor.fetchall()]

    def test_no_page_reads_all_that_was_published(self):
        author = self.author
        paths = [
            *("/", "/archive/", "/popular/", "/corrections/", "/sitemap.xml", "/sitemap-news.xml"),
            *(self.article.get_absolute_url(), f"/articles/{self.article.pk}/comments/"),
            *("/sections/사회/", "/tags/나눔/", "/series/막차/", author.get_absolute_url()),
            *("/search/?q=냇가 소식", "/search/suggest/?q=냇", "/search/comments/?q=고맙"),
            *("/feeds/latest.xml", "/feeds/comments.xml", f"/feeds/authors/{author.slug}.xml"),
            *("/feeds/tags/나눔.xml", "/feeds/sections/사회.xml", "/feeds/series/막차.xml"),
        ]
        for path in paths:
            for sql, steps in self.plans_of(path):
                sorted_parts = {parent for parent, step in steps if SORTED.search(step)}
                for parent, step in steps:
                    if parent in sorted_parts:
                        with self.subTest(path, step=step):
                            self.assertNotRegex(step, ALL_PUBLISHED, sql)

    def test_what_is_looked_for_is_found_in_the_plan_that_is_bad(self):
        rows = Article.objects.published().filter(placement__isnull=False).order_by("headline")
        with connection.cursor() as cursor:
            sql, params = rows.query.sql_with_params()
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            steps = [step for *_, step in cursor.fetchall()]
        self.assertTrue(any(ALL_PUBLISHED.search(step) for step in steps), steps)
        self.assertTrue(any(SORTED.search(step) for step in steps), steps)
