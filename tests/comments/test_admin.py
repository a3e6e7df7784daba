"""The moderators' desk: what it shows, what its buttons do, who may press them."""

from datetime import timedelta

from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from authors.models import User
from comments import guests, moderation, reports
from comments.models import Ban, Comment, Contact, ModerationEvent, RefusalReason, Signal, Word
from newsroom.models import Masthead
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import HANGUL, SCRIPT, change, sign_in

URL = "/admin/comments/comment/"
PHONE = "010-1234-5678"


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def fields(client, query="", url=URL):
    """Return what the form of the list would send beside a button: hidden and empty fields."""
    form = soup(client.get(f"{url}{query}")).select_one("#changelist-form")
    found = form.select("input[type=hidden], input[type=text]")
    data = {field["name"]: field.get("value", "") for field in found}
    return {name: value for name, value in data.items() if name != "_selected_action"}


def press(client, button, query="", data=None, **more):
    """Press a button of a card as a browser would; `data` is what the page held before."""
    data = fields(client, query) if data is None else data
    return client.post(f"{URL}{query}", {**data, "do": button, **more})


def in_place(client, button, data, **more):
    """Press a button as the script does; return the answer's cards and words."""
    headers = {"X-Requested-With": "fetch"}
    return client.post(URL, {**data, "do": button, **more}, headers=headers)


