"""The first page of the admin: what waits for whoever signs in, and for nobody else."""

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from articles import revisions
from articles.models import Correction
from tests.factories import make_account, make_article, make_author, make_comment

URL = "/admin/"


@override_settings(LANGUAGE_CODE="en")
class DashboardTests(TestCase):
    def setUp(self):
        self.reporter = make_account("한도경", "reporter")
        make_author(user=self.reporter)
        self.editor = make_account("윤서하", "editor")

    def page(self, user):
        self.client.force_login(user)
        return self.client.get(URL)

    def make_draft(self, headline, **fields):
        return make_article(headline, **{"state": "draft", "published_at": None, **fields})

    def fill(self):
        """Let one of everything wait, twice: a reporter's own and another's."""
        for name, owner in (("내", self.reporter), ("남의", None)):
            self.make_draft(f"{name} 초고", created_by=owner)
            self.make_draft(f"{name} 검토 기사", state="review", created_by=owner)
            make_article(f"{name} 예약 기사", hours_ago=-30, created_by=owner)
            public = make_article(f"{name} 게시 기사", created_by=owner)
            typed = {**revisions.current(public), "headline": f"{name} 고친 제목"}
            revisions.save(public, typed, self.editor, 0)
            make_comment(public, "한마디")
            make_comment(public, "기다리는 말", state="pending")
            Correction.objects.create(
                article=public,
                published_at=None,
                requested_at=timezone.now(),
                requested_by=f"{name} 독자",
            )

    def test_reporter_sees_own_articles_alone(self):
        self.fill()
        page = self.page(self.reporter)
        for text in ("내 초고", "내 검토 기사", "내 예약 기사", "내 게시 기사"):
            self.assertContains(page, text)
        for text in ("남의 초고", "남의 검토 기사", "남의 예약 기사", "내 독자", "고친 제목"):
            self.assertNotContains(page, text)
        self.assertContains(page, "Mine in review")
        self.assertContains(page, "남의 게시 기사")  # discussed today, and public
        self.assertNotContains(page, "/admin/comments/comment/")

    def test_editor_sees_what_waits_for_the_desk(self):
        self.fill()
        own = self.make_draft("편집자 초고", created_by=self.editor)
        page = self.page(self.editor)
        texts = ("내 검토 기사", "남의 검토 기사", "내 예약 기사", "남의 예약 기사", "남의 독자")
        for text in (*texts, own.headline, "state=changed"):
            self.assertContains(page, text)
        self.assertNotContains(page, "남의 초고")
        self.assertNotContains(page, "/admin/comments/comment/")

    def test_moderator_sees_how_many_comments_wait(self):
        self.fill()
        page = self.page(make_account("박순자", "moderator"))
        self.assertContains(page, "<b>2</b>")
        self.assertContains(page, "내 게시 기사")
        for text in ("초고", "검토 기사", "예약 기사", "독자", "/admin/articles/"):
            self.assertNotContains(page, text)

    def test_others_see_nothing_of_it(self):
        self.fill()
        page = self.page(make_account("직원"))
        self.assertEqual(page.status_code, 200)
        for text in ("초고", "기사", "독자"):
            self.assertNotContains(page, f"내 {text}")

    def test_nothing_waits(self):
        for user in (self.reporter, self.editor):
            page = self.page(user)
            for text in ("No drafts.", "Nothing waits for review.", "Nothing is scheduled."):
                self.assertContains(page, text)

    def test_requests_tell_the_days_that_are_left(self):
        article = make_article()
        for days, expected in ((0, "3 days left"), (2, "1 day left"), (3, "due today")):
            request = Correction.objects.create(
                article=article,
                published_at=None,
                requested_at=timezone.now() - timedelta(days=days),
            )
            self.assertContains(self.page(self.editor), expected)
            request.requested_at -= timedelta(days=9)
            request.save()
            self.assertContains(self.page(self.editor), "overdue")
            request.is_accepted, request.requested_at = True, timezone.now() - timedelta(days=5)
            request.save()
            self.assertContains(self.page(self.editor), "2 days left")
            request.published_at, request.text = timezone.now(), "바로잡습니다."
            request.save()
            self.assertNotContains(self.page(self.editor), "days left")

    def test_most_discussed_counts_the_comments_of_today(self):
        quiet, loud, old = (
            make_article("조용한 글"),
            make_article("시끄러운 글"),
            make_article("옛 글"),
        )
        make_comment(quiet)
        for _number in range(3):
            make_comment(loud)
            make_comment(old, created_at=timezone.now() - timedelta(days=2))
            make_comment(quiet, state="pending")
        page = self.page(self.editor)
        self.assertContains(page, "3 comments today")
        self.assertContains(page, "1 comment today")
        self.assertNotContains(page, "옛 글")
        text = page.content.decode()
        self.assertLess(text.index("시끄러운 글"), text.index("조용한 글"))

    def test_takes_at_most_fifteen_queries_however_much_waits(self):
        chief = make_account("주은결", "publisher", "moderator")
        for _number in range(2):
            self.fill()
            self.client.force_login(chief)
            with self.assertNumQueries(13):
                self.client.get(URL)
