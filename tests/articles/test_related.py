"""Related articles: which are chosen, why, what the editors say to it, and what never shows."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from articles import flow, related
from articles.models import Article, Related, RelatedChoice, SearchEntry, Series
from authors.models import User
from comments import tasks
from newsroom.models import Masthead
from tests.factories import make_account, make_article, make_section

FIRE = (
    "<p>새벽 두 시 미르내 전통시장에서 불이 나 점포 열두 곳이 탔다. 소방서는 누전을 의심한다.</p>"
)
FIRE_AFTER = (
    "<p>불이 난 전통시장 점포 열두 곳의 상인들이 천막을 쳤다. 소방서 조사는 누전을 가리킨다.</p>"
)
FIRE_FUND = (
    "<p>전통시장 화재로 점포를 잃은 상인들을 위한 모금이 시작됐다. 누전 조사는 이어진다.</p>"
)
BUS = "<p>막차가 사라진 마을에 수요응답 버스가 다닌다. 주민들은 전화로 버스를 부른다.</p>"
PARK = "<p>느티나무 공원이 문을 열었다. 아이들은 그늘에서 뛰어논다.</p>"


class Relating(TestCase):
    def related(self, article):
        """Return [(headline, reason)] that the article's page shows."""
        response = self.client.get(article.get_absolute_url())
        rows = response.context["companions"].related
        return [(row.headline, row.reason) for row in rows]

    def headlines(self, article):
        return [headline for headline, _reason in self.related(article)]


class ChoiceTests(Relating):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문").save()
        for number in range(12):  # other news, so that words of the fire tell something
            make_article(f"소식 {number}", body=PARK if number % 2 else BUS, hours_ago=200 + number)
        cls.fire = make_article("전통시장에 불", body=FIRE, hours_ago=30)
        cls.after = make_article("천막 친 상인들", body=FIRE_AFTER, hours_ago=20)
        cls.fund = make_article("시장 상인 돕기 모금", body=FIRE_FUND, hours_ago=10)

    def test_same_news_comes_first_with_its_reason(self):
        related.relate(self.fire)
        shown = self.related(self.fire)
        self.assertEqual(
            {headline for headline, _ in shown[:2]}, {"천막 친 상인들", "시장 상인 돕기 모금"}
        )
        self.assertEqual(shown[0][1], "비슷한 소식")
        self.assertContains(self.client.get(self.fire.get_absolute_url()), "비슷한 소식")

    def test_long_text_of_its_own_that_tells_of_the_same_is_kin(self):
        own = "양조장 굴뚝 서른 해, 누룩 냄새가 밴 골목에서 술을 빚는 사람들을 만났다. "
        far = make_article("누룩 골목", body=f"<p>{own * 2}전통시장 화재 때도 문을 열었다.</p>")
        section = make_section("날씨")
        self.fire.section = section
        self.fire.save()
        make_article("첫눈", body="<p>첫눈이 왔다.</p>", section=section)
        related.relate(self.fire)
        shown = self.related(self.fire)
        self.assertIn((far.headline, "비슷한 소식"), shown)
        self.assertLess(
            shown.index((far.headline, "비슷한 소식")), shown.index(("첫눈", "같은 분야"))
        )

    def test_shared_tag_and_series_are_told(self):
        series = Series.objects.create(title="시장의 봄", slug="market")
        for article in (self.fire, self.fund):
            article.tags.set(["화재"])
        for article in (self.fire, self.after):
            article.series = series
            article.save()
        related.relate(self.fire)
        reasons = dict(self.related(self.fire))
        self.assertEqual(reasons["시장 상인 돕기 모금"], "같은 태그: 화재")
        self.assertEqual(reasons["천막 친 상인들"], "같은 연재")

    def test_one_of_its_own_time_comes_before_one_of_long_ago(self):
        old = make_article(
            "옛 시장 화재", body=FIRE_AFTER.replace("천막", "좌판"), hours_ago=24 * 700
        )
        related.relate(self.fire)
        shown = self.headlines(self.fire)
        self.assertLess(shown.index("천막 친 상인들"), shown.index(old.headline))

    def test_almost_the_same_text_is_shown_once(self):
        make_article("천막 친 상인들", body=FIRE_AFTER + "<p>끝.</p>", hours_ago=19)
        make_article("전통시장에 불", body=FIRE, hours_ago=29)  # the article itself once more
        related.relate(self.fire)
        shown = self.headlines(self.fire)
        self.assertEqual(shown.count("천막 친 상인들"), 1)
        self.assertNotIn("전통시장에 불", shown)

    def test_at_least_four_are_shown_when_the_paper_has_them(self):
        section = make_section("날씨")
        weather = make_article("첫눈", body="<p>첫눈이 왔다.</p>", section=section)
        other = make_article("무더위", body="<p>더웠다.</p>", section=section)
        related.relate(weather)
        shown = self.related(weather)
        self.assertGreaterEqual(len(shown), 4)
        self.assertEqual(shown[0], (other.headline, "같은 분야"))

    def test_only_what_readers_may_see_is_shown(self):
        hidden = {
            "draft": make_article("초고", body=FIRE_FUND + "<p>하나</p>" * 9, state="draft"),
            "later": make_article(
                "예약",
                body=FIRE_FUND + "<p>둘</p>",
                published_at=timezone.now() + timedelta(days=1),
            ),
        }
        related.relate(self.fire)
        for article in hidden.values():
            self.assertNotIn(article.headline, self.headlines(self.fire))
        self.assertIn("천막 친 상인들", self.headlines(self.fire))
        flow.withdraw(self.after, User.objects.create_superuser("편집자"), "사실과 다름")
        self.assertNotIn("천막 친 상인들", self.headlines(self.fire))

    def test_publishing_relates_the_article_and_awaits_those_it_enters(self):
        editor = User.objects.create_superuser("편집자")
        call_command("relate", stdout=StringIO())
        self.assertFalse(SearchEntry.objects.filter(related_at=None).exists())
        new = make_article(
            "시장 화재 원인은 누전",
            body=FIRE + "<p>감식 결과</p>",
            state="draft",
            published_at=None,
        )
        flow.publish(new, editor)
        self.assertIn("천막 친 상인들", self.headlines(new))
        self.assertNotIn(new.headline, self.headlines(self.after))
        tasks.plan()
        tasks.relate_articles.func()
        self.assertIn(new.headline, self.headlines(self.after))
        self.assertFalse(SearchEntry.objects.filter(related_at=None).exists())

    def test_page_reads_what_is_kept(self):
        related.relate(self.fire)
        url = self.fire.get_absolute_url()
        self.client.get(url)
        with self.assertNumQueries(7):
            self.client.get(url)
        for number in range(8):
            make_article(f"시장 화재 뒷이야기 {number}", body=FIRE_AFTER + f"<p>{number}</p>" * 30)
        related.relate(self.fire)
        with self.assertNumQueries(7):
            self.client.get(url)


