"""Writing: nothing that somebody saved or typed is lost, and nothing is overwritten."""

import unicodedata
import uuid
from datetime import timedelta
from io import StringIO

from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client, TestCase
from django.utils import timezone

from articles import diff, revisions
from articles.comparison import compare
from articles.models import Article, Revision, Series, Tag, Writing
from authors.models import User
from tests.factories import (
    make_account,
    make_article,
    make_author,
    make_photo,
    make_section,
)
from tests.newsroom.test_admin import SCRIPT, change
from tests.newsroom.test_admin import typed as form_of

Kind = Revision.Kind
URL = "/admin/articles/article/"
NEW = f"{URL}add/"
NOBODY = "00000000-0000-4000-8000-000000000000"


def make_draft(headline="장터에 켜진 불", **fields):
    return make_article(headline, **{"state": "draft", "published_at": None, **fields})


def typed(article, **changes):
    """The text that an article has, with changes."""
    return {**revisions.current(article), **changes}


class RevisionTests(TestCase):
    def setUp(self):
        self.user = User.objects.create_user("한도경")

    def save(self, article, base=None, **changes):
        base = article.version if base is None else base
        return revisions.save(article, typed(article, **changes), self.user, base)

    def test_draft_takes_every_part_of_the_text(self):
        draft, photo, section = make_draft(), make_photo(), make_section()
        authors = [make_author("류가온").pk, make_author("한도경").pk]
        changes = {"headline": "새 제목", "subtitle": "부제", "lead": "첫 줄\n둘째 줄"}
        changes |= {"body": "<p>새 글</p>", "section": section.pk, "hero": photo.pk}
        changes |= {"hero_caption": "설명", "ai_assistance": "교열", "series_position": 3}
        changes |= {"tags": ["나눔", "장터 저녁"], "authors": authors, "series": None}
        revision = self.save(draft, **changes)
        fresh = Article.objects.get(pk=draft.pk)
        self.assertEqual(revisions.content_of(fresh), changes)
        self.assertEqual(revisions.current(fresh), changes)
        self.assertEqual(revision.content, changes)
        self.assertEqual((fresh.version, draft.version, fresh.working_copy), (1, 1, None))
        self.assertEqual((fresh.body_text, fresh.slug), ("새 글", draft.slug))
        self.assertEqual([author.pk for author in draft.byline_authors], authors)

    def test_new_article_is_made(self):
        article = Article(created_by=self.user)
        content = {**revisions.content_of(make_draft()), "headline": "새 기사"}
        revision = revisions.save(article, content, self.user, 0)
        self.assertEqual(Article.objects.get(headline="새 기사").version, 1)
        self.assertEqual((revision.article, revision.kind), (article, Kind.SAVED))

    def test_public_article_changes_for_readers_only_when_published(self):
        article = make_article("옛 제목", tags=["장터"])
        self.save(article, headline="새 제목", tags=["나눔"])
        self.save(article, subtitle="부제")
        url = article.get_absolute_url()
        self.assertContains(self.client.get(url), "옛 제목")
        self.assertNotContains(self.client.get(url), "새 제목")
        article = Article.objects.get(pk=article.pk)
        self.assertEqual(revisions.content_of(article)["headline"], "옛 제목")
        self.assertEqual(revisions.current(article)["headline"], "새 제목")
        self.assertEqual(revisions.current(article)["subtitle"], "부제")
        revisions.publish_working_copy(article)
        response = self.client.get(url)
        self.assertContains(response, "새 제목")
        self.assertContains(response, "#나눔")
        self.assertNotContains(response, "#장터")
        article.refresh_from_db()
        self.assertEqual((article.working_copy, article.version), (None, 2))

    def test_publishing_without_a_working_copy_changes_nothing(self):
        article = make_article("옛 제목")
        revisions.publish_working_copy(article)
        self.assertEqual(Article.objects.get().headline, "옛 제목")

    def test_scheduled_article_is_not_public_yet_and_takes_the_text(self):
        article = make_article("옛 제목", hours_ago=-5)
        self.save(article, headline="새 제목")
        self.assertEqual(Article.objects.get().headline, "새 제목")

    def test_what_stood_there_before_the_first_save_is_kept(self):
        article = make_article("옛 제목")
        self.save(article, headline="새 제목")
        first = article.revisions.last()
        self.assertEqual(first.content["headline"], "옛 제목")
        self.assertEqual((first.kind, first.made_by), (Kind.PUBLISHED, None))
        self.assertEqual(article.revisions.count(), 2)

    def test_save_on_an_old_version_is_kept_aside(self):
        draft = make_draft()
        self.save(draft, base=0, headline="먼저 저장한 제목")
        late = self.save(Article.objects.get(), base=0, headline="늦게 저장한 제목")
        self.assertEqual(late.kind, Kind.ASIDE)
        self.assertEqual(late.content["headline"], "늦게 저장한 제목")
        fresh = Article.objects.get()
        self.assertEqual((fresh.headline, fresh.version), ("먼저 저장한 제목", 1))

    def test_same_words_sent_again_are_no_conflict(self):
        draft = make_draft()
        self.save(draft, base=0, headline="새 제목", body="<p>글</p>")
        again = self.save(draft, base=0, headline=" 새  제목", body="<p>글</p>\r\n")
        self.assertEqual(again.kind, Kind.SAVED)

    def test_text_is_kept_in_one_normal_form(self):
        draft = make_draft()
        decomposed = unicodedata.normalize("NFD", "각진 제목")
        content = self.save(
            draft,
            headline=decomposed,
            body="<p onclick='x'>가</p><script>1</script>",
            tags=["장터", "장터 "],
        ).content
        self.assertEqual(
            (content["headline"], content["body"], content["tags"]),
            ("각진 제목", "<p>가</p>", ["장터"]),
        )
        self.assertEqual(revisions.current(draft), content)

    def test_what_was_deleted_since_is_left_out(self):
        draft, section, author = make_draft(), make_section(), make_author()
        photo = make_photo()
        content = typed(draft, section=section.pk, authors=[author.pk], hero=photo.pk)
        for row in (section, author, photo):
            row.delete()
        revisions.save(draft, content, self.user, 0)
        article = Article.objects.get()
        self.assertEqual((article.section, article.hero, article.byline_authors), (None, None, []))

    def test_save_touches_nothing_but_the_text(self):
        draft = make_draft()
        stale = Article.objects.get()
        Article.objects.update(state="review", comment_count=7)
        self.save(stale, headline="새 제목")
        draft.refresh_from_db()
        self.assertEqual((draft.state, draft.comment_count), ("review", 7))

    def test_record_keeps_the_row_as_it_is(self):
        article = make_article("옛 제목")
        self.save(article, headline="새 제목")
        revision = revisions.record(article, self.user, Kind.WITHDRAWN, "까닭")
        self.assertEqual(revision.content["headline"], "옛 제목")
        self.assertEqual((revision.kind, revision.note), ("withdrawn", "까닭"))


