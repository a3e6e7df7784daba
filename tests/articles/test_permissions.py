"""Who may do what at the desk: every role, every action, every path; refusals included."""

import uuid
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client, TestCase
from django.utils import timezone

from articles.admin.front import fingerprint
from articles.models import (
    Article,
    Correction,
    Note,
    OldAddress,
    Page,
    Photo,
    Placement,
    PreviewLink,
    RelatedChoice,
    Revision,
    Section,
    Series,
    Tag,
    Writing,
)
from articles.previews import url_of
from authors.models import Author, User
from comments.models import Comment
from newsroom.models import Masthead
from tests.factories import (
    make_account,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)
from tests.newsroom.test_admin import typed

ROLES = ("anonymous", "staff", "reporter", "moderator", "editor", "publisher", "superuser")
# Whatever a request could change.
WATCHED = [
    *(Article, Author, Comment, Correction, Masthead, Note, OldAddress, Page, Photo, Placement),
    *(PreviewLink, RelatedChoice, Section, Series, Tag, User, Writing),
]

# A line is a request and what each role gets, in the order of ROLES:
#   +  the page, or what was asked for is done
#   -  403, 404 or the sign-in page, and nothing is changed
#   .  an answer, and nothing is changed
#   k  what was typed is kept among the revisions, and nothing else is changed
# FORM sends what the form on that page holds, with the changes that follow it.
ARTICLES = """
GET  article/                                                                       - - + - + + +
GET  article/?state=review                                                          - - + - + + +
GET  article/add/                                                                   - - + - + + +
POST article/add/ FORM headline=새기사                                                 - - + - + + +
POST article/add/ FORM headline=새기사 do=submit                                       - - + - + + +
POST article/add/ FORM headline=새기사 do=publish anyway=1                             - - - - + + +
GET  article/{own_draft}/change/                                                    - - + - + + +
GET  article/{own_review}/change/                                                   - - + - + + +
GET  article/{own_public}/change/                                                   - - + - + + +
GET  article/{own_gone}/change/                                                     - - + - + + +
GET  article/{draft}/change/                                                        - - - - + + +
GET  article/{review}/change/                                                       - - - - + + +
GET  article/{public}/change/                                                       - - - - + + +
GET  article/{own_draft}/history/                                                   - - + - + + +
GET  article/{draft}/history/                                                       - - - - + + +
POST article/{own_draft}/change/ FORM headline=새제목                                  - - + - + + +
POST article/{own_review}/change/ FORM headline=새제목                                 - - k - + + +
POST article/{own_public}/change/ FORM headline=새제목                                 - - k - + + +
POST article/{own_gone}/change/ FORM headline=새제목                                   - - k - + + +
POST article/{draft}/change/ FORM headline=새제목                                      - - - - + + +
POST article/{public}/change/ FORM headline=새제목                                     - - - - + + +
POST article/{own_draft}/change/ FORM comment_policy=closed                         - - . - + + +
POST article/{own_draft}/change/ FORM do=submit                                     - - + - + + +
POST article/{own_draft}/change/ FORM do=publish anyway=1                           - - - - + + +
POST article/{own_draft}/change/ FORM do=schedule publish_at={later} anyway=1       - - - - + + +
POST article/{own_public}/change/ FORM do=withdraw reason=까닭                        - - . - + + +
GET  article/{own_public}/related/                                                  - - - - + + +
GET  article/{draft}/related/                                                       - - - - + + +
POST article/{own_public}/related/ do=pin other={public}                            - - - - + + +
POST article/{own_review}/step/ do=give_back                                        - - + - + + +
POST article/{own_review}/step/ do=publish anyway=1                                 - - - - + + +
POST article/{own_draft}/step/ do=submit                                            - - + - + + +
POST article/{own_draft}/step/ do=publish anyway=1                                  - - - - + + +
POST article/{own_draft}/step/ do=schedule publish_at={later} anyway=1              - - - - + + +
POST article/{own_scheduled}/step/ do=unschedule                                    - - - - + + +
POST article/{own_public}/step/ do=withdraw reason=까닭                               - - - - + + +
POST article/{own_gone}/step/ do=republish anyway=1                                 - - - - + + +
POST article/{own_public}/step/ do=note note=확인                                     - - + - + + +
POST article/{draft}/step/ do=submit                                                - - - - + + +
POST article/{review}/step/ do=give_back                                            - - - - + + +
POST article/{public}/step/ do=note note=확인                                         - - - - + + +
GET  article/{own_draft}/delete/                                                    - - + - + + +
POST article/{own_draft}/delete/ post=yes                                           - - + - + + +
POST article/{own_review}/delete/ post=yes                                          - - - - + + +
POST article/{draft}/delete/ post=yes                                               - - - - + + +
POST article/{own_public}/delete/ post=yes                                          - - - - - - -
POST article/{own_scheduled}/delete/ post=yes                                       - - - - - - -
POST article/{own_gone}/delete/ post=yes                                            - - - - - - -
POST article/ action=submit _selected_action={own_draft}                            - - + - + + +
POST article/ action=submit _selected_action={draft}                                - - . - + + +
POST article/ action=give_back _selected_action={own_review}                        - - + - + + +
POST article/ action=give_back _selected_action={review}                            - - . - + + +
POST article/ action=publish_now _selected_action={own_draft} anyway=1              - - . - + + +
POST article/ action=publish_now _selected_action={review} anyway=1                 - - . - + + +
POST article/ action=unschedule _selected_action={own_scheduled}                    - - . - + + +
POST article/ action=withdraw reason=까닭 _selected_action={own_public}               - - . - + + +
POST article/ action=delete_selected post=yes _selected_action={own_draft}          - - + - + + +
POST article/ action=delete_selected post=yes _selected_action={draft}              - - . - + + +
POST article/ action=delete_selected post=yes _selected_action={public}             - - . - . . .
"""

