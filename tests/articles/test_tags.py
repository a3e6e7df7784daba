"""Tags at the desk: renamed and merged without losing an address, and proposed from the text."""

import unicodedata
from urllib.parse import quote

from django.test import TestCase

from articles import tags
from articles.models import OldAddress, Section, Tag
from tests.articles.test_admin import edit, errors
from tests.factories import make_article, make_section
from tests.newsroom.test_admin import change, sign_in

URL = "/admin/articles/tag/"


class TagTests(TestCase):
    def setUp(self):
        sign_in(self.client)
        self.first = make_article("첫 장터", ["장터", "시장"])
        self.second = make_article("둘째 장터", ["시장"])
        self.kept, self.other = (Tag.objects.get(name=name) for name in ("장터", "시장"))

    def names(self, article):
        return sorted(article.tags.values_list("name", flat=True))

    def merge(self, keep):
        keys = [self.kept.pk, self.other.pk]
        data = {"action": "merge", "_selected_action": keys}
        page = self.client.post(URL, data)
        return self.client.post(page.url, {"keep": keep})

    def leads(self, old, new):
        self.assertRedirects(self.client.get(old), quote(new), 301)

    def rename(self, tag, name):
        return change(self.client, f"{URL}{tag.pk}/change/", name=name)


class MergeTests(TagTests):
    def test_articles_keep_exactly_one(self):
        self.assertRedirects(self.merge(self.kept.pk), URL)
        self.assertEqual(self.names(self.first), ["장터"])
        self.assertEqual(self.names(self.second), ["장터"])
        self.assertFalse(Tag.objects.filter(name="시장").exists())

    def test_old_page_and_feed_lead_to_the_one_that_stays(self):
        self.merge(self.kept.pk)
        self.leads("/tags/시장/", "/tags/장터/")
        self.leads("/feeds/tags/시장.xml", "/feeds/tags/장터.xml")

    def test_addresses_lead_on_in_one_step_after_a_second_merge(self):
        self.merge(self.kept.pk)
        third = Tag.objects.create(name="오일장", slug="오일장")
        tags.merge([self.kept], third)
        self.leads("/tags/시장/", "/tags/오일장/")

    def test_page_names_each_with_its_articles_and_merges_nothing_yet(self):
        page = self.client.get(f"{URL}merge/?tag={self.kept.pk}&tag={self.other.pk}")
        self.assertContains(page, "기사 2건")
        self.assertContains(page, "기사 1건")
        self.assertEqual(Tag.objects.count(), 2)

    def test_one_tag_or_nonsense_is_not_merged(self):
        for query in ("", f"?tag={self.kept.pk}", f"?tag={self.kept.pk}&tag=x&tag=999"):
            self.assertRedirects(self.client.get(f"{URL}merge/{query}"), URL)
        self.assertEqual(self.merge("999").status_code, 200)
        self.assertEqual(Tag.objects.count(), 2)

    def test_text_that_still_holds_the_old_name_gets_the_one_that_stays(self):
        change(self.client, edit(self.second), headline="새 제목")  # waits to be published
        self.merge(self.kept.pk)
        change(self.client, edit(self.second), do="publish", anyway="on")
        self.assertEqual(self.names(self.second), ["장터"])
        self.assertFalse(Tag.objects.filter(name="시장").exists())

    def test_name_that_is_made_anew_is_a_tag_of_its_own(self):
        self.merge(self.kept.pk)
        change(self.client, f"{URL}add/", name="시장")
        self.assertEqual(self.client.get("/tags/시장/").status_code, 200)
        self.assertEqual(tags.of_now(["시장", "없던 이름"]), ["시장", "없던 이름"])

    def test_log_says_what_was_merged(self):
        self.merge(self.kept.pk)
        history = self.client.get(f"{URL}{self.kept.pk}/history/")
        self.assertContains(history, "‘장터’ 태그로 합쳤습니다: 시장.")


