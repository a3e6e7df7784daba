"""The editors' desk."""

from datetime import timedelta
from io import BytesIO

from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image

from articles.models import Article, Correction, OldAddress, Page, Photo, Section, Series, Tag
from tests.factories import image_file, make_article, make_author, make_photo, make_section
from tests.newsroom.test_admin import HANGUL, SCRIPT, change, sign_in

URL = "/admin/articles/"
ADD = f"{URL}article/add/"


def edit(article):
    return f"{URL}article/{article.pk}/change/"


def errors(response):
    """The fields that a form refused; the answer was the form again."""
    assert response.status_code == 200, "the form was taken"
    return set(response.context["adminform"].form.errors)


def hours(number):
    """A time that many hours from now, as the two inputs of the form take it."""
    time = timezone.localtime(timezone.now() + timedelta(hours=number))
    return {"published_at_0": f"{time:%Y-%m-%d}", "published_at_1": f"{time:%H:%M:%S}"}


class EveryPageTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def rows(self):
        photo = make_photo(alt=HANGUL, caption=HANGUL, credit=HANGUL, is_ai_generated=True)
        series = Series.objects.create(title=HANGUL, description=HANGUL)
        article = make_article(
            *(HANGUL, [f"{SCRIPT} 각"], [make_author(HANGUL)]),
            subtitle=HANGUL,
            lead=HANGUL,
            hero=photo,
            hero_caption=HANGUL,
            section=make_section(HANGUL, "한글"),
            series=series,
            ai_assistance=HANGUL,
        )
        Correction.objects.create(article=article, text=HANGUL)
        old = OldAddress.objects.create(path=f"/옛/{HANGUL}", article=article)
        page = Page.objects.create(slug="소개", title=HANGUL, body=f"<p>{HANGUL}</p>")
        return [photo, series, article, old, page, article.section, Tag.objects.get()]

    def test_every_list_and_form_opens_and_shows_scripts_as_text(self):
        for row in self.rows():
            name = row._meta.model_name
            for page in ("", "add/", f"{row.pk}/change/", f"{row.pk}/history/", "?q=각"):
                with self.subTest(name, page=page):
                    response = self.client.get(f"{URL}{name}/{page}")
                    self.assertEqual(response.status_code, 200)
                    self.assertNotContains(response, SCRIPT)

    def test_every_form_takes_back_what_it_shows(self):
        for row in self.rows():
            with self.subTest(row._meta.model_name):
                url = f"{URL}{row._meta.model_name}/{row.pk}/change/"
                self.assertEqual(change(self.client, url).status_code, 302)

    def test_lists_take_as_many_queries_for_twice_the_rows(self):
        # session, account, masthead, rows of a page, their number; then what a list adds.
        expected = {"article": 11, "photo": 5, "series": 5, "section": 5, "oldaddress": 5}
        section, authors = make_section(), [make_author("가"), make_author("나")]
        for number in range(10):
            hero = make_photo()
            series = Series.objects.create(title=f"연재 {number}")
            make_section(f"분야 {number}")
            article = make_article(section=section, series=series, authors=authors, hero=hero)
            OldAddress.objects.create(path=f"/{number}", article=article)
            if number in (4, 9):
                for name, queries in expected.items():
                    with self.subTest(name, number=number), self.assertNumQueries(queries):
                        self.client.get(f"{URL}{name}/")

    def test_list_does_not_load_the_long_texts(self):
        make_article()
        article = self.client.get(f"{URL}article/").context["cl"].result_list[0]
        self.assertLessEqual({"body", "body_html", "body_text"}, article.get_deferred_fields())

    def test_empty_address_is_made_from_the_name(self):
        for model, name, field in ((Section, "사회", "name"), (Series, "물길", "title")):
            response = change(self.client, f"{URL}{model._meta.model_name}/add/", **{field: name})
            self.assertEqual(response.status_code, 302)
            self.assertEqual(model.objects.get().slug, name)
        change(self.client, f"{URL}tag/add/", name="겨울 장터")
        self.assertEqual(Tag.objects.get().slug, "겨울-장터")

    def test_old_address_is_kept_as_it_is_looked_up(self):
        article = make_article()
        add = f"{URL}oldaddress/add/"
        self.assertEqual(errors(change(self.client, add, path="/옛")), {"article"})
        for target in ("https://example.com/", "//example.com/"):
            self.assertEqual(errors(change(self.client, add, path="/a", target=target)), {"target"})
        change(self.client, add, path="/%EC%98%9B/%EA%B8%B0%EC%82%AC/", article=article.pk)
        self.assertEqual(OldAddress.objects.get().path, "/옛/기사")
        response = self.client.get("/옛/기사/")
        self.assertRedirects(response, article.get_absolute_url(), 301)


