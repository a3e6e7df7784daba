"""The steps of an article from draft to withdrawal: who may take them, and what they leave."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import PermissionDenied
from django.test import TestCase, override_settings
from django.utils import timezone

from articles import flow, revisions
from articles.flow import Refused
from articles.models import Article
from authors.models import User
from tests.factories import make_account, make_article, make_author


def make_draft(headline="장터에 켜진 불", **fields):
    return make_article(headline, **{"state": "draft", "published_at": None, **fields})


def in_hours(number):
    return timezone.now() + timedelta(hours=number)


class FlowTests(TestCase):
    def setUp(self):
        self.reporter = make_account("한도경", "reporter")
        self.editor = make_account("윤서하", "editor")

    def refuse(self, step, article, *args, **kwargs):
        """Expect that the step is refused in a sentence, and that nothing changed."""
        before = Article.objects.filter(pk=article.pk).values().get()
        logged = LogEntry.objects.count()
        with self.assertRaises(Refused) as refusal:
            step(article, *args, **kwargs)
        self.assertTrue(str(refusal.exception))
        self.assertEqual(Article.objects.filter(pk=article.pk).values().get(), before)
        self.assertEqual(LogEntry.objects.count(), logged)

    def save(self, article, **changes):
        typed = {**revisions.current(article), **changes}
        revisions.save(article, typed, self.editor, article.version)


class StepTests(FlowTests):
    def test_draft_is_submitted_given_back_and_submitted_again(self):
        draft = make_draft(created_by=self.reporter)
        flow.submit(draft, self.reporter, "사진은 오후에 옵니다.")
        self.assertEqual(Article.objects.get().state, "review")
        self.refuse(flow.submit, draft, self.reporter)
        flow.give_back(draft, self.editor, "둘째 문단의 숫자를 확인해 주세요.")
        self.assertEqual(Article.objects.get().state, "draft")
        self.refuse(flow.give_back, draft, self.editor)
        flow.submit(draft, self.reporter)
        flow.give_back(draft, self.reporter)
        self.assertEqual(Article.objects.get().state, "draft")
        kinds = draft.revisions.order_by("pk").values_list("kind", flat=True)
        self.assertEqual(list(kinds), ["submitted", "returned", "submitted", "taken"])

    def test_step_leaves_a_revision_a_note_and_an_entry_in_the_log(self):
        draft = make_draft(created_by=self.reporter)
        flow.submit(draft, self.reporter, "사진은\n오후에 옵니다.")
        revision = draft.revisions.get()
        self.assertEqual((revision.kind, revision.made_by), ("submitted", self.reporter))
        self.assertEqual(revision.note, "사진은 오후에 옵니다.")
        self.assertEqual(revision.content["headline"], draft.headline)
        note = draft.notes.get()
        self.assertEqual((note.text, note.made_by), ("사진은\n오후에 옵니다.", self.reporter))
        entry = LogEntry.objects.get()
        self.assertEqual((entry.user, entry.object_id), (self.reporter, str(draft.pk)))

    def test_long_note_is_whole_as_a_note(self):
        draft = make_draft()
        flow.submit(draft, self.editor, "가" * 1000)
        self.assertEqual(len(draft.notes.get().text), 1000)
        self.assertEqual(len(draft.revisions.get().note), 300)

    def test_publish_gives_it_to_readers_now(self):
        draft = make_draft()
        flow.publish(draft, self.editor)
        self.assertEqual(self.client.get(draft.get_absolute_url()).status_code, 200)
        self.assertEqual(draft.revisions.get().kind, "published")

    def test_time_to_come_schedules_and_can_be_moved_and_taken_back(self):
        draft = make_draft()
        self.refuse(flow.publish, draft, self.editor, at=in_hours(-1))
        flow.publish(draft, self.editor, at=in_hours(5))
        self.assertEqual((flow.stage(draft), draft.is_published), ("scheduled", False))
        self.assertEqual(self.client.get(draft.get_absolute_url()).status_code, 404)
        flow.publish(draft, self.editor, at=in_hours(7))
        self.assertGreater(Article.objects.get().published_at, in_hours(6))
        flow.unschedule(draft, self.editor)
        self.assertEqual((draft.state, draft.published_at), ("review", None))
        self.refuse(flow.unschedule, draft, self.editor)

    def test_scheduled_article_is_published_at_once(self):
        scheduled = make_article(hours_ago=-5)
        flow.publish(scheduled, self.editor)
        self.assertTrue(Article.objects.get().is_published)

    def test_what_has_come_out_is_not_scheduled(self):
        for article in (make_article(), make_article(state="withdrawn", withdrawn_at=in_hours(0))):
            self.refuse(flow.publish, article, self.editor, at=in_hours(5))
            self.refuse(flow.unschedule, article, self.editor)
            self.refuse(flow.submit, article, self.editor)
            self.refuse(flow.give_back, article, self.editor)
            self.refuse(flow.delete, article, self.editor)

    def test_changes_of_a_public_article_go_out_when_they_are_published(self):
        article = make_article("옛 제목")
        self.refuse(flow.publish, article, self.editor)
        published_at = article.published_at
        self.save(article, headline="새 제목")
        self.assertEqual(Article.objects.get().headline, "옛 제목")
        flow.publish(article, self.editor)
        fresh = Article.objects.get()
        self.assertEqual((fresh.headline, fresh.working_copy), ("새 제목", None))
        self.assertEqual(fresh.published_at, published_at)
        self.assertIsNotNone(fresh.revised_at)

    def test_small_change_and_other_fields_are_no_revision(self):
        article = make_article(lead="첫 줄\n둘째 줄", body="<p>가</p>\n<p>나</p>")
        self.save(article, body="<p>다</p>")
        flow.publish(article, self.editor, is_small=True)
        self.assertEqual((article.body, article.revised_at), ("<p>다</p>", None))
        self.save(article, ai_assistance="교열에 썼다.", lead="첫 줄\r\n둘째 줄")
        flow.publish(article, self.editor)
        self.assertEqual((article.ai_assistance, article.revised_at), ("교열에 썼다.", None))

    def test_address_is_kept_unless_it_is_asked_to_follow(self):
        article = make_article("옛 제목")
        old = article.get_absolute_url()
        self.save(article, headline="새 제목")
        flow.publish(article, self.editor)
        self.assertEqual(Article.objects.get().get_absolute_url(), old)
        self.save(article, subtitle="부제")
        flow.publish(article, self.editor, slug_follows=True)
        self.assertEqual(Article.objects.get().slug, "새-제목")
        self.assertRedirects(self.client.get(old), article.get_absolute_url(), 301)

    def test_withdrawal_tells_readers_why_and_can_be_undone(self):
        article = make_article()
        self.refuse(flow.withdraw, article, self.editor, " \u202a")
        self.refuse(flow.withdraw, article, self.editor, "가" * 301)
        flow.withdraw(article, self.editor, "사실이 아니었습니다.")
        response = self.client.get(article.get_absolute_url())
        self.assertContains(response, "사실이 아니었습니다.", status_code=410)
        self.assertFalse(article.notes.exists())
        self.refuse(flow.withdraw, article, self.editor, "까닭")
        self.refuse(flow.publish, article, self.editor)
        self.save(article, headline="고친 제목")
        flow.republish(article, self.editor)
        fresh = Article.objects.get()
        self.assertEqual((fresh.state, fresh.headline), ("published", "고친 제목"))
        self.assertEqual((fresh.withdrawn_at, fresh.withdrawal_reason), (None, ""))
        self.refuse(flow.republish, article, self.editor)

    def test_only_what_readers_have_is_withdrawn(self):
        for article in (make_draft(), make_draft(state="review"), make_article(hours_ago=-5)):
            self.refuse(flow.withdraw, article, self.editor, "까닭")

    def test_draft_is_deleted(self):
        draft = make_draft(state="review")
        flow.delete(draft, self.editor)
        self.assertFalse(Article.objects.exists())

    @override_settings(LANGUAGE_CODE="en")
    def test_what_somebody_else_did_first_is_not_done_twice(self):
        seen = make_draft()
        flow.publish(Article.objects.get(), self.editor)
        with self.assertRaisesMessage(Refused, "“장터에 켜진 불” is published"):
            flow.submit(seen, self.editor)
        self.assertTrue(Article.objects.get().is_published)


class WhoTests(FlowTests):
    def make(self, state, **fields):
        withdrawn_at = in_hours(0) if state == "withdrawn" else None
        return make_article(state=state, withdrawn_at=withdrawn_at, **fields)

    def allowed(self, user, article=None):
        return {action for action in flow.NEEDS if flow.may(user, action, article)}

    def test_reporter_works_with_own_drafts_alone(self):
        expected = {
            "draft": {"view", "preview", "write", "submit", "delete"},
            "review": {"view", "preview", "give_back"},
            "published": {"view", "preview"},
            "withdrawn": {"view", "preview"},
        }
        for state, actions in expected.items():
            with self.subTest(state):
                own = self.make(state, created_by=self.reporter)
                self.assertEqual(self.allowed(self.reporter, own), actions)
                other = self.make(state, created_by=self.editor)
                self.assertEqual(self.allowed(self.reporter, other), set())

    def test_own_is_what_one_began_signs_or_is_responsible_for(self):
        author = make_author(user=self.reporter)
        own = [
            make_draft(created_by=self.reporter),
            make_draft(responsible=self.reporter),
            make_draft(authors=[make_author("류가온"), author]),
        ]
        make_draft(created_by=self.editor, authors=[make_author("윤서하", user=self.editor)])
        for article in own:
            self.assertTrue(flow.may(self.reporter, "write", article))
        seen = flow.seen_by(self.reporter, Article.objects.all())
        self.assertCountEqual(seen, own)
        self.assertEqual(flow.seen_by(self.editor, Article.objects.all()).count(), 4)

    def test_editor_does_all_that_the_state_allows(self):
        always = {"view", "preview", "write", "correct", "place"}
        expected = {
            "draft": {"submit", "publish", "schedule", "delete"},
            "review": {"give_back", "publish", "schedule", "delete"},
            "published": {"publish", "withdraw"},
            "withdrawn": {"republish"},
        }
        for state, actions in expected.items():
            with self.subTest(state):
                article = self.make(state, created_by=self.reporter)
                self.assertEqual(self.allowed(self.editor, article), always | actions)
        scheduled = self.make("published", hours_ago=-5)
        steps = {"publish", "schedule", "unschedule"}
        self.assertEqual(self.allowed(self.editor, scheduled), always | steps)

    def test_others_may_nothing(self):
        left = make_account("떠난 이", "editor", is_active=False)
        moderator = make_account("박순자", "moderator")
        for user in (AnonymousUser(), make_account("직원"), left, moderator):
            with self.subTest(user):
                self.assertEqual(self.allowed(user), set())
                self.assertEqual(self.allowed(user, make_draft(created_by=None)), set())
                self.assertFalse(flow.seen_by(user, Article.objects.all()).exists())

    def test_publisher_and_superuser_may_what_editors_may(self):
        for user in (make_account("주은결", "publisher"), User.objects.create_superuser("관리자")):
            self.assertEqual(self.allowed(user), set(flow.NEEDS))

    def test_steps_themselves_ask_who_takes_them(self):
        own, other = make_draft(created_by=self.reporter), make_draft(state="review")
        plain = make_account("직원")
        for step in (flow.publish, flow.submit, flow.delete):
            with self.subTest(step.__name__), self.assertRaises(PermissionDenied):
                step(own, plain)
        for step, article in ((flow.publish, own), (flow.give_back, other)):
            with self.subTest(step.__name__), self.assertRaises(PermissionDenied):
                step(article, self.reporter)
        with self.assertRaises(PermissionDenied):
            flow.withdraw(make_article(), self.reporter, "까닭")
        self.assertEqual(Article.objects.filter(state="draft").get(), own)

    def test_groups_hold_what_their_roles_need(self):
        names = {
            group.name: {
                f"{model}.{codename}"
                for model, codename in group.permissions.values_list(
                    "content_type__model", "codename"
                )
            }
            for group in Group.objects.all()
        }
        self.assertLess(names["reporter"], names["editor"])
        self.assertLess(names["editor"], names["publisher"])
        self.assertNotIn("article.publish_article", names["reporter"])
        models = {name.partition(".")[0] for name in names["moderator"]}
        self.assertEqual(models, {"comment", "ban", "word", "refusalreason", "moderationevent"})
        kinds = {name.partition(".")[0] for name in names["publisher"] - names["editor"]}
        self.assertLessEqual({"user", "masthead", "page"}, kinds)
