"""Letters: who gets which, what they say, and that none is lost, doubled or let leak."""

import re
import signal
import smtplib
import time
from datetime import timedelta
from email import message_from_bytes, message_from_string, policy
from unittest.mock import patch

import time_machine
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import mail as outbox
from django.db import connection, transaction
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from authors.models import User
from comments import guests, letters, mail, moderation, reports, tasks
from comments.management.commands.worker import Desk
from comments.models import (
    Comment,
    Contact,
    Mail,
    ModerationEvent,
    NoMail,
    RefusalReason,
    VerifiedEmail,
)
from newsroom.forms import make_token
from newsroom.models import Masthead
from tests.comments.mailserver import Sink
from tests.comments.shared import SharedDatabase
from tests.factories import make_article, make_comment

READER, OTHER = "reader@example.com", "other@example.net"


def post_letters():
    """Let the time for taking back pass and send what waits; return the new messages."""
    before = len(outbox.outbox)
    Mail.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    tasks.send_due()
    return outbox.outbox[before:]


def parts_of(message):
    """Return the text and the HTML of a message as a mail program shows them."""
    parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    return [parsed.get_body([kind]).get_content() for kind in ("plain", "html")]


def path_in(text, name):
    """Return the path of the first link to comments:`name` in the text of a letter."""
    pattern = {"confirm": "comments/mail/", "unsubscribe": "comments/unsubscribe/"}
    pattern |= {"data": "comments/data/", "enter": r"comments/\d+/mine/"}
    return re.search(rf"{settings.SITE_URL}(/{pattern[name]}\S+)", text)[1]


class MailTestCase(TestCase):
    def setUp(self):
        self.article = make_article("장터에 다시 켜진 불")
        self.moderator = User.objects.create_user("moderator", email="desk@example.org")
        self.moderator.groups.add(Group.objects.get(name="moderator"))

    def write(self, email=READER, notify="", state="pending", text="잘 읽었습니다.", **fields):
        comment = make_comment(self.article, text, state="pending", email=email, **fields)
        Contact.objects.filter(pk=comment.pk).update(notify=notify)
        if state != "pending":
            moderation.change_state(comment, state, self.moderator)
            Mail.objects.all().delete()
        return comment


