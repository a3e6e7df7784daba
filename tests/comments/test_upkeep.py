"""The day's upkeep: what ends, what is destroyed, and what is kept beside it."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import time_machine
from django.core.management import CommandError, call_command
from django.test import RequestFactory, TestCase, TransactionTestCase
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from authors.models import User
from comments import guests, mail, moderation, reports, sources, tasks, upkeep, votes
from comments.models import (
    Ban,
    Comment,
    Contact,
    Mail,
    Report,
    SourceKey,
    VerifiedEmail,
    Vote,
)
from comments.querysets import EMAIL_DAYS, KEEP_DAYS, KEY_DAYS
from tests.comments.shared import SharedDatabase
from tests.factories import make_article, make_comment

READER = "reader@example.com"


def after(**time):
    """Be so much later."""
    return time_machine.travel(timezone.now() + timedelta(**time), tick=True)


def hashes():
    """Return the hashes by which a reader is known now."""
    return sources.sources_of(RequestFactory().get("/", REMOTE_ADDR="203.0.113.9"))


class UpkeepTestCase(TestCase):
    def setUp(self):
        self.article = make_article()
        self.moderator = User.objects.create_user("moderator")

    def write(self, text="잘 읽었습니다.", email=READER, **fields):
        return make_comment(self.article, text, email=email, **fields)


class BlindTests(UpkeepTestCase):
    def test_measure_ends_after_thirty_days_and_not_before(self):
        parent = self.write()
        comment = self.write(parent=parent)
        moderation.blind(comment, self.moderator)
        with after(days=29, hours=23):
            self.assertEqual(upkeep.end_blinds(), 0)
        with after(days=30, minutes=1):
            self.assertEqual(upkeep.end_blinds(), 1)
            self.assertEqual(upkeep.end_blinds(), 0)
        for row in (comment, parent, self.article):
            row.refresh_from_db()
        self.assertEqual((comment.state, comment.blinded_until), ("approved", None))
        self.assertEqual((parent.reply_count, self.article.comment_count), (1, 2))
        event = comment.events.first()
        self.assertEqual(
            (event.before, event.after, event.moderator), ("blinded", "approved", None)
        )

    def test_comment_that_readers_never_saw_goes_back_to_what_it_was(self):
        for state in ("pending", "rejected"):
            comment = self.write(state=state)
            moderation.blind(comment, self.moderator)
            with after(days=31):
                upkeep.end_blinds()
            comment.refresh_from_db()
            self.assertEqual(comment.state, state)

    def test_blinding_again_gives_no_more_time(self):
        comment = self.write()
        moderation.blind(comment, self.moderator)
        until = comment.blinded_until
        with after(days=20):
            guests.appeal(comment, "사실입니다.")
            moderation.blind(comment, self.moderator)
        comment.refresh_from_db()
        self.assertEqual((comment.blinded_until, comment.queued_at), (until, None))

    def test_moderator_who_decides_at_the_same_moment_wins(self):
        comment = self.write()
        moderation.blind(comment, self.moderator)
        late = list(upkeep.over_blinds().model.objects.filter(pk=comment.pk))
        moderation.trash(comment, self.moderator)
        with patch.object(upkeep, "over_blinds") as over:
            over.return_value.order_by.return_value = late
            self.assertEqual(upkeep.end_blinds(), 0)
        comment.refresh_from_db()
        self.assertEqual(comment.state, "trashed")

    def test_worker_ends_it_within_the_hour_without_waiting_for_the_upkeep(self):
        moderation.blind(self.write(), self.moderator)
        with after(days=30, minutes=1):
            tasks.plan()
        paths = DBTaskResult.objects.values_list("task_path", flat=True)
        self.assertIn("comments.tasks.end_blinds", paths)


class KeyTests(UpkeepTestCase):
    def test_key_serves_a_month_and_is_destroyed_after_ninety_days(self):
        upkeep.rotate_keys()
        first = SourceKey.objects.get()
        self.assertEqual(upkeep.rotate_keys(), 0)
        with after(days=KEY_DAYS, minutes=1):
            self.assertEqual(upkeep.rotate_keys(), 1)
        with after(days=KEEP_DAYS - 1):
            upkeep.destroy_keys()
            self.assertTrue(SourceKey.objects.filter(pk=first.pk).exists())
        with after(days=KEEP_DAYS, minutes=1):
            upkeep.destroy_keys()
            self.assertFalse(SourceKey.objects.filter(pk=first.pk).exists())
        self.assertEqual(SourceKey.objects.count(), 1)

    def leave_traces(self):
        [source, *_] = hashes()
        comment = self.write()
        Contact.objects.filter(pk=comment.pk).update(source=source, created_at=timezone.now())
        votes.vote(comment, [source], 1)
        reports.report(comment, [source], "abuse")
        Ban.objects.create(kind="source", digest=source)
        return comment, source

    def test_what_was_hashed_under_a_destroyed_key_goes_with_it(self):
        Ban.objects.create(kind="email", digest="e" * 64)
        old, old_source = self.leave_traces()
        with after(days=40):
            new, new_source = self.leave_traces()
            self.assertNotEqual(old_source, new_source)
        with after(days=KEEP_DAYS + 1):
            call_command("upkeep", stdout=StringIO())
        rows = {
            model: list(model.objects.order_by("pk").values_list("comment", "source"))
            for model in (Vote, Report)
        }
        for (first, gone), (second, kept) in rows.values():
            self.assertEqual((first, second, kept), (old.pk, new.pk, new_source))
            self.assertTrue(gone.startswith("-"))
        self.assertEqual(Contact.objects.get(pk=old.pk).source, "")
        self.assertEqual(Contact.objects.get(pk=new.pk).source, new_source)
        self.assertEqual(set(Ban.objects.values_list("digest", flat=True)), {"e" * 64, new_source})
        old.refresh_from_db()
        self.assertEqual((old.up_count, old.report_count), (1, 1))
        for model in (Contact, Vote, Report):
            self.assertFalse(model.objects.filter(source=old_source).exists())

    def test_many_votes_of_one_comment_lose_their_hashes_together(self):
        hashes()
        comment = self.write()
        for number in range(5):
            votes.vote(comment, [f"{number:064}"], 1)
        with after(days=KEEP_DAYS + 1):
            upkeep.rotate_keys()
            upkeep.destroy_keys()
            upkeep.destroy_keys()
        self.assertEqual(Vote.objects.filter(source__startswith="-").count(), 5)
        comment.refresh_from_db()
        self.assertEqual(comment.up_count, 5)


class PersonalDataTests(UpkeepTestCase):
    def test_email_goes_a_year_after_the_comment_unless_its_owner_has_mail_on(self):
        silent, wanted = self.write(), self.write(email="on@example.com")
        Contact.objects.filter(pk=wanted.pk).update(notify="on")
        VerifiedEmail.objects.create(email=READER)
        VerifiedEmail.objects.create(email="on@example.com")
        with after(days=EMAIL_DAYS - 1):
            call_command("upkeep", stdout=StringIO())
            self.assertEqual(Contact.objects.count(), 2)
        with after(days=EMAIL_DAYS + 1):
            call_command("upkeep", stdout=StringIO())
        self.assertEqual(Contact.objects.get().pk, wanted.pk)
        self.assertEqual(VerifiedEmail.objects.get().email, "on@example.com")
        silent.refresh_from_db()
        self.assertEqual((silent.state, silent.text), ("approved", "잘 읽었습니다."))

    def test_deleted_words_go_after_a_month(self):
        gone, stays = self.write("지운 말"), self.write("남은 말")
        guests.delete(gone)
        with after(days=29):
            self.assertEqual(upkeep.erase_deleted(), 0)
        with after(days=31):
            self.assertEqual(upkeep.erase_deleted(), 1)
            self.assertEqual(upkeep.erase_deleted(), 0)
        gone.refresh_from_db()
        stays.refresh_from_db()
        self.assertEqual((gone.state, gone.text, gone.author_name), ("deleted", "-", "-"))
        self.assertFalse(Contact.objects.filter(pk=gone.pk).exists())
        self.assertEqual(stays.text, "남은 말")

    def test_wish_for_mail_that_nobody_confirms_is_dropped_after_a_week(self):
        comment, late = self.write(), self.write(email="late@example.com")
        mail.ask_to_confirm(comment.contact)
        with after(days=6):
            mail.ask_to_confirm(late.contact)
            self.assertEqual(upkeep.drop_unanswered(), 0)
        with after(days=8):
            self.assertEqual(upkeep.drop_unanswered(), 1)
        states = [Contact.objects.get(pk=c.pk).notify for c in (comment, late)]
        self.assertEqual(states, ["", "asked"])

    def test_letters_are_forgotten_bar_those_that_wait_and_that_a_reply_was_told(self):
        comment, now = self.write(), timezone.now()
        done = {"due_at": None, "sent_at": now, "comment": comment}
        Mail.objects.create(key="approved:1", kind="approved", **done)
        Mail.objects.create(key="reply:1", kind="reply", **done)
        Mail.objects.create(key="refused:1", kind="refused", comment=comment, due_at=None)
        Mail.objects.create(key="blinded:1", kind="blinded", comment=comment)
        with after(days=upkeep.MAIL_DAYS - 1):
            self.assertEqual(upkeep.purge_letters(), 0)
        with after(days=upkeep.MAIL_DAYS + 1):
            self.assertEqual(upkeep.purge_letters(), 2)
        keys = Mail.objects.values_list("key", flat=True)
        self.assertEqual(list(keys), ["reply:1", "blinded:1"])

    def test_log_keeps_what_was_done_and_not_what_people_wrote(self):
        comment = self.write()
        moderation.reject(comment, self.moderator, note="거친 말")
        moderation.approve(comment, self.moderator, note="010-1234-5678로 전화가 왔다")
        guests.edit(comment, "새로운 말")
        moderation.approve(comment, self.moderator)
        number = comment.events.count()
        with after(days=KEEP_DAYS + 1):
            self.assertGreater(upkeep.purge_log(), 0)
            self.assertEqual(upkeep.purge_log(), 0)
        events = list(comment.events.order_by("pk"))
        self.assertEqual(len(events), number)
        self.assertEqual({str(event.snapshot) for event in events}, {"{}"})
        self.assertEqual([e.note for e in events if e.note], ["거친 말"])
        self.assertEqual(events[1].moderator, self.moderator)

    def test_reports_lose_words_and_address_after_ninety_days_unless_the_end_must_be_told(self):
        settled, blinded, open_ = (self.write(text) for text in ("하나", "둘", "셋"))
        for comment in (settled, blinded, open_):
            reports.report(comment, ["a" * 64], "rights", "제 이야기", "victim@example.kr")
        moderation.keep([settled], self.moderator)
        moderation.blind(blinded, self.moderator)
        with after(days=KEEP_DAYS + 1):
            self.assertEqual(upkeep.purge_reports(), 1)
            self.assertEqual(upkeep.purge_reports(), 0)
        left = Report.objects.exclude(email="").exclude(note="").values_list("comment", flat=True)
        self.assertEqual(set(left), {blinded.pk, open_.pk})

    def test_form_marks_and_tasks_go(self):
        comment = self.write()
        Comment.objects.filter(pk=comment.pk).update(submission_key="k" * 64)
        tasks.send_letters.enqueue()
        tasks.end_blinds.enqueue()
        tasks.daily_upkeep.enqueue()
        done, lost, _waits = DBTaskResult.objects.order_by("enqueued_at")
        done.set_successful(0)
        lost.claim("dead")
        with after(days=1, minutes=-5):
            self.assertEqual((upkeep.clear_forms(), upkeep.purge_tasks()), (0, 0))
        with after(days=8):
            self.assertEqual((upkeep.clear_forms(), upkeep.purge_tasks()), (1, 2))
        self.assertEqual(DBTaskResult.objects.count(), 1)

    def test_bans_end(self):
        now = timezone.now()
        for number, until in enumerate((None, now + timedelta(days=2), now + timedelta(days=9))):
            Ban.objects.create(kind="email", digest=f"{number:064}", expires_at=until)
        with after(days=3):
            self.assertEqual(upkeep.end_bans(), 1)
        self.assertEqual(Ban.objects.count(), 2)


class CommandTests(UpkeepTestCase):
    def test_it_says_what_it_did_and_does_it_once(self):
        moderation.blind(self.write(), self.moderator)
        with after(days=31):
            first, second = StringIO(), StringIO()
            call_command("upkeep", stdout=first)
            call_command("upkeep", stdout=second)
        self.assertIn(": 1", first.getvalue())
        self.assertEqual(len(second.getvalue().splitlines()), 1)
        self.assertNotIn(":", second.getvalue())

    def test_step_that_fails_stops_no_other_and_is_named_without_its_words(self):
        moderation.blind(self.write(), self.moderator)
        error = RuntimeError("canary@example.com")

        def broken():
            raise error

        steps = ((broken, "x"), *upkeep.STEPS)
        with (
            after(days=31),
            patch.object(upkeep, "STEPS", steps),
            self.assertLogs("comments.upkeep") as logs,
            self.assertRaises(CommandError) as raised,
        ):
            call_command("upkeep", stdout=StringIO())
        self.assertIn("broken failed (RuntimeError)", logs.output[0])
        self.assertNotIn("canary", f"{logs.output} {raised.exception}")
        self.assertEqual(Comment.objects.get().state, "approved")


class TwiceAtOnceTests(SharedDatabase, TransactionTestCase):
    def test_two_upkeeps_at_once_do_it_once(self):
        article, past = make_article(), timezone.now() - timedelta(minutes=1)
        comments = [make_comment(article, f"댓글 {number}") for number in range(20)]
        moderator = User.objects.create_superuser("moderator", email="desk@example.org")
        make_comment(article, "기다림", state="pending")
        moderation.decide(comments, "blinded", moderator)
        Comment.objects.filter(state="blinded").update(blinded_until=past)
        article.refresh_from_db()
        self.assertEqual(article.comment_count, 0)
        self.share()
        processes = [self.manage("upkeep") for _ in range(2)]
        said = [process.communicate(timeout=60)[0] for process in processes]
        self.assertEqual([process.returncode for process in processes], [0, 0], said)
        count = "SELECT comment_count FROM articles_article"
        self.assertEqual(self.sql(count), [(20,)])
        ended = "SELECT count(*) FROM comments_moderationevent WHERE before = 'blinded'"
        self.assertEqual(self.sql(ended), [(20,)])
        digests = "SELECT count(*) FROM comments_mail WHERE kind = 'digest'"
        self.assertEqual(self.sql(digests), [(1,)])
        self.assertEqual(self.sql("SELECT count(*) FROM comments_sourcekey"), [(1,)])
