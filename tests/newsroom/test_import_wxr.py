"""A former WordPress site moves here: what comes along, what does not, and what is refused."""

import unicodedata
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import translation

from articles.models import Article, OldAddress, Page, Photo, Section, Tag, originals
from authors.models import Author
from comments import moderation
from comments.models import Comment, Contact, path_step
from newsroom.html import sanitise
from newsroom.text import lines
from newsroom.wxr import reader
from newsroom.wxr.bodies import convert, line_of, prose_of
from newsroom.wxr.pictures import MediaFolder, key_of
from newsroom.wxr.threads import CommentDesk
from tests.factories import image_file, make_article

FILES = Path(__file__).parent / "wxr"
HEAD = (
    '<rss xmlns:wp="http://wordpress.org/export/1.2/"'
    ' xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>\n'
    "<wp:wxr_version>1.2</wp:wxr_version>\n"
    "<wp:base_blog_url>http://a.example</wp:base_blog_url>\n"
)
TAIL = "</channel></rss>"


def run(path, **options):
    """Import a file and return the report in English."""
    out = StringIO()
    with translation.override("en"):
        call_command("import_wxr", str(path), stdout=out, **options)
    return out.getvalue()


def post(
    number=1,
    title="장날",
    content="<p>글</p>",
    more="",
    *,
    status="publish",
    date="2024-01-01 00:00:00",
    kind="post",
):
    return (
        f"<item><title><![CDATA[{title}]]></title><wp:post_id>{number}</wp:post_id>"
        f"<link>http://a.example/2024/{number}/</link><wp:post_type>{kind}</wp:post_type>"
        f"<wp:status>{status}</wp:status><wp:post_date_gmt>{date}</wp:post_date_gmt>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{more}</item>\n"
    )


def comment(
    number, parent=0, text="네", approved="1", author="나루", date="2024-01-02 00:00:00", kind=""
):
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author><![CDATA[{author}"
        f"]]></wp:comment_author><wp:comment_content><![CDATA[{text}]]></wp:comment_content>"
        f"<wp:comment_date_gmt>{date}</wp:comment_date_gmt><wp:comment_type>{kind}"
        f"</wp:comment_type><wp:comment_approved>{approved}</wp:comment_approved>"
        f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
    )


def attachment(number, name, parent=0):
    return (
        f"<item><wp:post_id>{number}</wp:post_id><wp:post_type>attachment</wp:post_type>"
        f"<wp:post_parent>{parent}</wp:post_parent><wp:attachment_url>"
        f"http://a.example/wp-content/uploads/{name}</wp:attachment_url></item>\n"
    )


def category(slug, name, parent=""):
    return (
        f"<wp:category><wp:category_nicename><![CDATA[{slug}]]></wp:category_nicename>"
        f"<wp:category_parent>{parent}</wp:category_parent>"
        f"<wp:cat_name><![CDATA[{name}]]></wp:cat_name></wp:category>\n"
    )


def term(slug, name, domain="category"):
    return f'<category domain="{domain}" nicename="{slug}"><![CDATA[{name}]]></category>'


def make_picture(uploads, name, **options):
    path = uploads / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_file(96, 64, **options).read())


class WithFolder(TestCase):
    """Has a folder for exports and pictures that the test makes."""

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, text, name="export.xml"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run_text(self, *parts, **options):
        """Import an export with these parts between its head and its tail."""
        return run(self.write(HEAD + "".join(parts) + TAIL), **options)

    def picture(self, name, **options):
        make_picture(self.folder / "uploads", name, **options)
        return self.folder / "uploads"


class OldExportTests(WithFolder):
    """WXR 1.0, blank line before the XML and no list of authors."""

    def test_article_comes_with_section_tag_author_and_paragraphs(self):
        run(FILES / "old_1.0.xml")
        article = Article.objects.get()
        self.assertTrue(article.import_key.startswith("old.example/?p=7 "))
        self.assertEqual(article.headline, "장터에 첫눈이 내렸다")
        self.assertEqual(article.slug, "첫눈")
        self.assertEqual(article.lead, "새벽 장터에 눈이 쌓였다.")
        self.assertEqual((article.section.name, article.section.slug), ("사회", "society"))
        self.assertEqual([tag.name for tag in article.tags.all()], ["장터"])
        self.assertEqual(article.tags.get().slug, "장터")
        self.assertEqual([a.name for a in article.byline_authors], ["dkhan"])
        self.assertEqual(
            article.body,
            "<p>새벽 다섯 시, 장터에 눈이 쌓였다.<br>\n상인들은 빗자루부터 들었다.</p>\n"
            "<p>점심 무렵에야 길이 열렸다.</p>",
        )

    def test_time_without_utc_is_read_in_the_zone_of_the_site(self):
        run(FILES / "old_1.0.xml")
        self.assertEqual(
            Article.objects.get().published_at.isoformat(), "2009-12-05T00:00:00+00:00"
        )

    def test_control_characters_that_wordpress_lets_through_do_no_harm(self):
        run(self.write(HEAD + post(title="장\x0b날") + TAIL))
        self.assertEqual(Article.objects.get().headline, "장날")


