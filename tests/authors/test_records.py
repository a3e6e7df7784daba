"""The records: who came in and who did what, for publishers to read."""

from datetime import timedelta

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from authors import records
from authors.models import AccessEvent, User
from tests.authors.test_door import make_staff, sign_in
from tests.factories import make_article
from tests.newsroom.test_admin import SCRIPT

URL = "/admin/authors/accessevent/"
Kind = AccessEvent.Kind


class RecordsTests(TestCase):
    def setUp(self):
        self.user = make_staff("발행인", group="publisher")
        self.client.force_login(self.user)

    def log(self, number=1, flag=CHANGE, user=None, message="고침", text="불 켜진 장터"):
        kind = ContentType.objects.get_for_model(Article)
        LogEntry.objects.bulk_create(
            LogEntry(
                user=user or self.user,
                content_type=kind,
                object_id="1",
                object_repr=text,
                action_flag=flag,
                change_message=message,
                action_time=timezone.now() - timedelta(minutes=number - n),
            )
            for n in range(number)
        )

    def door(self, kind=Kind.SIGNED_IN, user=None, **fields):
        return AccessEvent.objects.create(
            kind=kind, user=user or self.user, name="n" * 64, source="s" * 64, **fields
        )

    def rows(self, query=""):
        return self.client.get(URL + query).context["page"].records

    def test_both_kinds_stand_in_one_list_the_latest_first(self):
        now = timezone.now()
        self.door(at=now - timedelta(hours=3))
        self.log()
        self.door(Kind.FAILED, at=now + timedelta(seconds=1))
        found = [row.what for row in self.rows()]
        self.assertEqual(found[0], Kind.FAILED.label)
        self.assertEqual(found[2], Kind.SIGNED_IN.label)
        self.assertTrue(self.rows()[0].is_failure)

    def test_what_somebody_did_in_the_admin_is_there_with_a_link(self):
        article = make_article(f"장터에 켜진 불 {SCRIPT}")
        kind = ContentType.objects.get_for_model(Article)
        LogEntry.objects.log_actions(
            self.user.pk, [article], CHANGE, [{"changed": {"fields": ["Headline"]}}]
        )
        page = self.client.get(URL)
        self.assertContains(page, f"/admin/articles/article/{article.pk}/change/")
        self.assertNotContains(page, SCRIPT)
        self.assertEqual(LogEntry.objects.get().content_type, kind)
        LogEntry.objects.update(content_type=None)
        self.assertEqual(self.client.get(URL).status_code, 200)
        LogEntry.objects.update(action_flag=DELETION)
        self.assertEqual(self.client.get(URL).status_code, 200)

    def test_filters_narrow_both(self):
        other = make_staff("한도경")
        self.log(flag=ADDITION, user=other)
        self.log(flag=DELETION)
        self.door(user=other)
        self.door(Kind.WRONG_CODE)
        self.door(Kind.FACTOR_ON, at=timezone.now() - timedelta(days=40))
        for query, number in (
            (f"?who={other.pk}", 2),
            ("?what=added", 1),
            ("?what=deleted", 1),
            ("?what=arrivals", 1),
            ("?what=failures", 1),
            ("?what=protection", 1),
            (f"?since={timezone.localdate()}", 4),
            (f"?until={timezone.localdate() - timedelta(days=1)}", 1),
            (f"?who={other.pk}&what=added&since={timezone.localdate()}", 1),
            ("", 5),
        ):
            with self.subTest(query):
                self.assertEqual(len(self.rows(query)), number)

    def test_senseless_filters_are_told_and_show_everything(self):
        self.door()
        for query in ("?who=x", "?what=x", "?since=x", "?until=2026-99-99", "?log=x&door=-1"):
            with self.subTest(query):
                self.assertEqual(len(self.rows(query)), 1)

    def test_pages_hold_every_record_once_without_counting(self):
        self.log(70)
        for number in range(70):
            self.door(at=timezone.now() - timedelta(seconds=90 * number))
        # As they come: the number grows with the time.
        times = sorted(AccessEvent.objects.values_list("at", flat=True))
        for pk, at in zip(AccessEvent.objects.order_by("pk").values_list("pk"), times, strict=True):
            AccessEvent.objects.filter(pk=pk[0]).update(at=at)
        seen, query = [], ""
        for _page in range(4):
            with CaptureQueriesContext(connection) as queries:
                page = self.client.get(URL + query).context
            counts = [q for q in queries.captured_queries if "COUNT(" in q["sql"]]
            self.assertEqual(counts, [])
            seen += [(row.at, row.what, row.pk) for row in page["page"].records]
            if not page["page"].older:
                break
            query = f"?{page['older']}"
        self.assertEqual(len(seen), 140)
        self.assertEqual(len(set(seen)), 140)
        self.assertEqual(seen, sorted(seen, key=lambda row: row[0], reverse=True))

    def test_number_of_queries_holds_when_rows_double(self):
        self.log(5)
        self.door()
        with CaptureQueriesContext(connection) as few:
            self.client.get(URL)
        number = len(few)
        self.log(40)
        for name in range(20):
            self.door(user=make_staff(f"기자{name}"))
        with self.assertNumQueries(number):
            self.client.get(URL)

    def test_no_address_and_no_hash_stands_there(self):
        sign_in(Client(), "발행인", "아닌 것", address="203.0.113.9")
        page = self.client.get(URL)
        self.assertNotContains(page, "203.0.113")
        self.assertNotContains(page, AccessEvent.objects.get().source)

    def test_nobody_changes_or_deletes_a_record(self):
        event = self.door()
        for path in ("add/", f"{event.pk}/delete/"):
            self.assertEqual(self.client.post(URL + path, {"post": "yes"}).status_code, 403)
        self.assertRedirects(self.client.post(f"{URL}{event.pk}/change/", {"kind": "out"}), URL)
        event.refresh_from_db()
        self.assertEqual(event.kind, Kind.SIGNED_IN)

    def test_others_do_not_read_them(self):
        for group in ("reporter", "editor", "moderator"):
            user = User.objects.create_user(group, is_staff=True)
            user.groups.add(Group.objects.get_or_create(name=group)[0])
            client = Client()
            client.force_login(user)
            self.assertEqual(client.get(URL).status_code, 403, group)
            self.assertNotContains(client.get("/admin/"), URL)
        self.assertContains(self.client.get("/admin/"), URL)

    def test_libraries_put_nothing_into_the_admin(self):
        client = Client()
        client.force_login(User.objects.create_superuser("관리자"))
        page = client.get("/admin/")
        for name in ("otp_totp", "otp_static", "django_tasks"):
            self.assertNotContains(page, name)
        self.assertEqual(records.PAGE, 50)
