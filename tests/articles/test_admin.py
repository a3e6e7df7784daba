"""The editors' desk."""

from datetime import timedelta
from unittest.mock import patch

from django.contrib.admin.models import DELETION, LogEntry
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from articles import revisions
from articles.models import Article, Correction, OldAddress, Page, Section, Series, Tag
from tests.factories import make_account, make_article, make_author, make_photo, make_section
from tests.newsroom.test_admin import HANGUL, SCRIPT, change, sign_in, typed

URL = "/admin/articles/"
ADD = f"{URL}article/add/"


def edit(article):
    return f"{URL}article/{article.pk}/change/"


def errors(response):
    """The fields that a form refused; the answer was the form again."""
    assert response.status_code == 200, "the form was taken"
    return set(response.context["adminform"].form.errors)


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
        expected = {"article": 8, "photo": 8, "series": 5, "section": 5, "oldaddress": 5}
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

    def test_fields_that_are_not_plain_are_explained(self):
        for page, words in (
            ("articles/section/add/", "작은 숫자가 앞에 옵니다."),
            ("articles/series/add/", "연재 페이지의 제목 아래에"),
            ("articles/page/add/", "독자에게 이 페이지가 보이지 않습니다."),
            ("authors/author/add/", "독자에게는 보이지 않습니다."),
            ("newsroom/masthead/1/change/", "등록증에 적힌 대로"),
        ):
            self.assertContains(self.client.get(f"/admin/{page}"), words)

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


def moment(hours):
    """A time that many hours from now, as the form takes it."""
    return f"{timezone.localtime(timezone.now() + timedelta(hours=hours)):%Y-%m-%dT%H:%M}"


