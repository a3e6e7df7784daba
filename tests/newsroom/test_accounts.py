"""Accounts from the first letter to the last day: invited, sent again, revoked, closed."""

import re
from datetime import timedelta

import time_machine
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from articles.models import Article
from authors.models import User
from comments import tasks
from comments.models import Mail
from newsroom.models import Masthead
from tests.factories import make_account, make_article, make_author
from tests.newsroom.test_admin import change, typed

PASSWORD = "새벽 첫차를 타고 떠난 날"


class AccountTests(TestCase):
    def setUp(self):
        Masthead.objects.create(pk=1, title="미르내신문")
        self.publisher = make_account("발행인", "publisher")
        self.client.force_login(self.publisher)
        self.author = make_author("한도경", email="han@example.com")
        self.url = f"/admin/authors/author/{self.author.pk}/invite/"
        self.form = f"/admin/authors/author/{self.author.pk}/change/"

    def invite(self, **changes):
        data = typed(self.client.get(self.url), "#invite_form") | changes
        return self.client.post(self.url, data)

    def account(self):
        return User.objects.get(author=self.author)

    def door(self):
        return f"/admin/authors/user/{self.account().pk}/door/"

    def link(self):
        """The address in the letter that was sent last."""
        tasks.send_due()
        return re.search(r"https?://[^/]+(/admin/password-reset/\S+)", mail.outbox[-1].body)[1]

    def set_password(self, link):
        """Follow a letter; return whether it led to a new password."""
        client = Client()
        page = client.get(link, follow=True)
        if not page.context["validlink"]:
            return False
        data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        return client.post(page.redirect_chain[-1][0], data).status_code == 302


class InvitationTests(AccountTests):
    def test_account_is_made_tied_to_the_byline_and_its_owner_sets_the_password(self):
        self.assertContains(self.client.get(self.form), self.url)
        response = self.invite()
        account = self.account()
        self.assertRedirects(response, self.door())
        self.assertEqual((account.username, str(account)), ("한도경", "한도경"))
        self.assertEqual([group.name for group in account.groups.all()], ["reporter"])
        self.assertFalse(account.has_usable_password() or account.is_superuser)
        self.assertTrue(self.set_password(self.link()))
        [letter] = mail.outbox
        self.assertEqual(letter.to, ["han@example.com"])
        self.assertIn("한도경", letter.body)
        self.assertTrue(Client().login(username="한도경", password=PASSWORD))
        self.assertFalse(self.set_password(self.link()))  # once

    def test_second_factor_is_asked_for_as_of_anybody(self):
        self.invite(group=Group.objects.get(name="editor").pk)
        self.set_password(self.link())
        client = Client()
        client.post("/admin/login/", {"username": "한도경", "password": PASSWORD})
        with override_settings(STAFF_SECOND_FACTOR="editors"):
            page = client.get("/admin/", follow=True)
        self.assertEqual(page.redirect_chain[-1][0], "/admin/second-factor/set-up/")

    def test_link_ends_after_a_day(self):
        self.invite()
        link = self.link()
        with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
            self.assertFalse(self.set_password(link))
        self.assertTrue(self.set_password(link))

    def test_letter_that_is_sent_again_ends_the_one_before(self):
        self.invite()
        first = self.link()
        self.assertContains(self.client.get(self.door()), "초대 편지 보내기")
        self.client.post(self.door(), {"do": "invite"})
        self.assertFalse(self.set_password(first))
        self.assertTrue(self.set_password(self.link()))
        self.assertNotContains(self.client.get(self.door()), "초대 편지 보내기")
        self.assertEqual(self.client.post(self.door(), {"do": "invite"}).status_code, 404)

    def test_revoked_invitation_leads_nowhere_until_it_is_sent_again(self):
        self.invite()
        link = self.link()
        self.client.post(self.door(), {"do": "revoke"})
        self.assertFalse(self.account().is_active)
        self.assertFalse(self.set_password(link))
        self.client.post(self.door(), {"do": "invite"})
        self.assertTrue(self.set_password(self.link()))

    def test_letter_is_dropped_if_the_invitation_is_revoked_before_it_goes_out(self):
        self.invite()
        self.client.post(self.door(), {"do": "revoke"})
        tasks.send_due()
        self.assertEqual((mail.outbox, Mail.objects.count()), ([], 0))

    def test_what_does_not_fit_is_refused_and_nothing_is_made(self):
        make_account("류가온", email="HAN@example.com")
        for name, value in (
            ("username", "류가온"),
            ("username", "한 도경!"),
            ("email", ""),
            ("email", "han@example.com"),
            ("group", ""),
        ):
            data = {"email": "new@example.com", name: value}
            with self.subTest(name, value=value):
                self.assertIn(name, self.invite(**data).context["form"].errors)
        self.assertFalse(Mail.objects.exists() or User.objects.filter(author=self.author))
        self.assertEqual(self.invite(email="new@example.com").status_code, 302)

    def test_account_without_a_mailbox_is_not_invited(self):
        self.invite()
        User.objects.filter(author=self.author).update(email="")
        self.assertNotContains(self.client.get(self.door()), "초대 편지 보내기")
        self.assertEqual(self.client.post(self.door(), {"do": "invite"}).status_code, 404)

    def test_author_who_has_an_account_is_not_invited_again(self):
        self.invite()
        response = self.client.post(self.url, {"username": "둘", "email": "b@example.com"})
        self.assertRedirects(response, self.door())
        self.assertEqual(Mail.objects.count(), 1)
        self.assertNotContains(self.client.get(self.form), self.url)


class LeavingTests(AccountTests):
    def setUp(self):
        super().setUp()
        self.account = make_account("한도경", "reporter")
        self.author.user = self.account
        self.author.save()
        self.article = make_article("장터에 켜진 불", authors=[self.author])

    def leave(self, **changes):
        return change(self.client, self.form, is_active=None, **changes)

    def test_account_is_closed_with_the_byline_and_articles_stay(self):
        theirs = Client()
        theirs.force_login(self.account)
        self.leave(closes_account="on")
        self.assertEqual(theirs.get("/admin/").status_code, 302)
        self.account.refresh_from_db()
        self.assertFalse(self.account.is_active)
        page = self.client.get(self.article.get_absolute_url())
        self.assertContains(page, "한도경")
        self.assertContains(self.client.get(self.author.get_absolute_url()), "장터에 켜진 불")
        self.assertNotContains(self.client.get(self.form), "closes_account")

    def test_account_stays_open_unless_it_is_ticked(self):
        self.assertContains(self.client.get(self.form), "그대로 남습니다")
        self.leave()
        self.account.refresh_from_db()
        self.assertTrue(self.account.is_active)

    def test_bylines_stay_when_the_account_is_deleted(self):
        self.client.post(f"/admin/authors/user/{self.account.pk}/delete/", {"post": "yes"})
        self.assertEqual(Article.objects.get().byline_authors, [self.author])

    def test_who_may_not_change_an_account_does_not_close_it(self):
        chief = User.objects.create_superuser("사주")
        self.client.force_login(make_account("편집자", "editor"))
        self.assertNotContains(self.client.get(self.form), "closes_account")
        self.leave(closes_account="on")
        self.client.force_login(self.publisher)
        self.leave(closes_account="on", user=chief.pk)
        self.assertEqual(User.objects.filter(is_active=False).count(), 0)