def edit(article):
    return f"{URL}{article.pk}/change/"


class DeskTests(TestCase):
    """A reporter with a draft, another reporter, and an editor, each with a browser."""

    def setUp(self):
        self.accounts = {
            name: make_account(name, role)
            for name, role in (("한도경", "reporter"), ("류가온", "reporter"), ("윤서하", "editor"))
        }
        self.reporter, self.other, self.editor = map(self.browser, self.accounts)
        self.draft = make_draft(created_by=self.accounts["한도경"])

    def browser(self, name):
        client = Client()
        client.force_login(self.accounts[name])
        return client

    def open(self, client, url=None):
        """Open a form; return what it holds, as it stands."""
        return form_of(client.get(url or edit(self.draft)))

    def autosave(self, client, form, article=None, **changes):
        """Send what a form holds as the script does, with changes typed into it."""
        article = article or self.draft
        url = f"{URL}{article.pk}/autosave/" if article.pk else f"{URL}add/autosave/"
        data = {**form, "step": int(form["step"]) + 1, "typed": "1", **changes}
        return client.post(url, data)

    def offered(self, client, url=None):
        """The keys of the unsaved texts that a form offers."""
        page = BeautifulSoup(client.get(url or edit(self.draft)).content, "html.parser")
        return [offer["data-unsaved"] for offer in page.select("[data-unsaved]")]