@override_settings(LANGUAGE_CODE="en")
class WritingTests(TestCase):
    def setUp(self):
        self.user = sign_in(self.client)

    def write(self, **changes):
        sent = {"headline": "장터에 켜진 불", "anyway": "on", **changes}
        return change(self.client, ADD, **sent)

    def test_draft_is_kept_with_its_tags_and_bylines(self):
        author, second = make_author(), make_author("류가온")
        response = self.write(
            tags='겨울 장터, "불, 빛"',
            bylines_0=second.pk,
            bylines_1=author.pk,
            body="<p>가\r\n나</p>",
        )
        article = Article.objects.get()
        self.assertRedirects(response, edit(article))
        self.assertEqual({tag.name for tag in article.tags.all()}, {"겨울 장터", "불, 빛"})
        self.assertEqual(article.byline_authors, [second, author])
        self.assertEqual((article.state, article.published_at), ("draft", None))
        self.assertEqual((article.created_by, article.version), (self.user, 1))
        self.assertEqual(article.revisions.get().made_by, self.user)
        self.assertEqual(change(self.client, edit(article)).status_code, 302)
        again = Article.objects.get()
        self.assertEqual({tag.name for tag in again.tags.all()}, {"겨울 장터", "불, 빛"})
        self.assertEqual(again.byline_authors, [second, author])
        self.assertEqual(again.version, 1, "nothing was changed")

    def test_new_article_is_signed_and_answered_for_by_who_begins_it(self):
        author = make_author(user=self.user)
        self.write()
        article = Article.objects.get()
        self.assertEqual(article.byline_authors, [author])
        self.assertEqual(article.responsible, self.user)

    def test_there_are_always_two_more_places_for_authors(self):
        authors = [make_author(f"기자 {number}") for number in range(4)]
        self.write(bylines_0=authors[0].pk, bylines_1=authors[1].pk)
        article = Article.objects.get()
        page = self.client.get(edit(article))
        self.assertContains(page, 'name="bylines_3"')
        self.assertNotContains(page, 'name="bylines_4"')
        places = {f"bylines_{place}": author.pk for place, author in enumerate(authors)}
        change(self.client, edit(article), **places)
        self.assertEqual(Article.objects.get().byline_authors, authors)

    def test_who_left_is_not_offered_but_stays_where_they_sign(self):
        left = make_author("떠난 이", is_active=False)
        article = make_article(authors=[left], state="draft")
        self.assertNotContains(self.client.get(ADD), "떠난 이")
        change(self.client, edit(article), subtitle="부제")
        article = Article.objects.get()
        self.assertEqual((article.subtitle, article.byline_authors), ("부제", [left]))

    def test_same_author_twice_is_refused(self):
        author = make_author()
        response = self.write(bylines_0=author.pk, bylines_1=author.pk, body="<p>소중한 글</p>")
        self.assertEqual(errors(response), {"bylines"})
        self.assertContains(response, "소중한 글")
        self.assertEqual(errors(self.write(bylines_0=author.pk + 1)), {"bylines"})
        self.assertFalse(Article.objects.exists())

    def test_published_at_once(self):
        self.write(do="publish")
        article = Article.objects.get()
        self.assertTrue(article.is_published)
        self.assertContains(
            self.client.get(edit(article)), f'<a href="{article.get_absolute_url()}">'
        )

    def test_time_to_come_schedules(self):
        self.write(do="schedule", publish_at=moment(5))
        article = Article.objects.get()
        self.assertFalse(article.is_published)
        self.assertContains(self.client.get(f"{URL}article/"), "scheduled")
        self.assertEqual(f"{timezone.localtime(article.published_at):%Y-%m-%dT%H:%M}", moment(5))

    def test_wrong_time_is_refused_and_the_text_comes_back(self):
        for wrong in ("", "어제", moment(-1)):
            with self.subTest(wrong):
                response = self.write(do="schedule", publish_at=wrong, body="<p>소중한 글</p>")
                self.assertEqual(errors(response), {"publish_at"})
                self.assertContains(response, "소중한 글")
                self.assertContains(response, wrong)
        self.assertFalse(Article.objects.exists())

    def test_text_may_have_a_megabyte_and_not_more(self):
        self.assertEqual(errors(self.write(body=f"<p>{'가' * 350_000}</p>")), {"body"})
        self.assertEqual(self.write(body=f"<p>{'가' * 349_000}</p>").status_code, 302)

    def test_empty_headline_is_refused(self):
        response = self.write(headline="\u202a ", body="<p>소중한 글</p>")
        self.assertEqual(errors(response), {"headline"})
        self.assertContains(response, "소중한 글")

    def test_photo_that_is_not_there_is_named(self):
        photo = make_photo()
        body = f'<figure data-photo="{photo.pk}"></figure><figure data-photo="987"></figure>'
        response = self.client.get(self.write(body=body).url)
        self.assertContains(response, "no photo 987")
        self.assertNotContains(response, f"no photo {photo.pk} ")

    def test_hero_is_chosen_from_the_library_and_shown(self):
        photo = make_photo()
        library = self.client.get(f"{URL}photo/?_popup=1&_to_field=id")
        self.assertContains(library, f'data-popup-opener="{photo.pk}"')
        self.assertNotContains(self.client.get(f"{URL}photo/"), "data-popup-opener")
        for wrong in ("글", photo.pk + 1):
            response = self.write(hero=wrong, body="<p>소중한 글</p>")
            self.assertEqual(errors(response), {"hero"})
            self.assertContains(response, "소중한 글")
        page = self.client.get(self.write(hero=photo.pk).url)
        self.assertContains(page, photo.rendition("full", photo.widths("full")[0]))

    def test_address_of_a_draft_follows_its_headline_until_it_is_set_by_hand(self):
        self.write()
        article = Article.objects.get()
        change(self.client, edit(article), headline="새 제목")
        self.assertEqual(Article.objects.get().slug, "새-제목")
        change(self.client, edit(article), slug="손으로", headline="또 다른 제목")
        self.assertEqual(Article.objects.get().slug, "손으로")
        change(self.client, edit(article), headline="마지막 제목")
        self.assertEqual(Article.objects.get().slug, "손으로")
        change(self.client, edit(article), slug="")
        self.assertEqual(Article.objects.get().slug, "마지막-제목")

    def test_settings_are_kept_without_a_new_version(self):
        self.write()
        article = Article.objects.get()
        change(self.client, edit(article), comment_policy="closed", responsible="")
        article = Article.objects.get()
        self.assertEqual(article.comment_policy, "closed")
        self.assertEqual((article.responsible, article.version), (None, 1))

    def test_note_is_left_with_whatever_button(self):
        self.write(note="사진은 오후에 옵니다.")
        article = Article.objects.get()
        change(self.client, edit(article), do="submit", note="확인 부탁합니다.")
        change(self.client, edit(article), do="publish", anyway="on", note="  ")
        texts = [note.text for note in article.notes.all()]
        self.assertEqual(texts, ["사진은 오후에 옵니다.", "확인 부탁합니다."])
        page = self.client.get(edit(article))
        self.assertContains(page, "사진은 오후에 옵니다.")
        self.assertNotContains(self.client.get(article.get_absolute_url()), "확인 부탁합니다.")

    def test_step_that_is_refused_loses_no_text(self):
        self.write()
        article = Article.objects.get()
        data = {**typed(self.client.get(edit(article))), "subtitle": "새 부제", "do": "submit"}
        Article.objects.update(state="review")
        response = self.client.post(edit(article), data, follow=True)
        self.assertContains(response, "this cannot be done")
        article = Article.objects.get()
        self.assertEqual((article.state, article.subtitle), ("review", "새 부제"))

    def test_article_that_was_deleted_meanwhile_comes_back_as_a_draft(self):
        self.write()
        article = Article.objects.get()
        data = {
            **typed(self.client.get(edit(article))),
            "body": "<p>소중한 글</p>",
            "do": "publish",
        }
        article.delete()
        self.client.post(edit(article), data)
        article = Article.objects.get()
        self.assertEqual((article.body, article.state), ("<p>소중한 글</p>", "draft"))

    def gone(self):
        """Let every article be deleted in the moment before it is locked."""
        return patch("articles.revisions.lock", side_effect=Article.DoesNotExist)

    def test_article_that_is_deleted_while_it_is_saved_comes_back_as_a_draft(self):
        article = Article.objects.get(pk=self.write().url.split("/")[-3])
        with self.gone():
            response = change(self.client, edit(article), headline="막 쓴 제목", do="publish")
        made = Article.objects.latest("pk")
        self.assertRedirects(response, edit(made))
        self.assertEqual((made.headline, made.state), ("막 쓴 제목", "draft"))
        self.assertNotEqual(made.pk, article.pk)

    def test_text_that_is_to_be_kept_aside_becomes_a_draft_if_its_article_is_deleted(self):
        article = make_article(state="review", published_at=None)
        reporter = make_account("한도경", "reporter")
        Article.objects.update(created_by=reporter)
        self.client.force_login(reporter)
        with self.gone():
            sent = {"headline": "막 쓴 제목", "base": 0, "bylines_0": ""}
            self.client.post(edit(article), sent)
        self.assertEqual(Article.objects.latest("pk").headline, "막 쓴 제목")

    def test_step_with_an_article_that_is_deleted_is_refused_in_words(self):
        article = Article.objects.get(pk=self.write().url.split("/")[-3])
        step, delete = (edit(article).replace("change", name) for name in ("step", "delete"))
        bulk = {"action": "submit", "_selected_action": [article.pk]}
        revision = article.revisions.get()
        for url, data, status in (
            (step, {"do": "submit", "note": "확인"}, 302),
            (delete, {"post": "yes"}, 302),
            (f"{URL}article/", bulk, 302),
            (edit(article).replace("change", f"revisions/{revision.pk}"), {"base": 1}, 404),
        ):
            with self.subTest(url), self.gone():
                self.assertEqual(self.client.post(url, data).status_code, status)
        self.assertFalse(article.notes.exists())
        said = [str(message) for message in self.client.get(f"{URL}article/").context["messages"]]
        self.assertEqual(said.count("“장터에 켜진 불” was deleted meanwhile."), 3)

    def test_what_was_typed_on_an_old_version_is_kept_aside(self):
        self.write()
        article = Article.objects.get()
        late = {**typed(self.client.get(edit(article))), "headline": "늦은 제목", "do": "publish"}
        change(self.client, edit(article), headline="먼저 저장한 제목")
        response = self.client.post(edit(article), late)
        article = Article.objects.get()
        self.assertEqual((article.headline, article.state), ("먼저 저장한 제목", "draft"))
        aside = article.revisions.get(kind="aside")
        self.assertEqual(aside.content["headline"], "늦은 제목")
        merge = reverse("admin:articles_article_merge", args=[article.pk, aside.pk])
        self.assertRedirects(response, merge)

    def test_text_without_a_version_is_not_trusted_to_be_new(self):
        self.write()
        article = Article.objects.get()
        for base in ("", "x", "-1"):
            with self.subTest(base):
                change(self.client, edit(article), base=base, headline=f"제목 {base}")
                self.assertEqual(Article.objects.get().headline, "장터에 켜진 불")