def choose(client, action, *comments, query="", **more):
    """Run an action of the list on `comments` and follow it."""
    data = {"action": action, "_selected_action": [comment.pk for comment in comments]}
    return client.post(f"{URL}{query}", {**data, **more}, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


@override_settings(LANGUAGE_CODE="en")
class DeskCase(TestCase):
    def setUp(self):
        self.user = sign_in(self.client, "박순자", is_superuser=False)
        self.user.groups.add(Group.objects.get(name="moderator"))
        self.article = make_article(HANGUL)
        self.reason = RefusalReason.objects.first()

    def waiting(self, text="기다리는 댓글", **fields):
        return make_comment(self.article, text, state="pending", **fields)

    def colleague(self):
        client = Client()
        user = sign_in(client, "이정호", is_superuser=False)
        user.groups.add(Group.objects.get(name="moderator"))
        return client

    def state(self, comment):
        comment.refresh_from_db()
        return comment.state

    def cards(self, query=""):
        return [card.comment for card in self.client.get(f"{URL}{query}").context["cl"].cards]


class QueueTests(DeskCase):
    def test_all_that_waits_stands_there_the_longest_first(self):
        shown = make_comment(self.article, "보이는 글")
        new = self.waiting("새 글")
        reported = make_comment(self.article, "신고된 글")
        reports.report(reported, ["a" * 64], "abuse")
        edited = make_comment(self.article, "고칠 글")
        guests.edit(edited, "고친 글")
        refused = make_comment(self.article, "거절된 글", state="rejected")
        guests.appeal(refused, "다시 봐 주세요")
        self.assertEqual(self.cards(), [new, reported, edited, refused])
        moderation.pin(shown)
        for query, comments in (
            ("pending", [new]),
            ("edits", [edited]),
            ("reported", [reported]),
            ("appeals", [refused]),
            ("pinned", [shown]),
            ("rejected", [refused]),
            ("approved", [edited, reported, shown]),
            ("all", [refused, edited, reported, new, shown]),
            ("nonsense", [new, reported, edited, refused]),
        ):
            with self.subTest(query):
                self.assertEqual(self.cards(f"?state={query}"), comments)
        counts = self.client.get(URL).context["cl"].around.counts
        self.assertEqual(
            counts,
            {
                "queued": 4,
                "pending": 1,
                "edits": 1,
                "reported": 1,
                "appeals": 1,
                "blinded": 0,
                "pinned": 1,
            },
        )

    def test_filters_by_rule_article_and_words(self):
        first, second = self.waiting("사과 이야기"), self.waiting("배 이야기")
        other = make_comment(make_article("다른 기사"), "딴 이야기", state="pending")
        Signal.objects.create(comment=first, rule="word", found="사과")
        Signal.objects.create(comment=first, rule="word", found="이야기")
        Signal.objects.create(comment=second, rule="link", found="배")
        self.assertEqual(self.cards("?rule=word"), [first])
        self.assertEqual(self.cards(f"?article={other.article_id}"), [other])
        self.assertEqual(self.cards("?q=배"), [second])
        page = self.client.get(f"{URL}?article={other.article_id}")
        self.assertContains(page, "다른 기사")
        for query in ("?article=x", "?rule=x", "?state=queued&article=0"):
            self.assertEqual(self.client.get(URL + query).status_code, 200)

    def test_card_shows_all_that_speaks_for_a_decision(self):
        root = make_comment(self.article, "맨 위의 글", author_name="첫째")
        parent = make_comment(self.article, "그 아래의 글", author_name="둘째", parent=root)
        for state in ("approved", "approved", "spam"):
            make_comment(self.article, "예전 글", email="hidden@example.com", state=state)
        comment = self.waiting(
            f"이 멍청이야 {PHONE}", parent=parent, email="hidden@example.com", author_name="셋째"
        )
        Signal.objects.create(comment=comment, rule="word", found="멍청이")
        Signal.objects.create(comment=comment, rule="personal", found=PHONE)
        card = soup(self.client.get(URL)).select_one(f"#comment-{comment.pk}")
        self.assertEqual([mark.text for mark in card.select("mark")], ["멍청이", PHONE])
        self.assertEqual(len(card.select(".card-signals li")), 2)
        text = card.text
        for shown in ("첫째", "맨 위의 글", "둘째", "그 아래의 글", "셋째", "한글 각"):
            self.assertIn(shown, text)
        self.assertIn("This writer before: 2 approved, 1 refused", text)
        self.assertTrue(card.select_one(f'button[value="mask:{comment.pk}:0"]'))
        self.assertNotIn("hidden@example.com", str(card))

    def test_edit_is_shown_against_what_stands(self):
        comment = make_comment(self.article, "장터에 이백 명이 모였다")
        guests.edit(comment, "장터에 삼백 명이 모였다")
        card = soup(self.client.get(URL)).select_one(".card")
        self.assertEqual(
            (card.select_one("del").text, card.select_one("ins").text), ("이백", "삼백")
        )

    def test_reports_and_appeal_are_shown_with_their_words(self):
        comment = make_comment(self.article, "소문")
        reports.report(comment, ["a" * 64], "rights", "제 이야기입니다", "me@example.com")
        refused = make_comment(self.article, state="pending")
        moderation.reject(refused, self.user, reason=self.reason)
        guests.appeal(refused, "억울합니다")
        page = self.client.get(URL)
        for shown in ("제 이야기입니다", "억울합니다", self.reason.name, "violates my rights"):
            self.assertContains(page, shown)
        self.assertNotContains(page, "me@example.com")

    def test_hostile_strings_are_text_everywhere(self):
        RefusalReason.objects.filter(pk=self.reason.pk).update(name=f"사유 {SCRIPT}"[:40])
        parent = make_comment(self.article, HANGUL, author_name="<b>나</b>")
        comment = self.waiting(
            HANGUL, author_name="<b>나</b>", parent=parent, email="s@example.com"
        )
        Signal.objects.create(comment=comment, rule="word", found=SCRIPT)
        edited = make_comment(self.article, HANGUL, author_name="<b>나</b>")
        guests.edit(edited, f"{HANGUL} <img src=x onerror=alert(1)>")
        reports.report(edited, ["a" * 64], "other", HANGUL)
        refused = make_comment(self.article, HANGUL, state="pending")
        moderation.reject(refused, self.user, reason=self.reason, note=HANGUL)
        guests.appeal(refused, HANGUL)
        moderation.ban(comment, "email", self.user, HANGUL)
        pages = [URL, "/admin/comments/moderationevent/", "/admin/comments/ban/"]
        pages += [f"/admin/comments/ban/{Ban.objects.get().pk}/change/"]
        pages += [f"{URL}{row.pk}/change/" for row in (parent, comment, edited, refused)]
        for url in pages:
            response = self.client.get(url)
            with self.subTest(url):
                self.assertEqual(response.status_code, 200)
                for active in (SCRIPT, "<b>나</b>", "<img src=x"):
                    self.assertNotContains(response, active)
        data = fields(self.client)
        for response in (
            in_place(self.client, f"pin:{edited.pk}", data),
            press(self.client, f"spam:{comment.pk}", data=data),
            self.client.get(URL),
        ):
            self.assertNotIn("<script>alert", response.content.decode())
            self.assertNotIn("<b>나</b>", response.content.decode())

    def test_seven_queries_whatever_the_size_of_the_queue(self):
        def grow(number):
            parent = make_comment(self.article, "위의 글")
            for n in range(number):
                middle = make_comment(make_article(), f"가운데 {n}", parent=parent)
                comment = self.waiting(f"글 {n}", parent=middle, email=f"a{n}@example.com")
                Signal.objects.create(comment=comment, rule="word", found="글")
                reported = make_comment(self.article, f"신고 {n}", email=f"b{n}@example.com")
                reports.report(reported, [f"{n:064}"], "abuse", "메모")
                moderation.reject(self.waiting(), self.user, reason=self.reason)

        grow(3)
        for number in (0, 6):
            grow(number)
            for query in ("", "?state=rejected", "?rule=word", "?q=글", "?state=reported"):
                with self.subTest(query=query, number=number), self.assertNumQueries(7):
                    self.assertTrue(self.client.get(URL + query).context["cl"].cards)

    def test_page_that_the_work_has_emptied_shows_what_is_left(self):
        Comment.objects.bulk_create(
            Comment(article=self.article, author_name="독자", text="글", queued_at=timezone.now())
            for _ in range(31)
        )
        self.assertEqual(len(self.cards("?p=2")), 1)
        Comment.objects.queued().last().delete()
        self.assertEqual(len(self.cards("?p=2")), 30)
        self.assertEqual(len(self.cards("?p=999")), 30)


class ButtonTests(DeskCase):
    def test_each_button_does_what_it_says(self):
        pending = {
            "approve:%d": "approved",
            f"refuse:%d:{self.reason.pk}": "rejected",
            "refuse:%d": "rejected",
            "spam:%d": "spam",
            "trash:%d": "trashed",
            "blind:%d": "blinded",
        }
        for button, state in pending.items():
            comment = self.waiting()
            response = press(self.client, button % comment.pk)
            with self.subTest(button):
                self.assertEqual(response.status_code, 302)
                self.assertEqual(self.state(comment), state)
                self.assertEqual(comment.events.get().moderator, self.user)

    def test_refusal_carries_reason_and_note(self):
        comment = self.waiting()
        note = {f"note-{comment.pk}": ["", "두 번째 칸"]}
        press(self.client, f"refuse:{comment.pk}:{self.reason.pk}", **note)
        comment.refresh_from_db()
        event = comment.events.get()
        self.assertEqual(comment.refusal, self.reason)
        self.assertEqual((event.reason, event.note), (self.reason.name, "두 번째 칸"))
        other = self.waiting()
        data = {f"reason-{other.pk}": str(self.reason.pk)}
        press(self.client, f"blind:{other.pk}", **data)
        self.assertEqual((self.state(other), other.refusal), ("blinded", self.reason))
        self.assertLessEqual(other.blinded_until, timezone.now() + timedelta(days=30))

    def test_reason_that_is_not_offered_refuses_nothing(self):
        RefusalReason.objects.filter(pk=self.reason.pk).update(is_active=False)
        comment = self.waiting()
        self.assertNotContains(self.client.get(URL), self.reason.name)
        for number in (self.reason.pk, 999, "x"):
            press(self.client, f"refuse:{comment.pk}:{number}")
            self.assertEqual(self.state(comment), "pending")

    def test_returns_to_the_same_view_at_the_next_comment(self):
        first, second, third = self.waiting("글 1"), self.waiting("글 2"), self.waiting("글 3")
        query = "?q=%EA%B8%80&state=pending"
        response = press(self.client, f"approve:{first.pk}", query)
        self.assertEqual(response.url, f"{URL}{query}#comment-{second.pk}")
        response = press(self.client, f"approve:{third.pk}", query)
        self.assertEqual(response.url, f"{URL}{query}#comment-{second.pk}")
        response = press(self.client, f"approve:{second.pk}", query)
        self.assertEqual(response.url, f"{URL}{query}")

    def test_edit_is_approved_or_dropped(self):
        for button, text in (("approve", "고친 글"), ("keep", "먼저 글")):
            comment = make_comment(self.article, "먼저 글")
            guests.edit(comment, "고친 글")
            press(self.client, f"{button}:{comment.pk}")
            comment.refresh_from_db()
            self.assertEqual((comment.text, comment.edited_text), (text, ""))
            self.assertEqual((comment.state, comment.queued_at), ("approved", None))

    def test_reports_and_appeals_are_answered_by_leaving_things_as_they_are(self):
        reported = make_comment(self.article)
        reports.report(reported, ["a" * 64], "abuse")
        refused = make_comment(self.article, state="rejected")
        guests.appeal(refused, "왜요?")
        for comment, state in ((reported, "approved"), (refused, "rejected")):
            press(self.client, f"keep:{comment.pk}")
            self.assertEqual((self.state(comment), comment.queued_at), (state, None))
        self.assertFalse(reported.reports.filter(closed_at=None).exists())
        self.assertEqual(self.cards(), [])

    def test_pin_and_unpin(self):
        comment = make_comment(self.article)
        for button, is_pinned in (("pin", True), ("unpin", False)):
            press(self.client, f"{button}:{comment.pk}", "?state=approved")
            comment.refresh_from_db()
            self.assertEqual(comment.is_pinned, is_pinned)

    def test_personal_data_is_masked_as_proposed_or_as_typed(self):
        comment = self.waiting(f"김철수 {PHONE} 가온동 3번지")
        press(self.client, f"mask:{comment.pk}:0")
        press(self.client, f"mask:{comment.pk}", **{f"mask-{comment.pk}": "가온동 3번지"})
        comment.refresh_from_db()
        self.assertEqual(comment.text, "김철수 ○○ ○○")
        self.assertEqual([event.action for event in comment.events.all()], ["mask", "mask"])
        for typed, button in (("없는 글", "mask:%d"), ("김", "mask:%d"), ("", "mask:%d:7")):
            press(self.client, button % comment.pk, **{f"mask-{comment.pk}": typed})
        self.assertEqual(comment.events.count(), 2)

    def test_word_goes_onto_the_list_once(self):
        comment = self.waiting()
        for word in ("개똥벌레", "개똥벌레", "", "가" * 61):
            press(self.client, f"word:{comment.pk}", **{f"word-{comment.pk}": word})
        word = Word.objects.get()
        self.assertEqual((word.text, word.kind), ("개똥벌레", "blocked"))
        self.assertEqual(LogEntry.objects.get().user, self.user)

    def test_what_was_typed_for_a_refused_step_comes_back(self):
        comment = self.waiting()
        typed = {"note": "전화로 부탁받음", "mask": "없는 글자", "word": "가"}
        data = {f"{name}-{comment.pk}": text for name, text in typed.items()}
        for button, said in (("mask", "does not contain"), ("word", "two")):
            for headers in ({}, {"X-Requested-With": "fetch"}):
                with self.subTest(button, headers=headers):
                    url = f"{URL}?state=queued"
                    page = self.client.post(
                        url, {"do": f"{button}:{comment.pk}", **data}, headers=headers
                    )
                    self.assertContains(page, said)
                    panel = soup(page).select_one("details.card-more[open]")
                    for name, text in typed.items():
                        field = panel.select_one(f'[name="{name}-{comment.pk}"]')
                        self.assertEqual(field["value"], text)
        page = self.client.post(URL, {"do": f"word:{comment.pk}", f"note-{comment.pk}": "메모"})
        self.assertContains(page, "Write the word that shall hold")
        self.assertFalse(soup(self.client.get(URL)).select("details.card-more[open]"))

    def test_writer_is_banned_by_email_or_address(self):
        comment = self.waiting(email="hidden@example.com")
        Contact.objects.update(source="f" * 64)
        for kind in ("email", "source"):
            press(self.client, f"ban:{comment.pk}:{kind}", **{f"note-{comment.pk}": "도배"})
        self.assertEqual({ban.kind for ban in Ban.objects.all()}, {"email", "source"})
        self.assertEqual({ban.note for ban in Ban.objects.all()}, {"도배"})
        self.assertEqual(self.state(comment), "pending")
        card = soup(self.client.get(URL))
        self.assertTrue(card.select('button[value^="ban:"]'))
        self.waiting()
        press(self.client, f"spam:{comment.pk}")
        self.assertFalse(soup(self.client.get(URL)).select('button[value^="ban:"]'))

    def test_senseless_buttons_change_nothing(self):
        comment = self.waiting()
        for button in (
            "approve",
            "approve:",
            "approve:x",
            "approve:999",
            "fly:1",
            "undo:",
            "undo:x",
            "",
        ):
            self.assertEqual(press(self.client, button).status_code, 302)
        self.assertEqual(self.state(comment), "pending")
        self.assertFalse(ModerationEvent.objects.exists())

    def test_what_its_writer_took_back_stays_away(self):
        comment = make_comment(self.article, state="deleted")
        page = self.client.get(f"{URL}?state=deleted")
        self.assertNotContains(page, f"approve:{comment.pk}")
        press(self.client, f"approve:{comment.pk}", "?state=deleted")
        choose(self.client, "approve", comment, query="?state=all")
        self.assertEqual(self.state(comment), "deleted")

    def test_button_without_the_forms_own_token_is_refused(self):
        comment, client = self.waiting(), Client(enforce_csrf_checks=True)
        client.force_login(self.user)
        data = fields(client)
        token = data.pop("csrfmiddlewaretoken")
        self.assertEqual(press(client, f"approve:{comment.pk}", data=data).status_code, 403)
        data["csrfmiddlewaretoken"] = token
        self.assertEqual(press(client, f"approve:{comment.pk}", data=data).status_code, 302)
        self.assertEqual(self.state(comment), "approved")

    def test_reading_an_address_decides_nothing(self):
        comment = self.waiting()
        self.client.get(f"{URL}?do=approve:{comment.pk}&seen-{comment.pk}=x")
        self.assertEqual(self.state(comment), "pending")


class UndoTests(DeskCase):
    def undo_button(self, response):
        """Return what the button of the message would send."""
        return soup(response).select_one(".messagelist [data-undo]")["value"]

    def test_message_takes_the_step_back(self):
        comment = self.waiting()
        press(self.client, f"approve:{comment.pk}")
        page = self.client.get(URL)
        self.assertContains(page, "두물댁: approved")
        response = press(self.client, self.undo_button(page), data={})
        self.assertEqual(self.state(comment), "pending")
        self.assertEqual(response.url, f"{URL}#comment-{comment.pk}")
        self.assertContains(self.client.get(URL), "1 step taken back.")

    def test_many_are_taken_back_together(self):
        comments = [self.waiting() for _ in range(4)]
        page = choose(self.client, "mark_spam", *comments)
        self.assertContains(page, "4 comments: spam.")
        press(self.client, self.undo_button(page), data={})
        self.assertEqual({self.state(comment) for comment in comments}, {"pending"})
        self.assertEqual(self.cards(), comments)

    def test_what_was_done_since_is_told(self):
        comment = self.waiting()
        page = choose(self.client, "approve", comment)
        button = self.undo_button(page)
        press(self.colleague(), f"trash:{comment.pk}", "?state=approved")
        press(self.client, button, data={})
        self.assertContains(self.client.get(URL), "This can no longer be taken back")
        self.assertEqual(self.state(comment), "trashed")

    def test_ban_is_taken_back(self):
        comment = self.waiting(email="hidden@example.com")
        press(self.client, f"ban:{comment.pk}:email")
        press(self.client, self.undo_button(self.client.get(URL)), data={})
        self.assertFalse(Ban.objects.exists())

    def test_counts_follow(self):
        parent = make_comment(self.article)
        reply = self.waiting(parent=parent)
        page = choose(self.client, "approve", reply)
        counts = []
        for _ in range(2):
            self.article.refresh_from_db()
            parent.refresh_from_db()
            counts.append((self.article.comment_count, parent.reply_count))
            press(self.client, self.undo_button(page), data={})
        self.assertEqual(counts, [(2, 1), (1, 0)])


class SecondModeratorTests(DeskCase):
    def test_is_told_who_was_faster_and_what_they_did(self):
        comment = self.waiting()
        data = fields(self.client)
        press(self.colleague(), f"spam:{comment.pk}")
        for again in (f"approve:{comment.pk}", f"spam:{comment.pk}"):
            response = press(self.client, again, data=data)
            page = self.client.get(response.url)
            self.assertContains(page, "이정호 was faster: spam")
        self.assertEqual(self.state(comment), "spam")
        self.assertEqual(comment.events.count(), 1)

    def test_is_told_in_place_and_sees_what_stands_now(self):
        comment = self.waiting()
        data = fields(self.client)
        press(self.colleague(), f"approve:{comment.pk}")
        card = soup(in_place(self.client, f"trash:{comment.pk}", data)).select_one(".card")
        self.assertIn("이정호 was faster: approved", card.select_one("[role=alert]").text)
        self.assertEqual(card.select_one("[data-state]")["data-state"], "approved")
        self.assertNotIn("is-done", card["class"])

    def test_writer_who_edits_meanwhile_is_read_again(self):
        comment = self.waiting("처음 글")
        data = fields(self.client)
        guests.edit(comment, "딴 글")
        press(self.client, f"approve:{comment.pk}", data=data)
        self.assertContains(self.client.get(URL), "Its writer was faster")
        self.assertEqual(self.state(comment), "pending")

    def test_report_that_comes_meanwhile_is_read_first(self):
        comment = make_comment(self.article)
        reports.report(comment, ["a" * 64], "spam")
        data = fields(self.client)
        reports.report(comment, ["b" * 64], "rights", "제 이야기입니다", "me@example.com")
        press(self.client, f"keep:{comment.pk}", data=data)
        self.assertContains(self.client.get(URL), "It changed while you looked")
        self.assertEqual(comment.reports.filter(closed_at=None).count(), 2)

    def test_decision_without_what_was_seen_is_no_decision(self):
        comment = self.waiting()
        press(self.client, f"approve:{comment.pk}", data={})
        self.assertEqual(self.state(comment), "pending")

    def test_bulk_leaves_alone_what_others_decided_and_names_them(self):
        first, second, third = self.waiting(), self.waiting(), self.waiting()
        data = fields(self.client)
        other = self.colleague()
        press(other, f"spam:{first.pk}")
        guests.edit(second, "딴 글")
        response = choose(self.client, "approve", first, second, third, **data)
        self.assertContains(response, "1 comment: approved.")
        self.assertContains(response, "Nothing changed for 2 comments: 이정호 was faster.")
        self.assertEqual(
            [self.state(c) for c in (first, second, third)], ["spam", "pending", "approved"]
        )


class BulkTests(DeskCase):
    def test_each_action_gives_its_state(self):
        for action, state in (
            ("approve", "approved"),
            ("reject", "rejected"),
            ("mark_spam", "spam"),
            ("trash", "trashed"),
        ):
            comments = [self.waiting(), self.waiting()]
            page = choose(self.client, action, *comments, **{"bulk-reason": self.reason.pk})
            self.assertContains(page, f"2 comments: {state}.")
            self.assertEqual({self.state(comment) for comment in comments}, {state})
            self.assertEqual(comments[0].refusal, self.reason if state == "rejected" else None)

    def test_all_that_match_are_decided_on_beyond_the_page(self):
        Comment.objects.bulk_create(
            Comment(article=self.article, author_name="독자", text=text, queued_at=timezone.now())
            for text in ["사세요"] * 40 + ["좋아요"]
        )
        page = choose(
            self.client,
            "mark_spam",
            query="?q=사세요",
            index=0,
            select_across=1,
            _selected_action=0,
        )
        self.assertContains(page, "40 comments: spam.")
        self.assertEqual(Comment.objects.filter(state="pending").get().text, "좋아요")

    def test_no_choice_is_said(self):
        self.waiting()
        self.assertContains(
            choose(self.client, "approve", _selected_action=0), "Choose comments first."
        )

    def test_keep_answers_reports(self):
        comments = [make_comment(self.article) for _ in range(2)]
        for comment in comments:
            reports.report(comment, ["a" * 64], "spam")
        choose(self.client, "keep", *comments)
        self.assertEqual(self.cards(), [])


class InPlaceTests(DeskCase):
    def test_answer_holds_the_card_the_counts_and_what_was_done(self):
        comment, other = self.waiting(), self.waiting()
        data = fields(self.client)
        page = soup(in_place(self.client, f"approve:{comment.pk}", data))
        card = page.select_one(".card")
        self.assertEqual(card["id"], f"comment-{comment.pk}")
        self.assertIn("is-done", card["class"])
        self.assertEqual(page.select_one("[data-count=queued]").text, "1")
        self.assertEqual(page.select_one("[data-said]").text, "두물댁: approved")
        batch = page.select_one("[data-said]")["data-batch"]
        page = soup(in_place(self.client, f"undo:{batch}", data))
        self.assertIn("data-waits", page.select_one(".card").attrs)
        self.assertEqual(page.select_one("[data-count=queued]").text, "2")
        self.assertEqual(self.cards(), [comment, other])
        self.assertFalse(said(self.client.get(URL)))

    def test_decision_takes_few_queries(self):
        comments = [self.waiting(email=f"a{n}@example.com") for n in range(3)]
        data = fields(self.client)
        with self.assertNumQueries(13):
            in_place(self.client, f"spam:{comments[1].pk}", data)


class EmailTests(DeskCase):
    def setUp(self):
        super().setUp()
        self.comment = self.waiting(email="hidden@example.com")

    def allow(self):
        self.user.user_permissions.add(Permission.objects.get(codename="view_contact_email"))

    def test_nobody_without_the_right_sees_or_asks_for_it(self):
        page = self.client.get(URL)
        self.assertNotContains(page, "hidden@")
        self.assertNotContains(page, "reveal:")
        for press_it in (press, in_place):
            data = fields(self.client)
            response = press_it(self.client, f"reveal:{self.comment.pk}", data=data)
            self.assertEqual(response.status_code, 403)
        self.assertFalse(self.comment.events.exists())

    def test_looking_is_logged_and_lasts_for_one_page(self):
        self.allow()
        self.assertNotContains(self.client.get(URL), "hidden@")
        data = fields(self.client)
        for press_it in (press, in_place):
            response = press_it(self.client, f"reveal:{self.comment.pk}", data=data)
            self.assertContains(response, "hidden@example.com", status_code=200)
            self.assertIn("no-store", response["Cache-Control"])
        self.assertEqual([e.action for e in self.comment.events.all()], ["reveal", "reveal"])
        for url in (URL, f"{URL}{self.comment.pk}/change/", "/admin/comments/moderationevent/"):
            self.assertNotContains(self.client.get(url), "hidden@")
        self.assertFalse(any("hidden" in str(cookie) for cookie in self.client.cookies.values()))


class CommentPageTests(DeskCase):
    def test_shows_the_thread_around_and_every_step(self):
        parent = make_comment(self.article, "위의 글")
        comment = self.waiting("가운데 글", parent=parent)
        reply = make_comment(self.article, "아래 글", parent=comment)
        moderation.reject(comment, self.user, reason=self.reason, note="왜냐하면")
        page = self.client.get(f"{URL}{comment.pk}/change/")
        for shown in (
            "위의 글",
            "가운데 글",
            "아래 글",
            self.reason.name,
            "왜냐하면",
            f"#{reply.pk}",
        ):
            self.assertContains(page, shown)

    def test_number_of_queries_is_the_same_however_long_the_log(self):
        comment = self.waiting()
        for state in ("approved", "spam", "approved", "trashed"):
            moderation.change_state(comment, state, self.user)
            make_comment(self.article, parent=comment)
        with self.assertNumQueries(9):
            self.client.get(f"{URL}{comment.pk}/change/")

    def test_buttons_come_back_to_it_and_the_last_step_is_undone_from_it(self):
        comment = self.waiting()
        url = f"{URL}{comment.pk}/change/"
        data = fields(self.client, url=url)
        response = press(self.client, f"approve:{comment.pk}", data=data)
        self.assertEqual(response.url, url)
        page = self.client.get(url)
        button = soup(page).select_one(".decisions [data-undo]")["value"]
        press(self.client, button, data={})
        self.assertEqual(self.state(comment), "pending")
        self.assertFalse(soup(self.client.get(url)).select(".decisions [data-undo]"))

    def test_comment_is_neither_written_nor_changed_nor_deleted(self):
        comment = self.waiting("독자의 말")
        sign_in(boss := Client(), "편집국장")
        for client in (self.client, boss):
            for page in (f"{comment.pk}/change/", f"{comment.pk}/delete/", "add/"):
                response = client.post(f"{URL}{page}", {"text": "남의 말", "post": "yes"})
                self.assertEqual(response.status_code, 403)
            choose(client, "delete_selected", comment)
        self.assertEqual(Comment.objects.get().text, "독자의 말")
        self.assertEqual(self.client.get(f"{URL}999/change/").status_code, 302)


class RoleTests(DeskCase):
    """Who may do what: every address of the desk, for every role, with GET and POST."""

    def setUp(self):
        super().setUp()
        self.comment = self.waiting(email="hidden@example.com")
        moderation.ban(self.comment, "email", self.user)
        Word.objects.create(text="개똥벌레")
        self.event, self.ban = ModerationEvent.objects.get(), Ban.objects.get()

    def client_with(self, *codenames):
        client = Client()
        user = sign_in(client, f"계정 {User.objects.count()}", is_superuser=False)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return client

    def addresses(self):
        """Pairs of an address and what it answers to a moderator (GET, POST)."""
        base, pk = "/admin/comments", self.comment.pk
        return [
            (f"{URL}", 200, 200),
            (f"{URL}{pk}/change/", 200, 403),
            (f"{URL}{pk}/history/", 200, 200),
            (f"{URL}{pk}/delete/", 403, 403),
            (f"{URL}add/", 403, 403),
            (f"{base}/ban/", 200, 200),
            (f"{base}/ban/add/", 200, 200),
            (f"{base}/ban/{self.ban.pk}/change/", 200, 302),
            (f"{base}/moderationevent/", 200, 200),
            (f"{base}/moderationevent/{self.event.pk}/change/", 302, 403),
            (f"{base}/moderationevent/{self.event.pk}/delete/", 403, 403),
            (f"{base}/moderationevent/add/", 403, 403),
            (f"{base}/refusalreason/", 200, 200),
            (f"{base}/refusalreason/add/", 403, 403),
            (f"{base}/refusalreason/{self.reason.pk}/change/", 200, 403),
            (f"{base}/refusalreason/{self.reason.pk}/delete/", 403, 403),
            (f"{base}/ban/{self.ban.pk}/delete/", 200, 302),
            ("/admin/articles/article/", 403, 403),
            ("/admin/articles/article/add/", 403, 403),
            ("/admin/authors/user/", 403, 403),
            ("/admin/authors/author/", 403, 403),
            ("/admin/newsroom/masthead/1/change/", 403, 403),
        ]

    def test_moderator_may_do_this_and_nothing_else(self):
        for url, get, post in self.addresses():
            with self.subTest(url):
                self.assertEqual(self.client.get(url).status_code, get)
                self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, post)
        index = self.client.get("/admin/")
        self.assertNotContains(index, "/admin/articles/")
        self.assertNotContains(index, "/admin/auth")

    def test_others_may_do_nothing(self):
        reporter = self.client_with("view_article", "change_article")
        stranger, reader = Client(), Client()
        reader.force_login(User.objects.create_user("독자"))
        for url, *_answers in self.addresses():
            if "/comments/" not in url:
                continue
            with self.subTest(url):
                self.assertEqual(reporter.get(url).status_code, 403)
                self.assertEqual(reporter.post(url, {"post": "yes"}).status_code, 403)
                for client in (stranger, reader):
                    for response in (client.get(url), client.post(url, {"post": "yes"})):
                        self.assertEqual(response.status_code, 302)
                        self.assertIn("/admin/login/", response.url)
        self.assertEqual(self.state(self.comment), "pending")
        self.assertTrue(Ban.objects.exists())

    def test_who_may_only_look_has_no_buttons_and_presses_none(self):
        looker = self.client_with("view_comment")
        page = looker.get(URL)
        self.assertContains(page, self.comment.text)
        self.assertFalse(soup(page).select("[name=do], [name=action]"))
        self.assertFalse(soup(looker.get(f"{URL}{self.comment.pk}/change/")).select("[name=do]"))
        data = fields(self.client)
        for name in ("approve", "refuse", "spam", "trash", "keep", "pin", "blind", "mask", "ban"):
            response = press(looker, f"{name}:{self.comment.pk}", data=data)
            self.assertEqual(response.status_code, 403)
        self.assertEqual(press(looker, f"undo:{self.event.batch}", data=data).status_code, 403)
        choose(looker, "approve", self.comment)
        self.assertEqual(self.state(self.comment), "pending")
        self.assertTrue(Ban.objects.exists())

    def test_ban_and_word_need_their_own_right(self):
        helper = self.client_with("view_comment", "change_comment")
        data = fields(self.client)
        page = soup(helper.get(URL))
        self.assertFalse(page.select('[value^="ban:"], [value^="word:"], [value^="reveal:"]'))
        for name in ("ban", "word", "reveal"):
            response = press(helper, f"{name}:{self.comment.pk}", data=data)
            self.assertEqual(response.status_code, 403)
        press(helper, f"approve:{self.comment.pk}", data=data)
        self.assertEqual(self.state(self.comment), "approved")