class AutosaveTests(DeskTests):
    def test_what_is_typed_is_kept_and_comes_back_as_it_was_typed(self):
        form = self.open(self.reporter)
        changes = {"headline": "", "body": f"<p>쓰다 만 글</p>{SCRIPT}", "tags": "장터, 나"}
        answer = self.autosave(self.reporter, form, **changes)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.json()["saved_at"])
        self.assertEqual(Article.objects.get().headline, self.draft.headline)
        self.assertEqual(self.offered(self.reporter), [form["key"]])
        page = self.reporter.get(edit(self.draft))
        self.assertContains(page, "쓰다 만 글")
        self.assertNotContains(page, SCRIPT)
        restored = self.open(self.reporter, f"{edit(self.draft)}?restore={form['key']}")
        self.assertEqual({name: restored[name] for name in changes}, changes)
        self.assertEqual((restored["key"], restored["step"]), (form["key"], "1"))

    def test_every_field_comes_back(self):
        authors = [make_author(f"기자 {number}") for number in range(4)]
        section, series = make_section(), Series.objects.create(title="물길")
        changes = {f"bylines_{place}": str(row.pk) for place, row in enumerate(authors)}
        changes |= {"section": str(section.pk), "series": str(series.pk), "series_position": "3"}
        changes |= {"subtitle": "부제", "lead": "첫 줄\n둘째 줄", "hero": "99"}
        changes |= {"hero_caption": "설명", "ai_assistance": "교열", "note": "메모"}
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, **changes)
        restored = self.open(self.reporter, f"{edit(self.draft)}?restore={form['key']}")
        self.assertEqual({name: restored[name] for name in changes}, changes)

    def test_new_article_is_kept_too(self):
        form = self.open(self.reporter, NEW)
        answer = self.autosave(self.reporter, form, Article(), headline="새 기사")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.offered(self.reporter, NEW), [form["key"]])
        self.assertEqual(self.offered(self.other, NEW), [])
        self.assertEqual(self.offered(self.reporter), [])
        restored = self.open(self.reporter, f"{NEW}?restore={form['key']}")
        self.assertEqual(restored["headline"], "새 기사")

    def test_json_is_taken_as_well(self):
        form = self.open(self.reporter)
        data = {**form, "step": 1, "typed": True, "headline": "한\u0000글", "bylines_0": None}
        url = f"{URL}{self.draft.pk}/autosave/"
        answer = self.reporter.post(url, data, content_type="application/json")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(Writing.objects.get().headline, "한글")
        for body in ("{", "[]", '"글"', "{}"):
            answer = self.reporter.post(url, body, content_type="application/json")
            self.assertEqual(answer.status_code, 400, body)
            self.assertTrue(answer.json()["error"])

    def test_what_comes_late_does_not_take_the_place_of_what_is_newer(self):
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, step=2, headline="나중")
        answer = self.autosave(self.reporter, form, step=1, headline="먼저")
        self.assertEqual(answer.json()["step"], 2)
        self.assertEqual(Writing.objects.get().headline, "나중")

    def test_saved_text_is_not_offered_and_what_comes_late_is_not_kept(self):
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, headline="새 제목")
        self.reporter.post(edit(self.draft), {**form, "headline": "새 제목", "do": "save"})
        self.assertEqual(Article.objects.get().headline, "새 제목")
        self.assertEqual(self.offered(self.reporter), [])
        answer = self.autosave(self.reporter, form, step=5, headline="늦게 온 제목")
        self.assertTrue(answer.json()["is_saved"])
        self.assertEqual(self.offered(self.reporter), [])
        self.assertIsNone(Writing.objects.get().content)

    def test_saved_new_article_is_not_offered_either(self):
        form = self.open(self.reporter, NEW)
        self.autosave(self.reporter, form, Article(), headline="새 기사")
        self.reporter.post(NEW, {**form, "headline": "새 기사", "do": "save"})
        self.assertTrue(Article.objects.filter(headline="새 기사").exists())
        self.assertEqual(self.offered(self.reporter, NEW), [])

    def test_refused_form_keeps_its_key_and_its_unsaved_text(self):
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, headline="", body="<p>소중한 글</p>")
        answer = self.reporter.post(
            edit(self.draft), {**form, "headline": "", "step": "4", "do": "save"}
        )
        again = form_of(answer)
        self.assertEqual((again["key"], again["step"]), (form["key"], "4"))
        self.assertEqual(self.offered(self.reporter), [form["key"]])

    def test_restored_text_is_saved_on_the_version_that_it_was_typed_on(self):
        form = self.open(self.editor)
        self.autosave(self.editor, form, headline="쓰다 만 제목")
        change(self.reporter, edit(self.draft), headline="먼저 저장한 제목", do="save")
        restore = f"{edit(self.draft)}?restore={form['key']}"
        answer = change(self.editor, restore, do="save")
        self.assertIn("/merge/", answer.url)
        self.assertEqual(Article.objects.get().headline, "먼저 저장한 제목")

    def test_unsaved_text_is_discarded_by_its_writer_alone(self):
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, headline="새 제목")
        url = f"{URL}writing/{form['key']}/discard/"
        self.assertEqual(self.editor.post(url).status_code, 404)
        self.assertEqual(self.reporter.get(url).status_code, 405)
        self.assertRedirects(self.reporter.post(url), edit(self.draft))
        self.assertFalse(Writing.objects.exists())

    def test_restoring_what_is_not_there_says_so_and_opens_the_form(self):
        for key in (NOBODY, "x"):
            page = self.reporter.get(f"{edit(self.draft)}?restore={key}")
            self.assertContains(page, self.draft.headline)
        form = self.open(self.editor)
        self.autosave(self.editor, form, headline="편집자의 글")
        page = self.reporter.get(f"{edit(self.draft)}?restore={form['key']}")
        self.assertNotContains(page, "편집자의 글")

    def test_who_may_not_write_is_refused_in_words(self):
        form = self.open(self.reporter)
        answer = self.autosave(self.other, form, headline="남의 글")
        self.assertEqual(answer.status_code, 403)
        self.assertTrue(answer.json()["error"])
        self.assertEqual(self.autosave(self.reporter, form).status_code, 200)
        Article.objects.update(state="review")
        answer = self.autosave(self.reporter, form, headline="늦은 글")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.autosave(self.editor, self.open(self.editor)).status_code, 200)
        moderator = Client()
        moderator.force_login(make_account("박순자", "moderator"))
        new = {"key": str(uuid.uuid4()), "step": "0"}
        self.assertEqual(self.autosave(moderator, new, Article()).status_code, 403)
        self.assertEqual(self.autosave(self.other, new, Article()).status_code, 200)

    def test_key_of_somebody_else_or_another_article_is_refused(self):
        form = self.open(self.reporter)
        self.autosave(self.reporter, form, headline="내 글")
        self.assertEqual(self.autosave(self.editor, form, headline="x").status_code, 403)
        own = make_draft(created_by=self.accounts["한도경"])
        self.assertEqual(self.autosave(self.reporter, form, own, headline="x").status_code, 403)
        self.assertEqual(Writing.objects.get().headline, "내 글")

    def test_broken_requests_are_refused_in_words(self):
        form = self.open(self.reporter)
        for changes in ({"key": "x"}, {"key": ""}, {"step": "-1"}, {"step": "x"}):
            answer = self.autosave(self.reporter, form, **changes)
            self.assertEqual(answer.status_code, 400, changes)
            self.assertTrue(answer.json()["error"])
        answer = self.reporter.post(f"{URL}987/autosave/", form)
        self.assertEqual(answer.status_code, 404)
        self.assertTrue(answer.json()["error"])
        self.assertEqual(self.reporter.put(f"{URL}add/autosave/").status_code, 405)
        self.assertFalse(Writing.objects.exists())

    def test_without_a_session_or_a_token_nothing_is_kept(self):
        form = self.open(self.reporter)
        self.assertEqual(self.autosave(Client(), form).status_code, 302)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.accounts["한도경"])
        self.assertEqual(self.autosave(strict, form).status_code, 403)
        token = strict.get(f"{URL}{self.draft.pk}/autosave/").json()["token"]
        answer = self.autosave(strict, form, csrfmiddlewaretoken=token)
        self.assertEqual(answer.status_code, 200)

    def test_everyone_is_told_who_else_has_it_open(self):
        mine, theirs = self.open(self.reporter), self.open(self.editor)
        self.assertEqual(self.autosave(self.reporter, mine).json()["others"], [])
        self.assertEqual(self.autosave(self.editor, theirs).json()["others"], ["한도경"])
        self.assertEqual(self.autosave(self.reporter, mine).json()["others"], ["윤서하"])
        Writing.objects.update(seen_at=timezone.now() - timedelta(seconds=41))
        self.assertEqual(self.autosave(self.editor, theirs).json()["others"], [])

    def test_writer_is_told_that_somebody_saved_meanwhile(self):
        mine = self.open(self.editor)
        self.assertIsNone(self.autosave(self.editor, mine).json()["newer"])
        change(self.reporter, edit(self.draft), headline="새 제목", do="save")
        newer = self.autosave(self.editor, mine, step=2).json()["newer"]
        self.assertEqual((newer["by"], newer["is_own"]), ("한도경", False))
        again = self.open(self.editor)
        self.assertIsNone(self.autosave(self.editor, again).json()["newer"])

    def test_old_unsaved_text_is_forgotten_after_thirty_days(self):
        self.autosave(self.reporter, self.open(self.reporter), headline="오래된 글")
        Writing.objects.update(seen_at=timezone.now() - timedelta(days=29))
        call_command("upkeep", stdout=StringIO())
        self.assertTrue(Writing.objects.exists())
        Writing.objects.update(seen_at=timezone.now() - timedelta(days=31))
        call_command("upkeep", stdout=StringIO())
        self.assertFalse(Writing.objects.exists())