@override_settings(LANGUAGE_CODE="en")
class SaidTests(TestCase):
    """What the desk says of it, where it would say too little or too much."""

    def setUp(self):
        sign_in(self.client)
        self.article = make_article("장터에 불이 켜졌다", ["장터"])

    def test_tag_that_is_none_is_refused_and_comes_back(self):
        for tag, is_refused in (
            ("가" * 61, True),
            ("///", True),
            ("3.1", False),
            ("가" * 60, False),
        ):
            with self.subTest(tag[:5]):
                page = change(self.client, edit(self.article), tags=tag)
                if is_refused:
                    self.assertEqual(errors(page), {"tags"})
                    self.assertContains(page, tag)
                else:
                    self.assertEqual(page.status_code, 302)
        tag = Tag.objects.get(name="장터")
        self.assertEqual(
            errors(change(self.client, f"{URL}tag/{tag.pk}/change/", name="!!!")), {"name"}
        )

    def test_history_names_fields_as_the_form_does(self):
        change(self.client, edit(self.article), headline="불이 켜졌다", subtitle="석 달 만에")
        with override_settings(LANGUAGE_CODE="ko"):
            page = self.client.get(f"{URL}article/{self.article.pk}/history/")
        self.assertContains(page, "바꾼 항목: 제목 및 부제")
        self.assertRegex(page.content.decode(), "일 오[전후] [0-9]+:[0-9]+")

    def test_withdrawn_article_has_no_readers_of_an_older_text(self):
        change(self.client, edit(self.article), subtitle="석 달 만에")
        page = self.client.get(edit(self.article))
        self.assertContains(page, "Readers still have the text from before")
        self.assertIn(self.article, Article.objects.changed())
        withdrawn = {"state": "withdrawn", "withdrawn_at": timezone.now()}
        Article.objects.filter(pk=self.article.pk).update(**withdrawn)
        page = self.client.get(edit(self.article))
        self.assertContains(page, "If it is published again")
        self.assertNotContains(page, "Readers still have the text from before")
        self.assertNotIn(self.article, Article.objects.changed())

    def test_scheduled_article_goes_out_as_it_is_saved(self):
        Article.objects.update(published_at=timezone.now() + timedelta(days=1))
        self.assertContains(self.client.get(edit(self.article)), "at the time that is set")

    def test_old_address_that_leads_nowhere_is_told_in_words(self):
        page = change(self.client, f"{URL}oldaddress/add/", path="", target="")
        self.assertNotContains(page, "old_address_leads_somewhere")
        self.assertContains(page, "Choose the article, or write another address.")

    def test_page_that_is_not_allowed_leads_back_to_the_newsroom(self):
        self.client.force_login(make_account("한도경", "reporter"))
        page = self.client.get(edit(self.article))
        self.assertContains(page, "Your account may not see this page.", status_code=403)
        self.assertContains(page, 'href="/admin/"', status_code=403)


