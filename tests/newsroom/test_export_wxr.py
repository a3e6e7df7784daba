"""The paper leaves for WordPress, or comes back: what goes along, and what never turns public."""

import json
import os
import re
import shutil
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from unittest import mock
from urllib.parse import unquote

import pytest
from defusedxml.ElementTree import parse
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from articles.embeds import player
from articles.models import (
    Article,
    Byline,
    Correction,
    OldAddress,
    Page,
    Photo,
    Section,
    Series,
    Tag,
    TaggedArticle,
)
from authors.models import Author, User
from comments import moderation
from comments.models import Comment, Contact
from newsroom.html import sanitise
from newsroom.models import Masthead
from newsroom.text import plain
from newsroom.wxr.bodies import convert
from newsroom.wxr.exporter import (
    cdata,
    nicename,
    parts_of,
    snapshot,
    without_shortcodes,
    wordpress_body,
    write_export,
)
from tests.factories import (
    image_file,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)

WP = "{http://wordpress.org/export/1.2/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
EXCERPT = "{http://wordpress.org/export/1.2/excerpt/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
BODY = (
    "<p>장터에 불이 켜졌다. 🎉 [gallery] ]]&gt; 1 &lt; 2 &amp;amp;</p><h2>석 달 만의 저녁</h2>"
    '<p>주민 <strong>삼백 명</strong>이 <a href="/?a[b]=1" title="]]&gt;">모였다</a>.<br>\n끝.</p>'
    "<ul><li>하나<ul><li>둘</li></ul></li></ul><hr><blockquote><p>반갑다.</p></blockquote>"
)


def export(path, **options):
    """Export to a file and return what the command says in English."""
    out = StringIO()
    with translation.override("en"):
        call_command("export_wxr", str(path), stdout=out, **options)
    return out.getvalue()


def import_back(path, **options):
    with translation.override("en"):
        call_command("import_wxr", str(path), stdout=StringIO(), **options)


def empty():
    """Delete all that an import makes."""
    for model in (OldAddress, Article, Page, Photo, Author, Section, Series, Tag):
        model.objects.all().delete()


def whole(moment):
    return moment and moment.replace(microsecond=0)


def facts_of(article):
    """Return what must be the same on the other side of a round trip."""
    return {
        "headline": article.headline,
        "subtitle": article.subtitle,
        "lead": article.lead,
        "text": plain(article.body),
        "slug": article.slug,
        "section": article.section and (article.section.name, article.section.slug),
        "tags": {(tag.name, tag.slug) for tag in article.tags.all()},
        "authors": [byline.author.name for byline in article.bylines.order_by("position", "pk")],
        "published_at": whole(article.published_at),
        "revised_at": whole(article.revised_at),
        "comments": article.comment_count,
        "hero": article.hero and article.hero.alt,
    }


def number_in(import_key, mark):
    return int(import_key.partition(" ")[0].rpartition(mark)[2])


class WithFolder(TestCase):
    """Has a folder for exports."""

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "paper.xml"

    def tree(self, **options):
        """Export the paper and return the parsed channel."""
        export(self.path, **options)
        return parse(self.path).find("channel")

    def item(self, number, **options):
        items = self.tree(**options).findall("item")
        return next(i for i in items if i.findtext(f"{WP}post_id") == str(number))