class RevisionPageTests(DeskTests):
    def setUp(self):
        super().setUp()
        self.list = f"{URL}{self.draft.pk}/revisions/"
        for number in range(3):
            change(self.reporter, edit(self.draft), headline=f"제목 {number}", do="save")

    def page_of(self, number):
        """The address of the revision with that headline."""
        revision = self.draft.revisions.get(content__headline=f"제목 {number}")
        return f"{self.list}{revision.pk}/"

    def test_list_tells_who_when_and_what(self):
        page = self.reporter.get(self.list)
        self.assertContains(page, "한도경", count=4)  # three of them, and the page's head
        self.assertContains(page, self.page_of(1))

    def test_list_is_paged_and_takes_as_many_queries_for_more_rows(self):
        self.reporter.get(self.list)
        for _rows in range(2):
            make = [
                Revision(article=self.draft, content={}, made_by=self.accounts["윤서하"])
                for _ in range(40)
            ]
            Revision.objects.bulk_create(make)
            with self.assertNumQueries(7):
                first = self.reporter.get(self.list)
        second = self.reporter.get(f"{self.list}?page=2")
        self.assertEqual(len(first.context["page"]), 50)
        self.assertContains(first, "?page=2")
        self.assertContains(second, self.page_of(0))
        self.assertEqual(self.reporter.get(f"{self.list}?page=x").status_code, 200)

    def test_revision_stands_beside_the_one_before_it_or_the_text_of_now(self):
        page = self.reporter.get(self.page_of(1))
        self.assertContains(page, "제목 <del>0</del>")
        self.assertContains(page, "제목 <ins>1</ins>")
        page = self.reporter.get(f"{self.page_of(1)}?with=now")
        self.assertContains(page, "제목 <del>1</del>")
        self.assertContains(page, "제목 <ins>2</ins>")

    def test_restored_revision_becomes_the_newest_one(self):
        form = form_of(self.reporter.get(self.page_of(0)), "form.writing-restore")
        self.assertRedirects(self.reporter.post(self.page_of(0), form), edit(self.draft))
        article = Article.objects.get()
        self.assertEqual((article.headline, article.version), ("제목 0", 4))
        newest = article.revisions.first()
        self.assertEqual((newest.kind, newest.made_by.username), (Kind.RESTORED, "한도경"))
        self.assertTrue(newest.note)
        self.assertEqual(LogEntry.objects.first().user.username, "한도경")

    def test_restoring_on_an_old_page_overwrites_nothing(self):
        form = form_of(self.reporter.get(self.page_of(0)), "form.writing-restore")
        change(self.editor, edit(self.draft), headline="편집한 제목", do="save")
        answer = self.reporter.post(self.page_of(0), form)
        self.assertIn("/merge/", answer.url)
        self.assertEqual(Article.objects.get().headline, "편집한 제목")

    def test_restoring_a_public_article_changes_nothing_for_readers(self):
        article = make_article("옛 제목")
        change(self.editor, edit(article), headline="새 제목", do="save")
        first = article.revisions.last()
        self.assertEqual(first.content["headline"], "옛 제목")
        url = f"{URL}{article.pk}/revisions/{first.pk}/"
        self.editor.post(url, form_of(self.editor.get(url), "form.writing-restore"))
        article.refresh_from_db()
        self.assertEqual(article.working_copy.kind, Kind.RESTORED)
        self.assertContains(self.client.get(article.get_absolute_url()), "옛 제목")

    def test_who_may_not_see_or_write_is_refused(self):
        for url in (self.list, self.page_of(0)):
            self.assertEqual(self.other.get(url).status_code, 403)
            self.assertEqual(Client().get(url).status_code, 302)
            self.assertEqual(self.editor.get(url).status_code, 200)
        Article.objects.update(state="review")
        page = self.reporter.get(self.page_of(0))
        self.assertNotContains(page, "writing-restore")
        self.assertEqual(self.reporter.post(self.page_of(0), {"base": 3}).status_code, 403)
        self.assertEqual(Article.objects.get().headline, "제목 2")

    def test_what_is_not_there_is_not_found(self):
        other = make_draft()
        revision = revisions.record(other, None, Kind.SAVED)
        for url in (f"{self.list}987/", f"{self.list}{revision.pk}/", f"{URL}987/revisions/"):
            self.assertEqual(self.editor.get(url).status_code, 404, url)