@override_settings(LANGUAGE_CODE="en")
class PublishedTests(TestCase):
    def setUp(self):
        sign_in(self.client)
        self.article = make_article(
            "장터에 켜진 불", lead="첫 줄\n둘째 줄", body="<p>가</p>\n<p>나</p>"
        )

    def change(self, article=None, **changes):
        sent = {"anyway": "on", **changes}
        response = change(self.client, edit(article or self.article), **sent)
        (article or self.article).refresh_from_db()
        return response

    def test_saved_words_wait_until_they_are_published(self):
        self.change(body="<p>다</p>")
        self.assertEqual(self.article.body, "<p>가</p>\n<p>나</p>")
        self.assertIsNone(self.article.revised_at)
        self.assertContains(self.client.get(edit(self.article)), "&lt;p&gt;다&lt;/p&gt;")
        self.assertContains(self.client.get(f"{URL}article/?state=changed"), "장터에 켜진 불")
        self.change(do="publish")
        self.assertEqual(self.article.body, "<p>다</p>")
        self.assertIsNotNone(self.article.revised_at)

    def test_small_change_is_no_revision(self):
        self.change(do="publish", body="<p>다</p>", is_small_change="on")
        self.assertEqual((self.article.body, self.article.revised_at), ("<p>다</p>", None))

    def test_line_ends_and_other_fields_are_none(self):
        self.change(
            do="publish",
            body="<p>가</p>\r\n<p>나</p>",
            lead="첫 줄\r\n둘째 줄",
            ai_assistance="교열에 썼다.",
        )
        self.assertEqual(self.article.ai_assistance, "교열에 썼다.")
        self.assertIsNone(self.article.revised_at)

    def test_draft_and_scheduled_articles_are_not_revised(self):
        for article in (make_article(state="draft"), make_article(hours_ago=-5)):
            self.change(article, headline="새 제목")
            self.assertEqual((article.headline, article.revised_at), ("새 제목", None))

    def test_address_stays_unless_it_is_asked_to_follow(self):
        old = self.article.get_absolute_url()
        self.change(do="publish", headline="새 제목", slug="다른-주소")
        self.assertEqual(self.article.get_absolute_url(), old)
        self.change(do="publish", headline="더 새로운 제목", slug_follows="on")
        self.assertEqual(self.article.slug, "더-새로운-제목")
        self.assertRedirects(self.client.get(old), self.article.get_absolute_url(), 301)

    def test_withdrawal_needs_a_reason_and_sets_its_time(self):
        response = self.change(do="withdraw", body="<p>소중한 글</p>")
        self.assertEqual(errors(response), {"reason"})
        self.assertContains(response, "소중한 글")
        self.assertEqual(self.article.state, "published")
        self.change(do="withdraw", reason="사실이 아니었다.")
        self.assertEqual(self.article.withdrawal_reason, "사실이 아니었다.")
        self.assertIsNotNone(self.article.withdrawn_at)
        self.change(do="republish")
        self.assertEqual((self.article.state, self.article.withdrawn_at), ("published", None))

    def test_state_and_times_are_no_fields(self):
        self.change(state="draft", published_at="2020-01-01", withdrawn_at="2020-01-01", version=9)
        self.assertTrue(self.article.is_published)
        self.assertEqual((self.article.withdrawn_at, self.article.version), (None, 0))

    def test_what_readers_saw_is_not_hidden_otherwise(self):
        for step in ("submit", "give_back", "unschedule", "schedule"):
            with self.subTest(step):
                self.change(do=step, publish_at=moment(5))
                self.assertTrue(self.article.is_published)
        scheduled = make_article(hours_ago=-5)
        self.change(scheduled, do="unschedule")
        self.assertEqual(scheduled.state, "review")

    def test_only_drafts_are_deleted(self):
        draft = make_article(state="draft")
        ask = {"post": "yes"}
        response = self.client.post(f"{URL}article/{self.article.pk}/delete/", ask)
        self.assertEqual(response.status_code, 403)
        both = {"action": "delete_selected", "_selected_action": [self.article.pk, draft.pk]}
        self.assertContains(self.client.post(f"{URL}article/", both), "only drafts")
        self.client.post(f"{URL}article/", {**both, **ask})
        self.assertEqual(Article.objects.count(), 2)
        self.client.post(f"{URL}article/{draft.pk}/delete/", ask)
        self.assertEqual(Article.objects.get(), self.article)

    def test_drafts_are_deleted_together(self):
        drafts = [make_article(state="draft").pk, make_article(state="review").pk]
        both = {"action": "delete_selected", "_selected_action": drafts, "post": "yes"}
        self.client.post(f"{URL}article/", both)
        self.assertEqual(Article.objects.get(), self.article)

    def test_of_drafts_one_of_which_got_on_meanwhile_all_stay(self):
        drafts = [make_article(state="draft").pk, make_article(state="draft").pk]
        both = {"action": "delete_selected", "_selected_action": drafts, "post": "yes"}
        lock, seen = revisions.lock, []

        def publish_the_second(article):
            seen.append(article)
            if len(seen) == 2:
                Article.objects.filter(pk=article.pk).update(
                    state="published", published_at=timezone.now()
                )
            lock(article)

        with patch("articles.revisions.lock", side_effect=publish_the_second):
            response = self.client.post(f"{URL}article/", both, follow=True)
        self.assertContains(response, "this cannot be done with it")
        self.assertEqual(Article.objects.count(), 3)
        self.assertFalse(LogEntry.objects.filter(action_flag=DELETION).exists())


