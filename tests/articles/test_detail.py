"""The article page: what it carries, who may see it, what it costs."""

from datetime import timedelta

import time_machine
from django.test import TestCase
from django.utils import timezone

from articles import related
from articles.models import Article, Correction, Series, Tag
from tests.factories import (
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)


class ArticlePageTests(TestCase):
    def get(self, article, **headers):
        return self.client.get(article.get_absolute_url(), **headers)

    def test_carries_every_part_in_its_order(self):
        author = make_author(bio="장터와 골목을 다닙니다.", email="han@example.com")
        section = make_section("사회")
        make_article(section=section, tags=["나눔"], authors=[author], hours_ago=30)
        article = make_article(
            "불 꺼진 장터에 다시 등을 단 사람들",
            subtitle="석 달 만에 저녁 장이 돌아왔다",
            section=section,
            authors=[author],
            tags=["나눔"],
            hero=make_photo(caption="다시 켜진 등", credit="미르내신문"),
            ai_assistance="제목 후보를 AI로 뽑고 기자가 골랐습니다.",
        )
        make_article(section=section, hours_ago=0.5)
        make_comment(article, "첫 댓글입니다.")
        related.relate(article)
        html = self.get(article).content.decode()
        main = html[html.index("<main") :]
        parts = [
            'class="crumbs"',
            "<h1>불 꺼진 장터에 다시 등을 단 사람들</h1>",
            "석 달 만에 저녁 장이 돌아왔다",
            "한도경 기자",
            "han@example.com",
            "입력",
            'class="share"',
            "다시 켜진 등",
            "ⓒ 미르내신문",
            "제목 후보를 AI로",
            "장터에 불이 켜졌다.",
            "#나눔",
            "장터와 골목을 다닙니다.",
            'class="share"',
            "data-related",
            f'action="/articles/{article.pk}/comments/"',
            "첫 댓글입니다.",
            'class="neighbours"',
        ]
        position = 0
        for part in parts:
            found = main.find(part, position)
            self.assertGreaterEqual(found, 0, f"{part} is missing or out of order")
            position = found + len(part)

    def test_draft_is_hidden_and_published_is_shown(self):
        article = make_article(state="draft")
        self.assertEqual(self.get(article).status_code, 404)
        article.state = "published"
        article.save()
        self.assertEqual(self.get(article).status_code, 200)

    def test_scheduled_article_appears_at_its_time(self):
        article = make_article(published_at=timezone.now() + timedelta(hours=2))
        self.assertEqual(self.get(article).status_code, 404)
        with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1)):
            self.assertEqual(self.get(article).status_code, 200)

    def test_withdrawn_article_says_so_with_410(self):
        article = make_article(
            state="withdrawn", withdrawn_at=timezone.now(), withdrawal_reason="취재원 보호"
        )
        response = self.get(article)
        self.assertContains(response, "취재원 보호", status_code=410)
        self.assertNotContains(response, "장터에 불이 켜졌다", status_code=410)

    def test_stale_slug_and_short_address_redirect_for_good(self):
        article = make_article()
        for address in (f"/articles/{article.pk}/옛-제목/", article.get_short_url()):
            with self.subTest(address):
                response = self.client.get(address)
                self.assertRedirects(
                    response, article.get_absolute_url(), status_code=301, target_status_code=200
                )

    def test_anonymous_readers_get_the_same_bytes_and_no_cookie(self):
        article = make_article()
        with time_machine.travel(timezone.now(), tick=False):
            first = self.get(article)
            second = self.get(article, HTTP_COOKIE="sessionid=x", HTTP_USER_AGENT="other")
        self.assertEqual(first.content, second.content)
        self.assertFalse(first.cookies)
        self.assertNotIn("Cookie", first.get("Vary", ""))
        self.assertNotContains(first, "csrfmiddlewaretoken")

    def test_revised_time_is_shown_only_after_a_change(self):
        article = make_article()
        self.assertNotContains(self.get(article), "수정 <time")
        article.revised_at = timezone.now()
        article.save()
        self.assertContains(self.get(article), "수정 <time")

    def test_ai_picture_says_so_on_the_page_and_to_machines(self):
        plain = make_article(hero=make_photo())
        self.assertNotContains(self.get(plain), "AI 생성 이미지")
        made = make_article(hero=make_photo(is_ai_generated=True))
        self.assertContains(self.get(made), "AI 생성 이미지")
        self.assertContains(self.get(made), "TrainedAlgorithmicMediaDigitalSource")
        in_text = make_photo(is_ai_generated=True)
        body = f'<p>글</p><figure data-photo="{in_text.pk}"></figure>'
        inside = self.get(make_article(hero=make_photo(), body=body))
        self.assertContains(inside, "AI 생성 이미지")
        self.assertContains(inside, "TrainedAlgorithmicMediaDigitalSource", 1)

    def test_correction_stands_on_the_article_and_in_the_ledger(self):
        article = make_article()
        Correction.objects.create(article=article, text="스물두 곳을 스물세 곳으로 바로잡습니다.")
        self.assertContains(self.get(article), "스물세 곳으로")
        self.assertContains(self.client.get("/corrections/"), "스물세 곳으로")
        self.assertContains(self.client.get("/feeds/corrections.xml"), "스물세 곳으로")
        article.state = "draft"
        article.save()
        self.assertNotContains(self.client.get("/corrections/"), "스물세 곳으로")

    def test_series_lists_its_parts_in_order(self):
        series = Series.objects.create(title="막차가 사라진 마을")
        second = make_article("두 번째", series=series, series_position=2)
        make_article("첫 번째", series=series, series_position=1)
        html = self.get(second).content.decode()
        parts = html[html.index('class="parts"') :]
        self.assertLess(parts.index("첫 번째"), parts.index("두 번째"))

    def test_odd_articles_give_proper_pages(self):
        photo = make_photo()
        cases = {
            "nothing but a headline": {"body": ""},
            "300 characters of headline": {"headline": "가나다라마바사아자차" * 30},
            "emoji and right to left": {"headline": "축제 🎆 שלום 오늘"},
            "200 KB of body": {"body": "<p>" + "장터에 불이 켜졌다. " * 7000 + "</p>"},
            "a picture that is gone": {"body": '<figure data-photo="999999"></figure>'},
            "a picture": {"body": f'<figure data-photo="{photo.pk}"></figure>'},
        }
        for name, fields in cases.items():
            with self.subTest(name):
                self.assertEqual(self.get(make_article(**fields)).status_code, 200)

    def test_decomposed_syllables_are_stored_composed(self):
        decomposed = "나눔"
        article = make_article(f"{decomposed} 장터", tags=[decomposed], body=f"<p>{decomposed}</p>")
        article.refresh_from_db()
        self.assertEqual(article.headline, "나눔 장터")
        self.assertIn("나눔", article.body_text)
        make_article(tags=["나눔"])
        self.assertEqual(Tag.objects.filter(name="나눔").count(), 1)

    def test_number_of_queries_stays_when_rows_double(self):
        section, author = make_section(), make_author(portrait=make_photo())
        hero = make_photo()

        def more(number):
            for _ in range(number):
                made = make_article(
                    section=section, authors=[author], tags=["나눔", "장터"], hero=hero
                )
            return made

        article = more(8)
        with self.assertNumQueries(7):
            self.get(article)
        article = more(16)
        with self.assertNumQueries(7):
            self.get(article)
        Correction.objects.create(article=article, text="고칩니다.")
        with self.assertNumQueries(8):
            self.get(article)
        for _ in range(5):
            comment = make_comment(article)
            make_comment(article, parent=comment)
        with self.assertNumQueries(10):
            self.get(article)


class AddressTests(TestCase):
    def test_reserved_slug_does_not_hide_the_article(self):
        article = make_article("comments")
        self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 200)
        self.assertTemplateUsed(self.client.get(article.get_absolute_url()), "articles/detail.html")

    def test_headline_without_letters_still_has_an_address(self):
        article = make_article("!!!")
        self.assertEqual(Article.objects.get(pk=article.pk).slug, "")
        self.assertEqual(self.client.get(article.get_absolute_url()).status_code, 200)