class EditorTests(Relating):
    @classmethod
    def setUpTestData(cls):
        Masthead(pk=1, title="미르내신문").save()
        cls.article = make_article("전통시장에 불", body=FIRE)
        cls.one = make_article("천막 친 상인들", body=FIRE_AFTER)
        cls.other = make_article("수요응답 버스", body=BUS)
        cls.editor = make_account("editor", "editor")
        cls.url = f"/admin/articles/article/{cls.article.pk}/related/"

    def setUp(self):
        self.client.force_login(self.editor)

    def press(self, do, article):
        response = self.client.post(self.url, {"do": do, "other": article.pk}, follow=True)
        self.assertEqual(response.status_code, 200)
        return response

    def test_pinned_comes_first_and_banned_never(self):
        self.press("pin", self.other)
        self.assertEqual(self.related(self.article)[0], ("수요응답 버스", "편집자가 고름"))
        self.press("ban", self.one)
        self.assertNotIn(self.one.headline, self.headlines(self.article))
        self.assertContains(self.client.get(self.url), "천막 친 상인들")
        self.press("free", self.one)
        self.press("free", self.other)
        self.assertEqual(self.headlines(self.article)[0], "천막 친 상인들")
        self.assertFalse(RelatedChoice.objects.exists())

    def test_pins_are_put_in_order(self):
        self.press("pin", self.other)
        self.press("pin", self.one)
        self.assertEqual(self.headlines(self.article)[:2], ["수요응답 버스", "천막 친 상인들"])
        self.press("up", self.one)
        self.assertEqual(self.headlines(self.article)[:2], ["천막 친 상인들", "수요응답 버스"])

    def test_choices_outlast_a_new_publication(self):
        self.press("pin", self.other)
        self.press("ban", self.one)
        related.relate(self.article)
        self.assertEqual(self.headlines(self.article)[0], "수요응답 버스")
        self.assertNotIn(self.one.headline, self.headlines(self.article))

    def test_search_offers_public_articles_by_words_and_number(self):
        for number in range(6):  # they fill the list, so that it has no place for what is found
            make_article(f"느티나무 {number}", body="<p>…</p>")
        draft = make_article("느티나무 초고", state="draft")
        found = make_article("은행나무 아래", body="<p>…</p>")
        response = self.client.get(self.url, {"q": "은행나무"})
        self.assertEqual([row.headline for row in response.context["found"]], ["은행나무 아래"])
        response = self.client.get(self.url, {"q": str(found.pk)})
        self.assertEqual(response.context["found"], [found])
        self.assertEqual(self.client.get(self.url, {"q": str(draft.pk)}).context["found"], [])

    def test_nonsense_changes_nothing(self):
        for data in ({"do": "pin", "other": self.article.pk}, {"do": "?", "other": self.one.pk}):
            self.assertContains(self.client.post(self.url, data, follow=True), "바뀐 것이 없습니다")
        for other in ("", "x", "99999", "9" * 30):
            response = self.client.post(self.url, {"do": "pin", "other": other})
            self.assertEqual(response.status_code, 404)
        self.assertFalse(RelatedChoice.objects.exists())

    def test_only_those_who_publish_may(self):
        for group, status in (("reporter", 403), ("moderator", 403), ("publisher", 200)):
            self.client.force_login(make_account(group, group))
            with self.subTest(group):
                self.assertEqual(self.client.get(self.url).status_code, status)
                response = self.client.post(self.url, {"do": "pin", "other": self.one.pk})
                self.assertEqual(response.status_code, 302 if status == 200 else 403)

    def test_unpublished_article_can_be_prepared(self):
        draft = make_article("시장 화재 그 뒤", body=FIRE_FUND, state="draft", published_at=None)
        url = f"/admin/articles/article/{draft.pk}/related/"
        self.assertContains(self.client.get(url), "천막 친 상인들")
        self.client.post(url, {"do": "pin", "other": self.other.pk})
        self.assertFalse(Related.objects.filter(article=draft).exists())
        flow.publish(Article.objects.get(pk=draft.pk), self.editor)
        self.assertEqual(self.headlines(draft)[0], "수요응답 버스")