WRITING = """
POST article/add/autosave/ key={key} base=0 step=1 typed=1 headline=글               - - + - + + +
POST article/{own_draft}/autosave/ key={key} base=0 step=1 typed=1 headline=글       - - + - + + +
POST article/{own_review}/autosave/ key={key} base=0 step=1 typed=1 headline=글      - - - - + + +
POST article/{own_public}/autosave/ key={key} base=0 step=1 typed=1 headline=글      - - - - + + +
POST article/{draft}/autosave/ key={key} base=0 step=1 typed=1 headline=글           - - - - + + +
GET  article/{own_draft}/revisions/                                                 - - + - + + +
GET  article/{own_public}/revisions/                                                - - + - + + +
GET  article/{draft}/revisions/                                                     - - - - + + +
GET  article/{own_draft}/revisions/{own_revision}/                                  - - + - + + +
GET  article/{draft}/revisions/{revision}/                                          - - - - + + +
GET  article/{own_draft}/revisions/{revision}/                                      - - - - - - -
POST article/{own_draft}/revisions/{own_revision}/ base=0                           - - + - + + +
POST article/{draft}/revisions/{revision}/ base=0                                   - - - - + + +
GET  article/{own_draft}/merge/{own_aside}/                                         - - + - + + +
GET  article/{draft}/merge/{aside}/                                                 - - - - + + +
GET  article/{own_draft}/preview/                                                   - - + - + + +
GET  article/{own_draft}/preview/page/                                              - - + - + + +
GET  article/{own_public}/preview/                                                  - - + - + + +
GET  article/{draft}/preview/                                                       - - - - + + +
GET  article/{draft}/preview/page/                                                  - - - - + + +
POST article/{own_draft}/preview/links/                                             - - + - + + +
POST article/{own_draft}/preview/links/ revoke={own_link}                           - - + - + + +
POST article/{draft}/preview/links/                                                 - - - - + + +
POST article/{draft}/preview/links/ revoke={link}                                   - - - - + + +
GET  {own_url}                                                                      + + + + + + +
GET  {link_url}                                                                     + + + + + + +
GET  {draft_url}                                                                    - - - - - - -
POST article/{own_draft}/check/ headline=글                                          - - . - . . .
POST article/{draft}/check/ headline=글                                              - - - - . . .
"""

