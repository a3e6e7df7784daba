"""A former WordPress site moves here: what comes along, what does not, and what is refused."""

import unicodedata
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase
from django.utils import translation

from articles.models import Article, OldAddress, Page, Photo, Section, Tag, originals
from authors.models import Author
from comments import moderation
from comments.models import Comment, Contact, path_step
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


def post(number=1, title="장날", content="<p>글</p>", more=""):
    return (
        f"<item><title>{title}</title><wp:post_id>{number}</wp:post_id>"
        f"<wp:status>publish</wp:status><wp:post_date_gmt>2024-01-01 00:00:00</wp:post_date_gmt>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{more}</item>\n"
    )


def comment(number, parent=0, text="네", approved="1"):
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>나루"
        f"</wp:comment_author><wp:comment_content>{text}</wp:comment_content>"
        f"<wp:comment_approved>{approved}</wp:comment_approved>"
        f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
    )


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

    def picture(self, name, **options):
        path = self.folder / "uploads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_file(**options).read())
        return self.folder / "uploads"


class OldExportTests(WithFolder):
    """WXR 1.0, blank line before the XML and no list of authors."""

    def test_article_comes_with_section_tag_author_and_paragraphs(self):
        run(FILES / "old_1.0.xml")
        article = Article.objects.get()
        self.assertEqual(article.import_key, "http://old.example/?p=7")
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
        self.article = Article.objects.get(import_key="https://news.example/?p=60")
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
        self.assertEqual(author.import_key, "https://news.example/?author=dkhan")
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
        self.assertEqual([counts[f"https://news.example/?c={n}"] for n in (1, 2, 3)], [1, 1, 0])
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
        self.assertIn("already imported (6)", report)
        self.assertNotIn("new ", report)

    def test_change_made_here_stays_unless_update_is_asked_for(self):
        Article.objects.filter(pk=self.article.pk).update(headline="고친 제목")
        run(FILES / "blocks_1.2.xml")
        self.article.refresh_from_db()
        self.assertEqual(self.article.headline, "고친 제목")
        report = run(FILES / "blocks_1.2.xml", update=True)
        self.article.refresh_from_db()
        self.assertEqual(self.article.headline, "새벽 버스가 두 대 늘어난다 & 요금은 그대로")
        self.assertEqual(self.article.hero, self.photo)
        self.assertIn("updated 1 · unchanged 5", report)

    def test_update_does_not_bring_back_what_was_withdrawn_here(self):
        Article.objects.filter(pk=self.article.pk).update(
            state="withdrawn", withdrawn_at="2024-05-01T00:00Z"
        )
        self.assertIn("withdrawn here", run(FILES / "blocks_1.2.xml", update=True))
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
            Photo.objects.get().import_key, "http://bad.example/wp-content/uploads/inside.jpg"
        )
        self.assertIn("file not found in the media folder (3)", self.report)

    def test_names_and_titles_are_plain_text(self):
        self.assertEqual(self.article.headline, "제목 <b> 3 < 5")
        self.assertEqual(Author.objects.get().name, "멀로리")
        self.assertEqual(Photo.objects.get().caption, "설명")
        self.assertEqual(self.article.slug, "scriptalert1script")

    def test_body_keeps_the_words_and_loses_the_scripts(self):
        body = self.article.body
        for word in ("본문", "누르세요", "사진 <b>설명</b>", "남은 글"):
            self.assertIn(word, body)
        for bad in ("alert", "onclick", "onerror", "onmouseover", "javascript", "[bad", "<iframe"):
            self.assertNotIn(bad, body + self.article.body_html)

    def test_comments_are_plain_text_and_circles_are_cut(self):
        texts = {c.text: c for c in Comment.objects.all()}
        self.assertEqual(set(texts), {"안녕 여기", "돌고 도는 댓글"})
        self.assertEqual(texts["안녕 여기"].author_name, "mallory")
        self.assertEqual(Comment.objects.roots().count(), 1)
        self.assertEqual(Comment.objects.get(parent=None).reply_count, 1)

    def test_page_shows_no_script_of_theirs(self):
        html = self.client.get(self.article.get_absolute_url()).content.decode()
        self.assertIn("제목 &lt;b&gt; 3 &lt; 5", html)
        self.assertNotIn("alert(", html)

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
        self.assert_refused(HEAD + post() + post(2), "Line 6: the file is damaged or cut off")

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


class EdgeTests(WithFolder):
    def test_new_comments_join_articles_that_were_imported_before(self):
        run(self.write(HEAD + post(more=comment(1)) + TAIL))
        run(self.write(HEAD + post(more=comment(1) + comment(2, parent=1)) + TAIL))
        root = Comment.objects.roots().get()
        reply = root.replies.get()
        self.assertEqual(reply.path, path_step(root.pk) + path_step(reply.pk))
        self.assertEqual((root.reply_count, reply.article.comment_count), (1, 2))

    def test_long_comment_is_cut_and_reported(self):
        report = run(self.write(HEAD + post(more=comment(1, text="가나다 " * 900)) + TAIL))
        self.assertLessEqual(len(Comment.objects.get().text), 2000)
        self.assertIn("cut at 2,000 characters (1)", report)

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
        for reason in ("without a title (1)", "long title cut (1)", "without a usable date"):
            self.assertIn(reason, report)

    def test_namespaces_are_read_in_either_spelling(self):
        for text in (HEAD, HEAD.replace("http://wordpress", "https://wordpress")):
            export = reader.survey(self.write(text + post() + TAIL))
            self.assertEqual((export.version, export.items), ("1.2", 1))


class TextTests(SimpleTestCase):
    def body(self, html):
        return convert(html, lambda number, url: None).html

    def test_titles_lose_tags_and_keep_signs(self):
        self.assertEqual(line_of("A &amp;amp; <i>B</i> 1 < 2"), "A &amp; B 1 < 2")

    def test_comment_links_become_their_addresses(self):
        self.assertEqual(prose_of('<a href="https://a.example/">https://a.example/</a><br>끝'),
                         "https://a.example/\n끝")  # fmt: skip

    def test_word_paste_unclosed_tags_and_deep_nesting_do_not_stop_the_import(self):
        self.assertEqual(self.body("<![endif]><b>굵게\n\n둘째"), "<p><b>굵게<br>둘째</b></p>")
        self.assertIn("속", self.body("<blockquote>" * 3000 + "속"))

    def test_shortcode_in_an_address_is_left_alone(self):
        self.assertIn('href="/?a[b]=1"', self.body('<a href="/?a[b]=1">글</a>'))

    def test_picture_inside_a_heading_or_list_leaves_it(self):
        html = convert('<ul><li><img src="a.jpg"> 글</li></ul>', lambda number, url: 5).html
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