class MergeTests(DeskTests):
    def collide(self, **changes):
        """Let the editor save first and the reporter then; return the answer to the reporter."""
        form = self.open(self.reporter)
        change(self.editor, edit(self.draft), headline="장터는 켜진 불", do="save")
        late = {"headline": "장터가 켜진 불", "tags": "나눔", **changes}
        return self.reporter.post(edit(self.draft), {**form, "do": "save", **late})

    def test_second_sees_both_texts_and_a_form_with_their_own(self):
        answer = self.collide()
        self.assertIn("/merge/", answer.url)
        self.assertEqual(Article.objects.get().headline, "장터는 켜진 불")
        page = self.reporter.get(answer.url)
        self.assertContains(page, "장터<del>는</del> 켜진 불")
        self.assertContains(page, "장터<ins>가</ins> 켜진 불")
        self.assertContains(page, "윤서하")
        form = form_of(page)
        self.assertEqual((form["headline"], form["tags"]), ("장터가 켜진 불", "나눔"))
        self.assertEqual(form["base"], "1")

    def test_merged_text_is_saved_and_both_are_among_the_revisions(self):
        page = self.reporter.get(self.collide().url)
        action = BeautifulSoup(page.content, "html.parser").select_one("#article_form")["action"]
        self.assertEqual(action, edit(self.draft))
        merged = {**form_of(page), "headline": "장터에는 켜진 불", "do": "save"}
        self.assertRedirects(self.reporter.post(action, merged), edit(self.draft))
        article = Article.objects.get()
        self.assertEqual((article.headline, article.version), ("장터에는 켜진 불", 2))
        self.assertEqual(
            [(row.kind, row.content["headline"]) for row in article.revisions.all()][:3],
            [
                (Kind.SAVED, "장터에는 켜진 불"),
                (Kind.ASIDE, "장터가 켜진 불"),
                (Kind.SAVED, "장터는 켜진 불"),
            ],
        )

    def test_who_collides_again_merges_again(self):
        form = form_of(self.reporter.get(self.collide().url))
        change(self.editor, edit(self.draft), headline="다시 고친 제목", do="save")
        answer = self.reporter.post(edit(self.draft), {**form, "do": "save"})
        self.assertIn("/merge/", answer.url)
        self.assertEqual(Article.objects.get().headline, "다시 고친 제목")

    def test_refused_merge_comes_back_with_what_was_typed(self):
        form = form_of(self.reporter.get(self.collide().url))
        answer = self.reporter.post(
            edit(self.draft), {**form, "headline": "", "body": "<p>합친 글</p>", "do": "save"}
        )
        self.assertContains(answer, "합친 글")

    def test_only_what_was_kept_aside_is_merged_by_who_may_write(self):
        url = self.collide().url
        self.assertEqual(self.other.get(url).status_code, 403)
        self.assertEqual(self.editor.get(url).status_code, 200)
        self.assertEqual(self.reporter.post(url, {}).status_code, 405)
        saved = self.draft.revisions.filter(kind=Kind.SAVED).first()
        self.assertEqual(
            self.reporter.get(f"{URL}{self.draft.pk}/merge/{saved.pk}/").status_code, 404
        )