class OptInTests(MailTestCase):
    def post_comment(self, text="잘 읽었습니다.", email=READER, name="두물댁", **data):
        url = f"/articles/{self.article.pk}/comments/"
        data = {"author_name": name, "email": email, "text": text, "consent": "on", **data}
        made_at = timezone.now() - timedelta(seconds=10 + 2 * Comment.objects.count())
        with time_machine.travel(made_at, tick=False):
            token = make_token(f"comment.{self.article.pk}")
        response = self.client.post(url, {**data, "token": token})
        self.assertEqual(response.status_code, 302)
        return Comment.objects.first()

    def test_nothing_is_mailed_to_those_who_did_not_ask(self):
        comment = self.post_comment()
        moderation.approve(comment, self.moderator)
        self.assertEqual(post_letters(), [])

    def test_question_then_yes_then_news(self):
        comment = self.post_comment(notify="on")
        [question] = post_letters()
        self.assertEqual(question.to, [READER])
        text, html = parts_of(question)
        path = path_in(text, "confirm")
        self.assertIn(path, html)
        self.client.get(path)
        comment.contact.refresh_from_db()
        self.assertEqual(comment.contact.notify, Contact.Notify.ASKED)
        self.client.post(path, {"token": make_token(f"confirm.{comment.pk}")})
        comment.contact.refresh_from_db()
        self.assertEqual(comment.contact.notify, Contact.Notify.ON)
        self.assertTrue(VerifiedEmail.objects.filter(email=READER).exists())
        moderation.approve(comment, self.moderator)
        [news] = post_letters()
        self.assertIn("잘 읽었습니다.", parts_of(news)[0])

    def test_no_news_before_the_yes_and_the_missed_decision_after_it(self):
        comment = self.post_comment(notify="on")
        post_letters()
        moderation.approve(comment, self.moderator)
        self.assertEqual(post_letters(), [])
        mail.confirm(comment.contact)
        [news] = post_letters()
        self.assertIn(comment.get_absolute_url(), parts_of(news)[0])
        mail.confirm(comment.contact)
        self.assertEqual(post_letters(), [])

    def test_question_holds_no_word_of_the_form(self):
        self.post_comment("싸게 팝니다 http://spam.example", name="광고쟁이", notify="on")
        [question] = post_letters()
        for part in (question.subject, *parts_of(question)):
            for word in ("spam.example", "광고쟁이", "싸게"):
                self.assertNotIn(word, part)
        self.assertIn("장터에 다시 켜진 불", parts_of(question)[0])

    def test_mailbox_gets_one_question_a_day_however_its_address_is_spelled(self):
        for number, email in enumerate(
            [READER, READER, "Reader+a@example.com", "READER@example.com"]
        ):
            self.post_comment(f"댓글 {number}", email, notify="on")
        self.assertEqual(len(post_letters()), 1)
        self.post_comment("남의 댓글", OTHER, notify="on")
        self.assertEqual(len(post_letters()), 1)
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
            self.post_comment("다음 날", notify="on")
            self.assertEqual(len(post_letters()), 1)

    def test_comment_is_asked_about_once_a_week(self):
        comment = self.post_comment(notify="on")
        contact = comment.contact
        self.assertEqual(len(post_letters()), 1)
        with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
            mail.ask_to_confirm(contact)
            self.assertEqual(post_letters(), [])
        with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
            mail.ask_to_confirm(contact)
            self.assertEqual(len(post_letters()), 1)

    def test_who_has_answered_is_asked_again_about_another_comment(self):
        first = self.post_comment(notify="on")
        post_letters()
        mail.confirm(first.contact)
        self.post_comment("또 하나", notify="on")
        self.assertEqual(len(post_letters()), 1)

    def test_yes_holds_for_all_comments_that_asked_and_no_other(self):
        first = self.post_comment(notify="on")
        second = self.post_comment("또 하나", notify="on")
        silent = self.post_comment("조용히")
        mail.confirm(first.contact)
        states = [Contact.objects.get(pk=c.pk).notify for c in (first, second, silent)]
        self.assertEqual(states, ["on", "on", ""])

    def test_forged_link_is_none(self):
        comment = self.post_comment(notify="on")
        token = mail.mail_token(comment.contact)
        self.assertEqual(mail.contact_of(token), comment.contact)
        for forged in (f"{comment.pk}", f"{comment.pk}:x", guests.owner_token(comment), "a:b"):
            self.assertIsNone(mail.contact_of(forged))
            self.assertEqual(self.client.get(f"/comments/mail/{forged}/").status_code, 404)


class NewsTests(MailTestCase):
    def test_refusal_says_why_and_where_to_appeal(self):
        comment = self.write(notify="on")
        reason = RefusalReason.objects.get(name="도배")
        moderation.reject(comment, self.moderator, reason=reason)
        [letter] = post_letters()
        text, html = parts_of(letter)
        self.assertIn(reason.text, text)
        self.assertIn(reason.text, html)
        response = self.client.get(path_in(text, "enter"), follow=True)
        self.assertContains(response, 'value="appeal"')

    def test_decision_that_is_taken_back_in_time_is_not_told(self):
        comment = self.write(notify="on")
        event = moderation.reject(comment, self.moderator)
        moderation.undo([event], self.moderator)
        self.assertEqual(post_letters(), [])
        moderation.reject(comment, self.moderator)
        self.assertEqual(len(post_letters()), 1)

    def test_letters_wait_until_a_decision_cannot_be_taken_back_any_more(self):
        moderation.approve(self.write(notify="on"), self.moderator)
        self.assertEqual(tasks.send_due(), 0)
        with time_machine.travel(timezone.now() + mail.UNDO_TIME, tick=True):
            self.assertEqual(tasks.send_due(), 1)

    def test_same_news_is_told_once_and_a_change_of_mind_again(self):
        comment = self.write(notify="on")
        for decision, number in (
            (moderation.approve, 1),
            (moderation.mark_spam, 1),
            (moderation.trash, 0),  # refused as before
            (moderation.approve, 1),
        ):
            decision(comment, self.moderator)
            self.assertEqual(len(post_letters()), number, decision)
        event = comment.events.first()
        moderation.undo([event], self.moderator)
        moderation.approve(comment, self.moderator)
        self.assertEqual(post_letters(), [])  # that it lay in the trash again was not told

    def test_appeal_that_changes_nothing_is_answered(self):
        comment = self.write(notify="on", state="rejected")
        guests.appeal(comment, "다시 봐 주세요.")
        self.assertEqual(post_letters(), [])
        moderation.keep([comment], self.moderator)
        self.assertEqual(len(post_letters()), 1)
        moderation.keep([comment], self.moderator)
        self.assertEqual(post_letters(), [])

    def test_writer_who_deletes_hears_nothing(self):
        comment = self.write(notify="on", state="approved")
        guests.delete(comment)
        self.assertEqual(post_letters(), [])

    def test_erased_comment_has_no_letters(self):
        comment = self.write(notify="on")
        moderation.approve(comment, self.moderator)
        guests.erase(READER)
        self.assertEqual(post_letters(), [])