@override_settings(LANGUAGE_CODE="en")
class WritingTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def write(self, **changes):
        return change(self.client, ADD, **{"headline": "장터에 켜진 불", **changes})

    def test_draft_is_kept_with_its_tags_and_bylines(self):
        author = make_author()
        response = self.write(
            **{"tags": "겨울 장터", "bylines-0-author": author.pk, "body": "<p>가\r\n나</p>"}
        )
        self.assertEqual(response.status_code, 302)
        article = Article.objects.get()
        self.assertEqual([tag.name for tag in article.tags.all()], ["겨울 장터"])
        self.assertEqual(article.byline_authors, [author])
        self.assertEqual((article.state, article.published_at), ("draft", None))
        self.assertContains(self.client.get(edit(article)), "(not public yet)")

    def test_published_without_time_is_published_now(self):
        self.write(state="published")
        article = Article.objects.get()
        self.assertTrue(article.is_published)
        self.assertContains(
            self.client.get(edit(article)), f'<a href="{article.get_absolute_url()}">'
        )

    def test_published_with_a_time_to_come_is_scheduled(self):
        self.write(state="published", **hours(5))
        self.assertFalse(Article.objects.get().is_published)
        self.assertContains(self.client.get(f"{URL}article/"), "scheduled")

    def test_wrong_time_is_refused_and_the_text_comes_back(self):
        response = self.write(state="published", published_at_0="어제", body="<p>소중한 글</p>")
        self.assertEqual(errors(response), {"published_at"})
        self.assertContains(response, "소중한 글")
        self.assertEqual(self.write(state="published", **hours(-1)).status_code, 302)

    def test_text_may_have_a_megabyte_and_not_more(self):
        self.assertEqual(errors(self.write(body=f"<p>{'가' * 350_000}</p>")), {"body"})
        self.assertEqual(self.write(body=f"<p>{'가' * 349_000}</p>").status_code, 302)

    def test_empty_headline_is_refused(self):
        self.assertEqual(errors(self.write(headline="\u202a ")), {"headline"})

    def test_photo_that_is_not_there_is_named(self):
        photo = make_photo()
        body = f'<figure data-photo="{photo.pk}"></figure><figure data-photo="987"></figure>'
        response = self.client.get(self.write(body=body).url)
        self.assertContains(response, "no photo 987")
        self.assertNotContains(response, f"no photo {photo.pk} ")

    def test_same_author_twice_is_refused(self):
        author = make_author()
        data = {"bylines-TOTAL_FORMS": 2, "bylines-0-position": 0, "bylines-1-position": 1}
        names = {"bylines-0-author": author.pk, "bylines-1-author": author.pk}
        response = self.write(**data, **names)
        self.assertEqual(response.status_code, 200)
        self.assertFalse(Article.objects.exists())