class BlockExportTests(WithFolder):
    """WXR 1.2 with https namespaces, blocks, pictures and comments."""

    def setUp(self):
        super().setUp()
        # macOS writes names in pieces (NFD).
        self.media = self.picture(unicodedata.normalize("NFD", "2024/03/정류장.jpg"))
        (self.media / "2024/03/broken.jpg").write_bytes(b"\xff\xd8\xff broken")
        self.report = run(FILES / "blocks_1.2.xml", media=str(self.media))
        self.article = Article.objects.get(import_key__startswith="news.example/?p=60 ")
        self.photo = Photo.objects.get()

    def test_photo_keeps_alt_caption_and_address(self):
        self.assertEqual(self.photo.alt, "빈 의자 두 개")
        self.assertEqual(self.photo.caption, "새로 놓인 정류장 의자")
        self.assertIn("wp-content/uploads/2024/03/", self.photo.import_key)
        self.assertTrue(originals().exists(self.photo.original))
        self.assertEqual(self.article.hero, self.photo)

    def test_missing_and_broken_pictures_are_reported_not_fatal(self):
        self.assertIn("file not found in the media folder (1)", self.report)
        self.assertIn("missing.jpg", self.report)
        self.assertIn("broken.jpg", self.report)

    def test_blocks_become_our_html(self):
        mark = f'<figure data-photo="{self.photo.pk}">'
        for part in (
            f"{mark}<figcaption>군청 앞 <em>정류장</em></figcaption></figure>",
            f"{mark}</figure>",
            "<p>사라진 의자</p>",
            "<p>의자 모음</p>",
            "<h4>무엇이 달라지나</h4>",
            '<figure data-embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ">'
            "<figcaption>운행 첫날</figcaption></figure>",
            '<p><a href="https://post.example/1" rel="noopener">https://post.example/1</a></p>',
            "<p>왼쪽 노선</p>\n<p>오른쪽 노선</p>",
            '<p><a href="https://bus.example/" rel="noopener">시간표</a></p>',
            "<blockquote><p>첫차가 십 분 빨라졌어요.</p>\n<p><cite>주민</cite></p></blockquote>",
            "<td>4시 50분</td></tr></tbody></table>\n<p>시간표</p>",
        ):
            self.assertIn(part, self.article.body)
        self.assertNotIn("<div", self.article.body)
        self.assertIn('class="picture"', self.article.body_html)
        self.assertEqual(list(self.article.photos.all()), [self.photo])
        self.assertIn("latest-posts", self.report)

    def test_text_before_more_is_the_lead_where_there_is_no_excerpt(self):
        self.assertEqual(self.article.lead, "다음 달부터 새벽 버스가 두 대 더 다닌다.")

    def test_entities_are_decoded_once(self):
        self.assertEqual(self.article.headline, "새벽 버스가 두 대 늘어난다 & 요금은 그대로")

    def test_first_level_category_is_the_section_and_deeper_ones_are_tags(self):
        self.assertEqual(self.article.section.name, "경제")
        self.assertEqual({t.name for t in self.article.tags.all()}, {"나눔", "버스"})
        self.assertEqual({s.name for s in Section.objects.all()}, {"사회", "경제"})
        self.assertIn("post_format", self.report)

    def test_author_comes_without_the_private_email(self):
        author = Author.objects.get()
        self.assertEqual((author.name, author.email), ("한도경", ""))
        self.assertTrue(author.import_key.startswith("news.example/?author=dkhan "))
        self.assertEqual(self.article.byline_authors, [author])

    def test_change_a_minute_after_publication_is_a_revision(self):
        self.assertEqual(self.article.revised_at.isoformat(), "2024-03-10T02:00:00+00:00")

    def test_status_becomes_state(self):
        states = dict(Article.objects.values_list("headline", "state"))
        self.assertEqual(states["예약 기사"], "published")
        self.assertEqual(states["초고"], "draft")
        self.assertEqual(states["검토할 글"], "review")
        self.assertEqual(states["비공개 글"], "draft")
        self.assertEqual(states["암호 글"], "draft")
        self.assertNotIn("버린 글", states)
        self.assertNotIn("메뉴", states)
        published = Article.objects.published().values_list("headline", flat=True)
        self.assertEqual(list(published), [self.article.headline])
        for reason in ("private there", "protected by a password", "in the trash", "nav_menu_item"):
            self.assertIn(reason, self.report)

    def test_old_addresses_lead_here(self):
        for old in ("/2024/03/새벽-버스/", "/?p=60"):
            response = self.client.get(old)
            self.assertRedirects(
                response, self.article.get_absolute_url(), 301, fetch_redirect_response=False
            )
        targets = dict(OldAddress.objects.values_list("path", "target"))
        self.assertEqual(targets["/about"], "/pages/about/")
        self.assertEqual(targets["/category/society"], "/sections/society/")
        self.assertEqual(targets["/category/society/traffic/bus"], "/tags/bus/")
        self.assertEqual(targets["/tag/나눔"], "/tags/나눔/")
        self.assertEqual(targets["/author/dkhan"], Author.objects.get().get_absolute_url().replace(
            "%ED%95%9C%EB%8F%84%EA%B2%BD", "한도경"))  # fmt: skip
        self.assertRedirects(
            self.client.get("/tag/나눔/"), Tag.objects.get(name="나눔").get_absolute_url(), 301,
            fetch_redirect_response=False,
        )  # fmt: skip

    def test_what_was_not_public_has_no_old_address(self):
        paths = set(OldAddress.objects.values_list("path", flat=True))
        self.assertFalse(paths & {"/secret", "/?p=62", "/?p=63", "/?p=64", "/?p=65", "/?p=50"})
        self.assertIn("/?p=61", paths)

    def test_page_becomes_a_page(self):
        page = Page.objects.get()
        self.assertEqual((page.slug, page.title, page.is_published), ("about", "두물 소식은", True))
        self.assertEqual(page.body, "<p>우리는 두물 사람들의 신문입니다.</p>")

    def test_comments_keep_thread_state_and_time(self):
        rows = {int(c.import_key.rpartition("=")[2]): c for c in Comment.objects.all()}
        self.assertEqual(
            {number: c.state for number, c in rows.items()},
            {1: "approved", 2: "pending", 3: "approved", 4: "spam", 5: "trashed", 6: "trashed"},
        )
        self.assertEqual((rows[3].parent, rows[3].root, rows[3].depth), (rows[2], rows[1], 2))
        self.assertEqual(rows[3].path, "".join(path_step(rows[n].pk) for n in (1, 2, 3)))
        self.assertIsNone(rows[5].parent)
        self.assertEqual(rows[1].created_at.isoformat(), "2024-03-10T01:00:00+00:00")
        self.assertEqual(rows[2].text, "저도요. 시간표 (https://bus.example/a?b=1&c=2)")
        self.assertIn("pingback", self.report)

    def test_counters_mean_what_moderation_keeps(self):
        self.assertEqual(self.article.comment_count, 2)
        counts = dict(Comment.objects.values_list("import_key", "reply_count"))
        self.assertEqual([counts[f"news.example/?c={n}"] for n in (1, 2, 3)], [1, 1, 0])
        kept = dict(Comment.objects.values_list("pk", "reply_count"))
        for row in Comment.objects.filter(state="approved"):  # the long way round
            moderation.reject(row)
        self.assertFalse(Comment.objects.filter(reply_count__gt=0).exists())
        for row in Comment.objects.filter(state="rejected"):
            moderation.approve(row)
        self.assertEqual(dict(Comment.objects.values_list("pk", "reply_count")), kept)

    def test_email_is_kept_apart_and_ip_nowhere(self):
        self.assertEqual([c.email for c in Contact.objects.all()], ["dumul@example.com"])
        rows = str(list(Comment.objects.values())) + str(list(Article.objects.values()))
        self.assertNotIn("203.0.113", rows)
        self.assertNotIn("@example", rows + self.report)
        self.assertIn("invalid e-mail left out (1)", self.report)

    def test_second_run_makes_nothing(self):
        models = (Article, Author, Comment, Contact, OldAddress, Page, Photo, Section, Tag)
        before = [list(model.objects.values()) for model in models]
        report = run(FILES / "blocks_1.2.xml", media=str(self.media))
        self.assertEqual(before, [list(model.objects.values()) for model in models])
        self.assertIn("Articles: unchanged 6 · skipped 1", report)
        for word in ("new ", "updated ", "changed there and here"):
            self.assertNotIn(word, report)

    def test_change_made_here_stays_unless_the_export_is_to_win(self):
        Article.objects.filter(pk=self.article.pk).update(headline="고친 제목")
        newer = (FILES / "blocks_1.2.xml").read_text().replace("요금은 그대로", "요금은 오른다")
        for path, overwrite, headline, words in (
            (FILES / "blocks_1.2.xml", False, "고친 제목", "Articles: unchanged 6"),
            (self.write(newer), False, "고친 제목", "changed there and here: ours stays (1)"),
            (self.write(newer), True, "새벽 버스가 두 대 늘어난다 & 요금은 오른다", "updated 1"),
        ):
            with self.subTest(path=path.name, overwrite=overwrite):
                self.assertIn(words, run(path, overwrite=overwrite))
                self.article.refresh_from_db()
                self.assertEqual(self.article.headline, headline)
                self.assertEqual(self.article.hero, self.photo)

    def test_nothing_brings_back_what_was_withdrawn_here(self):
        Article.objects.filter(pk=self.article.pk).update(
            state="withdrawn", withdrawn_at="2024-05-01T00:00Z"
        )
        for overwrite in (False, True):
            self.assertIn("withdrawn here", run(FILES / "blocks_1.2.xml", overwrite=overwrite))
            self.article.refresh_from_db()
            self.assertEqual(self.article.state, "withdrawn")