@override_settings(LANGUAGE_CODE="en")
class ActionTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def act(self, action, *articles, **data):
        data |= {
            "anyway": "on",
            "action": action,
            "_selected_action": [article.pk for article in articles],
        }
        response = self.client.post(f"{URL}article/", data, follow=True)
        for article in articles:
            article.refresh_from_db()
        return response

    def test_publish_now(self):
        draft = make_article(state="draft", published_at=None)
        scheduled, public = make_article(hours_ago=-5), make_article()
        before = public.published_at
        response = self.act("publish_now", draft, scheduled, public)
        self.assertContains(response, "2 articles done.")
        self.assertContains(response, "readers have it already")
        self.assertTrue(draft.is_published and scheduled.is_published)
        self.assertEqual(public.published_at, before)
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertNotContains(self.act("publish_now", draft), "done.")
        self.assertTrue(draft.body_html)

    def test_other_steps(self):
        draft, scheduled = make_article(state="draft"), make_article(hours_ago=-5)
        self.act("submit", draft, scheduled)
        self.assertEqual((draft.state, scheduled.state), ("review", "published"))
        self.act("unschedule", draft, scheduled)
        self.assertEqual((draft.state, scheduled.state), ("review", "review"))
        self.act("give_back", draft, scheduled)
        self.assertEqual((draft.state, scheduled.state), ("draft", "draft"))

    def test_withdrawal_asks_for_a_reason(self):
        article, draft = make_article(), make_article(state="draft")
        self.assertContains(self.act("withdraw", article), "write a reason")
        self.assertEqual(article.state, "published")
        response = self.act("withdraw", article, draft, reason="사실이 아니었다.")
        self.assertContains(response, "1 article done.")
        self.assertEqual((article.state, draft.state), ("withdrawn", "draft"))
        self.assertEqual(article.withdrawal_reason, "사실이 아니었다.")

    def test_too_many_at_once_are_left_alone(self):
        drafts = [make_article(state="draft") for _number in range(4)]
        with patch("articles.admin.articles.BULK", 3):
            self.assertContains(self.act("submit", *drafts), "At most 3")
            self.assertEqual({draft.state for draft in drafts}, {"draft"})
            self.act("submit", *drafts[:3])
        self.assertEqual([draft.state for draft in drafts], ["review"] * 3 + ["draft"])


