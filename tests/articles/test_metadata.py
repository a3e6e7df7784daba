"""What machines are told of pages, judged by schema.org's own terms and Google's lists."""

import json
import re
from datetime import date

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase
from django.utils import timezone
from PIL import Image

from articles.models import Correction, Series
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_photo, make_section

SITE = "http://127.0.0.1:8000"
# The types that we use, each with those that it is a kind of, from schema.org.
KINDS = {
    "NewsArticle": ("Article", "CreativeWork", "Thing"),
    "CorrectionComment": ("Comment", "CreativeWork", "Thing"),
    "ImageObject": ("MediaObject", "CreativeWork", "Thing"),
    "CreativeWorkSeries": ("CreativeWork", "Series", "Intangible", "Thing"),
    "ProfilePage": ("WebPage", "CreativeWork", "Thing"),
    "WebSite": ("CreativeWork", "Thing"),
    "BreadcrumbList": ("ItemList", "Intangible", "Thing"),
    "ListItem": ("Intangible", "Thing"),
    "Person": ("Thing",),
    "NewsMediaOrganization": ("Organization", "Thing"),
    "SearchAction": ("Action", "Thing"),
    "EntryPoint": ("Intangible", "Thing"),
}
# The types that have the properties that we use, from schema.org.
PROPERTIES = {
    "Thing": "name url description image mainEntityOfPage potentialAction",
    "CreativeWork": "headline alternativeHeadline text keywords datePublished dateModified"
    " commentCount isPartOf correction publisher creditText digitalSourceType mainEntity author"
    " isAccessibleForFree inLanguage publishingPrinciples position",
    "Article": "articleSection",
    "MediaObject": "contentUrl width height",
    "ImageObject": "caption",
    "Person": "jobTitle email",
    "Organization": "email telephone address logo foundingDate ethicsPolicy correctionsPolicy",
    "ItemList": "itemListElement",
    "ListItem": "item position",
    "Action": "target",
    "EntryPoint": "urlTemplate",
    "SearchAction": "query",  # written query-input: what is to be put in for it
}
# Google's documentation of Article: none is required, all of these are recommended.
RECOMMENDED = {"author", "dateModified", "datePublished", "headline", "image"}


class StructuredDataTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Masthead(
            pk=1,
            title="미르내신문",
            founded_on=date(2009, 5, 7),
            address="미르내군 장터길 12",
            phone="055-000-0123",
            email="desk@example.com",
        ).save()
        cls.section = make_section()
        cls.author = make_author(bio="골목을 다닙니다.", email="han@example.com")

    def full_article(self):
        photo = make_photo(caption="다시 켜진 등", credit="미르내신문", is_ai_generated=True)
        article = make_article(
            subtitle="점포 스물두 곳",
            section=self.section,
            series=Series.objects.create(title="막차가 사라진 마을"),
            authors=[self.author],
            tags=["장터"],
            hero=photo,
            revised_at=timezone.now(),
        )
        Correction.objects.create(article=article, text="스물두 곳입니다.")
        return article

    def data(self, address):
        html = self.client.get(address).content.decode()
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
        return {block["@type"]: block for block in map(json.loads, blocks)}

    def objects(self, data):
        """Yield every object in `data`, itself included."""
        if isinstance(data, dict):
            yield data
            data = list(data.values())
        if isinstance(data, list):
            for value in data:
                yield from self.objects(value)

    def test_only_terms_of_schema_org_are_used_where_they_belong(self):
        article = self.full_article()
        pages = (article.get_absolute_url(), make_article().get_absolute_url(), "/")
        used = set()
        for address in (*pages, self.author.get_absolute_url()):
            for block in self.data(address).values():
                self.assertEqual(block.pop("@context"), "https://schema.org")
                for thing in self.objects(block):
                    kind = thing.pop("@type")
                    used.add(kind)
                    for name, value in thing.items():
                        known = " ".join(PROPERTIES.get(k, "") for k in (kind, *KINDS[kind]))
                        self.assertIn(name.removesuffix("-input"), known.split(), kind)
                        self.assertNotIn(value, ("", None, []), (kind, name))
        self.assertEqual(used, set(KINDS))

    def test_article_has_all_that_google_recommends(self):
        for article in (self.full_article(), make_article(authors=[self.author])):
            news = self.data(article.get_absolute_url())["NewsArticle"]
            self.assertLessEqual(RECOMMENDED, set(news))
            for person in news["author"]:
                self.assertLessEqual({"name", "url"}, set(person))
            for image in news["image"]:
                self.assertTrue(image["contentUrl"].startswith(SITE))
                path = image["contentUrl"].removeprefix(SITE)
                self.assertEqual(self.client.get(path).status_code, 200)

    def test_made_picture_says_so_and_a_photo_does_not(self):
        source = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
        made = self.data(self.full_article().get_absolute_url())["NewsArticle"]["image"]
        self.assertEqual({image["digitalSourceType"] for image in made}, {source})
        taken = make_article(hero=make_photo())
        for image in self.data(taken.get_absolute_url())["NewsArticle"]["image"]:
            self.assertNotIn("digitalSourceType", image)

    def test_crumbs_lead_from_the_front_page_to_the_article(self):
        article = self.full_article()
        steps = self.data(article.get_absolute_url())["BreadcrumbList"]["itemListElement"]
        self.assertEqual([step["position"] for step in steps], [1, 2, 3])
        self.assertEqual(steps[1]["item"], f"{SITE}{self.section.get_absolute_url()}")
        self.assertEqual(steps[2]["item"], f"{SITE}{article.get_absolute_url()}")