class RoundTripTests(WithFolder):
    """A paper with everything in it is exported, and imported into an empty database."""

    def setUp(self):
        super().setUp()
        Masthead(pk=1, title="두물 <소식>", description="강가 사람들의 신문 & 이야기").save()
        self.now = timezone.now()
        self.section = make_section("문화 & 생활", slug="문화-생활")
        make_section("사회", slug="society", description="이웃의 일", position=1)
        series = Series.objects.create(title="강둑의 사계", description="네 번에 나누어")
        account = User.objects.create(username="hidden", email="account@canary.example")
        self.first = make_author("한도경", slug="dkhan", email="desk@paper.example", user=account)
        self.second = make_author("윤미소 <객원>")
        self.photo = make_photo(
            image_file(96, 64), alt='불 켜진 "장터" & 강', caption="장터 <새벽>"
        )
        self.drawn = make_photo(
            image_file(96, 64, colour=(9, 90, 9)),
            alt="그림",
            caption="상상도",
            credit="두물 & 소식",
            is_ai_generated=True,
        )
        marks = (
            f'<figure data-photo="{self.photo.pk}">'
            "<figcaption>군청 <em>앞</em></figcaption></figure>"
            '<figure data-embed="https://youtu.be/dQw4w9WgXcQ"><figcaption>첫날</figcaption></figure>'
            '<figure data-embed="https://tv.naver.com/v/12345"></figure>'
        )
        full = {
            "lead": "시장이 <석 달> 만에\n문을 열었다 & 닫았다.",
            "subtitle": "상인 <서른> 명의 저녁",
            "section": self.section,
            "series": series,
            "series_position": 2,
            "hero": self.photo,
            "tags": ["나눔", "R&D", "겨울 장터"],
        }
        self.published = make_article(
            "장터 <기획> ]]> &amp; 🎉 다시 켜진 불",
            authors=[self.second, self.first],
            body=BODY + marks,
            revised_at=self.now - timedelta(minutes=5),
            **full,
        )
        self.bare = make_article("분야도 기자도 없는 글", comment_policy="closed", hours_ago=30)
        make_article("초고", state="draft", published_at=None, **full)
        make_article("때를 정한 초고", state="draft", hours_ago=-30, authors=[self.first])
        make_article("검토할 글", state="review", published_at=None, section=self.section)
        make_article("예약 기사", hours_ago=-50, authors=[self.first], tags=["나눔"])
        self.withdrawn = make_article(
            "거둔 글", state="withdrawn", withdrawn_at=self.now, withdrawal_reason="사실이 <다름>"
        )
        Correction.objects.create(article=self.published, text="상인은 서른한 명입니다.")
        Page.objects.create(slug="소개", title="신문사 <소개>", body=BODY, position=3)
        Page.objects.create(slug="secret", title="감춘 안내", body=BODY, is_published=False)
        self.make_threads()

    def make_threads(self):
        """Write a thread of seven levels, with all that a comment can become on the way."""
        states = ("approved", "pending", "approved", "deleted", "approved", "rejected", "approved")
        above = None
        self.chain = []
        for place, state in enumerate(states):
            above = make_comment(
                self.published,
                f"{place}층 1 < 2 &amp; <b>]]> 😀\n\n둘째 줄",
                state,
                email=f"reader{place}@canary.example",
                author_name=f"독자 <{place}>",
                parent=above,
                created_at=self.now - timedelta(minutes=50 - place),
            )
            self.chain.append(above)
        for state in ("spam", "trashed", "approved"):
            make_comment(self.bare, f"{state} 댓글", state)
        blinded = make_comment(self.bare, "가린 댓글")
        moderation.blind(blinded)
        make_comment(self.bare, "가린 글에 답함", parent=blinded)
        make_comment(self.withdrawn, "거둔 글의 댓글")

    def there_and_back(self, **options):
        """Export, empty the database, import."""
        export(self.path, **options)
        media = self.folder / "media"
        shutil.copytree(default_storage.location, media)
        empty()
        self.assertFalse(Comment.objects.exists() or Contact.objects.exists())
        import_back(self.path, media=str(media))

    def test_articles_come_back_as_they_were(self):
        before = {article.pk: facts_of(article) for article in Article.objects.all()}
        public = set(Article.objects.published().values_list("headline", flat=True))
        states = dict(Article.objects.values_list("headline", "state"))
        self.there_and_back()
        after = {number_in(a.import_key, "?p="): a for a in Article.objects.all()}
        self.assertEqual(set(after), set(before))
        for pk, article in after.items():
            facts = facts_of(article)
            if states[article.headline] in ("draft", "review"):  # no time until it is published
                before[pk]["published_at"] = before[pk]["revised_at"] = None
            with self.subTest(article=article.headline):
                self.assertEqual(facts, before[pk])
        states["거둔 글"] = "draft"
        self.assertEqual(dict(Article.objects.values_list("headline", "state")), states)
        published = set(Article.objects.published().values_list("headline", flat=True))
        self.assertEqual(published, public)
        self.assertEqual(Article.objects.get(headline=self.bare.headline).comment_policy, "closed")

    def test_what_was_not_public_stays_unseen(self):
        self.there_and_back()
        for article in Article.objects.exclude(pk__in=Article.objects.published()):
            with self.subTest(article=article.headline):
                self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 404)
        shown = Article.objects.get(headline=self.published.headline)
        self.assertEqual(self.client.get(shown.get_absolute_url()).status_code, 200)
        front = self.client.get("/").content.decode()
        for headline in ("초고", "검토할 글", "예약 기사", "거둔 글", "감춘 안내"):
            self.assertNotIn(headline, front)
        self.assertNotIn("감춘 안내", self.path.read_text())

    def test_comments_come_back_with_their_threads(self):
        change = {"deleted": "trashed", "rejected": "trashed", "blinded": "pending"}
        before = {}
        for row in Comment.objects.select_related("contact", "article"):
            is_deleted = row.state == "deleted"
            contact = getattr(row, "contact", None)
            before[row.pk] = {
                "article": row.article.headline,
                "parent": row.parent_id,
                "root": row.root_id,
                "depth": row.depth,
                "state": change.get(row.state, row.state),
                "name": "-" if is_deleted else row.author_name,
                "text": "-" if is_deleted else row.text,
                "written": whole(row.created_at),
                "email": contact.email if contact and not is_deleted else "",
                "replies": row.reply_count,
            }
        self.there_and_back()
        rows = list(Comment.objects.select_related("contact", "article"))
        number = {row.pk: number_in(row.import_key, "?c=") for row in rows}
        after = {
            number[row.pk]: {
                "article": row.article.headline,
                "parent": number.get(row.parent_id),
                "root": number[row.root_id],
                "depth": row.depth,
                "state": row.state,
                "name": row.author_name,
                "text": row.text,
                "written": row.created_at,
                "email": row.contact.email if hasattr(row, "contact") else "",
                "replies": row.reply_count,
            }
            for row in rows
        }
        self.assertEqual(after, before)
        self.assertEqual(max(row.depth for row in rows), 6)

    def test_words_that_their_writer_took_back_are_not_in_the_file(self):
        export(self.path)
        text = self.path.read_text()
        self.assertIn("2층 1", text)
        self.assertNotIn("3층 1", text)
        self.assertNotIn("reader3@", text)

    def test_emails_of_readers_can_be_left_out(self):
        export(self.path)
        self.assertIn("reader0@canary.example", self.path.read_text())
        export(self.path, without_emails=True)
        text = self.path.read_text()
        self.assertNotIn("canary", text)
        self.assertIn("desk@paper.example", text)  # every reader sees that one
        empty()
        import_back(self.path)
        self.assertFalse(Contact.objects.exists())
        self.assertEqual(Comment.objects.count(), 13)

    def test_email_of_an_account_is_not_in_the_file(self):
        export(self.path)
        self.assertNotIn("account@", self.path.read_text())

    def test_body_comes_back_with_pictures_and_players(self):
        self.there_and_back()
        photo = Photo.objects.get(alt=self.photo.alt)
        body = Article.objects.get(headline=self.published.headline).body
        for part in (
            f'<figure data-photo="{photo.pk}"><figcaption>군청 <em>앞</em></figcaption></figure>',
            '<figure data-embed="https://youtu.be/dQw4w9WgXcQ"><figcaption>첫날</figcaption></figure>',
            '<figure data-embed="https://tv.naver.com/v/12345"></figure>',
            "<h2>석 달 만의 저녁</h2>",
            "<ul><li>하나<ul><li>둘</li></ul></li></ul>",
            "<blockquote><p>반갑다.</p></blockquote>",
            "[gallery] ]]&gt; 1 &lt; 2 &amp;amp;</p>",
        ):
            self.assertIn(part, body)

    def test_pictures_come_back_with_what_must_stand_under_them(self):
        self.there_and_back()
        self.assertEqual(Photo.objects.get(alt=self.photo.alt).caption, "장터 <새벽>")
        caption = Photo.objects.get(alt="그림").caption
        self.assertTrue(caption.startswith("AI-generated image"))
        self.assertTrue(caption.endswith("상상도 ⓒ 두물 & 소식"))

    def test_page_and_sections_come_back(self):
        before = list(Section.objects.values_list("name", "slug").order_by("position", "pk"))
        self.there_and_back()
        page = Page.objects.get()
        self.assertEqual(
            (page.slug, page.title, page.is_published), ("소개", "신문사 <소개>", True)
        )
        self.assertEqual(plain(page.body), plain(sanitise(BODY)))
        found = Section.objects.values_list("name", "slug").order_by("position", "pk")
        self.assertEqual(list(found), before)
        self.assertEqual(
            set(Author.objects.values_list("name", flat=True)), {"한도경", "윤미소 <객원>"}
        )

    def test_second_import_of_the_same_file_makes_nothing(self):
        self.there_and_back()
        models = (Article, Comment, Photo, Author, Byline, TaggedArticle)
        before = [list(model.objects.order_by("pk").values()) for model in models]
        import_back(self.path)
        after = [list(model.objects.order_by("pk").values()) for model in models]
        self.assertEqual(after, before)

    def test_same_paper_is_the_same_file(self):
        export(self.path)
        first = self.path.read_bytes()
        export(self.path)
        self.assertEqual(self.path.read_bytes(), first)

    def test_command_says_how_much_it_wrote(self):
        self.assertEqual(
            export(self.path).strip(), "Written: 7 articles, 1 pages, 2 photos, 13 comments."
        )