class ReplyTests(MailTestCase):
    def setUp(self):
        super().setUp()
        self.parent = self.write(notify="on", state="approved")

    def answer(self, email=OTHER, **fields):
        fields.setdefault("parent", self.parent)
        return self.write(email, text="저도 그렇게 생각합니다.", author_name="새댁", **fields)

    def test_approved_reply_is_told_once_ever(self):
        answer = self.answer()
        self.assertEqual(post_letters(), [])
        event = moderation.approve(answer, self.moderator)
        [letter] = post_letters()
        self.assertEqual(letter.to, [READER])
        self.assertIn("새댁", letter.subject)
        text, html = parts_of(letter)
        self.assertIn("저도 그렇게 생각합니다.", text)
        self.assertIn("저도 그렇게 생각합니다.", html)
        self.assertIn(answer.get_absolute_url(), text)
        moderation.undo([event], self.moderator)
        moderation.approve(answer, self.moderator)
        self.assertEqual(post_letters(), [])

    def test_reply_taken_back_in_time_is_told_when_it_is_approved_after_all(self):
        answer = self.answer()
        moderation.undo([moderation.approve(answer, self.moderator)], self.moderator)
        self.assertEqual(post_letters(), [])
        moderation.approve(answer, self.moderator)
        self.assertEqual(len(post_letters()), 1)

    def test_who_did_not_say_yes_hears_of_no_reply(self):
        for notify in ("", "asked"):
            Contact.objects.filter(pk=self.parent.pk).update(notify=notify)
            moderation.approve(self.answer(), self.moderator)
            self.assertEqual(post_letters(), [])

    def test_nobody_hears_of_their_own_reply(self):
        moderation.approve(self.answer("Reader+x@example.com"), self.moderator)
        self.assertEqual(post_letters(), [])

    def test_no_letter_where_either_comment_or_the_article_is_gone(self):
        hidden = self.answer()
        moderation.approve(hidden, self.moderator)
        moderation.trash(hidden, self.moderator)
        self.assertEqual(post_letters(), [])
        moderation.approve(self.answer(), self.moderator)
        self.article.state = "draft"
        self.article.save()
        self.assertEqual(post_letters(), [])

    def test_many_events_are_told_of_in_as_many_queries_as_few(self):
        for number in (2, 20):
            events = [
                ModerationEvent(comment=self.answer(), before="pending", after="approved", pk=pk)
                for pk in range(number)
            ]
            Mail.objects.all().delete()
            with self.assertNumQueries(2):
                mail.tell(events)
            self.assertEqual(Mail.objects.filter(kind="reply").count(), number)


class MeasureTests(MailTestCase):
    """임시조치: both sides are told, whether or not they asked for mail."""

    def setUp(self):
        super().setUp()
        self.comment = self.write(state="approved", text="그 집은 사기꾼이다")
        reports.report(self.comment, ["a" * 64], "rights", "제 이야기입니다.", "victim@example.kr")
        reports.report(self.comment, ["b" * 64], "abuse", "심하네요", "bystander@example.kr")

    def test_both_sides_hear_of_its_beginning_and_its_end(self):
        moderation.blind(self.comment, self.moderator)
        told = {letter.to[0]: parts_of(letter) for letter in post_letters()}
        self.assertEqual(set(told), {READER, "victim@example.kr"})
        until = f"{timezone.localtime(self.comment.blinded_until):%Y.%m.%d.}"
        for text, html in told.values():
            self.assertIn(until, text)
            self.assertIn(until, html)
            self.assertNotIn("사기꾼", text)
        page = self.client.get(path_in(told[READER][0], "enter"), follow=True)
        self.assertContains(page, 'value="appeal"')
        with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1), tick=True):
            tasks.end_blinds.call()
            told = {letter.to[0]: parts_of(letter)[0] for letter in post_letters()}
        self.assertEqual(set(told), {READER, "victim@example.kr"})
        for text in told.values():
            self.assertIn(self.comment.get_absolute_url(), text)

    def test_measure_taken_back_at_once_is_told_to_nobody(self):
        moderation.undo([moderation.blind(self.comment, self.moderator)], self.moderator)
        self.assertEqual(post_letters(), [])

    def test_who_asked_hears_of_a_removal_and_of_a_no(self):
        moderation.keep([self.comment], self.moderator)
        [no] = post_letters()
        self.assertEqual(no.to, ["victim@example.kr"])
        moderation.blind(self.comment, self.moderator)
        self.assertEqual(len(post_letters()), 2)
        moderation.reject(self.comment, self.moderator)
        letters_ = {letter.to[0] for letter in post_letters()}
        self.assertEqual(letters_, {"victim@example.kr"})  # the writer wanted no mail

    def test_who_wants_no_mail_at_all_is_left_alone(self):
        mail.unsubscribe(self.comment.contact)
        moderation.blind(self.comment, self.moderator)
        self.assertEqual([letter.to for letter in post_letters()], [["victim@example.kr"]])


