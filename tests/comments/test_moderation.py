"""Decisions on comments: counted, logged, taken back, and told from those of others."""

from datetime import timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authors.models import User
from comments import checks, guests, moderation, reports
from comments.models import Ban, Comment, Contact, ModerationEvent, RefusalReason, Signal
from newsroom.models import Masthead
from tests.factories import make_article, make_comment

PHONE = "010-1234-5678"


def refreshed(*rows):
    for row in rows:
        row.refresh_from_db()
    return rows


class Case(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("박순자")
        cls.other = User.objects.create_user("이정호")
        cls.article = make_article()
        cls.reason = RefusalReason.objects.first()

    def waiting(self, text="기다리는 댓글", **fields):
        return make_comment(self.article, text, state="pending", **fields)

    def undo(self, events, user=None):
        events = ModerationEvent.objects.filter(pk__in=[event.pk for event in events])
        return moderation.undo(list(events), user or self.user)


class DecisionTests(Case):
    def test_each_decision_has_its_state_counts_and_log(self):
        parent = make_comment(self.article)
        for decide, state in (
            (moderation.approve, "approved"),
            (moderation.reject, "rejected"),
            (moderation.mark_spam, "spam"),
            (moderation.trash, "trashed"),
            (moderation.blind, "blinded"),
        ):
            comment = self.waiting(parent=parent)
            event = decide(comment, self.user, note="메모")
            refreshed(comment, parent, self.article)
            visible = int(state == "approved")
            with self.subTest(state):
                self.assertEqual((comment.state, comment.queued_at), (state, None))
                self.assertEqual(
                    (event.before, event.after, event.moderator, event.note),
                    ("pending", state, self.user, "메모"),
                )
                self.assertEqual(parent.reply_count, visible)
                self.assertEqual(self.article.comment_count, 1 + visible)
            moderation.trash(comment)

    def test_comment_in_hand_shows_what_was_done(self):
        comment = self.waiting()
        moderation.reject(comment, self.user, reason=self.reason)
        self.assertEqual((comment.state, comment.refusal), ("rejected", self.reason))

    def test_reason_is_kept_by_name_when_the_list_changes(self):
        comment = self.waiting()
        moderation.reject(comment, self.user, reason=self.reason)
        name = self.reason.name
        RefusalReason.objects.filter(pk=self.reason.pk).update(name="달라진 이름")
        self.assertEqual(comment.events.get().reason, name)

    def test_temporary_measure_ends_after_thirty_days(self):
        comment = make_comment(self.article)
        moderation.blind(comment, self.user)
        left = comment.blinded_until - timezone.now()
        self.assertAlmostEqual(left.total_seconds(), 30 * 86_400, delta=60)

    def test_decision_about_what_was_not_seen_changes_nothing(self):
        comment = self.waiting("처음 쓴 글")
        seen = {comment.pk: moderation.version(comment)}
        guests.edit(comment, "고쳐 쓴 글")
        self.assertEqual(moderation.decide([comment], "approved", self.user, seen=seen), [])
        self.assertEqual(refreshed(comment)[0].state, "pending")
        seen = {comment.pk: moderation.version(comment)}
        self.assertTrue(moderation.decide([comment], "approved", self.user, seen=seen))

    def test_each_thing_a_moderator_goes_by_makes_another_version(self):
        comment = make_comment(self.article)
        versions = {moderation.version(comment)}
        for change in (
            {"state": "spam"},
            {"text": "다른 글"},
            {"edited_text": "고친 글"},
            {"appeal": "왜요?"},
            {"report_count": 1},
            {"author_name": "다른 이름"},
            {"refusal_id": self.reason.pk},
        ):
            Comment.objects.filter(pk=comment.pk).update(**change)
            versions.add(moderation.version(refreshed(comment)[0]))
        self.assertEqual(len(versions), 8)
        Comment.objects.filter(pk=comment.pk).update(up_count=5)
        self.assertIn(moderation.version(refreshed(comment)[0]), versions)

    def test_five_hundred_take_as_many_queries_as_twenty(self):
        counts = []
        for number in (20, 500):
            comments = [
                Comment(
                    article=self.article, author_name="독자", text="글", queued_at=timezone.now()
                )
                for _ in range(number)
            ]
            Comment.objects.bulk_create(comments)
            with CaptureQueriesContext(connection) as captured:
                moderation.decide(comments, "approved", self.user)
            counts.append(len(captured))
        # SQLite writes the log in parts of as many parameters as it takes.
        self.assertLessEqual(counts[1], 30)
        refreshed(self.article)
        self.assertEqual(self.article.comment_count, 520)

    def test_log_is_only_added_to(self):
        event = moderation.approve(self.waiting(), self.user)
        with self.assertRaises(TypeError):
            event.save()
        with self.assertRaises(TypeError):
            event.delete()


class UndoTests(Case):
    def test_everything_comes_back(self):
        parent = make_comment(self.article)
        comment = make_comment(self.article, parent=parent, text="보이는 글")
        reports.report(comment, ["a" * 64], "abuse")
        moderation.pin(parent, self.user)
        fields = list(Comment.objects.order_by("pk").values())
        for decide in (moderation.reject, moderation.blind, moderation.trash, moderation.approve):
            refreshed(comment, self.article)
            before = self.article.comment_count
            event = decide(comment, self.user)
            self.assertEqual(comment.reports.filter(closed_at=None).count(), 0)
            with self.subTest(decide.__name__):
                self.assertTrue(self.undo([event]))
                self.assertEqual(list(Comment.objects.order_by("pk").values()), fields)
                self.assertEqual(comment.reports.filter(closed_at=None).count(), 1)
                refreshed(self.article)
                self.assertEqual(self.article.comment_count, before)

    def test_edit_that_was_approved_waits_again(self):
        comment = make_comment(self.article, "먼저 쓴 글")
        guests.edit(comment, "고쳐 쓴 글")
        event = moderation.approve(comment, self.user)
        self.assertEqual(refreshed(comment)[0].text, "고쳐 쓴 글")
        self.undo([event])
        refreshed(comment)
        self.assertEqual((comment.text, comment.edited_text), ("먼저 쓴 글", "고쳐 쓴 글"))
        self.assertIsNotNone(comment.queued_at)

    def test_many_come_back_at_once_with_their_own_times(self):
        comments = [self.waiting(f"{n}") for n in range(12)]
        before = list(Comment.objects.order_by("pk").values("pk", "state", "queued_at"))
        events = moderation.decide(comments, "spam", self.user)
        self.assertEqual(len(self.undo(events)), 12)
        after = list(Comment.objects.order_by("pk").values("pk", "state", "queued_at"))
        self.assertEqual(after, before)

    def test_only_the_latest_step_comes_back(self):
        comment = self.waiting()
        first = moderation.approve(comment, self.user)
        second = moderation.trash(comment, self.other)
        self.assertEqual(self.undo([first]), [])
        self.assertTrue(self.undo([second]))
        self.assertEqual(refreshed(comment)[0].state, "approved")
        self.assertEqual(self.undo([second]), [])

    def test_what_the_writer_did_is_not_taken_back(self):
        comment = make_comment(self.article)
        guests.delete(comment)
        self.assertEqual(self.undo(comment.events.filter(after="deleted")), [])
        self.assertEqual(refreshed(comment)[0].state, "deleted")

    def test_looking_at_an_email_does_not_stand_in_the_way(self):
        comment = self.waiting(email="a@example.com")
        event = moderation.approve(comment, self.user)
        moderation.reveal(comment, self.other)
        self.assertTrue(self.undo([event]))

    def test_reports_sent_since_stay_and_are_counted(self):
        comment = make_comment(self.article)
        for source in ("a", "b"):
            reports.report(comment, [source * 64], "abuse")
        [event] = moderation.keep([comment], self.user)
        reports.report(comment, ["a" * 64], "spam")
        reports.report(comment, ["c" * 64], "spam")
        self.undo([event])
        refreshed(comment)
        still_open = comment.reports.filter(closed_at=None)
        self.assertEqual((comment.report_count, still_open.count()), (3, 3))


class PinTests(Case):
    def test_one_is_pinned_in_place_of_the_other_and_back(self):
        first, second = make_comment(self.article), make_comment(self.article)
        moderation.pin(first, self.user)
        [event] = moderation.pin(second, self.user)
        refreshed(first, second)
        self.assertEqual((first.is_pinned, second.is_pinned), (False, True))
        self.undo(ModerationEvent.objects.filter(batch=event.batch))
        refreshed(first, second)
        self.assertEqual((first.is_pinned, second.is_pinned), (True, False))

    def test_what_cannot_be_pinned_leaves_the_other_in_its_place(self):
        first = make_comment(self.article)
        moderation.pin(first, self.user)
        for comment in (self.waiting(), make_comment(self.article, parent=first)):
            self.assertEqual(moderation.pin(comment, self.user), [])
            self.assertTrue(refreshed(first)[0].is_pinned)
        self.assertFalse(ModerationEvent.objects.filter(action="unpin").exists())

    def test_hidden_comment_loses_its_pin(self):
        comment = make_comment(self.article)
        moderation.pin(comment, self.user)
        event = moderation.reject(comment, self.user)
        self.assertFalse(refreshed(comment)[0].is_pinned)
        other = make_comment(self.article)
        moderation.pin(other, self.user)
        self.undo([event])
        refreshed(comment, other)
        self.assertEqual((comment.state, comment.is_pinned), ("approved", False))
        self.assertTrue(other.is_pinned)


class MaskTests(Case):
    def setUp(self):
        self.comment = self.waiting(f"전화는 {PHONE} 입니다. {PHONE}!", author_name=PHONE)
        Signal.objects.create(comment=self.comment, rule="personal", found=PHONE)

    def everything(self):
        """All that is kept of the comment, in one string."""
        return str(
            [
                *Comment.objects.filter(pk=self.comment.pk).values(),
                *self.comment.signals.values(),
                *self.comment.events.values(),
            ]
        )

    def test_masks_every_place_and_comes_back_within_a_day(self):
        [event] = moderation.mask(self.comment, PHONE, self.user)
        refreshed(self.comment)
        self.assertEqual(self.comment.text, "전화는 ○○ 입니다. ○○!")
        self.assertEqual((self.comment.author_name, self.comment.state), ("○○", "pending"))
        self.assertEqual(self.comment.signals.get().found, "○○")
        self.undo([event])
        self.assertEqual(refreshed(self.comment)[0].author_name, PHONE)

    def test_after_a_day_nothing_tells_what_it_was(self):
        moderation.reject(self.comment, self.user)
        moderation.mask(self.comment, PHONE, self.user)
        other = moderation.approve(self.waiting(), self.user)
        self.assertEqual(moderation.forget(), 0)
        self.assertIn(PHONE, self.everything())
        ModerationEvent.objects.update(created_at=timezone.now() - timedelta(hours=25))
        self.assertGreater(moderation.forget(), 0)
        self.assertNotIn(PHONE, self.everything())
        self.assertTrue(ModerationEvent.objects.get(pk=other.pk).snapshot)
        self.assertEqual(self.comment.events.count(), 2)
        self.assertEqual(self.undo(self.comment.events.all()), [])

    def test_after_thirty_days_only_the_decision_is_left(self):
        event = moderation.approve(self.waiting(), self.user, note="왜")
        ModerationEvent.objects.update(created_at=timezone.now() - timedelta(days=31))
        moderation.forget()
        event = ModerationEvent.objects.get(pk=event.pk)
        self.assertEqual((event.snapshot, event.note, event.after), ({}, "왜", "approved"))

    def test_edit_that_waits_is_masked_too(self):
        comment = make_comment(self.article, "먼저 쓴 글")
        guests.edit(comment, f"전화 {PHONE}")
        moderation.mask(comment, PHONE, self.user)
        self.assertEqual(refreshed(comment)[0].edited_text, "전화 ○○")

    def test_what_is_not_there_or_too_short_changes_nothing(self):
        for piece in ("없는 글자", "", " ", "0", "○"):
            self.assertEqual(moderation.mask(self.comment, piece, self.user), [])


class BanTests(Case):
    def setUp(self):
        self.comment = self.waiting(email="Reader+x@example.com")
        Contact.objects.update(source="f" * 64)

    def is_held(self, email="other@example.com", sources=()):
        submission = checks.Submission("글", "독자", email, Masthead.load(), list(sources))
        return any(signal.rule == "blocked" for signal in checks.signals_of(submission))

    def test_email_is_held_however_it_is_spelled_until_the_ban_is_lifted(self):
        self.assertFalse(self.is_held("reader@example.com"))
        event = moderation.ban(self.comment, "email", self.user, "도배")
        self.assertTrue(self.is_held("reader@example.com"))
        self.assertFalse(self.is_held("nobody@example.com"))
        ban = Ban.objects.get()
        self.assertEqual((ban.note, ban.moderator, ban.expires_at), ("도배", self.user, None))
        self.assertNotIn("example.com", str(Ban.objects.values()) + str(event.snapshot))
        self.undo([event])
        self.assertFalse(self.is_held("reader@example.com"))

    def test_address_is_held_for_ninety_days(self):
        moderation.ban(self.comment, "source", self.user)
        self.assertTrue(self.is_held(sources=["f" * 64]))
        Ban.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.assertFalse(self.is_held(sources=["f" * 64]))
        self.assertIsNotNone(moderation.ban(self.comment, "source", self.user))
        left = Ban.objects.get().expires_at - timezone.now()
        self.assertAlmostEqual(left.total_seconds(), 90 * 86_400, delta=60)

    def test_nothing_known_or_banned_already(self):
        self.assertIsNone(moderation.ban(self.waiting(), "email", self.user))
        self.assertIsNotNone(moderation.ban(self.comment, "email", self.user))
        self.assertIsNone(moderation.ban(self.comment, "email", self.other))
        Contact.objects.update(source="")
        self.assertIsNone(moderation.ban(self.comment, "source", self.user))
        self.assertEqual(Ban.objects.count(), 1)

    def test_looking_at_an_email_is_logged(self):
        self.assertEqual(moderation.reveal(self.comment, self.user), "Reader+x@example.com")
        event = self.comment.events.get()
        self.assertEqual((event.action, event.moderator), ("reveal", self.user))
        self.assertNotIn("example.com", str(ModerationEvent.objects.values()))
        self.assertIsNone(moderation.reveal(self.waiting(), self.user))
