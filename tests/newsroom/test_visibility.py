"""Nothing that readers may not see stands at any public address, from the moment it changes.

The addresses are those of the URLconf: whoever adds one adds a row here, or says why it needs
none.
"""

from datetime import timedelta
from urllib.parse import unquote

from django.conf import settings
from django.test import TestCase
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from articles import flow, reads
from articles.cards import card_of
from articles.models import Article, Correction, Series
from comments import moderation
from newsroom.models import Masthead
from tests.factories import make_account, make_article, make_author, make_comment, make_section

HEADLINE, COMMENT = "반딧불이", "귀뚜라미가 웁니다"
# The words by which a place shows an article, its comments, or that there is an article at all.
# THERE is a place of one article or comment alone: without that there is none.
MONTH, AUTHOR, THERE = "/archive/", "/authors/한도경/", ""
PLACES = {
    "front_page": ("/", (HEADLINE, COMMENT)),
    "articles:short": ("/articles/{article}/", (THERE,)),
    "articles:detail": ("/articles/{article}/{slug}/", (HEADLINE, COMMENT, THERE)),
    "articles:qr": ("/articles/{article}/qr.svg", (THERE,)),
    "articles:card": ("{card}", (THERE,)),
    "articles:section": ("/sections/사회/", (HEADLINE,)),
    "articles:tag": ("/tags/나눔/", (HEADLINE,)),
    "articles:series": ("/series/막차/", (HEADLINE,)),
    "articles:archive": ("/archive/", (MONTH,)),
    "articles:month": ("{month}", (HEADLINE,)),
    "articles:search": (f"/search/?q={HEADLINE[:3]}", (HEADLINE,)),
    "articles:suggest": ("/search/suggest/?q=반딧", (HEADLINE,)),
    "articles:popular": ("/popular/", (HEADLINE,)),
    "articles:corrections": ("/corrections/", (HEADLINE,)),
    "articles:feed": ("/feeds/latest.xml", (HEADLINE,)),
    "articles:section_feed": ("/feeds/sections/사회.json", (HEADLINE,)),
    "articles:tag_feed": ("/feeds/tags/나눔.xml", (HEADLINE,)),
    "articles:series_feed": ("/feeds/series/막차.json", (HEADLINE,)),
    "articles:author_feed": ("/feeds/authors/한도경.xml", (HEADLINE,)),
    "articles:corrections_feed": ("/feeds/corrections.xml", (HEADLINE,)),
    "articles:sitemap_news": ("/sitemap-news.xml", (HEADLINE,)),
    "articles:sitemap_articles": ("/sitemap-articles-{chunk}.xml", (HEADLINE,)),
    "articles:sitemap_places": ("/sitemap-places.xml", (AUTHOR,)),
    "authors:detail": ("/authors/한도경/", (HEADLINE,)),
    "comments:thread": ("/articles/{article}/comments/", (HEADLINE, COMMENT, THERE)),
    "comments:new": ("/articles/{article}/comments/new/", (THERE,)),
    "comments:detail": ("/comments/{comment}/", (HEADLINE, COMMENT, THERE)),
    "comments:report": ("/comments/{comment}/report/", (COMMENT, THERE)),
    "comments:search": ("/search/comments/?q=귀뚜라미", (COMMENT, HEADLINE)),
    "comments:feed": ("/feeds/comments.xml", (HEADLINE, COMMENT)),
    "comments:article_feed": ("/feeds/articles/{article}/comments.xml", (COMMENT, THERE)),
}
APART = {
    **dict.fromkeys(("robots", "security", "ads", "manifest", "favicon"), "of the paper itself"),
    **dict.fromkeys(
        ("healthz", "readyz", "metrics", "articles:indexnow_key"), "of the site itself"
    ),
    "media": "a picture under the name of its content: tests/newsroom/test_pictures.py",
    "articles:page": "of the paper itself",
    "articles:saved": "known to the device alone",
    "articles:sitemap": "names files, by their numbers",
    "articles:preview": "for whoever was sent a link: tests/articles/test_writing.py",
    "articles:count_read": "takes readings alone: tests/articles/test_reads.py",
    "comments:vote": "takes votes alone: tests/comments/test_votes.py",
    **dict.fromkeys(
        ("comments:mine", "comments:enter", "comments:confirm", "comments:unsubscribe"),
        "of one reader alone: tests/comments/test_guests.py, tests/comments/test_mail.py",
    ),
    **dict.fromkeys(
        ("comments:ask_for_data", "comments:data"),
        "of one reader alone: tests/comments/test_guests.py",
    ),
}