class ClassicBodyTests(WithFolder):
    def setUp(self):
        super().setUp()
        media = self.picture("wp-content/uploads/2015/05/river.jpg")
        self.report = run(FILES / "classic.xml", media=str(media))
        self.article = Article.objects.get()
        self.mark = f'<figure data-photo="{Photo.objects.get().pk}">'

    def test_lines_shortcodes_and_players_become_our_html(self):
        for part in (
            "<p>오월의 첫 토요일, 강둑이 열린다.<br>\n오전 열 시부터다.</p>",
            f"{self.mark}<figcaption>다시 열린 <em>강둑</em></figcaption></figure>",
            "<h2>걷기 좋은 길</h2>",
            "<p>첫 구간은 <strong>삼 킬로미터</strong>다. 끝.</p>",
            f"{self.mark}</figure>",
            '<figure data-embed="https://www.youtube.com/watch?v=abcdefghijk&amp;t=3"></figure>',
            '<figure data-embed="https://vimeo.com/123456"></figure>',
            '<figure data-embed="https://www.youtube.com/watch?v=lmnopqrstuv"></figure>',
            '<figure data-embed="https://vimeo.com/654321"></figure>',
            '<figure data-embed="https://www.youtube.com/embed/zyxwvutsrqp"></figure>',
            '<a href="https://map.example/embed?x=1" rel="noopener">',
            "<p>상자 속 글 [AP] [caption]</p>",
            "<blockquote><p>강은 흐른다.</p>\n<p>길도 흐른다.</p></blockquote>",
            "<h4>작은 제목</h4>",
            "<pre>한 줄\n\n두 줄</pre>",
        ):
            self.assertIn(part, self.article.body)
        self.assertNotIn("more", self.article.body)
        self.assertEqual(self.article.headline, "[단독] 강둑 산책로가 열린다")

    def test_what_was_lost_is_reported(self):
        self.assertIn("shortcode removed, its text kept: box (1)", self.report)
        self.assertIn("http://elsewhere.example/far.jpg", self.report)

    def test_lead_is_plain_text_before_more(self):
        self.assertTrue(self.article.lead.startswith("오월의 첫 토요일, 강둑이 열린다. 오전"))
        self.assertNotIn("<", self.article.lead)