class RenameTests(TagTests):
    def test_address_follows_and_the_old_one_leads_there(self):
        self.assertEqual(self.rename(self.other, "오일장").status_code, 302)
        self.other.refresh_from_db()
        self.assertEqual((self.other.name, self.other.slug), ("오일장", "오일장"))
        self.leads("/tags/시장/", "/tags/오일장/")
        self.leads("/feeds/tags/시장.xml", "/feeds/tags/오일장.xml")

    def test_old_name_may_come_back(self):
        self.rename(self.other, "오일장")
        self.rename(self.other, "시장")
        self.assertEqual(self.client.get("/tags/시장/").status_code, 200)
        self.leads("/tags/오일장/", "/tags/시장/")
        self.assertFalse(OldAddress.objects.filter(path="/tags/시장").exists())

    def test_name_is_kept_in_one_normal_form(self):
        self.rename(self.other, unicodedata.normalize("NFD", "오일장"))
        self.assertTrue(Tag.objects.filter(name="오일장").exists())

    def test_other_spelling_with_the_same_address_moves_nothing(self):
        tag = Tag.objects.create(name="ktx", slug="ktx")
        self.rename(tag, "KTX")
        self.assertEqual(Tag.objects.get(pk=tag.pk).slug, "ktx")
        self.assertFalse(OldAddress.objects.exists())

    def test_name_that_is_taken_is_refused_and_merging_is_offered(self):
        Tag.objects.create(name="KTX", slug="ktx")
        for name in ("장터", "ktx"):
            refused = self.rename(self.other, name)
            self.assertEqual(errors(refused), {"name"})
        keys = f"tag={self.other.pk}&amp;tag={Tag.objects.get(name='KTX').pk}"
        self.assertContains(refused, f'href="{URL}merge/?{keys}"')
        self.assertEqual(errors(change(self.client, f"{URL}add/", name="ktx")), {"name"})


class ListTests(TagTests):
    def test_articles_are_counted_in_as_many_queries_for_more_tags(self):
        self.client.get(URL)
        with self.assertNumQueries(5):
            page = self.client.get(URL)
        counted = {tag.name: tag.number for tag in page.context["cl"].result_list}
        self.assertEqual(counted, {"장터": 1, "시장": 2})
        for number in range(10):
            make_article(tags=[f"태그 {number}"])
        with self.assertNumQueries(5):
            self.client.get(URL)


class ProposalTests(TestCase):
    def setUp(self):
        sign_in(self.client)
        for name in ("겨울 장터", "물", "CO2", "어린이집", "버스"):
            Tag.objects.create(name=name, slug=name)

    def proposed(self, headline="", body="", section=None, tags=""):
        typed = {"headline": headline, "body": body, "tags": tags}
        typed["section"] = section.pk if section else ""
        page = self.client.post("/admin/articles/article/add/check/", typed)
        return [
            tag
            for tag in ("겨울 장터", "물", "CO2", "어린이집", "버스")
            if f'data-tag="{tag}"' in page.content.decode()
        ]

    def test_tags_that_the_text_names(self):
        self.assertEqual(self.proposed("겨울 장터에 켜진 불"), ["겨울 장터"])
        self.assertEqual(
            self.proposed(body="<p>co2를 줄인 <b>어린이집</b>은</p>"), ["CO2", "어린이집"]
        )

    def test_tag_begins_a_word_and_has_more_than_one_letter(self):
        self.assertEqual(self.proposed("물론 시내버스는"), [])
        self.assertEqual(self.proposed("시내 버스는"), ["버스"])

    def test_tag_that_is_there_is_not_proposed(self):
        self.assertEqual(self.proposed("버스와 어린이집", tags="버스"), ["어린이집"])

    def test_tags_that_the_section_mostly_has(self):
        section = make_section("교통")
        for _ in range(tags.USED_LATELY):
            make_article(tags=["버스"], section=section)
        make_article(tags=["CO2"], section=section)
        self.assertEqual(self.proposed("새 길", section=section), ["버스"])
        self.assertEqual(self.proposed("새 길", section=Section.objects.create(name="문화")), [])

    def test_names_are_shown_as_text(self):
        Tag.objects.create(name="<b>장터", slug="b")
        page = self.client.post(
            "/admin/articles/article/add/check/", {"headline": "<b>장터에 켜진 불"}
        )
        self.assertContains(page, 'data-tag="&lt;b&gt;장터"')