class LogTests(DeskCase):
    URL = "/admin/comments/moderationevent/"

    def test_is_read_and_filtered_and_changed_by_nobody(self):
        comment = self.waiting()
        moderation.reject(comment, self.user, reason=self.reason, note="왜냐하면")
        sign_in(boss := Client(), "편집국장")
        event = ModerationEvent.objects.get()
        for client in (self.client, boss):
            page = client.get(self.URL)
            for shown in ("왜냐하면", self.reason.name, "박순자", f"#{comment.pk}"):
                self.assertContains(page, shown)
            for address in ("add/", f"{event.pk}/change/", f"{event.pk}/delete/"):
                response = client.post(f"{self.URL}{address}", {"post": "yes", "note": "딴 말"})
                self.assertEqual(response.status_code, 403)
            data = {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"}
            client.post(self.URL, data)
        self.assertEqual(ModerationEvent.objects.get().note, "왜냐하면")
        for query, number in (
            (f"?moderator__id__exact={self.user.pk}", 1),
            ("?action__exact=pin", 0),
            ("?after__exact=rejected", 1),
            ("?q=왜냐하면", 1),
        ):
            self.assertEqual(self.client.get(self.URL + query).context["cl"].result_count, number)

    def test_masked_words_are_not_in_it(self):
        comment = self.waiting(f"전화 {PHONE}")
        moderation.mask(comment, PHONE, self.user)
        for url in (self.URL, f"{URL}{comment.pk}/change/"):
            self.assertNotContains(self.client.get(url), PHONE)

    def test_number_of_queries_is_the_same_for_many(self):
        for number in (2, 8):
            for _ in range(number):
                moderation.approve(self.waiting(), self.user)
            with self.assertNumQueries(7):
                self.client.get(self.URL)


class BanAdminTests(DeskCase):
    URL = "/admin/comments/ban/"

    def test_typed_email_is_hashed_and_shown_nowhere(self):
        response = change(self.client, f"{self.URL}add/", email="Spam+1@example.com", note="도배")
        self.assertRedirects(response, self.URL)
        ban = Ban.objects.get()
        self.assertEqual((ban.kind, ban.moderator, ban.note), ("email", self.user, "도배"))
        self.assertNotIn("@", ban.digest)
        for url in (self.URL, f"{self.URL}{ban.pk}/change/", f"{self.URL}{ban.pk}/history/"):
            page = self.client.get(url)
            for hidden in ("@example.com", ban.digest):
                self.assertNotContains(page, hidden)
        response = change(self.client, f"{self.URL}add/", email="spam@example.com")
        self.assertContains(response, "banned already")
        self.assertEqual(Ban.objects.count(), 1)

    def test_ban_gets_an_end_and_lifting_it_is_logged(self):
        moderation.ban(self.waiting(email="spam@example.com"), "email", self.user)
        ban = Ban.objects.get()
        change(
            self.client,
            f"{self.URL}{ban.pk}/change/",
            note="새 메모",
            expires_at_0="2030-06-01",
            expires_at_1="00:00",
        )
        digest = ban.digest
        ban.refresh_from_db()
        self.assertEqual((ban.note, ban.digest, ban.expires_at.year), ("새 메모", digest, 2030))
        self.client.post(f"{self.URL}{ban.pk}/delete/", {"post": "yes"})
        self.assertFalse(Ban.objects.exists())
        self.assertEqual(LogEntry.objects.first().action_flag, 3)
        self.assertEqual(LogEntry.objects.first().user, self.user)


class RuleAdminTests(DeskCase):
    def test_publisher_keeps_the_list_of_reasons_and_takes_none_away(self):
        sign_in(boss := Client(), "편집국장")
        url = "/admin/comments/refusalreason/"
        change(boss, f"{url}add/", name="새 사유", text="싣지 않았습니다.", position="9")
        reason = RefusalReason.objects.get(name="새 사유")
        self.waiting()
        self.assertContains(self.client.get(URL), "새 사유")
        self.assertEqual(boss.post(f"{url}{reason.pk}/delete/", {"post": "yes"}).status_code, 403)
        change(boss, f"{url}{reason.pk}/change/", is_active=None)
        self.assertNotContains(self.client.get(URL), "새 사유")

    def test_masthead_holds_the_rules_for_comments(self):
        sign_in(boss := Client(), "편집국장")
        url = "/admin/newsroom/masthead/1/change/"
        change(boss, url, title="두물머리신문", comments_links_allowed="7", comment_policy="open")
        masthead = Masthead.load()
        self.assertEqual((masthead.comments_links_allowed, masthead.comment_policy), (7, "open"))
        response = change(boss, url, comments_fold_reports="1")
        self.assertTrue(response.context["errors"])
        self.assertContains(boss.get(url), "These rules hold for the whole paper")


class PolicyTests(DeskCase):
    def test_pages_fit_the_content_security_policy(self):
        comment = self.waiting()
        for url in (URL, f"{URL}{comment.pk}/change/", "/admin/comments/moderationevent/"):
            response = self.client.get(url)
            self.assertIn("script-src 'self'", response["Content-Security-Policy"])
            self.assertNotRegex(response.content.decode(), r"<style|\sstyle=|\son[a-z]+=\"")