class KoreanSiteTests(TestCase):
    """WXR 1.2 as a town paper's site with Jetpack, Yoast and WPBakery writes it."""

    @classmethod
    def setUpTestData(cls):
        with TemporaryDirectory() as name:
            uploads, files = Path(name, "uploads"), Path(name, "files")
            make_picture(uploads, "2024/10/solsup-scaled.jpg")
            make_picture(uploads, "2024/10/bridge-1920x1080.jpg", colour=(90, 60, 30))
            make_picture(uploads, "2016/03/books.jpg", colour=(30, 60, 90))
            storage = {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": files},
            }
            storages = {**settings.STORAGES, "default": storage, "originals": storage}
            with override_settings(STORAGES=storages):
                cls.report = run(FILES / "korean_site.xml", media=str(uploads))
        cls.blocks = Article.objects.get(slug="솔숲길-열렸다")
        cls.classic = Article.objects.get(slug="old-books")
        cls.photos = {p.import_key.rpartition("/")[2]: p for p in Photo.objects.all()}

    def mark(self, name):
        return f'<figure data-photo="{self.photos[name].pk}">'

    def test_category_that_yoast_calls_primary_gives_the_section(self):
        self.assertEqual(self.blocks.section.name, "마을 & 자치")
        names = {tag.name for tag in self.blocks.tags.all()}
        self.assertEqual(names, {"주민총회", "문화", "산책로", "R&D"})

    def test_section_of_what_has_none_is_not_in_the_navigation(self):
        shown = Section.objects.filter(is_in_navigation=True).values_list("name", flat=True)
        self.assertEqual(set(shown), {"마을 & 자치", "문화"})
        self.assertEqual(self.classic.section.name, "미분류")

    def test_name_with_an_email_address_comes_without_it(self):
        self.assertEqual([a.name for a in self.blocks.byline_authors], ["윤미소 기자"])
        self.assertIn("without an author (1)", self.report)

    def test_description_for_search_engines_is_the_lead_where_there_is_no_excerpt(self):
        self.assertEqual(self.blocks.lead, "솔내동 뒷산 솔숲길이 주민 손으로 열렸다.")
        self.assertEqual(self.classic.lead, "서른 해 된 헌책방 이야기")

    def test_jetpack_gallery_shows_our_photos_with_the_words_of_the_text(self):
        pictures = f"{self.mark('solsup-scaled.jpg')}</figure>\n"
        pictures += f"{self.mark('bridge-1920x1080.jpg')}</figure>"
        self.assertIn(pictures, self.blocks.body)
        self.assertEqual(self.photos["solsup-scaled.jpg"].alt, "소나무 사이로 난 흙길")
        self.assertEqual(self.photos["bridge-1920x1080.jpg"].alt, "개울을 건너는 나무다리")
        self.assertEqual(self.photos["solsup-scaled.jpg"].caption, "새로 깔린 솔숲길 <사진=윤미소>")
        self.assertIn("소나무 사이로 난 흙길", self.blocks.body_html)

    def test_footnotes_reusable_blocks_and_files_come_along(self):
        for part in (
            '백 명"<sup>1</sup></h2>',
            "<ol><li>솔내동 자치회 집계 <em>(9월)</em></li></ol>",
            "<p>솔내마을신문은 후원으로 만듭니다.</p>",
            ">공고</a></p>",
        ):
            self.assertIn(part, self.blocks.body)
        self.assertNotIn("다운로드", self.blocks.body)
        self.assertIn("link to a file that is still on the former site (1)", self.report)
        self.assertIn("uploads/2024/10/공고.pdf", self.report)

    def test_classic_text_keeps_words_in_brackets_and_loses_shortcodes(self):
        for part in (
            "<p>책 냄새가 골목을 채운다.<br>\n주인은 올해로 서른 해째다.</p>",
            '"책은 [sic] 살아 있다"고 그는 말한다. [mbc 뉴스]에도 나왔다.',
            '<p><a href="https://social.example/@books/7" rel="noopener">',
            '<figure data-embed="https://youtu.be/BookShop_01"></figure>',
            '<figure data-embed="http://www.youtube.com/v/OldFlash_01"></figure>',
            "<p><strong>다음 회에 계속</strong></p>",
        ):
            self.assertIn(part, self.classic.body)
        for gone in ("vc_", "contact-form", "[toc]", "span"):
            self.assertNotIn(gone, self.classic.body)

    def test_gallery_without_numbers_shows_what_was_put_to_the_article(self):
        self.assertIn(f"{self.mark('books.jpg')}</figure>", self.classic.body)

    def test_picture_of_another_site_is_never_taken_for_ours(self):
        self.assertEqual(self.classic.body.count("data-photo"), 2)
        self.assertIn("헌책방 뒷길. <a", self.classic.body)
        self.assertIn("picture left out: it was not imported (2)", self.report)
        for url in ("https://other.example/wp-content/uploads/2024/10/cat.jpg", "10/solsup.jpg"):
            self.assertIn(url, self.report)

    def test_former_slugs_and_the_feed_lead_here(self):
        for old in ("/2024/10/솔숲길/", "/2024/10/solsup-road/", "/2024/10/솔숲길-열렸다/"):
            response = self.client.get(old)
            self.assertEqual((response.status_code, response["Location"]),
                             (301, self.blocks.get_absolute_url()))  # fmt: skip
        self.assertEqual(self.client.get("/feed/")["Location"], "/feeds/latest.xml")

    def test_comment_without_a_date_gets_that_of_its_article(self):
        undated = Comment.objects.get(text="고맙습니다!")
        self.assertEqual(undated.created_at, self.blocks.published_at)
        self.assertIn("without a usable date: that of the article (1)", self.report)

    def test_comments_on_pictures_are_counted(self):
        self.assertIn("on a picture, where nobody comments here (1)", self.report)

    def test_pages_show_it_all(self):
        html = self.client.get(self.classic.get_absolute_url()).content.decode()
        self.assertIn("&lt;기획&gt; 우리 동네 헌책방 (상)", html)
        self.assertIn('data-player="https://www.youtube-nocookie.com/embed/BookShop_01"', html)
        self.assertIn("오전 7:00", html)

    def test_second_run_needs_no_pictures_and_changes_nothing(self):
        before = list(Article.objects.values()) + list(Photo.objects.values())
        report = run(FILES / "korean_site.xml")
        self.assertEqual(list(Article.objects.values()) + list(Photo.objects.values()), before)
        for word in ("new ", "updated "):
            self.assertNotIn(word, report)