class PreviewTests(DeskTests):
    def setUp(self):
        super().setUp()
        self.url = f"{URL}{self.draft.pk}/preview/"

    def frame(self, client, url=None):
        """The page in the frames of a preview."""
        page = BeautifulSoup(client.get(url or self.url).content, "html.parser")
        sources = {frame["src"] for frame in page.select("iframe")}
        self.assertEqual(len(sources), 1)
        return client.get(sources.pop())

    def link(self, client=None):
        """Make a link to send; return its address."""
        url = f"{self.url}links/"
        self.assertEqual((client or self.reporter).post(url).status_code, 302)
        page = BeautifulSoup((client or self.reporter).get(self.url).content, "html.parser")
        return (
            page.select_one(".preview-link input[readonly]")["value"]
            .split("//", 1)[1]
            .split("/", 1)[1]
        )

    def test_page_is_the_one_that_readers_will_get(self):
        photo, author = make_photo(caption="설명"), make_author(bio="골목을 다닙니다.")
        series = Series.objects.create(title="물길")
        make_article("첫 번째", series=series, series_position=1)
        fields = {"hero": photo.pk, "bylines_0": author.pk, "section": make_section().pk}
        fields |= {"series": series.pk, "series_position": 2, "tags": "나눔, 장터"}
        fields |= {"subtitle": "부제", "ai_assistance": "교열에 썼다."}
        change(self.reporter, edit(self.draft), do="save", **fields)
        before = self.frame(self.reporter)
        Article.objects.filter(pk=self.draft.pk).update(
            state="published", published_at=timezone.now()
        )
        after = self.client.get(Article.objects.get(pk=self.draft.pk).get_absolute_url())

        def shown(response):
            main = BeautifulSoup(response.content, "html.parser").select_one("main")
            main.select_one(".after").decompose()
            for time in main.select("time"):
                time.decompose()
            return " ".join(main.text.split())

        self.assertEqual(shown(before), shown(after))

    def test_what_is_typed_is_shown_before_it_is_saved(self):
        form = self.open(self.reporter)
        typed = {"headline": "", "body": f"<p>쓰다 만 글</p>{SCRIPT}", "section": "987"}
        typed |= {"tags": "아직 없는 태그"}
        answer = self.reporter.post(self.url, {**form, **typed})
        self.assertRedirects(answer, f"{self.url}?writing={form['key']}")
        page = self.frame(self.reporter, answer.url)
        self.assertContains(page, "쓰다 만 글")
        self.assertContains(page, "#아직 없는 태그")
        self.assertNotContains(page, SCRIPT)
        self.assertNotContains(self.frame(self.reporter), "쓰다 만 글")
        self.assertNotContains(self.frame(self.editor, answer.url), "쓰다 만 글")
        self.assertEqual(self.offered(self.reporter), [form["key"]])
        self.assertFalse(Tag.objects.exists())

    def test_new_article_is_shown_before_it_is_saved(self):
        form = self.open(self.reporter, NEW)
        answer = self.reporter.post(f"{URL}add/preview/", {**form, "headline": "새 기사"})
        page = self.frame(self.reporter, answer.url)
        self.assertContains(page, "새 기사")
        self.assertEqual(Article.objects.count(), 1)
        self.assertEqual(self.reporter.get(f"{URL}add/preview/page/").status_code, 404)

    def test_saved_changes_of_a_public_article_are_shown(self):
        article = make_article("옛 제목")
        change(self.editor, edit(article), headline="새 제목", do="save")
        page = self.frame(self.editor, f"{URL}{article.pk}/preview/")
        self.assertContains(page, "<h1>새 제목</h1>")
        self.assertContains(self.client.get(article.get_absolute_url()), "<h1>옛 제목</h1>")

    def test_only_the_frames_may_be_framed_and_nobody_keeps_them(self):
        page, frame = self.reporter.get(self.url), self.frame(self.reporter)
        self.assertIn("frame-ancestors 'self'", frame["Content-Security-Policy"])
        self.assertIn("form-action 'none'", frame["Content-Security-Policy"])
        self.assertEqual(frame["X-Frame-Options"], "SAMEORIGIN")
        self.assertIn("frame-src 'self'", page["Content-Security-Policy"])
        others = (page, self.client.get(f"/{self.link()}"), self.reporter.get(edit(self.draft)))
        for response in others:
            self.assertIn("frame-ancestors 'none'", response["Content-Security-Policy"])
            self.assertEqual(response["X-Frame-Options"], "DENY")
        self.check_unknown(frame)

    def check_unknown(self, response):
        """Nobody keeps, indexes or tells of the answer."""
        self.assertIn("no-store", response["Cache-Control"])
        self.assertIn("noindex", response["X-Robots-Tag"])
        self.assertEqual(response["Referrer-Policy"], "no-referrer")
        self.assertContains(
            response, 'name="robots" content="noindex', status_code=response.status_code
        )

    def test_comments_are_still(self):
        public = self.client.get(make_article().get_absolute_url())
        for response, is_still in ((self.frame(self.reporter), True), (public, False)):
            page = BeautifulSoup(response.content, "html.parser")
            self.assertEqual(page.select_one("#comment-form") is not None, True)
            self.assertEqual(page.select_one("[inert] #comment-form") is not None, is_still)

    def test_link_shows_it_to_who_has_no_account(self):
        page = self.client.get(f"/{self.link()}")
        self.assertContains(page, f"<h1>{self.draft.headline}</h1>")
        self.assertFalse(page.cookies)
        self.check_unknown(page)
        change(self.reporter, edit(self.draft), headline="고친 제목", do="save")
        self.assertContains(self.client.get(page.request["PATH_INFO"]), "고친 제목")

    def test_forged_link_is_not_found(self):
        link = self.link()
        number, signature = link.split("/")[1].split(".")
        for token in (f"{int(number) + 1}.{signature}", f"{number}.x", number, "x", "가.나"):
            response = self.client.get(f"/preview/{token}/")
            self.assertEqual(response.status_code, 404, token)

    def test_revoked_and_ended_links_lead_nowhere(self):
        link, other = f"/{self.link()}", f"/{self.link()}"
        newest = self.draft.preview_links.first()
        answer = self.reporter.post(f"{self.url}links/", {"revoke": newest.pk})
        self.assertEqual(answer.status_code, 302)
        response = self.client.get(other)
        self.assertEqual(response.status_code, 410)
        self.assertNotContains(response, self.draft.headline, status_code=410)
        self.check_unknown(response)
        self.assertEqual(self.client.get(link).status_code, 200)
        self.draft.preview_links.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.draft.preview_links.update(made_at=timezone.now() - timedelta(days=7))
        self.assertEqual(self.client.get(link).status_code, 410)
        self.assertEqual(self.reporter.get(self.url).status_code, 200)

    def test_link_of_a_deleted_or_withdrawn_article_has_ended(self):
        link = f"/{self.link()}"
        Article.objects.update(
            state="withdrawn", published_at=timezone.now(), withdrawn_at=timezone.now()
        )
        self.assertEqual(self.client.get(link).status_code, 410)
        again = f"/{self.link(self.editor)}"
        self.assertEqual(self.client.get(again).status_code, 200)
        self.draft.delete()
        self.assertEqual(self.client.get(link).status_code, 410)

    def test_link_leads_to_the_article_once_readers_have_it(self):
        link = f"/{self.link()}"
        Article.objects.update(state="published", published_at=timezone.now())
        article = Article.objects.get()
        self.assertRedirects(self.client.get(link), article.get_absolute_url())
        change(self.editor, edit(article), headline="새 제목", do="save")
        self.assertContains(self.client.get(link), "새 제목")

    def test_preview_shows_the_article_nowhere_else(self):
        self.link()
        self.frame(self.reporter)
        for url in ("/", "/archive/", "/feeds/latest.xml", "/sitemap.xml", "/search/?q=켜진"):
            self.assertNotContains(self.client.get(url), self.draft.headline)
        self.assertEqual(self.client.get(self.draft.get_absolute_url()).status_code, 404)
        self.assertEqual(Article.objects.get().state, "draft")

    def test_who_may_not_see_it_is_refused(self):
        for name in ("", "page/"):
            self.assertEqual(self.other.get(self.url + name).status_code, 403)
            self.assertEqual(Client().get(self.url + name).status_code, 302)
            self.assertEqual(self.editor.get(self.url + name).status_code, 200)
        self.assertEqual(self.other.post(f"{self.url}links/").status_code, 403)
        self.assertEqual(self.reporter.get(f"{self.url}links/").status_code, 405)
        self.assertEqual(self.other.post(self.url, self.open(self.reporter)).status_code, 403)
        self.assertFalse(self.draft.preview_links.exists())
        self.link()
        pk = self.draft.preview_links.get().pk
        other = make_draft(created_by=self.accounts["류가온"])
        answer = self.other.post(f"{URL}{other.pk}/preview/links/", {"revoke": pk})
        self.assertEqual(answer.status_code, 404)


