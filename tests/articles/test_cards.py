"""Headline cards: drawn once, for articles that readers may see and for no others."""

import re
from datetime import timedelta
from io import BytesIO
from unittest import mock

from django.core.files.storage import storages
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image, ImageFont

from articles import cards
from newsroom.models import Masthead
from tests.factories import make_article, make_section

SITE = "http://127.0.0.1:8000"


def any_font(size):
    """A font that every machine has; how the letters look is not what is tested."""
    return ImageFont.load_default(size)


@mock.patch("articles.cards.font_file", lambda: "a font")
@mock.patch("articles.cards.font", any_font)
class CardTests(TestCase):
    def card_in(self, page):
        found = re.search(r'property="og:image" content="([^"]+)"', page.content.decode())
        return found[1].removeprefix(SITE)

    def address_of(self, article):
        return self.card_in(self.client.get(article.get_absolute_url()))

    def test_card_is_a_picture_of_the_size_that_is_told(self):
        response = self.client.get(self.address_of(make_article(section=make_section())))
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertRegex(response["Cache-Control"], r"^public, max-age=\d{6}")
        image = Image.open(BytesIO(b"".join(response.streaming_content)))
        self.assertEqual(image.size, (1200, 630))
        self.assertGreater(len(image.getcolors()), 3)

    def test_card_is_drawn_once(self):
        address = self.address_of(make_article())
        with mock.patch("articles.cards.draw", wraps=cards.draw) as drawn:
            for _ in range(3):
                self.assertEqual(self.client.get(address).status_code, 200)
        self.assertEqual(drawn.call_count, 1)

    def test_card_that_was_drawn_long_ago_is_deleted_and_drawn_again(self):
        address = self.address_of(make_article())
        self.client.get(address)
        self.assertEqual(cards.forget(), 0)
        with mock.patch("articles.cards.KEPT", timedelta(0)):
            self.assertEqual(cards.forget(), 1)
        with mock.patch("articles.cards.draw", wraps=cards.draw) as drawn:
            self.assertEqual(self.client.get(address).status_code, 200)
        self.assertEqual(drawn.call_count, 1)

    def test_earlier_address_leads_to_the_card_of_today(self):
        article = make_article("처음 제목")
        before = self.address_of(article)
        article.headline = "고친 제목"
        article.save()
        after = self.address_of(article)
        self.assertNotEqual(before, after)
        self.assertRedirects(self.client.get(before), after)
        Masthead(pk=1, title="새 이름").save()
        self.assertRedirects(self.client.get(after), self.address_of(article))

    def test_nothing_but_what_readers_may_see_has_a_card(self):
        article = make_article()
        address = self.address_of(article)
        self.assertEqual(self.client.get(address).status_code, 200)
        hidden = {
            "draft": {"state": "draft"},
            "in review": {"state": "review"},
            "scheduled": {"published_at": timezone.now() + timezone.timedelta(hours=1)},
            "withdrawn": {"state": "withdrawn", "withdrawn_at": timezone.now()},
        }
        for name, fields in hidden.items():
            with self.subTest(name):
                other = make_article()
                address = self.address_of(other)
                type(other).objects.filter(pk=other.pk).update(**fields)
                self.assertEqual(self.client.get(address).status_code, 404)
        folders, _files = storages["cards"].listdir(".")
        self.assertEqual(len(folders), 1)

    def test_every_headline_fits(self):
        for headline in ("가", "가나다라마바사아자차" * 30, "짧은 말 " * 70, "🎆🎆🎆", "a b " * 70):
            with self.subTest(headline[:10]):
                card = cards.Card(1, headline, "사회", "미르내신문")
                image = Image.open(BytesIO(cards.draw(card))).convert("RGB")
                margin = image.crop((cards.WIDTH - 50, 20, cards.WIDTH, 520))
                self.assertEqual([c for _, c in margin.getcolors()], [(255, 253, 248)])


class NoFontTests(TestCase):
    @mock.patch("articles.cards.font_file", lambda: None)
    def test_without_a_korean_font_the_plain_card_is_shown(self):
        article = make_article()
        page = self.client.get(article.get_absolute_url())
        self.assertContains(page, f'content="{SITE}/static/img/card.png"')
        self.assertRedirects(
            self.client.get(f"/cards/{article.pk}-0000000000000000.png"),
            "/static/img/card.png",
            fetch_redirect_response=False,
        )

    def test_named_font_comes_first_and_a_missing_one_is_passed_over(self):
        self.addCleanup(cards.font_file.cache_clear)
        fonts = {"ours.ttf", cards.FONTS[-1]}

        def open_font(name, *args, **kwargs):
            if name not in fonts:
                raise OSError
            return name

        with mock.patch("articles.cards.ImageFont.truetype", open_font):
            for named, found in {"ours.ttf": "ours.ttf", "gone.ttf": cards.FONTS[-1]}.items():
                cards.font_file.cache_clear()
                with self.subTest(named), override_settings(CARD_FONT=named):
                    self.assertEqual(cards.font_file(), found)
            fonts.clear()
            cards.font_file.cache_clear()
            self.assertIsNone(cards.font_file())