class HostileFileTests(WithFolder):
    def setUp(self):
        super().setUp()
        media = self.picture("inside.jpg")
        (self.folder / "secret.jpg").write_bytes(image_file(colour=(9, 9, 9)).read())
        (media / "link.jpg").symlink_to(self.folder / "secret.jpg")
        self.report = run(FILES / "hostile.xml", media=str(media))
        self.article = Article.objects.get()

    def test_no_picture_is_read_outside_the_folder(self):
        self.assertEqual(
            Photo.objects.get().import_key, "bad.example/wp-content/uploads/inside.jpg"
        )
        self.assertIn("file not found in the media folder (3)", self.report)

    def test_names_and_titles_are_plain_text(self):
        self.assertEqual(self.article.headline, "<script>alert(1)</script>제목 <b> 3 < 5")
        self.assertEqual(Author.objects.get().name, "<script>alert(1)</script>멀로리")
        self.assertEqual(Photo.objects.get().caption, "<svg onload=alert(3)>설명")
        self.assertEqual(self.article.slug, "scriptalert1script")

    def test_body_keeps_the_words_and_loses_the_scripts(self):
        body = self.article.body
        for word in ("본문", "누르세요", "사진 <b>설명</b>", "남은 글"):
            self.assertIn(word, body)
        for bad in ("alert", "onclick", "onerror", "onmouseover", "javascript", "[bad", "<iframe"):
            self.assertNotIn(bad, body + self.article.body_html)

    def test_comments_are_plain_text_and_circles_are_cut(self):
        texts = {c.text: c for c in Comment.objects.all()}
        hello = "<script>alert(1)</script>안녕 여기"
        self.assertEqual(set(texts), {hello, "돌고 도는 댓글"})
        self.assertEqual(texts[hello].author_name, "mallory")
        self.assertEqual(Comment.objects.roots().count(), 1)
        self.assertEqual(Comment.objects.get(parent=None).reply_count, 1)

    def test_page_shows_no_script_of_theirs(self):
        html = self.client.get(self.article.get_absolute_url()).content.decode()
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;제목 &lt;b&gt; 3 &lt; 5", html)
        for bad in ("<script>alert", "<svg onload", "<img src=x", 'onerror="', "javascript:"):
            self.assertNotIn(bad, html)

    def test_address_that_is_none_is_not_kept(self):
        self.assertFalse(OldAddress.objects.exclude(path__startswith="/").exists())


class RefusedFileTests(WithFolder):
    def assert_refused(self, text, reason):
        with self.assertRaisesMessage(CommandError, reason):
            run(self.write(text))
        for model in (Article, Author, Section, Comment, OldAddress):
            self.assertFalse(model.objects.exists())

    def test_whole_file_is_taken(self):
        run(self.write(HEAD + post() + TAIL))
        self.assertEqual(Article.objects.get().headline, "장날")

    def test_cut_off_file_is_refused_with_its_line(self):
        self.assert_refused(HEAD + post() + post(2), "Line 6: the file ends here in the middle")

    def test_malformed_file_is_refused_with_its_line(self):
        self.assert_refused(HEAD + post() + "<item></itme>" + TAIL, "Line 5: ")

    def test_entity_bomb_is_refused_with_its_line(self):
        bomb = '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;">]>\n'
        self.assert_refused(bomb + HEAD + post(title="&b;") + TAIL, "Line 3: it declares XML ent")

    def test_other_xml_is_refused(self):
        self.assert_refused("<html><body/></html>", "Line 1: this is not a WordPress export")

    def test_feed_without_the_mark_of_wordpress_is_refused(self):
        text = "<rss><channel><item><title>소식</title></item></channel></rss>"
        self.assert_refused(text, "this is not a WordPress export")

    def test_unknown_version_and_encoding_are_refused(self):
        self.assert_refused(HEAD.replace(">1.2<", ">9.0<") + TAIL, "version 9.0")
        self.assert_refused('<?xml version="1.0" encoding="x-none"?>' + HEAD + TAIL, "Line 1: ")

    def test_missing_file_and_folder_are_refused(self):
        with self.assertRaisesMessage(CommandError, "Nothing was imported."):
            run(self.folder / "nowhere.xml")
        with self.assertRaisesMessage(CommandError, "is not a folder"):
            run(FILES / "classic.xml", media=str(self.folder / "nowhere"))

    def test_interruption_is_said_and_leaves_nothing(self):
        with (
            mock.patch.object(CommentDesk, "recount", side_effect=KeyboardInterrupt),
            self.assertRaisesMessage(CommandError, "Nothing was imported. It was interrupted."),
        ):
            run(FILES / "classic.xml")
        self.assertFalse(Article.objects.exists())

    def test_failure_half_way_leaves_neither_rows_nor_files(self):
        media = self.picture("2015/05/river.jpg")
        with (
            mock.patch.object(CommentDesk, "recount", side_effect=RuntimeError),
            self.assertRaises(RuntimeError),
        ):
            run(FILES / "classic.xml", media=str(media))
        self.assertFalse(Article.objects.exists() or Photo.objects.exists())
        root = Path(originals().location).parent
        self.assertEqual([path for path in root.rglob("*") if path.is_file()], [])

    def test_dry_run_reports_and_writes_nothing(self):
        media = self.picture("2015/05/river.jpg")
        report = run(FILES / "classic.xml", media=str(media), dry_run=True)
        self.assertIn("A try: nothing was written.", report)
        self.assertIn("Articles: new 1", report)
        self.assertIn("Photos: new 1", report)
        self.assertFalse(Article.objects.exists() or Photo.objects.exists())
        self.assertFalse(Path(default_storage.location).exists())


