"""The picture library at the desk: the grid, the form, uploads, the picker of the editor."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image

from articles import writings
from articles.editor import BodyField, BodyWidget
from articles.models import Page, Photo
from authors.models import User
from newsroom import pictures
from tests.articles.test_admin import edit, errors
from tests.factories import image_file, make_article, make_author, make_photo
from tests.newsroom.test_admin import change, sign_in

URL = "/admin/articles/photo/"
AI_XMP = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
JSON = {"accept": "application/json"}


def upload_of(file, name="사진.jpg"):
    return SimpleUploadedFile(name, file.read(), content_type="image/jpeg")


def sign_in_with(client, *codenames):
    """Sign in an account that may do with photos what `codenames` say."""
    user = sign_in(client, "기자", is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


class BodyFieldTests(TestCase):
    def test_what_comes_out_is_what_an_article_may_hold(self):
        field = BodyField()
        self.assertEqual(
            field.clean("<p onclick=x>가\u200b</p><script>x</script>"), "<p>가\u200b</p>"
        )
        self.assertEqual(field.clean("<p>나눔</p>"), "<p>나눔</p>")
        self.assertEqual(field.clean(""), "")

    def test_textarea_holds_the_html_and_the_script_gets_the_photos(self):
        photo = make_photo(alt='"불" <켜진> 장터')
        html = BodyWidget().render("body", f'<figure data-photo="{photo.pk}"></figure>&amp;')
        self.assertInHTML(
            f'<textarea name="body" cols="40" rows="30">&lt;figure data-photo="{photo.pk}"&gt;'
            "&lt;/figure&gt;&amp;amp;</textarea>",
            html,
        )
        self.assertIn(photo.small, html)
        self.assertNotIn("<켜진>", html)

    def test_text_without_photos_asks_for_none(self):
        with self.assertNumQueries(0):
            BodyWidget().render("body", "<p>가</p>")


@override_settings(LANGUAGE_CODE="en")
class FormTests(TestCase):
    add = f"{URL}add/"

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
        page = self.client.get(f"{URL}?is_ai_generated__exact=1")
        self.assertContains(page, photo.small)
        self.assertEqual(self.client.get(photo.small).status_code, 200)
        form = self.client.get(f"{URL}{photo.pk}/change/")
        self.assertContains(form, f'<code>&lt;figure data-photo="{photo.pk}"&gt;</code>')
        self.assertEqual(photo.added_by.username, "편집자")

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
        with self.settings(PHOTO_MAX_JPEG_PIXELS=100):
            self.assertContains(self.send(image_file(90, 60)), "too many")
        with self.settings(PHOTO_MAX_BYTES=100):
            self.assertContains(self.send(image_file(90, 60)), "The file is")
        self.assertEqual(self.send(image_file(90, 60)).status_code, 302)

    def test_other_error_comes_back_without_taking_the_file(self):
        self.assertEqual(errors(self.send(image_file(90, 60), focal_x=101)), {"focal_x"})

    def test_words_change_without_a_file_and_a_file_replaces(self):
        photo = make_photo(image_file(90, 60))
        url = f"{URL}{photo.pk}/change/"
        self.assertEqual(self.send(None, url, caption="새 설명").status_code, 302)
        photo.refresh_from_db()
        self.assertEqual((photo.caption, photo.width), ("새 설명", 90))
        self.assertEqual(errors(self.send(BytesIO(b"no"), url)), {"file"})
        self.send(image_file(120, 60), url)
        before, photo = photo, Photo.objects.get()
        self.assertEqual(photo.width, 120)
        self.assertNotEqual(photo.version, before.version)


class GridTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def found(self, query=""):
        response = self.client.get(f"{URL}{query}")
        self.assertEqual(response.status_code, 200)
        return set(response.context["cl"].result_list)

    def test_filters_find_what_is_to_be_done(self):
        fine = make_photo(credit="미르내신문")
        make_article(hero=fine)
        without_alt = make_photo(alt="", credit="미르내신문")
        make_article(body=f'<figure data-photo="{without_alt.pk}"></figure>')
        without_credit = make_photo()
        make_author(portrait=without_credit)
        over = make_photo(credit="통신사", licence_ends_on=timezone.localdate() - timedelta(days=1))
        last_day = make_photo(credit="통신사", licence_ends_on=timezone.localdate())
        made = make_photo(credit="미르내신문", is_ai_generated=True)
        everything = {fine, without_alt, without_credit, over, last_day, made}
        cases = {
            "": everything,
            "?lack=alt": {without_alt},
            "?lack=credit": {without_credit},
            "?lack=licence": {over},
            "?lack=use": {over, last_day, made},
            "?lack=nonsense": everything,
            "?is_ai_generated__exact=1": {made},
            "?q=통신사": {over, last_day},
            "?q=통신사&lack=licence": {over},
        }
        for query, photos in cases.items():
            with self.subTest(query):
                self.assertEqual(self.found(query), photos)

    def test_uses_are_counted_once_an_article(self):
        photo, other = make_photo(), make_photo()
        mark = f'<figure data-photo="{photo.pk}"></figure>'
        make_article(hero=photo, body=mark)
        make_article(hero=photo)
        make_article(hero=other, body=mark)
        make_article(body=mark)
        uses = dict(Photo.objects.with_uses().values_list("pk", "uses"))
        self.assertEqual(uses, {photo.pk: 4, other.pk: 1})

    def test_many_photos_take_few_queries_and_no_count_of_all(self):
        def asked():
            with self.assertNumQueries(8) as queries:  # three of them for texts in hand
                self.client.get(URL)
            return [query["sql"] for query in queries]

        for number in range(6):
            photo = make_photo(image_file(20 + number, 20))
            make_article(hero=photo, body=f'<figure data-photo="{photo.pk}"></figure>')
            if number in (2, 5):
                counts = [sql for sql in asked() if sql.startswith("SELECT COUNT(*)")]
                self.assertTrue(all("LIMIT" in sql for sql in counts), counts)

    def test_photos_are_deleted_through_the_list(self):
        photo, kept = make_photo(), make_photo(image_file(90, 60))
        article = make_article(body=f'<figure data-photo="{photo.pk}"></figure>')
        data = {"action": "delete_selected", "_selected_action": [photo.pk], "post": "yes"}
        self.client.post(URL, data)
        self.assertEqual(Photo.objects.get(), kept)
        article.refresh_from_db()
        self.assertEqual(article.body_html, "")


@override_settings(LANGUAGE_CODE="en")
class UsesTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def test_form_names_the_articles_and_authors_with_links(self):
        photo = make_photo(licence_ends_on=timezone.localdate() - timedelta(days=1))
        head = make_article("머리 기사", hero=photo)
        mark = f'<figure data-photo="{photo.pk}"></figure>'
        both = make_article("머리와 본문", hero=photo, body=mark)
        make_article("다른 기사")
        author = make_author(portrait=photo)
        page = self.client.get(f"{URL}{photo.pk}/change/")
        self.assertContains(page, "used in 2 articles")
        self.assertContains(page, "The licence ended on")
        for address in (
            *(f"/admin/articles/article/{article.pk}/change/" for article in (head, both)),
            f"/admin/authors/author/{author.pk}/change/",
        ):
            self.assertContains(page, f'href="{address}"')
        self.assertNotContains(page, "다른 기사")

    def test_number_of_queries_holds_however_much_it_is_used(self):
        photo = make_photo()
        url = f"{URL}{photo.pk}/change/"
        mark = f'<figure data-photo="{photo.pk}"></figure>'
        self.client.get(url)  # what the process remembers is looked up
        for number in range(8):
            make_article(hero=photo, body=mark)
            if number in (3, 7):
                with self.assertNumQueries(11):
                    self.client.get(url)

    def test_photos_of_texts_in_hand_and_of_pages_are_not_unused(self):
        photos = [make_photo(image_file(40 + number, 40)) for number in range(6)]
        changed, saved, typed, new, page, unused = photos
        marks = [f'<figure data-photo="{photo.pk}"></figure>' for photo in photos]
        article = make_article("고치는 기사")
        change(self.client, edit(article), hero=changed.pk, body=marks[1])
        user, fields = User.objects.get(), {"hero": [str(typed.pk)], "body": ["<p>글</p>"]}
        writings.keep(uuid4(), user, article, 0, fields, 1)
        writings.keep(uuid4(), user, None, 0, {"body": [f"<figure data-photo={new.pk}>"]}, 1)
        Page.objects.create(slug="tips", title="제보", body=marks[4])
        found = self.client.get(f"{URL}?lack=use").context["cl"].result_list
        self.assertEqual(list(found), [unused])
        self.assertNotContains(self.client.get(f"{URL}?lack=use"), "in a text in hand")
        self.assertContains(self.client.get(URL), "in a text in hand", 5)
        for photo, words in (
            (changed, "changed, not public yet"),
            (saved, "changed, not public yet"),
            (typed, "being written by"),
            (new, "a new article"),
            (page, "/admin/articles/page/"),
        ):
            self.assertContains(self.client.get(f"{URL}{photo.pk}/change/"), words)
        self.assertNotContains(self.client.get(f"{URL}{unused.pk}/change/"), "being written by")

    def test_photo_of_a_text_that_was_discarded_is_unused_again(self):
        photo, key = make_photo(), uuid4()
        user = User.objects.get()
        writings.keep(key, user, None, 0, {"hero": [str(photo.pk)]}, 1)
        self.assertFalse(Photo.objects.unused().exists())
        writings.close(key, user)
        self.assertEqual(Photo.objects.unused().get(), photo)

    def test_licence_that_ended_is_told_when_saving(self):
        photo = make_photo()
        over = timezone.localdate() - timedelta(days=1)
        response = change(self.client, f"{URL}{photo.pk}/change/", licence_ends_on=f"{over}")
        self.assertContains(self.client.get(response.url), "The licence ended on")


@override_settings(LANGUAGE_CODE="en")
class AiTests(TestCase):
    def test_mark_in_the_file_flags_the_photo(self):
        for source in (b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia"):
            for format in ("JPEG", "PNG", "WEBP"):
                xmp = b"<x:xmpmeta>" + AI_XMP + source + b"</x:xmpmeta>"
                if format == "PNG":
                    file = BytesIO(image_file(30, 20, "PNG").read() + xmp)
                else:
                    file = image_file(30, 20, format, xmp=xmp)
                with self.subTest(source, format=format):
                    self.assertTrue(pictures.read(file).says_ai)
                    self.assertTrue(make_photo(file).is_ai_generated)

    def test_other_marks_do_not(self):
        for text in (AI_XMP + b"digitalCapture", b"jumb c2pa manifest", b"made with AI"):
            with self.subTest(text):
                photo = make_photo(image_file(30, 20, comment=text))
                self.assertFalse(photo.is_ai_generated)
                self.assertTrue(make_photo(is_ai_generated=True).is_ai_generated)

    def test_form_tells_of_it(self):
        sign_in(self.client)
        file = upload_of(image_file(30, 20, comment=AI_XMP + b"trainedAlgorithmicMedia"))
        response = change(self.client, f"{URL}add/", file=file, alt="그림")
        self.assertContains(self.client.get(response.url), "made with AI")
        self.assertTrue(Photo.objects.get().is_ai_generated)


@override_settings(LANGUAGE_CODE="en")
class UploadTests(TestCase):
    url = f"{URL}upload/"

    def send(self, *files, **extra):
        return self.client.post(self.url, {"file": list(files)}, **extra)

    def test_script_gets_the_photo_or_the_reason(self):
        user = sign_in(self.client)
        response = self.send(upload_of(image_file(90, 60)), headers=JSON)
        photo = Photo.objects.get()
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json()["photo"]["number"], photo.pk)
        self.assertEqual(response.json()["photo"]["small"], photo.small)
        self.assertEqual(photo.added_by, user)
        self.assertEqual(user.logentry_set.get().object_id, str(photo.pk))
        refused = self.send(upload_of(BytesIO(b"no")), headers=JSON)
        self.assertEqual(refused.status_code, 422)
        self.assertIn("not a picture", refused.json()["error"])
        self.assertEqual(self.send(headers=JSON).status_code, 422)
        self.assertEqual(Photo.objects.count(), 1)

    def test_plain_form_takes_each_file_by_itself(self):
        sign_in(self.client)
        good, bad = upload_of(image_file(90, 60)), upload_of(BytesIO(b"no"), "망가진.jpg")
        response = self.send(good, bad, upload_of(image_file(60, 90)))
        self.assertRedirects(response, URL, fetch_redirect_response=False)
        page = self.client.get(URL)
        self.assertContains(page, "망가진.jpg: This file is not a picture")
        self.assertContains(page, "2 photos were added.")
        self.assertEqual(Photo.objects.count(), 2)

    def test_only_who_may_add_photos(self):
        file = image_file(90, 60)
        for codenames in ((), ("view_photo", "change_photo")):
            sign_in_with(self.client, *codenames)
            self.assertEqual(self.send(upload_of(file), headers=JSON).status_code, 403)
            self.assertEqual(self.send(upload_of(file)).status_code, 403)
            User.objects.all().delete()
        self.assertEqual(self.send(upload_of(file), headers=JSON).status_code, 403)
        self.assertFalse(Photo.objects.exists())
        sign_in_with(self.client, "add_photo")
        self.assertEqual(self.send(upload_of(image_file(90, 60)), headers=JSON).status_code, 201)

    def test_looking_uploads_nothing(self):
        sign_in(self.client)
        self.assertEqual(self.client.get(self.url).status_code, 405)


@override_settings(LANGUAGE_CODE="en")
class PickerTests(TestCase):
    def pick(self, **query):
        return self.client.get(f"{URL}picker/", query)

    def numbers(self, **query):
        return [photo["number"] for photo in self.pick(**query).json()["photos"]]

    def test_newest_first_by_words_and_by_number(self):
        sign_in(self.client)
        old = make_photo(alt="불 켜진 장터", credit="한도경")
        new = make_photo(alt="눈 내린 다리")
        self.assertEqual(self.numbers(), [new.pk, old.pk])
        self.assertEqual(self.numbers(q="한도경 장터"), [old.pk])
        self.assertEqual(self.numbers(q="장터"), [old.pk])  # typed on a Mac, in pieces
        self.assertEqual(self.numbers(q="없다"), [])
        self.assertEqual(self.numbers(numbers=f"{old.pk},x,99999999999"), [old.pk])

    def test_a_page_at_a_time_in_as_many_queries_for_more_photos(self):
        sign_in(self.client)
        photo = make_photo()
        for _number in range(25):
            photo.pk, photo._state.adding = None, True
            photo.save()
        with self.assertNumQueries(3):
            first = self.pick().json()
        self.assertEqual((len(first["photos"]), first["hasMore"]), (24, True))
        rest = self.pick(start=24).json()
        self.assertEqual((len(rest["photos"]), rest["hasMore"]), (2, False))
        self.assertEqual(self.pick(start="-1").status_code, 200)
        self.assertEqual(self.numbers(start="999999999"), [])

    def test_says_what_the_desk_should_know(self):
        sign_in(self.client)
        over = timezone.localdate() - timedelta(days=1)
        make_photo(licence_ends_on=over, is_ai_generated=True)
        card = self.pick().json()["photos"][0]
        self.assertIn("licence ended", card["warning"])
        self.assertTrue(card["isAi"])

    def test_only_who_may_see_photos(self):
        make_photo()
        self.assertEqual(self.pick().status_code, 403)
        sign_in_with(self.client, "add_photo")
        self.assertEqual(self.pick().status_code, 403)
        sign_in(self.client)
        self.assertEqual(len(self.numbers()), 1)


@override_settings(LANGUAGE_CODE="en")
class WordsTests(TestCase):
    def setUp(self):
        self.photo = make_photo(alt="")
        self.url = f"{URL}{self.photo.pk}/words/"

    def test_words_are_kept_here_and_in_articles(self):
        sign_in(self.client)
        article = make_article(body=f'<figure data-photo="{self.photo.pk}"></figure>')
        data = {"alt": "불 켜진 장터", "caption": "설명", "credit": "ⓒ 미르내신문"}
        response = self.client.post(self.url, data)
        self.assertEqual(response.json()["photo"]["credit"], "미르내신문")
        article.refresh_from_db()
        self.assertIn('alt="불 켜진 장터"', article.body_html)

    def test_alternative_text_is_needed(self):
        sign_in(self.client)
        for alt in ("", " \u202a"):
            response = self.client.post(self.url, {"alt": alt, "caption": "설명"})
            self.assertEqual(response.status_code, 422)
            self.assertIn("what is seen", response.json()["error"])
        self.photo.refresh_from_db()
        self.assertEqual(self.photo.caption, "")

    def test_only_who_may_change_photos(self):
        sign_in_with(self.client, "add_photo", "view_photo")
        self.assertEqual(self.client.post(self.url, {"alt": "가"}).status_code, 403)
        sign_in(self.client)
        self.assertEqual(self.client.post(self.url, {"alt": "가"}).status_code, 200)
        self.assertEqual(self.client.post(f"{URL}987/words/", {"alt": "가"}).status_code, 404)