PHOTOS = """
GET  photo/                                                                         - - + - + + +
GET  photo/add/                                                                     - - + - + + +
GET  photo/picker/                                                                  - - + - + + +
GET  photo/{own_photo}/change/                                                      - - + - + + +
GET  photo/{photo}/change/                                                          - - + - + + +
POST photo/{own_photo}/change/ FORM caption=설명                                      - - + - + + +
POST photo/{own_public_photo}/change/ FORM caption=설명                               - - - - + + +
POST photo/{photo}/change/ FORM caption=설명                                          - - - - + + +
POST photo/{own_photo}/words/ alt=장터                                                - - + - + + +
POST photo/{photo}/words/ alt=장터                                                    - - - - + + +
POST photo/{own_photo}/delete/ post=yes                                             - - - - + + +
POST photo/ action=delete_selected post=yes _selected_action={photo}                - - . - + + +
"""

ALL_ELSE = """
GET  /admin/                                                                        - + + + + + +
GET  correction/                                                                    - - - - + + +
GET  correction/add/                                                                - - - - + + +
GET  correction/{correction}/change/                                                - - - - + + +
GET  correction/{correction}/history/                                               - - - - + + +
POST correction/add/ FORM article={public} text=정정 do=publish                       - - - - + + +
POST correction/{correction}/change/ FORM text=정정                                   - - - - + + +
GET  placement/                                                                     - - - - + + +
POST placement/ place={public} base={front} do=save                                 - - - - + + +
POST placement/preview/ place={public}                                              - - - - . . .
GET  section/                                                                       - - + - + + +
GET  section/add/                                                                   - - - - + + +
POST section/add/ FORM name=새분야                                                     - - - - + + +
POST section/{section}/change/ FORM name=새이름                                        - - - - + + +
POST section/{section}/delete/ post=yes                                             - - - - + + +
GET  series/                                                                        - - + - + + +
POST series/add/ FORM title=새연재                                                     - - - - + + +
POST series/{series}/change/ FORM title=새이름                                         - - - - + + +
POST series/{series}/delete/ post=yes                                               - - - - + + +
GET  tag/                                                                           - - + - + + +
POST tag/add/ FORM name=새태그                                                         - - - - + + +
POST tag/{tag}/change/ FORM name=새이름                                                - - - - + + +
POST tag/{tag}/delete/ post=yes                                                     - - - - + + +
GET  tag/merge/?tag={tag}&tag={other_tag}                                           - - - - + + +
POST tag/merge/?tag={tag}&tag={other_tag} keep={tag}                                - - - - + + +
GET  oldaddress/                                                                    - - - - + + +
POST oldaddress/add/ FORM path=/옛/ target=/                                         - - - - + + +
POST oldaddress/{old}/delete/ post=yes                                              - - - - + + +
GET  page/                                                                          - - - - - + +
POST page/add/ FORM title=소개 slug=about                                             - - - - - + +
POST page/{page}/change/ FORM title=새이름                                             - - - - - + +
POST page/{page}/delete/ post=yes                                                   - - - - - + +
GET  /admin/authors/author/                                                         - - + - + + +
POST /admin/authors/author/add/ FORM name=새기자                                       - - - - + + +
POST /admin/authors/author/{author}/change/ FORM name=새이름                           - - - - + + +
GET  /admin/authors/author/{author}/invite/                                         - - - - - + +
POST /admin/authors/author/{author}/invite/ username=새이 email=a@b.kr group={group}  - - - - - + +
GET  /admin/authors/user/                                                           - - - - - + +
GET  /admin/authors/user/add/                                                       - - - - - + +
POST /admin/authors/user/{user}/change/ FORM last_name=새이름                          - - - - - + +
POST /admin/authors/user/{user}/delete/ post=yes                                    - - - - - + +
GET  /admin/authors/user/{user}/door/                                               - - - - - + +
POST /admin/authors/user/{user}/door/ do=revoke                                     - - - - - + +
POST /admin/authors/user/{user}/door/ do=invite                                     - - - - - + +
GET  /admin/auth/group/                                                             - - - - - - +
GET  /admin/newsroom/masthead/1/change/                                             - - - - - + +
GET  /admin/status/                                                                 - - - - - + +
POST /admin/newsroom/masthead/1/change/ FORM title=새제호                              - - - - - + +
GET  /admin/comments/comment/                                                       - - - + - - +
POST /admin/comments/comment/ action=approve _selected_action={comment}             - - - + - - +
GET  /admin/comments/word/                                                          - - - + - - +
GET  /admin/comments/moderationevent/                                               - - - + - - +
"""