class UnsubscribeTests(MailTestCase):
    def test_one_click_ends_all_mail_however_often_it_comes(self):
        first = self.write(notify="on")
        second = self.write(notify="on", text="또 하나")
        waiting = self.write(notify="asked", text="셋")
        other = self.write(OTHER, notify="on", text="남")
        moderation.approve(first, self.moderator)
        [letter] = post_letters()
        address = letter.extra_headers["List-Unsubscribe"]
        self.assertRegex(address, rf"^<{settings.SITE_URL}/comments/unsubscribe/\S+>$")
        self.assertEqual(
            letter.extra_headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click"
        )
        text, html = parts_of(letter)
        path = path_in(text, "unsubscribe")
        self.assertIn(path, html)
        self.assertEqual(address, f"<{settings.SITE_URL}{path}>")
        self.assertEqual(Client().get(path).status_code, 200)
        self.assertEqual(Contact.objects.get(pk=second.pk).notify, "on")
        client = Client(enforce_csrf_checks=True)  # a mail server: no cookie, no origin of ours
        for _ in range(2):
            response = client.post(path, {"List-Unsubscribe": "One-Click"})
            self.assertEqual(response.status_code, 200)
            self.assertFalse(response.cookies)
        states = [Contact.objects.get(pk=c.pk).notify for c in (first, second, waiting, other)]
        self.assertEqual(states, ["", "", "", "on"])
        moderation.approve(second, self.moderator)
        moderation.approve(other, self.moderator)
        self.assertEqual([letter.to for letter in post_letters()], [[OTHER]])

    def test_letters_that_wait_are_not_sent_any_more(self):
        comment = self.write(notify="on")
        moderation.approve(comment, self.moderator)
        mail.unsubscribe(comment.contact)
        self.assertEqual(post_letters(), [])

    def test_nobody_can_make_us_ask_again_and_the_owner_can_come_back(self):
        comment = self.write(notify="on")
        mail.unsubscribe(comment.contact)
        with time_machine.travel(timezone.now() + timedelta(days=40), tick=True):
            mail.ask_to_confirm(self.write(text="누군가 쓴 글").contact)
            self.assertEqual(post_letters(), [])
            mail.send_data_link(READER)
            [letter] = post_letters()
            path = path_in(parts_of(letter)[0], "confirm")
            pk = mail.contact_of(path.split("/")[-2]).pk
            self.client.post(path, {"token": make_token(f"confirm.{pk}")})
        self.assertFalse(NoMail.objects.exists())
        self.assertEqual(Contact.objects.get(pk=pk).notify, "on")


class DataLinkTests(MailTestCase):
    def ask(self, email):
        data = {"email": email, "token": make_token("link")}
        return self.client.post(reverse("comments:ask_for_data"), data)

    def test_page_says_the_same_whether_or_not_anything_was_written(self):
        self.write(text="나의 글")
        answers = [self.ask(email) for email in (READER, "nobody@example.com")]
        pages = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers]
        self.assertEqual(*pages)
        [letter] = post_letters()
        self.assertEqual(letter.to, [READER])
        page = self.client.get(path_in(parts_of(letter)[0], "data"))
        self.assertContains(page, "나의 글")
        self.assertNotIn("List-Unsubscribe", letter.extra_headers)

    def test_three_a_day_at_most(self):
        self.write()
        for _ in range(6):
            self.ask(READER)
        self.assertEqual(len(post_letters()), 3)
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
            self.ask(READER)
            self.assertEqual(len(post_letters()), 1)