class SharingTests(TestCase):
    """Open Graph, as KakaoTalk and others read it from the page."""

    def told(self, address):
        html = self.client.get(address).content.decode()
        return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html))

    def test_article_with_a_picture_and_one_without(self):
        section = make_section()
        for hero in (make_photo(), None):
            article = make_article(
                '‘장터’ & "골목"',
                hero=hero,
                section=section,
                authors=[make_author()],
                tags=["나눔"],
            )
            tags = self.told(article.get_absolute_url())
            self.assertEqual(tags["og:type"], "article")
            self.assertEqual(tags["og:title"], "‘장터’ &amp; &quot;골목&quot;")
            self.assertEqual(tags["og:url"], f"{SITE}{article.get_absolute_url()}")
            self.assertEqual(tags["article:section"], "사회")
            self.assertEqual(tags["article:tag"], "나눔")
            self.assertTrue(tags["article:author"].startswith(f"{SITE}/authors/"))
            self.assertEqual(tags["twitter:card"], "summary_large_image")
            size = int(tags["og:image:width"]), int(tags["og:image:height"])
            self.assertAlmostEqual(size[0] / size[1], 1200 / 630, places=1)
            path = tags["og:image"].removeprefix(SITE)
            self.assertEqual(self.client.get(path).status_code, 200)

    def test_lists_and_the_front_page_show_the_plain_card(self):
        make_author()
        make_section(description="마을에서 일어난 일")
        for address in ("/", "/sections/사회/", "/authors/한도경/", "/corrections/"):
            with self.subTest(address):
                tags = self.told(address)
                self.assertEqual(tags["og:type"], "website")
                self.assertTrue(tags["og:title"])
                self.assertEqual(tags["og:image"], f"{SITE}/static/img/card.png")
        self.assertEqual(self.told("/sections/사회/")["description"], "마을에서 일어난 일")


class OwnerTests(TestCase):
    """What the paper says of itself to services, each only if it is set."""

    def test_verification_stands_on_the_front_page(self):
        self.assertNotContains(self.client.get("/"), "site-verification")
        with self.settings(SITE_VERIFICATION={"naver-site-verification": "1a2b", "google": ""}):
            page = self.client.get("/")
        self.assertContains(page, '<meta name="naver-site-verification" content="1a2b">')
        self.assertNotContains(page, 'name="google')

    def test_ads_txt_is_the_file_that_is_named(self):
        self.assertEqual(self.client.get("/ads.txt").status_code, 404)
        with self.settings(
            ADS_TXT=self.settings_file("google.com, pub-0, DIRECT, f08c47fec0942fa0")
        ):
            response = self.client.get("/ads.txt")
        self.assertContains(response, "pub-0, DIRECT")
        self.assertEqual(response["Content-Type"], "text/plain; charset=utf-8")

    def settings_file(self, text):
        return default_storage.path(default_storage.save("ads.txt", ContentFile(text)))

    def test_security_contact_can_be_set(self):
        with self.settings(SECURITY_CONTACT="https://example.com/report"):
            text = self.client.get("/.well-known/security.txt").content.decode()
        self.assertIn("Contact: https://example.com/report\n", text)
        self.assertEqual(len(re.findall("^Expires: ", text, re.MULTILINE)), 1)

    def test_manifest_names_the_paper_and_icons_that_are_there(self):
        Masthead(pk=1, title="미르내신문").save()
        response = self.client.get("/manifest.webmanifest")
        self.assertEqual(response["Content-Type"], "application/manifest+json")
        data = response.json()
        self.assertEqual((data["name"], data["start_url"]), ("미르내신문", "/"))
        html = self.client.get("/").content.decode()
        self.assertIn('<link rel="manifest" href="/manifest.webmanifest">', html)
        touch = re.search(r'rel="apple-touch-icon" href="([^"]+)"', html)[1]
        icons = {icon["src"]: icon["sizes"] for icon in data["icons"]}
        self.assertEqual(set(icons.values()), {"192x192", "512x512"})
        for path, size in {**icons, touch: "180x180"}.items():
            self.assertEqual("{}x{}".format(*self.size_of(path)), size)
        self.assertRedirects(
            self.client.get("/favicon.ico"),
            "/static/img/favicon.ico",
            fetch_redirect_response=False,
        )

    def size_of(self, path):
        with Image.open(finders.find(path.removeprefix("/static/"))) as image:
            return image.size