def public_names(patterns, route="", namespace=""):
    """Yield the names of all addresses but those of the newsroom."""
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if here.startswith(settings.ADMIN_PATH):
            continue
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from public_names(pattern.url_patterns, here, inner)


class VisibilityTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문", comment_policy="open").save()
        cls.article = make_article(
            f"{HEADLINE} 돌아온 냇가",
            section=make_section(),
            series=Series.objects.create(title="막차"),
            authors=[make_author()],
            tags=["나눔"],
        )
        reads.write({cls.article.pk: 5})
        cls.comment = make_comment(cls.article, COMMENT)
        Correction.objects.create(article=cls.article, text="고칩니다.")
        cls.article.refresh_from_db()
        published = timezone.localtime(cls.article.published_at)
        cls.numbers = {
            "article": cls.article.pk,
            "slug": cls.article.slug,
            "comment": cls.comment.pk,
            "card": card_of(cls.article, Masthead.load()).url,
            "month": reverse("articles:month", args=[published.year, published.month]),
            "chunk": cls.article.pk // 2000 + 1,
        }

    def shown(self):
        """Return {name: the marks that are seen there}."""
        seen = {}
        for name, (address, marks) in PLACES.items():
            response = self.client.get(address.format(**self.numbers))
            body = b"".join(response) if response.streaming else response.content
            text = unquote(body.decode("utf-8", "replace"))
            if HEADLINE[:3] in address:  # the question itself is said again
                text = text.replace(f'value="{HEADLINE[:3]}"', "")
            is_there = response.status_code in (200, 301, 302)
            marks = [m for m in (*marks, HEADLINE, COMMENT) if (m in text if m else is_there)]
            if name == "articles:archive" and self.numbers["month"] not in text:
                marks.remove(MONTH)
            seen[name] = set(marks)
        return seen

    def test_every_public_address_has_its_row(self):
        names = set(public_names(get_resolver().url_patterns))
        self.assertEqual(names, set(PLACES) | set(APART))

    def test_what_readers_may_see_is_shown(self):
        for name, marks in self.shown().items():
            with self.subTest(name):
                self.assertLessEqual(set(PLACES[name][1]), marks)

    def test_article_is_gone_from_everywhere_right_after_it_is_hidden(self):
        def withdraw():
            flow.withdraw(self.article, make_account("editor", "editor"), "사실과 다릅니다.")

        def change(**fields):
            return lambda: Article.objects.filter(pk=self.article.pk).update(**fields)

        ahead = timezone.now() + timedelta(minutes=5)
        ways = {
            "made a draft": change(state="draft"),
            "in review": change(state="review"),
            "under embargo": change(state="published", published_at=ahead),
            "withdrawn": withdraw,
        }
        for way, hide in ways.items():
            self.shown()  # whatever is kept anywhere is kept by now
            hide()
            for name, marks in self.shown().items():
                with self.subTest(way, name=name):
                    self.assertEqual(marks, set())
            change(state="published", published_at=self.article.published_at)()
            self.article.refresh_from_db()

    def test_comment_is_gone_from_everywhere_and_the_article_stays(self):
        for state in ("pending", "rejected", "spam", "trashed"):
            moderation.change_state(self.comment, "approved")
            self.assertIn(COMMENT, self.shown()["articles:detail"])
            moderation.change_state(self.comment, state)
            seen = self.shown()
            self.assertIn(HEADLINE, seen["articles:detail"])
            for name, marks in seen.items():
                with self.subTest(state, name=name):
                    self.assertNotIn(COMMENT, marks)

    def test_hidden_comments_of_an_article_are_nowhere(self):
        self.assertIn(COMMENT, self.shown()["front_page"])
        Article.objects.filter(pk=self.article.pk).update(comment_policy="hidden")
        for name, marks in self.shown().items():
            with self.subTest(name):
                self.assertNotIn(COMMENT, marks)