class SecondImportTests(WithFolder):
    """What was changed there, and what was changed here meanwhile."""

    def test_what_changed_there_is_updated(self):
        self.run_text(category("a", "사회"), post(more=term("a", "사회") + comment(1)))
        report = self.run_text(
            category("b", "문화"),
            post(title="장날 그 뒤", content="<p>새 글</p>", more=term("b", "문화") + comment(1)),
        )
        article = Article.objects.get()
        self.assertEqual((article.headline, article.body), ("장날 그 뒤", "<p>새 글</p>"))
        self.assertEqual((article.section.name, article.comment_count), ("문화", 1))
        self.assertIn("Articles: updated 1", report)

    def test_tags_and_bylines_follow_without_doubles(self):
        creator = "<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>{}</dc:creator>".format
        self.run_text(post(more=creator("a") + term("x", "엑스", "post_tag")))
        self.run_text(post(more=creator("b") + term("y", "와이", "post_tag")))
        article = Article.objects.get()
        self.assertEqual([a.name for a in article.byline_authors], ["b"])
        self.assertEqual([t.name for t in article.tags.all()], ["와이"])

    def test_section_and_tag_renamed_here_stay_renamed(self):
        tag = "<wp:tag><wp:tag_slug>x</wp:tag_slug><wp:tag_name>엑스</wp:tag_name></wp:tag>"
        more = term("a", "사회") + term("x", "엑스", "post_tag")
        parts = (category("a", "사회"), tag, post(more=more))
        self.run_text(*parts)
        Section.objects.update(name="동네")
        Tag.objects.update(name="꼬리")
        self.assertIn("Articles: unchanged 1", self.run_text(*parts))
        article = Article.objects.get()
        self.assertEqual(article.section, Section.objects.get())
        self.assertEqual(article.tags.get(), Tag.objects.get())

    def test_site_that_went_over_to_https_and_www_is_the_same(self):
        for base in ("http://a.example", "https://www.a.example"):
            text = HEAD.replace("http://a.example", base) + attachment(9, "a.jpg") + post() + TAIL
            run(self.write(text), media=str(self.picture("a.jpg")))
        self.assertEqual((Article.objects.count(), Photo.objects.count()), (1, 1))

    def test_pictures_brought_later_come_into_the_text(self):
        image = '<p>글</p><img src="http://a.example/wp-content/uploads/2024/03/a-300x200.jpg" />'
        parts = (attachment(9, "2024/03/a.jpg"), post(content=image))
        report = self.run_text(*parts, no_media=True)
        self.assertIn("no media folder: bring the file and import again (1)", report)
        self.assertIn("http://a.example/wp-content/uploads/2024/03/a.jpg", report)
        self.run_text(*parts, media=str(self.picture("2024/03/a.jpg")))
        self.assertIn('<figure class="picture">', Article.objects.get().body_html)

    def test_every_missing_picture_is_listed(self):
        report = self.run_text(*(attachment(n, f"2024/{n}.jpg") for n in range(1, 31)))
        self.assertEqual(report.count("wp-content/uploads/2024/"), 30)

    def test_page_and_author_changed_here_stay(self):
        author = "<wp:author><wp:author_login>h</wp:author_login><wp:author_display_name>{}"
        author = (author + "</wp:author_display_name></wp:author>").format
        self.run_text(author("한"), post(kind="page"))
        Page.objects.update(title="우리 쪽")
        Author.objects.update(name="한도경")
        report = self.run_text(author("한 기자"), post(title="새 제목", kind="page"))
        self.assertEqual(
            (Page.objects.get().title, Author.objects.get().name), ("우리 쪽", "한도경")
        )
        self.assertEqual(report.count("changed there and here: ours stays (1)"), 2)

    def test_author_renamed_there_is_renamed_here(self):
        author = "<wp:author><wp:author_login>h</wp:author_login><wp:author_display_name>{}"
        author = (author + "</wp:author_display_name></wp:author>").format
        self.run_text(author("한"))
        self.run_text(author("한도경"))
        self.assertEqual(Author.objects.get().name, "한도경")

    def test_comment_follows_until_a_moderator_decides_here(self):
        first = comment(1, approved="0") + comment(2, approved="0")
        self.run_text(post(more=first))
        moderation.reject(Comment.objects.get(import_key="a.example/?c=2"))
        report = self.run_text(post(more=comment(1, text="고친 글") + comment(2)))
        rows = {c.import_key[-1]: c for c in Comment.objects.all()}
        self.assertEqual((rows["1"].state, rows["1"].text), ("approved", "고친 글"))
        self.assertEqual(rows["2"].state, "rejected")
        self.assertEqual(Article.objects.get().comment_count, 1)
        self.assertIn("decided on here: ours stays (1)", report)

    def test_what_is_private_there_by_now_is_not_public_here(self):
        self.run_text(post())
        self.run_text(post(status="private"))
        self.assertFalse(Article.objects.published().exists())

    def test_what_is_in_the_trash_there_by_now_is_reported(self):
        self.run_text(post())
        self.assertIn("in the trash there, but still here (1)", self.run_text(post(status="trash")))

    def test_old_export_does_not_hide_a_scheduled_article_that_has_appeared(self):
        scheduled = post(status="future", date="2099-01-01 00:00:00")
        self.run_text(scheduled)
        with mock.patch("django.utils.timezone.now") as now:
            now.return_value = datetime(2099, 1, 2, tzinfo=UTC)
            self.run_text(scheduled)
            self.assertTrue(Article.objects.published().exists())