class ListTests(TestCase):
    url = f"{URL}article/"

    def setUp(self):
        self.user = sign_in(self.client)

    def found(self, query=""):
        page = self.client.get(f"{self.url}{query}")
        self.assertEqual(page.status_code, 200)
        return list(page.context["cl"].result_list)

    def test_way_to_the_full_list_stands_where_the_list_is_not_full(self):
        make_article()
        for query, is_full in (("", True), ("?q=장터", False), ("?state=published", False)):
            with self.subTest(query):
                page = self.client.get(f"{self.url}{query}").content.decode()
                self.assertEqual("모두 표시" in page, not is_full)

    def test_last_worked_on_comes_first(self):
        old, new = make_article(state="draft"), make_article(state="draft")
        self.assertEqual(self.found(), [new, old])
        change(self.client, edit(old), subtitle="부제")
        self.assertEqual(self.found(), [old, new])

    def test_filters(self):
        section = make_section()
        draft = make_article(state="draft", section=section, responsible=self.user)
        review, scheduled = make_article(state="review"), make_article(hours_ago=-5)
        public = make_article()
        expected = {
            "?state=draft": [draft],
            "?state=review": [review],
            "?state=scheduled": [scheduled],
            "?state=published": [public],
            "?state=changed": [],
            "?state=withdrawn": [],
            f"?section__id__exact={section.pk}": [draft],
            "?responsible=me": [draft],
            "?responsible=nobody": [review],
            f"?responsible={self.user.pk}": [draft],
            "?responsible=x": [],
            "?state=x": [public, scheduled, review, draft],
        }
        for query, rows in expected.items():
            with self.subTest(query):
                self.assertEqual(self.found(query), rows)

    def test_what_is_due_next_and_what_came_out_last_come_first(self):
        later, sooner = make_article(hours_ago=-9), make_article(hours_ago=-5)
        newer, older = make_article(hours_ago=1), make_article(hours_ago=2)
        self.assertEqual(self.found("?state=scheduled"), [sooner, later])
        self.assertEqual(self.found("?state=published"), [newer, older])

    @patch("articles.admin.articles.SEARCHED", 1)
    def test_search_finds_the_latest_by_their_heads_and_the_published_by_any_word(self):
        old = make_article(headline="느티나무 아래", body="<p>우물가에 모였다</p>")
        make_article(headline="다른 소식")
        draft = make_article(headline="새로 쓰는 느티나무", state="draft")
        expected = {"느티나무": [draft, old], "우물가에": [old], "느티나무 우물가": [old]}
        for words, rows in {**expected, "느티나무 냇가": [], "쓰는": [draft]}.items():
            with self.subTest(words):
                self.assertEqual(self.found(f"?q={words}"), rows)
        self.assertEqual(self.found("?q=느티나무&state=published"), [old])

    def test_pages_hold_each_article_once(self):
        articles = [make_article(state="draft") for _number in range(53)]
        pages = self.found() + self.found("?p=2")
        self.assertEqual(pages, articles[::-1])

    def test_long_list_is_counted_only_so_far(self):
        for _number in range(5):
            make_article()
        with patch("authors.lists.COUNTED", 4):
            rows = self.client.get(self.url).context["cl"]
            self.assertEqual((rows.result_count, rows.paginator.is_longer), (4, True))
        rows = self.client.get(self.url).context["cl"]
        self.assertEqual((rows.result_count, rows.paginator.is_longer), (5, False))