class DigestTests(MailTestCase):
    def test_moderators_hear_once_a_day_of_what_waits(self):
        User.objects.create_user("reporter", email="reporter@example.org")
        User.objects.create_user("gone", email="g@example.org", is_active=False).groups.add(
            Group.objects.get(name="moderator")
        )
        User.objects.create_superuser("mute")
        comments = [self.write(text=f"기다리는 글 {number}") for number in range(12)]
        self.assertEqual(mail.write_digests(), 1)
        self.assertEqual(mail.write_digests(), 0)
        [letter] = post_letters()
        self.assertEqual(letter.to, ["desk@example.org"])
        self.assertIn("12", letter.subject)
        text, _html = parts_of(letter)
        shown = [f"/admin/comments/comment/{comment.pk}/" in text for comment in comments]
        self.assertEqual(shown, [True] * 10 + [False] * 2)
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
            self.assertEqual(mail.write_digests(), 1)

    def test_none_where_nothing_waits_or_nothing_does_any_more(self):
        self.assertEqual(mail.write_digests(), 0)
        comment = self.write()
        self.assertEqual(mail.write_digests(), 1)
        moderation.trash(comment, self.moderator)
        self.assertEqual(post_letters(), [])


class EnvelopeTests(MailTestCase):
    HOSTILE = '새댁\r\nBcc: evil@example.com\x00\u2028X: y <b>"굵게"</b> <script>alert(1)</script>'

    def test_line_breaks_make_no_headers_and_markup_is_text(self):
        parent = self.write(notify="on", state="approved")
        answer = self.write(OTHER, parent=parent, text=f"글\n{self.HOSTILE}")
        Comment.objects.filter(pk=answer.pk).update(author_name="새댁")
        Masthead.objects.update_or_create(
            pk=1, defaults={"title": "미르내신문", "email": "desk@미르내.example"}
        )
        answer.author_name = self.HOSTILE[:30]
        moderation.approve(answer, self.moderator)
        row = Mail.objects.get(kind="reply")
        row.comment.author_name = self.HOSTILE
        row.comment.article.headline = f"기사\nTo: evil@example.com {self.HOSTILE}"
        with patch.object(Masthead, "load") as load:
            load.return_value = Masthead(title='미르내"신문\r\nCc: evil@example.com, <x>', email="")
            message = letters.message_of(row)
        raw = message.message().as_bytes()
        parsed = message_from_bytes(raw, policy=policy.default)
        for header in ("Bcc", "Cc", "X"):
            self.assertIsNone(parsed[header])
        self.assertEqual(parsed["To"], READER)
        self.assertEqual([a.addr_spec for a in parsed["From"].addresses], ["no-reply@127.0.0.1"])
        self.assertIn("미르내", parsed["From"].addresses[0].display_name)
        self.assertNotIn("\n", parsed["Subject"])
        text, html = parts_of(message)
        self.assertIn("<script>alert(1)</script>", text)
        self.assertNotIn("<script", html)
        self.assertIn("&lt;script&gt;", html)

    def test_letter_comes_from_the_paper_and_asks_for_no_answer(self):
        Masthead.objects.update_or_create(
            pk=1, defaults={"title": "미르내신문", "email": "desk@example.com"}
        )
        comment = self.write(notify="on")
        moderation.approve(comment, self.moderator)
        [letter] = post_letters()
        parsed = message_from_bytes(letter.message().as_bytes(), policy=policy.default)
        [sender] = parsed["From"].addresses
        self.assertEqual(
            (sender.display_name, sender.addr_spec), ("미르내신문", "desk@example.com")
        )
        self.assertEqual(parsed["Auto-Submitted"], "auto-generated")
        _text, html = parts_of(letter)
        for remote in ("<img", "src=", "<table", "url("):
            self.assertNotIn(remote, html)
        self.assertIn('lang="ko"', html)
        for address in re.findall(r'href="([^"]*)"', html):
            self.assertTrue(address.startswith(settings.SITE_URL), address)

    def test_letter_is_the_same_one_however_often_it_is_made(self):
        moderation.approve(self.write(notify="on"), self.moderator)
        row = Mail.objects.get()
        first, second = (letters.message_of(row).extra_headers for _ in range(2))
        self.assertEqual(first, second)
        self.assertRegex(first["Message-ID"], r"^<\d+\.[0-9a-f]{16}@[^>]+>$")