class DiffTests(TestCase):
    def sides(self, old, new):
        rows = [row for run in diff.body_runs(old, new) for row in run.rows]
        return [(str(row.old), str(row.new)) for row in rows]

    def test_changed_particle_is_marked_alone(self):
        self.assertEqual(
            self.sides("<p>장터가 문을 열었다.</p>", "<p>장터는 문을 열었다.</p>"),
            [("장터<del>가</del> 문을 열었다.", "장터<ins>는</ins> 문을 열었다.")],
        )

    def test_paragraphs_are_aligned(self):
        old = "<p>첫째 문단이다.</p><p>둘째 문단은 길다.</p>"
        new = "<p>새로 들어온 말.</p><p>첫째 문단이다.</p><h2>소제목</h2><p>둘째 문단이 길다.</p>"
        self.assertEqual(
            self.sides(old, new),
            [
                ("", "<ins>새로 들어온 말.</ins>"),
                ("첫째 문단이다.", "첫째 문단이다."),
                ("", "<ins>소제목</ins>"),
                ("둘째 문단<del>은</del> 길다.", "둘째 문단<ins>이</ins> 길다."),
            ],
        )

    def test_change_of_a_mark_or_a_link_is_seen(self):
        ((old, new),) = self.sides("<p>굵은 글</p>", "<p><strong>굵은</strong> 글</p>")
        self.assertEqual(old, "굵은 글")
        self.assertIn("&lt;strong&gt;", new)
        ((old, new),) = self.sides(
            '<figure data-photo="1"></figure>', '<figure data-photo="2"></figure>'
        )
        self.assertIn("data-photo=&quot;1&quot;", old)
        self.assertIn("data-photo=&quot;2&quot;", new)

    def test_what_stands_in_the_text_is_shown_as_text(self):
        for old, new in (
            ("<p>가 &lt;b&gt; 나</p>", "<p>가 &lt;i&gt; 나</p>"),
            ("", f"<p>{SCRIPT}</p>"),
        ):
            shown = "".join("".join(pair) for pair in self.sides(old, new))
            self.assertNotRegex(shown, r"<(?!/?(ins|del)>)")

    def test_same_paragraphs_far_from_a_change_are_folded(self):
        old = "".join(f"<p>문단 {number}</p>" for number in range(9))
        runs = diff.body_runs(old, old.replace("문단 4", "문단 사"))
        self.assertEqual([run.is_folded for run in runs], [True, False, True])
        self.assertEqual([len(run.rows) for run in runs], [3, 3, 3])

    def test_both_sides_hold_every_word_of_their_text(self):
        old = "<p>가 나</p><ul><li>다</li><li>라 <em>마</em></li></ul><hr><pre>바</pre>"
        new = "<h2>가</h2><p>나 다</p><blockquote><p>라</p></blockquote>마"
        sides = self.sides(old, new)
        for place, words in ((0, "가나다라마바"), (1, "가나다라마")):
            text = "".join(pair[place] for pair in sides)
            self.assertEqual("".join(c for c in text if "가" <= c <= "힣"), words)

    def test_other_parts_are_compared_by_their_names(self):
        draft = make_draft()
        section, author = make_section("문화"), make_author("류가온")
        old = revisions.current(draft)
        new = {**old, "section": section.pk, "authors": [author.pk], "tags": ["나눔"], "hero": 987}
        changed = [part for part in compare(old, new).parts if part.is_changed]
        shown = "".join(str(row.new) for part in changed for run in part.runs for row in run.rows)
        for text in ("문화", "류가온", "나눔", "#987"):
            self.assertIn(text, shown)
        self.assertFalse(compare(old, old).is_changed)