class EdgeTests(WithFolder):
    def test_scheduled_article_whose_time_is_over_waits_for_an_editor(self):
        later = post(2, title="앞날", status="future", date="2099-01-01")
        report = self.run_text(post(status="future"), later)
        states = dict(Article.objects.values_list("headline", "state"))
        self.assertEqual(states, {"장날": "review", "앞날": "published"})
        self.assertFalse(Article.objects.published().exists())
        self.assertIn("scheduled there for a time that is over: in review here (1)", report)

    def test_long_title_stands_whole_at_the_start_of_the_text(self):
        title = " ".join(f"긴{n}" for n in range(200))
        self.run_text(post(title=title))
        article = Article.objects.get()
        self.assertLessEqual(len(article.headline), 300)
        self.assertEqual(article.body, f"<p>{title}</p>\n<p>글</p>")

    def test_two_categories_of_one_name_stay_two(self):
        self.run_text(
            *(category("soc", "사회"), category("cul", "문화")),
            *(category("e1", "행사", "soc"), category("e2", "행사 안내", "cul")),
            post(more=term("e1", "행사") + term("e2", "행사 안내")),
            post(2, more=term("cul", "사회") + term("soc", "사회")),
        )
        first, second = Article.objects.order_by("pk")
        self.assertEqual({t.name for t in first.tags.all()}, {"행사", "행사 안내"})
        self.assertEqual((second.section.name, [t.name for t in second.tags.all()]),
                         ("문화", ["사회"]))  # fmt: skip

    def test_same_number_twice_in_a_file_is_taken_once(self):
        report = self.run_text(post(more=term("a", "사회")), post(title="또"))
        self.assertEqual(Article.objects.get().headline, "장날")
        self.assertIn("twice in this file (1)", report)

    def test_script_in_any_field_comes_out_as_text(self):
        bad = '<script>alert("x")</script>'
        slug = bad.replace("<", "&lt;").replace('"', "&quot;")
        creator = (
            "<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'><![CDATA[{}]]></dc:creator>"
        )
        self.run_text(
            category(bad, f"{bad}분야"),
            post(
                title=bad,
                content=f"<p>{bad}글</p>",
                more=creator.format(bad)
                + term(slug, f"{bad}분야")
                + term(slug, f"{bad}표", "post_tag")
                + f"<wp:post_name><![CDATA[{bad}]]></wp:post_name>"
                + comment(1, text=bad, author=bad),
            ),
            post(2, title=f"{bad}쪽", kind="page"),
        )
        article = Article.objects.get()
        self.assertEqual((article.headline, Comment.objects.get().text), (bad, bad))
        for address in (
            *("/", article.get_absolute_url(), article.section.get_absolute_url()),
            *(Tag.objects.get().get_absolute_url(), Author.objects.get().get_absolute_url()),
            *(Page.objects.get().get_absolute_url(), "/feeds/latest.xml", "/feeds/comments.xml"),
            *("/search/?q=alert", "/archive/2024/01/", f"/articles/{article.pk}/comments/"),
        ):
            response = self.client.get(address)
            self.assertEqual(response.status_code, 200, address)
            self.assertNotIn("<script>alert", response.content.decode(), address)

    def test_decomposed_hangul_is_composed_everywhere(self):
        more = term("한글", "한글 분야") + comment(1, text="한글")
        text = HEAD + category("한글", "한글 분야")
        text += post(title="한글 제목", content="<p>한글</p>", more=more)
        run(self.write(unicodedata.normalize("NFD", text) + TAIL))
        article = Article.objects.get()
        for words in (article.headline, article.body, article.section.name, article.section.slug):
            self.assertEqual(words, unicodedata.normalize("NFC", words))
        self.assertEqual(article.section.name, "한글 분야")
        self.assertEqual(Comment.objects.get().text, "한글")

    def test_comment_that_answers_what_is_not_there_begins_a_thread(self):
        more = comment(1, parent=99) + comment(2, parent=3) + comment(3, kind="pingback")
        report = self.run_text(post(more=more))
        self.assertEqual(Comment.objects.roots().count(), 2)
        self.assertIn("answers what is not there: begins a thread (2)", report)
        self.assertIn("not a comment: pingback (1)", report)

    def test_comments_on_what_is_not_imported_are_counted(self):
        report = self.run_text(post(kind="product", more=comment(1) + comment(2)))
        self.assertIn("on what was not imported (2)", report)

    def test_body_of_a_thousand_pictures(self):
        media = self.picture("a.jpg")
        image = '<img src="http://a.example/wp-content/uploads/a-300x200.jpg">'
        gallery = f'<figure class="wp-block-gallery">{image * 1000}</figure>'
        self.run_text(attachment(9, "a.jpg"), post(content=gallery), media=str(media))
        self.assertEqual(Article.objects.get().body.count("data-photo"), 1000)

    def test_original_is_found_behind_sizes_image_services_and_folders(self):
        for name in ("2024/03/a-scaled.jpg", "2024/03/b-100x100.jpg", "c.jpg"):
            media = self.picture(f"site/wp-content/uploads/{name}", colour=(len(name), 9, 9))
        base = "http://a.example/wp-content/uploads"
        images = (
            f'<img src="{base}/2024/03/a-300x200.jpg"><img src="{base}/2024/03/a.jpg">'
            f'<img src="{base}/2024/03/b-100x100-50x50.jpg"><img src="/wp-content/uploads/c.jpg">'
            '<img src="https://i0.wp.com/a.example/wp-content/uploads/c-10x10.jpg?ssl=1">'
            f'<img src="data:image/gif;base64,R0" data-src="{base}/c.jpg">'
        )
        listed = (attachment(8, "2024/03/a-scaled.jpg"), attachment(9, "2024/03/b-100x100.jpg"))
        report = self.run_text(*listed, post(content=images), media=str(media))
        self.assertEqual(Article.objects.get().body.count("data-photo"), 6)
        self.assertEqual(Photo.objects.count(), 3)
        self.assertNotIn("left out", report)

    def test_new_comments_join_articles_that_were_imported_before(self):
        run(self.write(HEAD + post(more=comment(1)) + TAIL))
        run(self.write(HEAD + post(more=comment(1) + comment(2, parent=1)) + TAIL))
        root = Comment.objects.roots().get()
        reply = root.replies.get()
        self.assertEqual(reply.path, path_step(root.pk) + path_step(reply.pk))
        self.assertEqual((root.reply_count, reply.article.comment_count), (1, 2))

    def test_long_comment_is_kept_whole_and_reported(self):
        text = "가나다 " * 900
        report = run(self.write(HEAD + post(more=comment(1, text=text)) + TAIL))
        self.assertEqual(Comment.objects.get().text, text.strip())
        self.assertIn("longer than our form takes, kept whole (1)", report)

    def test_deep_thread_stops_at_the_deepest_level(self):
        more = "".join(comment(n, parent=n - 1) for n in range(40, 0, -1))
        run(self.write(HEAD + post(more=more) + TAIL))
        last = Comment.objects.get(import_key__endswith="?c=40")
        self.assertEqual((last.depth, len(last.path)), (30, 7 * 31))
        self.assertEqual(Comment.objects.roots().get().reply_count, 39)

    def test_own_article_and_its_comments_are_left_alone(self):
        mine = make_article("우리 기사")
        run(self.write(HEAD + post() + TAIL))
        self.assertEqual(Article.objects.get(pk=mine.pk).headline, "우리 기사")

    def test_existing_section_and_author_are_taken(self):
        section = Section.objects.create(name="사회", slug="social")
        author = Author.objects.create(name="dkhan")
        run(FILES / "old_1.0.xml")
        article = Article.objects.get()
        self.assertEqual((article.section, article.byline_authors), (section, [author]))

    def test_untitled_long_and_undated_posts_are_kept_and_reported(self):
        text = HEAD + post(1, "") + post(2, "긴 제목 " * 100)
        text += post(3).replace("2024-01-01 00:00:00", "0000-00-00 00:00:00") + TAIL
        report = run(self.write(text))
        self.assertEqual(Article.objects.filter(state="draft").count(), 1)
        self.assertTrue(Article.objects.filter(headline="(untitled)").exists())
        for reason in (
            "without a title (1)",
            "long title cut, whole at the start of the text (1)",
            "without a usable date",
        ):
            self.assertIn(reason, report)

    def test_counted_line_is_that_of_the_file(self):
        text = "\n\n" + HEAD + post() + "<item></itme>" + TAIL
        with self.assertRaisesMessage(
            CommandError, "Line 7: an element is closed here that is not open"
        ):
            run(self.write(text))

    def test_reason_of_a_refusal_is_in_our_words(self):
        whole = HEAD + TAIL
        for text, reason in (
            (HEAD + "<item>", "Line 4: the file ends here in the middle"),
            (HEAD + "<item></itme>", "Line 4: an element is closed here that is not open"),
            (HEAD + "<a>&nbsp;</a>", "Line 4: an entity stands here that XML does not know"),
            ("Warning: x.php\n" + whole, "Line 1: something stands before the beginning"),
            (whole + "\n" + whole, "Line 5: something stands after the end"),
            (HEAD + "<a b='1' b='2'/>", "Line 4: the file is damaged here"),
        ):
            with self.assertRaisesMessage(CommandError, reason):
                run(self.write(text))

    def test_namespaces_are_read_in_either_spelling(self):
        for text in (HEAD, HEAD.replace("http://wordpress", "https://wordpress")):
            export = reader.survey(self.write(text + post() + TAIL))
            self.assertEqual((export.version, export.items), ("1.2", 1))


