"""The front page as an editor lays it out, and the page on which it is laid out."""

from datetime import timedelta

import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Placement
from authors.models import User
from tests.factories import make_article, make_photo, make_section
from tests.newsroom.test_admin import SCRIPT, typed

URL, PREVIEW = "/admin/articles/placement/", "/admin/articles/placement/preview/"


def local(moment):
    """Return a time as a browser's field sends it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def top(context):
    """Return the articles at the top of the page, in their order."""
    return [context["lead"], *context["below_lead"], *context["tops"]]


class FrontPageTests(TestCase):
    """What readers get."""

    @classmethod
    def setUpTestData(cls):
        cls.photo = make_photo()
        section = make_section()
        cls.articles = [
            make_article(f"{number}번째 글", hero=cls.photo, section=section, hours_ago=number + 1)
            for number in range(20)
        ]

    def front(self):
        return self.client.get("/").context

    def place(self, number, position=0, **fields):
        fields.setdefault("starts_at", timezone.now() - timedelta(hours=1))
        return Placement.objects.create(article=self.articles[number], position=position, **fields)

    def test_nothing_placed_gives_the_newest(self):
        self.assertEqual(top(self.front()), self.articles[:13])

    def test_placed_articles_stand_first_in_their_order_and_the_newest_fill_up(self):
        self.place(9, 1)
        self.place(15, 0)
        self.place(2, 2)
        rest = [a for n, a in enumerate(self.articles) if n not in (9, 15, 2)]
        expected = [self.articles[15], self.articles[9], self.articles[2], *rest[:10]]
        self.assertEqual(top(self.front()), expected)

    def test_article_without_a_picture_may_lead(self):
        plain = make_article("사진 없는 글", hours_ago=30)
        Placement.objects.create(article=plain)
        self.assertEqual(self.front()["lead"], plain)

    def test_only_places_whose_time_it_is_count(self):
        now = timezone.now()
        self.place(9, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
        self.assertEqual(self.front()["lead"], self.articles[0])
        with time_machine.travel(now + timedelta(minutes=90)):
            self.assertEqual(self.front()["lead"], self.articles[9])
        with time_machine.travel(now + timedelta(hours=3)):
            self.assertEqual(self.front()["lead"], self.articles[0])

    def test_place_of_what_readers_may_not_see_is_skipped(self):
        place = self.place(9)
        later = timezone.now() + timedelta(hours=1)
        for fields in (
            {"state": "draft"},
            {"state": "withdrawn", "withdrawn_at": timezone.now()},
            {"state": "published", "published_at": later},
        ):
            Article.objects.filter(pk=place.article_id).update(**fields)
            with self.subTest(fields):
                self.assertNotIn(place.article, top(self.front()))
                self.assertNotContains(self.client.get("/"), place.article.headline)
        with time_machine.travel(later + timedelta(minutes=1)):
            self.assertEqual(self.front()["lead"], place.article)

    def test_no_article_stands_there_twice_however_many_are_placed(self):
        for number in range(20):
            self.place(19 - number, number)
        front = self.front()
        everything = top(front) + [a for s in front["sections"] for a in s.newest]
        self.assertEqual(len({article.pk for article in everything}), len(everything))
        self.assertEqual(top(front), self.articles[19:6:-1])

    def test_places_cost_no_more_queries(self):
        with CaptureQueriesContext(connection) as queries:
            self.client.get("/")
        number = len(queries)
        self.assertLessEqual(number, 10)
        for position in range(12):
            self.place(position, position)
        with self.assertNumQueries(number):
            self.client.get("/")


class LayoutTests(TestCase):
    """The page on which it is laid out."""

    @classmethod
    def setUpTestData(cls):
        cls.articles = [make_article(f"{n}번째 글", hours_ago=n + 1) for n in range(6)]
        cls.editor = User.objects.create_user("윤서하", is_staff=True)
        cls.editor.groups.add(Group.objects.get_or_create(name="editor")[0])

    def setUp(self):
        self.client.force_login(self.editor)

    def form(self, response=None):
        """Return what the form on the page would send."""
        response = response or self.client.get(URL)
        data = typed(response, "form[data-front]")
        data["place"] = [place.article.pk for place in response.context["places"]]
        return data

    def press(self, data, wish):
        return self.client.post(URL, {**data, "do": wish})

    def add(self, *numbers, **times):
        """Add articles and save."""
        data = self.form()
        for number in numbers:
            data = self.form(self.press(data, f"add:{self.articles[number].pk}"))
        return self.press({**data, **times}, "save")

    def order(self):
        return [self.articles.index(place.article) for place in Placement.objects.all()]

    def shown(self, response):
        return [self.articles.index(place.article) for place in response.context["places"]]

    def test_articles_are_added_and_saved_in_order(self):
        self.assertRedirects(self.add(3, 1), URL)
        self.assertEqual(self.order(), [3, 1])
        self.assertEqual(
            top(self.client.get("/").context)[:2], [self.articles[3], self.articles[1]]
        )
        entry = LogEntry.objects.get()
        self.assertEqual(entry.user, self.editor)
        self.assertIn("1. 3번째 글", entry.change_message)

    def test_buttons_move_without_saving(self):
        self.add(0, 1, 2)
        data = self.form()
        for wish, number, expected in (
            ("down", 0, [1, 0, 2]),
            ("up", 2, [0, 2, 1]),
            ("top", 2, [2, 0, 1]),
            ("up", 0, [0, 1, 2]),
            ("down", 2, [0, 1, 2]),
            ("remove", 1, [0, 2]),
        ):
            with self.subTest(wish=wish, number=number):
                response = self.press(data, f"{wish}:{self.articles[number].pk}")
                self.assertEqual(self.shown(response), expected)
        self.assertEqual(self.order(), [0, 1, 2])
        self.press(self.form(self.press(data, f"top:{self.articles[2].pk}")), "save")
        self.assertEqual(self.order(), [2, 0, 1])

    def test_moving_keeps_what_was_typed(self):
        self.add(0, 1)
        typed_time = local(timezone.now() + timedelta(days=1))
        data = {**self.form(), f"place-{self.articles[0].pk}-ends_at": typed_time}
        moved = self.form(self.press(data, f"down:{self.articles[0].pk}"))
        self.assertEqual(moved[f"place-{self.articles[0].pk}-ends_at"], typed_time)

    def test_times_are_kept(self):
        begin, end = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=9)
        name = f"place-{self.articles[0].pk}"
        self.add(0, **{f"{name}-starts_at": local(begin), f"{name}-ends_at": local(end)})
        place = Placement.objects.get()
        self.assertEqual((local(place.starts_at), local(place.ends_at)), (local(begin), local(end)))
        self.assertNotEqual(self.client.get("/").context["lead"], None)

    def test_empty_beginning_means_now_and_empty_end_for_good(self):
        name = f"place-{self.articles[4].pk}"
        self.add(4, **{f"{name}-starts_at": "", f"{name}-ends_at": ""})
        self.assertEqual(self.client.get("/").context["lead"], self.articles[4])
        self.assertIsNone(Placement.objects.get().ends_at)

    def test_senseless_times_are_refused_and_come_back(self):
        name = f"place-{self.articles[0].pk}"
        now = timezone.now()
        for starts_at, ends_at in (
            (local(now), local(now - timedelta(hours=1))),
            (local(now), local(now)),
            ("어제", ""),
            ("", "2026-13-40T99:00"),
            ("", local(now - timedelta(days=1))),
        ):
            with self.subTest(starts_at=starts_at, ends_at=ends_at):
                times = {f"{name}-starts_at": starts_at, f"{name}-ends_at": ends_at}
                response = self.add(0, **times)
                self.assertContains(response, "errorlist")
                self.assertEqual(self.form(response)[f"{name}-ends_at"], ends_at)
        self.assertFalse(Placement.objects.exists())

    def test_search_offers_public_and_scheduled_articles_that_have_no_place(self):
        make_article("초고 글", state="draft", published_at=None)
        make_article("철회된 글", state="withdrawn", withdrawn_at=timezone.now())
        scheduled = make_article("내일 나갈 글", published_at=timezone.now() + timedelta(days=1))
        self.add(2)
        response = self.press({**self.form(), "q": "글"}, "search")
        found = [article.headline for article in response.context["found"]]
        self.assertEqual(found[0], scheduled.headline)
        self.assertEqual(len(found), 6)
        self.assertNotIn("2번째 글", found)
        one = self.press({**self.form(), "q": "내일 글"}, "search")
        self.assertEqual(list(one.context["found"]), [scheduled])
        none = self.press({**self.form(), "q": "없는 말"}, "search")
        self.assertEqual(list(none.context["found"]), [])

    def test_draft_cannot_be_added_nor_what_is_not_there(self):
        draft = make_article("초고", state="draft", published_at=None)
        for key in (draft.pk, 99999, "x", "-1", "9" * 40, ""):
            response = self.press(self.form(), f"add:{key}")
            self.assertEqual(response.context["places"], [])

    def test_odd_form_gets_a_proper_page(self):
        for data in (
            {},
            {"do": "up:1"},
            {"do": "save", "place": ["x", "0", "-3", "9" * 30, str(self.articles[0].pk)] * 2},
            {"do": "x" * 500, "q": "\x00" * 3},
            {"place": str(self.articles[0].pk), "do": f"up:{self.articles[0].pk}"},
        ):
            with self.subTest(data):
                self.assertEqual(self.client.post(URL, data).status_code, 200)

    def test_second_editor_overwrites_nothing_unseen(self):
        first = self.form()
        self.add(1)
        data = self.form(self.press(first, f"add:{self.articles[2].pk}"))
        response = self.press(data, "save")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.order(), [1])
        self.assertContains(response, "1번째 글")
        self.assertEqual(self.shown(response), [2])
        self.assertRedirects(self.press(self.form(response), "save"), URL)
        self.assertEqual(self.order(), [2])

    def test_places_that_are_over_go_with_the_next_save(self):
        hour = timedelta(hours=1)
        now = timezone.now()
        Placement.objects.create(
            article=self.articles[5], starts_at=now - 2 * hour, ends_at=now - hour
        )
        self.assertEqual(self.client.get(URL).context["places"], [])
        self.add(0)
        self.assertEqual(self.order(), [0])

    def test_page_says_why_an_article_is_not_shown(self):
        self.add(0)
        Article.objects.filter(pk=self.articles[0].pk).update(
            state="withdrawn", withdrawn_at=timezone.now()
        )
        [place] = self.client.get(URL).context["places"]
        self.assertFalse(place.is_due)
        self.assertContains(self.client.get(URL), "is-waiting")

    def test_preview_shows_what_is_not_saved_to_nobody_else(self):
        self.add(1)
        data = self.form(self.press(self.form(), f"add:{self.articles[5].pk}"))
        data = self.form(self.press(data, f"top:{self.articles[5].pk}"))
        response = self.client.post(PREVIEW, data)
        self.assertEqual(top(response.context)[:2], [self.articles[5], self.articles[1]])
        self.assertTemplateUsed(response, "newsroom/front_page.html")
        self.assertEqual(response["X-Robots-Tag"], "noindex")
        self.assertIn("no-store", response["Cache-Control"])
        self.assertEqual(self.client.get("/").context["lead"], self.articles[1])
        self.assertEqual(self.client.get(PREVIEW).status_code, 405)

    def test_headlines_are_text(self):
        article = make_article(f"불 {SCRIPT}")
        Placement.objects.create(article=article)
        self.assertNotContains(self.client.get(URL), SCRIPT)

    def test_only_editors_lay_out(self):
        for name in ("reporter", "moderator"):
            user = User.objects.create_user(name, is_staff=True)
            user.groups.add(Group.objects.get_or_create(name=name)[0])
            client = Client()
            client.force_login(user)
            self.assertEqual(client.get(URL).status_code, 403)
            self.assertEqual(client.post(URL, {"do": "save"}).status_code, 403)
            self.assertEqual(client.post(PREVIEW).status_code, 403)
            self.assertNotContains(client.get("/admin/"), URL)
        self.assertContains(self.client.get("/admin/"), URL)
        self.assertEqual(Client().post(PREVIEW).status_code, 302)

    def test_number_of_queries_holds_when_places_double(self):
        for number in range(3):
            Placement.objects.create(article=self.articles[number], position=number)
        with self.assertNumQueries(8):
            self.client.get(URL)
        for number in range(3, 6):
            Placement.objects.create(article=self.articles[number], position=number)
        with self.assertNumQueries(8):
            self.client.get(URL)