class FileTests(WithFolder):
    """What the file says to WordPress."""

    def test_channel_names_the_site_and_the_version(self):
        Masthead(pk=1, title="두물 & 소식").save()
        channel = self.tree()
        self.assertEqual(channel.findtext("title"), "두물 &amp; 소식")
        self.assertEqual(channel.findtext(f"{WP}wxr_version"), "1.2")
        self.assertEqual(channel.findtext(f"{WP}base_blog_url"), "http://127.0.0.1:8000")
        # The importer of old PHP looks for lines.
        self.assertIn("\n<wp:wxr_version>1.2</wp:wxr_version>\n", self.path.read_text())

    def test_empty_paper_is_a_file_too(self):
        self.assertEqual(self.tree().findall("item"), [])

    def test_state_becomes_status(self):
        for state, hours, status in (
            ("published", 1, "publish"),
            ("published", -9, "future"),
            ("draft", 1, "draft"),
            ("review", 1, "pending"),
            ("withdrawn", 1, "private"),
        ):
            article = make_article(state=state, hours_ago=hours, withdrawn_at=timezone.now())
            with self.subTest(state=state, status=status):
                self.assertEqual(self.item(article.pk).findtext(f"{WP}status"), status)

    def test_hangul_address_is_spelled_as_wordpress_does(self):
        article = make_article(slug="장터-불빛", section=make_section("사회"), tags=["겨울 장터"])
        item = self.item(article.pk)
        slug = item.findtext(f"{WP}post_name")
        self.assertEqual(slug, "%ec%9e%a5%ed%84%b0-%eb%b6%88%eb%b9%9b")
        self.assertEqual(unquote(slug), "장터-불빛")
        terms = {
            c.get("domain"): (unquote(c.get("nicename")), c.text) for c in item.findall("category")
        }
        self.assertEqual(
            terms, {"category": ("사회", "사회"), "post_tag": ("겨울-장터", "겨울 장터")}
        )

    def test_time_stands_in_both_clocks(self):
        article = make_article(
            published_at="2024-03-01T20:00:00.75Z", revised_at="2024-03-02T00:00Z"
        )
        item = self.item(article.pk)
        for name, text in (
            ("post_date", "2024-03-02 05:00:00"),
            ("post_date_gmt", "2024-03-01 20:00:00"),
            ("post_modified", "2024-03-02 09:00:00"),
            ("post_modified_gmt", "2024-03-02 00:00:00"),
        ):
            self.assertEqual(item.findtext(WP + name), text)

    def test_draft_has_no_time_yet(self):
        article = make_article(state="draft", published_at=None)
        item = self.item(article.pk)
        self.assertEqual(item.findtext(f"{WP}post_date_gmt"), "0000-00-00 00:00:00")
        self.assertEqual(item.findtext("pubDate") or "", "")

    def test_joint_authors_and_series_are_terms(self):
        series = Series.objects.create(title="강둑의 사계", slug="강둑")
        authors = [make_author("윤미소"), make_author("한도경", slug="dkhan")]
        article = make_article(authors=authors, series=series, series_position=2)
        item = self.item(article.pk)
        first = f"author-{authors[0].pk}"
        self.assertEqual(item.findtext(CREATOR), first)
        terms = [(c.get("domain"), c.text) for c in item.findall("category")]
        self.assertEqual(terms, [("series", "강둑의 사계"), ("author", first), ("author", "dkhan")])

    def test_what_wordpress_has_no_place_for_goes_along(self):
        article = make_article(
            subtitle="작은 제목",
            state="withdrawn",
            withdrawn_at="2024-03-01T20:00Z",
            withdrawal_reason="사실이 다름",
            hero=make_photo(),
        )
        Correction.objects.create(
            article=article, text="바로잡음", published_at="2024-03-01T20:00Z"
        )
        pairs = {
            m.findtext(f"{WP}meta_key"): m.findtext(f"{WP}meta_value")
            for m in self.item(article.pk).findall(f"{WP}postmeta")
        }
        self.assertEqual(pairs["wps_subtitle"], "작은 제목")
        self.assertEqual(pairs["newsroom_withdrawal_reason"], "사실이 다름")
        self.assertEqual(pairs["newsroom_withdrawn_at"], "2024-03-02 05:00:00")
        self.assertRegex(pairs["newsroom_correction"], "^2024-03-02 .+: 바로잡음$")
        items = [i.findtext(f"{WP}post_id") for i in parse(self.path).iter("item")]
        self.assertIn(pairs["_thumbnail_id"], items)

    def test_numbers_of_articles_are_kept_and_no_number_is_used_twice(self):
        photo, article = make_photo(), make_article()
        page = Page.objects.create(slug="about", title="소개")
        Photo.objects.filter(pk=photo.pk).update(id=article.pk)
        Page.objects.filter(pk=page.pk).update(id=article.pk)
        items = self.tree().findall("item")
        kinds = {i.findtext(f"{WP}post_id"): i.findtext(f"{WP}post_type") for i in items}
        self.assertEqual(sorted(kinds.values()), ["attachment", "page", "post"])
        self.assertEqual(kinds[str(article.pk)], "post")

    def test_picture_is_the_largest_jpeg_at_a_full_address(self):
        photo = make_photo(image_file(1000, 700), alt="강 <둑>")
        item = self.tree().find("item")
        url = item.findtext(f"{WP}attachment_url")
        self.assertEqual(url, f"http://127.0.0.1:8000{photo.rendition('full', 1000)}")
        self.assertEqual(self.client.get(url).status_code, 200)
        self.assertEqual(item.findtext(f"{WP}postmeta/{WP}meta_value"), "강 &lt;둑&gt;")

    def test_all_that_readers_see_under_a_picture_stands_in_the_text(self):
        photo = make_photo(caption="강 <둑>", credit="두물", is_ai_generated=True)
        article = make_article(body=f'<figure data-photo="{photo.pk}"></figure>')
        content = self.item(article.pk).findtext(CONTENT)
        caption = re.search("<figcaption[^>]*>(.+)</figcaption>", content)[1]
        self.assertTrue(caption.startswith("AI-generated image"))
        self.assertTrue(caption.endswith("강 &lt;둑&gt; ⓒ 두물"))

    def test_comments_that_readers_cannot_see_are_approved_nowhere(self):
        for policy, approved in (("open", "1"), ("hidden", "0")):
            article = make_article(comment_policy=policy)
            make_comment(article)
            item = self.item(article.pk)
            self.assertEqual(item.findtext(f"{WP}comment/{WP}comment_approved"), approved)
            expected = "closed" if policy == "hidden" else "open"
            self.assertEqual(item.findtext(f"{WP}comment_status"), expected)

    def test_paper_that_hides_comments_hides_those_of_its_articles(self):
        Masthead(pk=1, comment_policy="hidden").save()
        article, own = make_article(), make_article(comment_policy="open")
        for row in (article, own):
            make_comment(row)
        approved = f"{WP}comment/{WP}comment_approved"
        self.assertEqual(self.item(article.pk).findtext(approved), "0")
        self.assertEqual(self.item(own.pk).findtext(approved), "1")

    def test_comment_has_no_address_of_a_machine_but_its_author_and_votes(self):
        account = User.objects.create(username="editor")
        author = make_author(user=account)
        comment = make_comment(make_article(), staff=account)
        Comment.objects.filter(pk=comment.pk).update(up_count=3)
        found = self.item(comment.article_id).find(f"{WP}comment")
        self.assertEqual(found.findtext(f"{WP}comment_author_IP"), "")
        self.assertEqual(found.findtext(f"{WP}comment_user_id"), str(author.pk))
        self.assertEqual(found.findtext(f"{WP}commentmeta/{WP}meta_key"), "newsroom_up_count")

    def test_signs_that_xml_forbids_are_left_out(self):
        article = make_article()
        comment = make_comment(article)
        with connection.cursor() as cursor:  # past the fields that keep them out
            for table, field, pk in (
                ("articles_article", "headline", article.pk),
                ("comments_comment", "text", comment.pk),
            ):
                text = unicodedata.normalize("NFD", "장날") + "\x0b\x01\ufffe ]]> 🎉"
                cursor.execute(f"UPDATE {table} SET {field} = %s WHERE id = %s", [text, pk])
        item = self.item(article.pk)
        self.assertEqual(item.findtext("title"), "장날 ]]&gt; 🎉")
        content = item.findtext(f"{WP}comment/{WP}comment_content")
        self.assertEqual(content, "장날 ]]&gt; 🎉")

    def test_number_of_queries_holds_when_rows_double(self):
        def rows():
            article = make_article(tags=["나눔"], authors=[make_author()])
            make_comment(article, email="a@example.com")

        rows()
        with CaptureQueriesContext(
            connection,
        ) as few:
            export(self.path)
        for _number in range(5):
            rows()
        with self.assertNumQueries(len(few)):
            export(self.path)


