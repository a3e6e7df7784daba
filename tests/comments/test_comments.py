"""Comments: written by guests, held, approved, read in threads."""

import re

from django.test import Client, TestCase

from comments import moderation
from comments.models import Comment, Contact, ModerationEvent
from newsroom.forms import make_token
from tests.factories import make_article, make_comment


class WritingTests(TestCase):
    def setUp(self):
        self.article = make_article()
        self.url = f"/articles/{self.article.pk}/comments/"

    def data(self, **changes):
        return {
            "author_name": "두물댁",
            "email": "reader@example.com",
            "text": "잘 읽었습니다.",
            "consent": "on",
            "token": make_token(f"comment.{self.article.pk}"),
            **changes,
        }

    def test_comment_waits_and_its_writer_is_told(self):
        response = self.client.post(self.url, self.data(), follow=True)
        self.assertContains(response, "댓글이 접수됐습니다")
        self.assertContains(response, "잘 읽었습니다.")
        comment = Comment.objects.get()
        self.assertEqual(comment.state, "pending")
        self.assertNotContains(self.client.get(self.article.get_absolute_url()), "잘 읽었습니다.")
        self.assertEqual(self.client.get(comment.get_absolute_url()).status_code, 404)
        moderation.approve(comment)
        self.assertContains(self.client.get(self.article.get_absolute_url()), "잘 읽었습니다.")
        self.assertContains(self.client.get(comment.get_absolute_url()), "잘 읽었습니다.")

    def test_what_was_typed_comes_back_with_the_reason(self):
        cases = {
            "email": ("이메일 아님", "이메일 주소가 아닌 것 같습니다"),
            "author_name": ("", "이름이나 별명을 적어 주세요"),
            "text": ("   ", "댓글 내용을 적어 주세요"),
            "consent": ("", "동의하지 않으시면"),
            "token": ("forged", "페이지를 연 지 오래됐습니다"),
        }
        for field, (value, reason) in cases.items():
            with self.subTest(field):
                data = self.data(**{field: value})
                if field != "text":
                    data["text"] = "길게 쓴 소중한 글"
                response = self.client.post(self.url, data)
                self.assertContains(response, reason, status_code=422)
                if field != "text":
                    self.assertContains(response, "길게 쓴 소중한 글", status_code=422)
        self.assertEqual(Comment.objects.count(), 0)
        self.assertEqual(self.client.post(self.url, self.data()).status_code, 302)

    def test_same_form_sent_twice_is_one_comment(self):
        first = self.client.post(self.url, data := self.data())
        second = self.client.post(self.url, data)
        self.assertEqual(first.url.split(":")[0], second.url.split(":")[0])
        self.assertEqual(Comment.objects.count(), 1)
        self.client.post(self.url, self.data(text="다른 글"))
        self.assertEqual(Comment.objects.count(), 2)

    def test_other_sites_cannot_post_and_ours_can(self):
        client = Client(enforce_csrf_checks=True)
        for headers in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
        ):
            with self.subTest(headers):
                response = client.post(self.url, self.data(), headers=headers)
                self.assertEqual(response.status_code, 403)
        response = client.post(self.url, self.data(), headers={"sec-fetch-site": "same-origin"})
        self.assertEqual(response.status_code, 302)

    def test_closed_article_takes_none_and_keeps_what_was_typed(self):
        self.article.comment_policy = "closed"
        self.article.save()
        make_comment(self.article, "먼저 쓴 댓글")
        response = self.client.post(self.url, self.data())
        self.assertContains(response, "댓글은 닫혔습니다", status_code=422)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "먼저 쓴 댓글")
        self.assertNotContains(page, '<form class="comment-form"')

    def test_hidden_comments_are_nowhere(self):
        comment = make_comment(self.article, "숨은 댓글")
        self.assertContains(self.client.get("/feeds/comments.xml"), "숨은 댓글")
        self.article.comment_policy = "hidden"
        self.article.save()
        self.assertNotContains(self.client.get(self.article.get_absolute_url()), "숨은 댓글")
        for address in (self.url, comment.get_absolute_url()):
            self.assertEqual(self.client.get(address).status_code, 404)
        self.assertNotContains(self.client.get("/feeds/comments.xml"), "숨은 댓글")
        self.assertNotContains(self.client.get("/"), "숨은 댓글")

    def test_draft_takes_no_comments(self):
        self.article.state = "draft"
        self.article.save()
        self.assertEqual(self.client.post(self.url, self.data()).status_code, 404)

    def test_email_is_kept_apart_and_shown_nowhere(self):
        self.client.post(self.url, self.data(email="canary@example.com"))
        comment = Comment.objects.get()
        moderation.approve(comment)
        self.assertEqual(Contact.objects.get().email, "canary@example.com")
        for address in (
            "/",
            self.article.get_absolute_url(),
            self.url,
            comment.get_absolute_url(),
            "/feeds/comments.xml",
            f"/feeds/articles/{self.article.pk}/comments.xml",
        ):
            with self.subTest(address):
                self.assertNotContains(self.client.get(address), "canary@example.com")

    def test_reply_form_without_script_answers_the_comment(self):
        parent = make_comment(self.article, "물음이 있습니다.")
        page = self.client.get(self.url, {"reply_to": parent.pk})
        self.assertContains(page, "두물댁 님에게 답글")
        self.client.post(self.url, self.data(parent=parent.pk))
        reply = Comment.objects.latest("pk")
        self.assertEqual((reply.parent, reply.root, reply.depth), (parent, parent, 1))
        other = make_comment(make_article(), "다른 기사의 댓글")
        response = self.client.post(self.url, self.data(parent=other.pk, text="엉뚱한 답"))
        self.assertEqual(response.status_code, 422)

    def test_forged_status_address_is_404(self):
        self.assertEqual(self.client.get("/comments/status/abc/").status_code, 404)