class TextTests(SimpleTestCase):
    def body(self, html):
        return convert(html, lambda number, url, alt: None).html

    def test_titles_lose_tags_and_keep_signs(self):
        self.assertEqual(line_of("A &amp;amp; <i>B</i> 1 < 2"), "A &amp; B 1 < 2")

    def test_comment_links_become_their_addresses(self):
        self.assertEqual(prose_of('<a href="https://a.example/">https://a.example/</a><br>끝'),
                         "https://a.example/\n끝")  # fmt: skip

    def test_word_paste_unclosed_tags_and_deep_nesting_do_not_stop_the_import(self):
        self.assertEqual(self.body("<![endif]><b>굵게\n\n둘째"), "<p><b>굵게<br>둘째</b></p>")
        self.assertIn("속", self.body("<blockquote>" * 3000 + "속"))

    def test_titles_keep_what_is_no_formatting(self):
        self.assertEqual(line_of("<기획> <BTS> 공연 <em>1 < 2</em>"), "<기획> <BTS> 공연 1 < 2")

    def test_comment_keeps_signs_that_are_no_tags(self):
        self.assertEqual(prose_of("<p>1 <3 2</p>\n<iframe src=x>"), "1 <3 2\n\n<iframe src=x>")

    def test_shortcode_without_its_end_swallows_nothing(self):
        html = self.body('[caption id="attachment_1"]<img src="a.jpg"> 설명\n\n[embed]\n\n끝')
        self.assertEqual(html, "<p>설명</p>\n<p>끝</p>")

    def test_figure_around_more_than_a_picture_loses_nothing(self):
        table = "<table><tr><td>첫차<img src='a.jpg'></td></tr></table>"
        for inside in (table, '<img src="a.jpg"><img src="b.jpg">', '<img src="a.jpg">덧붙임'):
            html = convert(
                f"<figure>{inside}<figcaption>설명</figcaption></figure>", lambda *_args: 5
            ).html
            self.assertEqual(html.count('data-photo="5"'), inside.count("<img"))
            for word in ("설명", *(w for w in ("첫차", "덧붙임") if w in inside)):
                self.assertIn(word, html)

    def test_link_around_two_pictures_keeps_both(self):
        html = convert('<a href="x"><img src="a.jpg"><img src="b.jpg"></a>', lambda *_args: 5).html
        self.assertEqual(html.count('data-photo="5"'), 2)

    def test_body_stays_as_it_is_however_often_it_is_saved(self):
        html = self.body("<blockquote><p></p></blockquote><p>글&#13;&#10;끝</p>")
        self.assertEqual(lines(sanitise(html)), html)
        self.assertEqual(self.body("https://a.example/story.html").count("<a "), 1)

    def test_shortcode_in_an_address_is_left_alone(self):
        self.assertIn('href="/?a[b]=1"', self.body('<a href="/?a[b]=1">글</a>'))

    def test_picture_inside_a_heading_or_list_leaves_it(self):
        html = convert('<ul><li><img src="a.jpg"> 글</li></ul>', lambda number, url, alt: 5).html
        self.assertEqual(
            html, '<figure data-photo="5"></figure>\n<p> 글</p>'.replace("> 글", ">글")
        )

    def test_long_addresses_make_keys_that_fit(self):
        long = "http://a.example/" + "%EA%B0%80" * 60
        self.assertLessEqual(len(key_of(long)), 250)
        self.assertNotEqual(key_of(long), key_of(long + "1"))
        self.assertEqual(key_of("http://a.example/1"), "http://a.example/1")

    def test_no_folder_holds_no_file(self):
        self.assertIsNone(MediaFolder(None).find("http://a.example/wp-content/uploads/a.jpg"))
