"""What the pages of the desk cost in queries: few, and no more for twice the rows."""

from itertools import count

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import revisions
from articles.models import Correction, OldAddress, Page, Placement, Series
from authors.models import AccessEvent
from comments import moderation
from comments.models import Ban, RefusalReason, Word
from newsroom.models import Masthead
from tests.factories import (
    image_file,
    make_account,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)
from tests.newsroom.test_admin import sign_in

MOST = 15


class DeskCostTests(TestCase):
    """Every desk that the admin knows, with rows in each and rows on each row."""

    def setUp(self):
        self.user = sign_in(self.client)
        self.numbers = count(1)
        self.author, self.section = make_author(user=self.user), make_section()
        self.reason = RefusalReason.objects.create(name="모욕", text="모욕입니다.")
        self.series = Series.objects.create(title="물길")
        Masthead.objects.create(pk=1, title="두물머리신문")

    def grow(self):
        """Make one more of everything, each on the same article, section, author and account."""
        n, photo = next(self.numbers), make_photo(image_file(64, 48))
        article = make_article(
            *(f"장터 {n}", ["장터", f"낱말 {n}"], [self.author]),
            section=self.section,
            series=self.series,
            hero=photo,
            body=f'<p>장터</p><figure data-photo="{photo.pk}"></figure>',
            created_by=self.user,
            responsible=self.user,
        )
        self.article = getattr(self, "article", article)
        revisions.record(self.article, self.user, "saved")
        self.article.notes.create(text="장터", made_by=self.user)
        self.article.writings.create(
            user=self.user, content={"headline": ["장터"]}, changed_at=timezone.now()
        )
        Correction.objects.create(article=self.article, text=f"장터 {n}")
        OldAddress.objects.create(path=f"/{n}", article=self.article)
        Placement.objects.create(article=article, position=n)
        parent = make_comment(self.article, "장터")
        waiting = make_comment(self.article, "장터", parent=parent, state="pending")
        moderation.reject(waiting, self.user, reason=self.reason)
        Ban.objects.create(digest=f"{n:064}", moderator=self.user)
        Word.objects.create(text=f"장터{n}")
        RefusalReason.objects.create(name=f"사유 {n}", text="장터")
        Page.objects.create(slug=f"p{n}", title=f"장터 {n}")
        Series.objects.create(title=f"연재 {n}")
        make_section(f"분야 {n}")
        make_author(f"기자 {n}", user=make_account(f"account{n}", "reporter"), portrait=photo)
        Group.objects.create(name=f"무리 {n}")
        AccessEvent.objects.create(user=self.user, kind="in", name="")
        LogEntry.objects.log_actions(self.user.pk, [self.article], CHANGE, "장터")

    def addresses(self):
        """Return the addresses of every desk: list, search, forms; and of its oldest row."""
        found = {reverse("admin:index"): None, reverse("admin:status"): None}
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            row = model._default_manager.order_by("pk").first()
            assert row, f"grow() makes no {name}"
            at = reverse(f"{name}_changelist")
            found |= dict.fromkeys([at, f"{at}?q=장터", reverse(f"{name}_add")])
            for page in ("change", "history", "delete"):
                found[reverse(f"{name}_{page}", args=[row.pk])] = None
        return list(found)

    def queries(self):
        """Return how many queries each address takes that this account may ask."""
        taken = {}
        for address in self.addresses():
            with CaptureQueriesContext(connection) as captured:
                response = self.client.get(address)
            if response.status_code != 403:
                self.assertIn(response.status_code, (200, 302), address)
                taken[address] = len(captured)
        return taken

    def test_every_page_takes_few_queries_and_no_more_for_twice_the_rows(self):
        for _ in range(2):
            self.grow()
        ContentType.objects.get_for_models(*admin.site._registry)  # asked for once, then known
        before = self.queries()
        for _ in range(2):
            self.grow()
        for address, number in self.queries().items():
            with self.subTest(address):
                self.assertEqual(number, before[address])
                self.assertLessEqual(number, MOST)