class Refusing:
    """A mail server that answers as it is told to."""

    error = None

    def __init__(self, **kwargs):
        pass

    def open(self):
        pass

    def close(self):
        pass

    def send_messages(self, messages):
        raise self.error


@override_settings(EMAIL_BACKEND="tests.comments.test_mail.Refusing")
class TroubleTests(MailTestCase):
    CANARY = "canary@example.com"

    def letter(self, email=CANARY):
        Mail.objects.all().delete()
        moderation.approve(self.write(email, notify="on"), self.moderator)
        Mail.objects.update(due_at=timezone.now())
        return Mail.objects.get()

    def fail(self, error, row=None):
        row = row or self.letter()
        Refusing.error = error
        with self.assertLogs(level="DEBUG") as logs:
            self.assertEqual(tasks.send_due(), 0)
        row.refresh_from_db()
        self.assertIn(str(row.pk), "\n".join(logs.output))
        self.assertNotIn("canary", "\n".join(logs.output))
        return row

    def test_letter_that_fails_is_tried_again_later_and_later_and_then_given_up(self):
        row, now, waits = self.letter(), timezone.now(), []
        for _ in range(20):
            with time_machine.travel(now, tick=False):
                self.fail(smtplib.SMTPServerDisconnected(f"{self.CANARY} gone"), row)
            if row.due_at is None:
                break
            waits.append(row.due_at - now)
            now = row.due_at
        self.assertEqual(waits, tasks.DELAYS)
        self.assertEqual(waits, sorted(waits))
        self.assertIsNone(row.sent_at)

    def test_mailbox_that_does_not_exist_is_not_tried_again_and_a_full_one_is(self):
        for code, waits in ((550, False), (452, True)):
            error = smtplib.SMTPRecipientsRefused({self.CANARY: (code, b"canary refused")})
            self.assertEqual(self.fail(error).due_at is not None, waits)

    def test_one_bad_letter_holds_up_no_other_and_an_absent_server_all(self):
        for error, tried in (
            (smtplib.SMTPRecipientsRefused({"x": (450, b"later")}), 3),
            (ConnectionRefusedError(f"{self.CANARY}"), 1),
        ):
            Mail.objects.all().delete()
            for number in range(3):
                comment = self.write(f"canary{number}@example.com", notify="on")
                moderation.approve(comment, self.moderator)
            Mail.objects.update(due_at=timezone.now())
            Refusing.error = error
            with self.assertLogs("comments.tasks"):
                tasks.send_due()
            self.assertEqual(Mail.objects.filter(attempts=1).count(), tried)

    def test_task_that_fails_names_no_address(self):
        self.letter()
        with (
            self.assertLogs(level="DEBUG") as logs,
            patch.object(tasks, "take", side_effect=RuntimeError(self.CANARY)),
        ):
            run_tasks()
        results = DBTaskResult.objects.failed()
        self.assertTrue(results)
        text = "\n".join([*logs.output, *(result.traceback for result in results)])
        self.assertIn("TaskFailed: RuntimeError", text)
        self.assertNotIn("canary", text)


def run_tasks():
    """Do what is due, as the worker does."""
    tasks.plan()
    # The connection is the test's own, in a transaction: it must not be closed.
    with patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        Desk().run()