def state_of_everything():
    """What stands in the database, so that a change of it shows."""
    return {model: list(model.objects.order_by("pk").values()) for model in WATCHED}


class PermissionTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        accounts = {role: make_account(role, role) for role in ("reporter", "moderator")}
        accounts |= {role: make_account(role, role) for role in ("editor", "publisher")}
        accounts |= {"staff": make_account("staff")}
        accounts["superuser"] = User.objects.create_superuser("superuser")
        cls.accounts = accounts
        Masthead.objects.create(pk=1, title="미르내신문")
        reporter, now = accounts["reporter"], timezone.now()
        author = make_author(user=reporter)
        other = make_author("류가온")
        states = {
            "draft": {"state": "draft", "published_at": None},
            "review": {"state": "review", "published_at": None},
            "scheduled": {"hours_ago": -5},
            "public": {},
            "gone": {"state": "withdrawn", "withdrawn_at": now, "withdrawal_reason": "까닭"},
        }
        rows = {}
        for name, fields in states.items():
            words = {"lead": "장터에 불이 켜졌다.", "section": make_section(name)}
            rows[name] = make_article(authors=[other], created_by=None, **words, **fields)
            rows[f"own_{name}"] = make_article(authors=[author], **words, **fields)
        photos = {
            "photo": make_photo(),
            "own_photo": make_photo(added_by=reporter),
            "own_public_photo": make_photo(added_by=reporter),
        }
        Article.objects.filter(pk=rows["own_public"].pk).update(hero=photos["own_public_photo"])
        Article.objects.filter(pk=rows["own_draft"].pk).update(hero=photos["own_photo"])
        for name, article in (("", rows["draft"]), ("own_", rows["own_draft"])):
            content = {"headline": "앞선 제목", "subtitle": "", "lead": "", "body": "<p>글</p>"}
            content |= {"section": None, "series": None, "series_position": 0, "hero": None}
            content |= {"hero_caption": "", "ai_assistance": "", "tags": [], "authors": []}
            for kind, title in (("saved", "revision"), ("aside", "aside")):
                rows[name + title] = Revision.objects.create(
                    article=article, kind=kind, content=content
                )
            rows[f"{name}link"] = PreviewLink.objects.create(article=article)
        rows |= photos | {
            "correction": Correction.objects.create(article=rows["public"], text="바로잡습니다."),
            "section": make_section("빈 분야"),
            "series": Series.objects.create(title="물길"),
            "tag": Tag.objects.create(name="장터", slug="장터"),
            "other_tag": Tag.objects.create(name="시장", slug="시장"),
            "old": OldAddress.objects.create(path="/옛-기사", target="/"),
            "page": Page.objects.create(slug="tips", title="제보"),
            "author": make_author("문태오"),
            "user": make_account("떠날이", email="away@example.com"),
            "group": Group.objects.get(name="reporter"),
            "comment": make_comment(rows["public"], state="pending"),
        }
        cls.places = {name: row.pk for name, row in rows.items()} | {
            "later": f"{timezone.localtime(now + timedelta(hours=5)):%Y-%m-%dT%H:%M}",
            "key": uuid.uuid4(),
            "front": fingerprint(),
            "own_url": rows["own_public"].get_absolute_url(),
            "draft_url": rows["draft"].get_absolute_url(),
            "link_url": url_of(rows["link"]),
        }

    def setUp(self):
        self.clients = {role: Client() for role in ROLES}
        for role, account in self.accounts.items():
            self.clients[role].force_login(account)
        self.before = state_of_everything()

    def parts_of(self, request):
        """Return method, path and data of the request that a line describes."""
        method, path, *rest = request.split()
        path = path.format(**self.places)
        path = path if path.startswith("/") else f"/admin/articles/{path}"
        data = typed(self.clients["superuser"].get(path)) if "FORM" in rest else {}
        changes = [item.format(**self.places).partition("=") for item in rest if "=" in item]
        return method, path, data | {name: value for name, _equals, value in changes}

    def mark(self, method, response):
        """Return the mark that describes the answer."""
        is_sign_in = response.status_code == 302 and "/admin/login/" in response.url
        is_refused = response.status_code in (403, 404) or is_sign_in
        if not is_refused:
            self.assertIn(response.status_code, (200, 302))
        if method == "GET":
            return "-" if is_refused else "+"
        is_changed = state_of_everything() != self.before
        if is_refused:
            return "!" if is_changed else "-"
        if is_changed:
            return "+"
        return "k" if Revision.objects.filter(kind="aside").count() > 2 else "."

    def check(self, table):
        for line in filter(None, table.splitlines()):
            request, marks = line[:-13].strip(), line[-13:].split()
            method, path, data = self.parts_of(request)
            for role, expected in zip(ROLES, marks, strict=True):
                with self.subTest(request, role=role), transaction.atomic():
                    send = getattr(self.clients[role], method.lower())
                    self.assertEqual(self.mark(method, send(path, data)), expected)
                    transaction.set_rollback(True)

    def test_articles(self):
        self.check(ARTICLES)

    def test_writing(self):
        self.check(WRITING)

    def test_photos(self):
        self.check(PHOTOS)

    def test_all_else(self):
        self.check(ALL_ELSE)

    def test_reporters_list_holds_their_own_articles(self):
        page = self.clients["reporter"].get("/admin/articles/article/?all=")
        own = {pk for name, pk in self.places.items() if name.startswith("own_")}
        found = {article.pk for article in page.context["cl"].result_list}
        self.assertLessEqual(found, own)
        self.assertEqual(len(found), 5)
        page = self.clients["editor"].get("/admin/articles/article/?all=")
        self.assertEqual(len(page.context["cl"].result_list), 10)

    def test_buttons_are_shown_to_who_may_press_them(self):
        expected = {
            ("reporter", "own_draft"): {"save", "submit"},
            ("reporter", "own_review"): {"give_back", "note"},
            ("reporter", "own_public"): {"note"},
            ("editor", "draft"): {"save", "submit", "publish", "schedule"},
            ("editor", "review"): {"save", "give_back", "publish", "schedule"},
            ("editor", "scheduled"): {"save", "publish", "schedule", "unschedule"},
            ("editor", "public"): {"save", "publish", "withdraw"},
            ("editor", "gone"): {"save", "republish"},
        }
        for (role, name), steps in expected.items():
            with self.subTest(role, article=name):
                url = f"/admin/articles/article/{self.places[name]}/change/"
                page = self.clients[role].get(url).content.decode()
                found = {step for step in ALL_STEPS if f'name="do" value="{step}"' in page}
                self.assertEqual(found, steps)

    def test_role_that_is_taken_away_takes_its_rights_along(self):
        self.accounts["editor"].groups.remove(Group.objects.get(name="editor"))
        url = f"/admin/articles/article/{self.places['draft']}/change/"
        self.assertEqual(self.clients["editor"].get(url).status_code, 403)


ALL_STEPS = (
    *("save", "submit", "give_back", "publish", "schedule", "unschedule"),
    *("withdraw", "republish", "note"),
)