class ThreadTests(TestCase):
    def setUp(self):
        self.article = make_article()

    def test_replies_stand_below_what_they_answer(self):
        first = make_comment(self.article, "첫째")
        second = make_comment(self.article, "둘째")
        make_comment(self.article, "첫째의 답", parent=first)
        html = self.client.get(self.article.get_absolute_url()).content.decode()
        order = [html.index(f'id="comment-{pk}"') for pk in (second.pk, first.pk, first.pk + 2)]
        self.assertEqual(order, sorted(order))

    def test_lists_are_balanced_at_any_depth(self):
        parent = None
        for number in range(40):
            parent = make_comment(self.article, f"답 {number}", parent=parent)
            if number % 7 == 3:
                make_comment(self.article, "곁가지", parent=parent)
        url = f"/articles/{self.article.pk}/comments/"
        for address in (url, f"/comments/{self.article.comments.earliest('pk').pk}/"):
            html = self.client.get(address).content.decode()
            self.assertEqual(html.count("<ol"), html.count("</ol>"))
            self.assertEqual(len(re.findall(r"<li\b", html)), html.count("</li>"))

    def test_hidden_comment_with_replies_leaves_its_place(self):
        first = make_comment(self.article, "지워질 말")
        make_comment(self.article, "남을 답", parent=first)
        moderation.trash(first)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "표시하지 않는 댓글입니다")
        self.assertContains(page, "남을 답")
        self.assertNotContains(page, "지워질 말")

    def test_roots_page_by_key_and_none_is_lost_while_others_arrive(self):
        for number in range(45):
            make_comment(self.article, f"댓글 {number}")
        expected = set(Comment.objects.values_list("pk", flat=True))
        seen, before = [], ""
        while True:
            query = f"?before={before}" if before else ""
            page = self.client.get(f"/articles/{self.article.pk}/comments/{query}")
            thread = page.context["thread"]
            seen += [comment.pk for comment in thread.comments]
            make_comment(self.article, "새로 온 댓글")
            before = thread.next_before
            if not before:
                break
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(set(seen), expected)

    def test_number_of_queries_is_the_same_for_few_and_many(self):
        root = make_comment(self.article)
        make_comment(self.article, parent=root)
        url = f"/articles/{self.article.pk}/comments/"
        with self.assertNumQueries(5):
            self.client.get(url)
        for _ in range(30):
            root = make_comment(self.article)
            for _ in range(3):
                make_comment(self.article, parent=root)
        with self.assertNumQueries(5):
            self.client.get(url)

    def test_only_the_first_replies_are_shown_with_a_way_to_the_rest(self):
        root = make_comment(self.article)
        for number in range(15):
            make_comment(self.article, f"답글 {number:02}", parent=root)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "답글 09")
        self.assertNotContains(page, "답글 10")
        self.assertContains(page, "답글 모두 보기")
        self.assertContains(self.client.get(root.get_absolute_url()), "답글 14")

    def test_markup_is_text_and_links_pass_no_credit(self):
        make_comment(self.article, "<b onclick=x>굵게</b>\n> 인용\nhttps://example.com/a?b=1&c=2")
        html = self.client.get(self.article.get_absolute_url()).content.decode()
        self.assertIn("&lt;b onclick=x&gt;굵게", html)
        self.assertIn("<q>인용</q>", html)
        self.assertIn('rel="nofollow ugc noopener"', html)


class ModerationTests(TestCase):
    def test_counters_follow_every_change_and_back(self):
        article = make_article()
        root = make_comment(article)
        reply = make_comment(article, parent=root, state="pending")
        changes = ["approved", "spam", "approved", "trashed", "rejected", "approved"]
        for state in changes:
            moderation.change_state(reply, state)
            article.refresh_from_db()
            root.refresh_from_db()
            visible = state == "approved"
            self.assertEqual(article.comment_count, 1 + visible)
            self.assertEqual(root.reply_count, int(visible))
        self.assertEqual(ModerationEvent.objects.filter(comment=reply).count(), len(changes))

    def test_of_two_moderators_one_changes_and_one_is_told(self):
        comment = make_comment(make_article(), state="pending")
        again = Comment.objects.get(pk=comment.pk)
        self.assertTrue(moderation.approve(comment))
        self.assertFalse(moderation.approve(again))
        self.assertEqual(Comment.objects.get().article.comment_count, 1)