class WorkTests(MailTestCase):
    def test_letter_is_written_with_the_news_or_not_at_all(self):
        comment = self.write(notify="on")
        try:
            with transaction.atomic():
                moderation.approve(comment, self.moderator)
                self.assertEqual(Mail.objects.count(), 1)
                raise RuntimeError
        except RuntimeError:
            pass
        self.assertEqual(Mail.objects.count(), 0)
        moderation.approve(comment, self.moderator)
        self.assertEqual(Mail.objects.count(), 1)

    def test_worker_sends_when_the_time_has_come(self):
        moderation.approve(self.write(notify="on"), self.moderator)
        run_tasks()
        self.assertEqual(outbox.outbox, [])
        with time_machine.travel(timezone.now() + mail.UNDO_TIME, tick=True):
            run_tasks()
        self.assertEqual(len(outbox.outbox), 1)
        self.assertIsNotNone(Mail.objects.get().sent_at)

    def test_letter_of_a_dead_worker_is_sent_by_another_one_later(self):
        moderation.approve(self.write(notify="on"), self.moderator)
        with time_machine.travel(timezone.now() + mail.UNDO_TIME, tick=True) as clock:
            self.assertIsNotNone(tasks.take())  # and then it dies
            self.assertIsNone(tasks.take())
            run_tasks()
            self.assertEqual(outbox.outbox, [])
            clock.shift(tasks.DELAYS[0])
            run_tasks()
        self.assertEqual(len(outbox.outbox), 1)

    def test_upkeep_runs_once_a_day_and_again_where_it_failed(self):
        def planned():
            tasks.plan()
            return DBTaskResult.objects.filter(task_path__endswith="daily_upkeep").count()

        day = timezone.localtime().replace(hour=12, minute=0) + timedelta(days=1)
        with time_machine.travel(day, tick=True) as clock:
            self.assertEqual((planned(), planned()), (1, 1))
            with patch("comments.upkeep.run", side_effect=RuntimeError), self.assertLogs():
                run_tasks()
            self.assertEqual(planned(), 1)
            clock.shift(timedelta(hours=2))
            self.assertEqual(planned(), 2)
            run_tasks()
            clock.shift(timedelta(hours=2))
            self.assertEqual(planned(), 2)
            clock.shift(timedelta(days=1))
            self.assertEqual(planned(), 3)


class KilledWorkerTests(SharedDatabase, TransactionTestCase):
    """Real workers, a real mail server, kill -9."""

    def setUp(self):
        self.sink = Sink()
        self.addCleanup(self.sink.server_close)
        self.addCleanup(self.sink.shutdown)

    def is_all_sent(self):
        return self.sql("SELECT count(*) FROM comments_mail WHERE sent_at IS NULL") == [(0,)]

    def start(self):
        worker = self.manage(
            *("worker", "--interval", "0.05"),
            EMAIL_URL=f"smtp://127.0.0.1:{self.sink.server_address[1]}",
        )
        worker.stdout.readline()  # it is ready
        return worker

    def write_letters(self, number):
        article = make_article()
        for i in range(number):
            comment = make_comment(article, f"댓글 {i}", email=f"reader{i}@example.com")
            Contact.objects.filter(pk=comment.pk).update(notify="on")
        Mail.objects.all().delete()
        rows = [
            Mail(kind="approved", key=f"approved:{pk}", comment_id=pk)
            for pk in Comment.objects.filter(article=article).values_list("pk", flat=True)
        ]
        mail.write(rows)
        self.share()

    def wait_until(self, done, seconds=60):
        end = time.monotonic() + seconds
        while not done():
            self.assertLess(time.monotonic(), end, "It takes too long")
            time.sleep(0.02)

    def identities(self):
        return [
            message_from_string(data.decode("utf-8", "replace"))["Message-ID"]
            for data in self.sink.letters
        ]

    def test_no_letter_is_lost_and_at_most_one_a_kill_comes_twice(self):
        kills = 4
        self.write_letters(60)
        for number in range(1, kills + 1):
            worker = self.start()
            self.wait_until(lambda at_least=12 * number: len(self.sink.letters) >= at_least)
            worker.kill()
            worker.wait()
            # The time after which a letter that was taken and not noted is tried again.
            past = "2026-01-01 00:00:00+00" if connection.vendor == "postgresql" else "2026-01-01"
            self.sql("UPDATE comments_mail SET due_at = %s WHERE sent_at IS NULL", past)
        self.start()
        self.wait_until(self.is_all_sent)
        identities = self.identities()
        self.assertEqual(len(set(identities)), 60)
        self.assertLessEqual(len(identities), 60 + kills)

    def test_two_workers_send_each_letter_once_and_end_when_told(self):
        self.write_letters(40)
        workers = [self.start(), self.start()]
        self.wait_until(self.is_all_sent)
        self.assertEqual(len(self.sink.letters), 40)
        self.assertEqual(len(set(self.identities())), 40)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        self.assertEqual([worker.wait(20) for worker in workers], [0, 0])

    def test_worker_that_is_told_to_end_finishes_its_task(self):
        self.sink.delay = 0.3
        self.write_letters(5)
        worker = self.start()
        self.wait_until(lambda: len(self.sink.letters) == 1)
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(30), 0)
        self.assertEqual(len(self.sink.letters), 5)
        self.assertTrue(self.is_all_sent())
        running = "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"
        self.assertEqual(self.sql(running), [(0,)])