@override_settings(LANGUAGE_CODE="en")
class PublishedTests(TestCase):
    def setUp(self):
        sign_in(self.client)
        self.article = make_article(
            "장터에 켜진 불", lead="첫 줄\n둘째 줄", body="<p>가</p>\n<p>나</p>"
        )

    def change(self, article=None, **changes):
        response = change(self.client, edit(article or self.article), **changes)
        (article or self.article).refresh_from_db()
        return response

    def test_new_words_are_a_revision(self):
        self.change(body="<p>다</p>")
        self.assertIsNotNone(self.article.revised_at)

    def test_small_change_is_none(self):
        self.change(body="<p>다</p>", is_small_change="on")
        self.assertEqual((self.article.body, self.article.revised_at), ("<p>다</p>", None))

    def test_line_ends_and_other_fields_are_none(self):
        self.change(
            body="<p>가</p>\r\n<p>나</p>", lead="첫 줄\r\n둘째 줄", ai_assistance="교열에 썼다."
        )
        self.assertEqual(self.article.ai_assistance, "교열에 썼다.")
        self.assertIsNone(self.article.revised_at)

    def test_draft_and_scheduled_articles_are_not_revised(self):
        for article in (make_article(state="draft"), make_article(hours_ago=-5)):
            self.change(article, headline="새 제목")
            self.assertEqual((article.headline, article.revised_at), ("새 제목", None))

    def test_withdrawal_needs_a_reason_and_sets_its_time(self):
        self.assertEqual(errors(self.change(state="withdrawn")), {"withdrawal_reason"})
        self.assertEqual(self.article.state, "published")
        self.change(state="withdrawn", withdrawal_reason="사실이 아니었다.")
        self.assertIsNotNone(self.article.withdrawn_at)
        self.change(state="published")
        self.assertEqual((self.article.state, self.article.withdrawn_at), ("published", None))

    def test_draft_is_not_withdrawn(self):
        draft = make_article(state="draft", published_at=None)
        response = self.change(draft, state="withdrawn", withdrawal_reason="까닭")
        self.assertEqual(errors(response), {"published_at"})

    def test_what_readers_saw_is_not_hidden_otherwise(self):
        self.assertEqual(errors(self.change(state="draft")), {"state"})
        self.assertEqual(errors(self.change(**hours(5))), {"published_at"})
        self.assertEqual(errors(self.change(published_at_0="어제")), {"published_at"})
        scheduled = make_article(hours_ago=-5)
        self.assertEqual(self.change(scheduled, state="draft").status_code, 302)

    def test_correction_is_noted_on_the_article(self):
        data = {"corrections-TOTAL_FORMS": 1, "corrections-0-text": "이름을 바로잡습니다."}
        times = {"corrections-0-published_at_0": "2026-01-02"}
        times["corrections-0-published_at_1"] = "09:00:00"
        self.change(**data, **times, **{"corrections-0-kind": "correction"})
        self.assertIsNotNone(self.article.corrected_at)
        self.assertIsNone(self.article.revised_at)

    def test_only_drafts_are_deleted(self):
        draft = make_article(state="draft")
        ask = {"post": "yes"}
        response = self.client.post(f"{URL}article/{self.article.pk}/delete/", ask)
        self.assertEqual(response.status_code, 403)
        both = {"action": "delete_selected", "_selected_action": [self.article.pk, draft.pk]}
        self.assertContains(self.client.post(f"{URL}article/", both), "Withdraw it instead")
        self.client.post(f"{URL}article/", {**both, **ask})
        self.assertEqual(Article.objects.count(), 2)
        self.client.post(f"{URL}article/{draft.pk}/delete/", ask)
        self.assertEqual(Article.objects.get(), self.article)


