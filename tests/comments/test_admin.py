"""The moderators' desk."""

from django.contrib.auth.models import Permission
from django.test import Client, TestCase, override_settings

from comments import moderation
from comments.models import Comment, ModerationEvent
from tests.factories import make_article, make_comment
from tests.newsroom.test_admin import HANGUL, SCRIPT, sign_in

URL = "/admin/comments/comment/"


def decide(client, action, *comments, query=""):
    """Run an action of the list on `comments` and follow it."""
    data = {"action": action, "_selected_action": [comment.pk for comment in comments]}
    return client.post(f"{URL}{query}", data, follow=True)


@override_settings(LANGUAGE_CODE="en")
class ModerationDeskTests(TestCase):
    def setUp(self):
        self.user = sign_in(self.client, "조정자", is_superuser=False)
        rights = Permission.objects.filter(codename__in=["view_comment", "change_comment"])
        self.user.user_permissions.set(rights)
        self.article = make_article(HANGUL)

    def waiting(self, text="기다리는 댓글", **fields):
        return make_comment(self.article, text, state="pending", **fields)

    def test_list_shows_what_waits_the_oldest_first(self):
        first, second = self.waiting("먼저"), self.waiting("나중")
        make_comment(self.article, "벌써 보이는 글")
        rows = list(self.client.get(URL).context["cl"].result_list)
        self.assertEqual(rows, [first, second])
        everything = self.client.get(f"{URL}?state=all").context["cl"]
        self.assertEqual(everything.result_count, 3)
        approved = self.client.get(f"{URL}?state=approved").context["cl"]
        self.assertEqual(approved.result_count, 1)

    def test_strings_come_out_as_text_and_the_email_never(self):
        parent = make_comment(self.article, HANGUL, author_name="<b>나</b>", email="a@example.com")
        reply = self.waiting(HANGUL, parent=parent, email="secret@example.com")
        for url in (URL, f"{URL}{reply.pk}/change/", f"{URL}{parent.pk}/change/"):
            response = self.client.get(url)
            self.assertContains(response, "한글 각")
            for hidden in (SCRIPT, "<b>나</b>", "@example.com"):
                self.assertNotContains(response, hidden)

    def test_list_takes_as_many_queries_for_twice_the_rows(self):
        parent = make_comment(self.article)
        for number in range(10):
            make_comment(make_article(), f"댓글 {number}", state="pending", parent=parent)
            if number == 4:
                with self.assertNumQueries(7):
                    self.client.get(URL)
        with self.assertNumQueries(7):
            self.client.get(URL)

    def test_log_takes_one_query_however_long(self):
        comment = self.waiting()
        for state in ("approved", "spam", "approved", "trashed"):
            moderation.change_state(comment, state, self.user)
        with self.assertNumQueries(7):
            response = self.client.get(f"{URL}{comment.pk}/change/")
        self.assertContains(response, "조정자", count=5)

    def test_approval_counts_logs_and_says_how_many(self):
        parent = make_comment(self.article)
        replies = [self.waiting(parent=parent), self.waiting(parent=parent)]
        response = decide(self.client, "approve", *replies)
        self.assertContains(response, "2 comments: approved.")
        self.article.refresh_from_db()
        parent.refresh_from_db()
        self.assertEqual((self.article.comment_count, parent.reply_count), (3, 2))
        self.assertEqual(ModerationEvent.objects.filter(moderator=self.user).count(), 2)
        response = decide(self.client, "trash", replies[0], query="?state=approved")
        self.assertContains(response, "1 comment: trashed.")
        self.article.refresh_from_db()
        self.assertEqual(self.article.comment_count, 2)

    def test_each_action_gives_its_state(self):
        for action, state in (("reject", "rejected"), ("mark_spam", "spam"), ("trash", "trashed")):
            comment = self.waiting()
            decide(self.client, action, comment)
            comment.refresh_from_db()
            self.assertEqual(comment.state, state)
        self.article.refresh_from_db()
        self.assertEqual(self.article.comment_count, 0)

    def test_second_moderator_changes_nothing_twice(self):
        comment, other = self.waiting(), Client()
        sign_in(other, "둘째 조정자")
        decide(other, "approve", comment)
        for query in ("", "?state=all"):
            response = decide(self.client, "approve", comment, query=query)
            self.assertContains(response, "Nothing changed")
        self.article.refresh_from_db()
        self.assertEqual(self.article.comment_count, 1)
        self.assertEqual(comment.events.count(), 1)

    def test_what_its_author_took_back_stays_away(self):
        comment = make_comment(self.article, state="deleted")
        response = decide(self.client, "approve", comment, query="?state=all")
        self.assertContains(response, "Nothing changed")
        comment.refresh_from_db()
        self.assertEqual(comment.state, "deleted")

    def test_comment_is_neither_written_nor_changed_nor_deleted_here(self):
        comment = self.waiting("독자의 말")
        url = f"{URL}{comment.pk}/"
        self.client.force_login(self.user)
        self.assertContains(self.client.get(f"{url}change/"), "독자의 말")
        for address in (f"{url}change/", f"{url}delete/", f"{URL}add/"):
            response = self.client.post(address, {"text": "남의 말", "post": "yes"})
            self.assertEqual(response.status_code, 403)
        decide(self.client, "delete_selected", comment)
        self.assertEqual(Comment.objects.get().text, "독자의 말")

    def test_deletion_and_editing_are_refused_to_superusers_too(self):
        comment = self.waiting()
        sign_in(self.client)
        for page in ("change", "delete"):
            response = self.client.post(f"{URL}{comment.pk}/{page}/", {"post": "yes"})
            self.assertEqual(response.status_code, 403)

    def test_who_may_only_look_has_no_actions(self):
        comment = self.waiting()
        self.user.user_permissions.set(Permission.objects.filter(codename="view_comment"))
        self.assertEqual(self.client.get(URL).status_code, 200)
        decide(self.client, "approve", comment)
        comment.refresh_from_db()
        self.assertEqual(comment.state, "pending")