class RefusalTests(WithFolder):
    def assert_refused(self, path, reason):
        with self.assertRaisesMessage(CommandError, f"Nothing was written. {path}: {reason}"):
            export(path)

    def test_folder_that_is_missing_is_refused(self):
        self.assert_refused(self.folder / "nowhere" / "paper.xml", "there is no such folder")
        export(self.path)
        self.assertTrue(self.path.exists())

    def test_folder_that_is_none_or_may_not_be_written_is_refused(self):
        (self.folder / "file").touch()
        self.assert_refused(self.folder / "file" / "paper.xml", "there is no such folder")
        self.assert_refused(self.folder, "this is a folder")
        with mock.patch("newsroom.files.tempfile.mkstemp", side_effect=PermissionError(13, "x")):
            self.assert_refused(self.path, "this folder may not be written to")

    def test_reason_is_said_in_korean(self):
        with self.assertRaises(CommandError) as caught, translation.override("ko"):
            call_command("export_wxr", str(self.folder / "nowhere" / "a.xml"))
        self.assertNotIn("Errno", str(caught.exception))

    def test_broken_run_leaves_the_former_file_and_nothing_else(self):
        make_article("지난 기사")
        export(self.path)
        before = self.path.read_bytes()
        make_article("새 기사")
        for error, said in ((KeyboardInterrupt, "It was interrupted."), (OSError(28, "x"), "full")):
            with (
                mock.patch("newsroom.wxr.exporter.terms_of", side_effect=error),
                self.assertRaisesMessage(CommandError, said),
            ):
                export(self.path)
            self.assertEqual(self.path.read_bytes(), before)
            self.assertEqual(os.listdir(self.folder), ["paper.xml"])
        export(self.path)
        self.assertIn("새 기사", self.path.read_text())

    def test_nobody_but_its_owner_may_read_the_file(self):
        export(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_minus_writes_to_the_standard_output(self):
        make_article("장날")
        out, err = StringIO(), StringIO()
        call_command("export_wxr", "-", stdout=out, stderr=err)
        export(self.path)
        self.assertEqual(out.getvalue(), self.path.read_text())
        self.assertTrue(err.getvalue())


class TextTests(SimpleTestCase):
    def body(self, html):
        return wordpress_body(sanitise(html), {}, lambda photo: 0)

    def test_end_of_cdata_is_split(self):
        self.assertEqual(cdata("a]]>b\x00"), "<![CDATA[a]]]]><![CDATA[>b]]>")
        self.assertEqual(cdata("]]]>"), "<![CDATA[]]]]]><![CDATA[>]]>")

    def test_long_address_is_cut_at_a_letter_and_stays_its_own(self):
        whole_slug = "가" * 22
        self.assertEqual(unquote(nicename(whole_slug, 7)), whole_slug)
        cut = nicename("가" * 60, 7)
        self.assertLessEqual(len(cut), 200)
        self.assertRegex(unquote(cut), "^가+-7$")
        self.assertNotEqual(cut, nicename("가" * 60, 8))

    def test_words_in_brackets_are_no_shortcodes(self):
        html = '<p title="[a]">[gallery] [단독] [/caption] [1]</p>'
        self.assertEqual(
            without_shortcodes(html), '<p title="[a]">&#91;gallery] [단독] &#91;/caption] [1]</p>'
        )

    def test_parts_are_whole(self):
        html = "앞 <b>글</b><ul><li><p>하나</p></li></ul> <hr><p>둘<br>셋</p>뒤"
        parts = list(parts_of(html))
        self.assertEqual("".join(part for _name, part in parts), html)
        names = [name for name, part in parts if part.strip()]
        self.assertEqual(names, ["", "ul", "hr", "p", ""])

    def test_blocks_are_spelled_as_wordpress_does(self):
        self.assertEqual(
            self.body("<p>글</p>"), "<!-- wp:paragraph -->\n<p>글</p>\n<!-- /wp:paragraph -->"
        )
        self.assertIn('<!-- wp:heading {"level":3} -->', self.body("<h3>제목</h3>"))
        self.assertIn("<!-- wp:html -->\n<hr>", self.body("<hr>"))

    def test_marks_of_blocks_hold_no_end_of_a_comment(self):
        html = self.body('<figure data-embed="https://youtu.be/abc--def_gh?a=1&amp;b=2"></figure>')
        mark = re.match("<!-- wp:embed (.+) -->\n", html)[1]
        self.assertNotRegex(mark, "--|[<>&]")
        self.assertEqual(json.loads(mark)["url"], "https://youtu.be/abc--def_gh?a=1&b=2")

    def test_videos_come_back_with_a_player_for_the_same(self):
        for url in (
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3",
            "https://www.youtube.com/embed/dQw4w9WgXcQ",
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
            "https://youtu.be/dQw4w9WgXcQ",
            "https://vimeo.com/123456",
            "https://tv.naver.com/v/12345",
        ):
            html = f'<figure data-embed="{url}"><figcaption>첫 <b>날</b></figcaption></figure>'
            back = convert(self.body(html), lambda *_args: None).html
            with self.subTest(url=url):
                found = re.search('data-embed="([^"]+)"', back)[1].replace("&amp;", "&")
                self.assertEqual(player(found), player(url))
                self.assertIn("<figcaption>첫 <b>날</b></figcaption>", back)

    def test_what_wordpress_cannot_play_comes_back_as_a_link(self):
        html = self.body('<figure data-embed="https://map.example/?a=1&amp;b=[2]"></figure>')
        link = '<a href="https://map.example/?a=1&amp;b=[2]"'
        self.assertIn(link, html)
        self.assertIn(link, convert(html, lambda *_args: None).html)

    def test_mark_of_a_picture_that_is_gone_leaves_nothing(self):
        self.assertEqual(self.body('<figure data-photo="9"></figure>'), "")
        self.assertNotIn(
            "figure", self.body('<ul><li>글<figure data-photo="9"></figure></li></ul>')
        )


@pytest.fixture
def database_file(tmp_path, transactional_db):
    """Give SQLite a file, as in production: its tests run in memory otherwise."""
    if connection.vendor != "sqlite":
        yield
        return
    path = str(tmp_path / "newsroom.db")
    memory, name = connections["default"], connections.settings["default"]["NAME"]
    memory.cursor().execute("VACUUM INTO %s", [path])
    connections.settings["default"]["NAME"] = path
    connections["default"] = connections.create_connection("default")
    yield
    connections["default"].close()
    connections.settings["default"]["NAME"] = name
    connections["default"] = memory


def elsewhere(work):
    """Do `work` in another connection."""

    def do():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(do).result(timeout=30)


@pytest.mark.usefixtures("database_file")
class SnapshotTests(TransactionTestCase):
    def test_what_is_written_meanwhile_neither_waits_nor_is_seen(self):
        make_article("지난 기사")
        with snapshot():
            self.assertEqual(Article.objects.count(), 1)
            elsewhere(lambda: make_article("그 사이의 기사"))
            self.assertEqual(Article.objects.count(), 1)
        self.assertEqual(Article.objects.count(), 2)

    def test_whole_paper_is_written_inside_one(self):
        make_article("지난 기사")
        handle, path = mkstemp()
        os.close(handle)
        self.addCleanup(os.unlink, path)
        with mock.patch(
            "newsroom.wxr.exporter.Exporter.channel",
            side_effect=lambda: [elsewhere(lambda: make_article("그 사이의 기사").headline)],
        ):
            counts = write_export(path)
        self.assertEqual(counts["articles"], 1)
        self.assertEqual(write_export(path)["articles"], 2)