@override_settings(LANGUAGE_CODE="en")
class ActionTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def act(self, action, *articles, **data):
        data |= {"action": action, "_selected_action": [article.pk for article in articles]}
        response = self.client.post(f"{URL}article/", data, follow=True)
        for article in articles:
            article.refresh_from_db()
        return response

    def test_publish_now(self):
        draft = make_article(state="draft", published_at=None)
        scheduled, public = make_article(hours_ago=-5), make_article()
        before = public.published_at
        response = self.act("publish_now", draft, scheduled, public)
        self.assertContains(response, "2 articles published.")
        self.assertTrue(draft.is_published and scheduled.is_published)
        self.assertEqual(public.published_at, before)
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertContains(self.act("publish_now", draft), "0 articles published.")
        self.assertTrue(draft.body_html)

    def test_withdrawal_asks_for_a_reason(self):
        article, draft = make_article(), make_article(state="draft")
        self.assertContains(self.act("withdraw", article), "write a reason")
        self.assertEqual(article.state, "published")
        response = self.act("withdraw", article, draft, reason="사실이 아니었다.")
        self.assertContains(response, "1 article withdrawn.")
        self.assertEqual((article.state, draft.state), ("withdrawn", "draft"))
        self.assertEqual(article.withdrawal_reason, "사실이 아니었다.")
        self.act("publish_now", article)
        self.assertTrue(article.is_published)


@override_settings(LANGUAGE_CODE="en")
class PhotoTests(TestCase):
    add = f"{URL}photo/add/"

    def setUp(self):
        sign_in(self.client)

    def send(self, file, url=None, **changes):
        name = getattr(file, "name", "사진.jpg")
        upload = SimpleUploadedFile(name, file.read()) if file else None
        return change(self.client, url or self.add, file=upload, alt="불 켜진 장터", **changes)

    def test_picture_is_taken_with_its_words(self):
        response = self.send(image_file(90, 60), is_ai_generated="on", focal_x=20)
        self.assertEqual(response.status_code, 302)
        photo = Photo.objects.get()
        self.assertEqual((photo.width, photo.alt, photo.focal_x), (90, "불 켜진 장터", 20))
        page = self.client.get(f"{URL}photo/?is_ai_generated__exact=1")
        self.assertContains(page, f"&lt;figure data-photo=&quot;{photo.pk}".replace("&quot;", '"'))
        thumbnail = photo.rendition("full", photo.widths("full")[0])
        self.assertContains(page, thumbnail)
        self.assertEqual(self.client.get(thumbnail).status_code, 200)

    def test_what_is_no_still_whole_picture_is_refused_with_the_reason(self):
        frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
        moving = BytesIO()
        frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
        moving.seek(0)
        whole = image_file(300, 300).read()
        cases = {
            "required": None,
            "not a picture": BytesIO(b"<svg onload=alert(1)>"),
            "moves": moving,
            "damaged": BytesIO(whole[: len(whole) // 2]),
        }
        for reason, file in cases.items():
            with self.subTest(reason):
                response = self.send(file)
                self.assertEqual(errors(response), {"file"})
                self.assertContains(response, reason)
                self.assertContains(response, "불 켜진 장터")
        self.assertFalse(Photo.objects.exists())

    def test_huge_ones_are_refused(self):
        with self.settings(PHOTO_MAX_PIXELS=100):
            self.assertContains(self.send(image_file(90, 60)), "too many")
        with self.settings(PHOTO_MAX_BYTES=100):
            self.assertContains(self.send(image_file(90, 60)), "The file is")
        self.assertEqual(self.send(image_file(90, 60)).status_code, 302)

    def test_other_error_comes_back_without_taking_the_file(self):
        self.assertEqual(errors(self.send(image_file(90, 60), focal_x=101)), {"focal_x"})

    def test_words_change_without_a_file_and_a_file_replaces(self):
        photo = make_photo(image_file(90, 60))
        url = f"{URL}photo/{photo.pk}/change/"
        self.assertEqual(self.send(None, url, caption="새 설명").status_code, 302)
        photo.refresh_from_db()
        self.assertEqual((photo.caption, photo.width), ("새 설명", 90))
        self.assertEqual(errors(self.send(BytesIO(b"no"), url)), {"file"})
        self.send(image_file(120, 60), url)
        before, photo = photo, Photo.objects.get()
        self.assertEqual(photo.width, 120)
        self.assertNotEqual(photo.version, before.version)
