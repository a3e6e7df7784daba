"""Readers say what is wrong with a comment."""

from django.test import Client, TestCase

from comments import moderation
from comments.models import Report
from tests.comments.posting import token
from tests.factories import make_article, make_comment


class ReportTests(TestCase):
    def setUp(self):
        self.comment = make_comment(make_article(), "누군가의 말")
        self.url = f"/comments/{self.comment.pk}/report/"

    def report(self, reason="abuse", client=None, follow=False, **data):
        data = {"reason": reason, "token": token(f"report.{self.comment.pk}"), **data}
        return (client or self.client).post(self.url, data, follow=follow)

    def count(self):
        self.comment.refresh_from_db()
        return self.comment.report_count

    def test_page_shows_the_comment_and_every_reason(self):
        page = self.client.get(self.url)
        self.assertContains(page, "누군가의 말")
        self.assertContains(page, 'type="radio"', count=len(Report.Reason))

    def test_report_is_kept_and_its_sender_thanked(self):
        response = self.report(note="욕이 있습니다.", follow=True)
        self.assertContains(response, "신고해 주셔서 고맙습니다")
        report = Report.objects.get()
        self.assertEqual((report.reason, report.note), ("abuse", "욕이 있습니다."))
        self.assertEqual(self.count(), 1)
        self.assertIsNotNone(self.comment.queued_at)
        self.assertEqual(self.comment.state, "approved")

    def test_many_reports_of_one_source_are_one(self):
        for _ in range(20):
            self.assertEqual(self.report().status_code, 302)
        self.assertEqual((Report.objects.count(), self.count()), (1, 1))
        self.report(client=Client(REMOTE_ADDR="198.51.100.1"))
        self.assertEqual(self.count(), 2)

    def test_claim_of_rights_after_a_report_is_not_lost(self):
        self.report()
        self.report("rights", note="제 이름을 함부로 썼습니다.", email="me@example.com")
        report = Report.objects.get()
        self.assertEqual((report.reason, report.email), ("rights", "me@example.com"))
        self.assertIn("제 이름을", report.note)
        self.assertEqual(self.count(), 1)

    def test_after_a_moderator_looked_one_may_report_anew(self):
        self.report()
        moderation.keep([self.comment])
        self.assertEqual(self.count(), 0)
        self.report()
        self.assertEqual(self.count(), 1)

    def test_what_was_typed_comes_back_with_the_reason(self):
        cases = (
            {"reason": ""},
            {"reason": "unknown"},
            {"token": "forged"},
            {"token": token("report.0")},
            {"email": "no address"},
            {"reason": "rights"},
        )
        for changes in cases:
            with self.subTest(changes):
                data = {"reason": "abuse", "note": "길게 쓴 까닭", **changes}
                response = self.report(**data)
                self.assertContains(response, "길게 쓴 까닭", status_code=422)
                self.assertContains(response, 'role="alert"', status_code=422)
        self.assertEqual(Report.objects.count(), 0)
        self.assertEqual(self.report(note="길게 쓴 까닭").status_code, 302)

    def test_hidden_comment_takes_no_reports(self):
        moderation.trash(self.comment)
        self.assertEqual(self.client.get(self.url).status_code, 404)
        self.assertEqual(self.report().status_code, 404)
        self.assertEqual(self.client.get(f"{self.url}?done").status_code, 200)
