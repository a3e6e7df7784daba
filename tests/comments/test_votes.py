"""Agreeing and disagreeing."""

from django.test import Client, TestCase

from comments import moderation, votes
from comments.models import Comment, SourceKey, Vote
from comments.votes import wilson
from tests.comments.posting import token
from tests.factories import make_article, make_comment


class VoteTests(TestCase):
    def setUp(self):
        self.article = make_article()
        self.comment = make_comment(self.article)
        self.url = f"/comments/{self.comment.pk}/vote/"

    def vote(self, value, client=None, **kwargs):
        data = {"vote": value, "token": token("vote")}
        return (client or self.client).post(self.url, data, **kwargs)

    def counts(self):
        self.comment.refresh_from_db()
        return self.comment.up_count, self.comment.down_count

    def test_one_vote_a_person_that_can_change_and_be_taken_back(self):
        for value, expected in ((1, (1, 0)), (1, (1, 0)), (-1, (0, 1)), (0, (0, 0)), (0, (0, 0))):
            self.vote(value)
            self.assertEqual(self.counts(), expected)
        self.assertEqual(Vote.objects.count(), 0)

    def test_different_people_count(self):
        for number in range(3):
            self.vote(1, Client(REMOTE_ADDR=f"198.51.100.{number}"))
        self.vote(-1, Client(REMOTE_ADDR="2001:db8:1:1::1"))
        self.vote(-1, Client(REMOTE_ADDR="2001:db8:1:1:ffff::2"))  # the same home
        self.vote(-1, Client(REMOTE_ADDR="2001:db8:1:2::1"))
        self.assertEqual(self.counts(), (3, 2))

    def test_new_key_for_addresses_gives_nobody_a_second_vote(self):
        self.vote(1)
        SourceKey.objects.create(secret="ab" * 32)
        self.vote(1)
        self.assertEqual(self.counts(), (1, 0))
        self.vote(-1)
        self.assertEqual(self.counts(), (0, 1))

    def test_without_script_it_leads_back_to_the_comment(self):
        page = f"http://testserver{self.article.get_absolute_url()}"
        response = self.vote(1, headers={"referer": page})
        expected = f"{self.article.get_absolute_url()}#comment-{self.comment.pk}"
        self.assertEqual(response.url, expected)
        for elsewhere in ("https://evil.example/x", f"http://testserver{self.url}", ""):
            response = self.vote(1, headers={"referer": elsewhere})
            self.assertEqual(
                response.url, f"/comments/{self.comment.pk}/#comment-{self.comment.pk}"
            )

    def test_script_gets_the_numbers(self):
        response = self.vote(1, headers={"accept": "application/json"})
        self.assertEqual(response.json(), {"up": 1, "down": 0})
        self.assertFalse(response.cookies)

    def test_page_that_is_too_old_offers_the_vote_anew(self):
        for bad in ("", "forged", token("vote", 90_000), token(f"comment.{self.article.pk}")):
            response = self.client.post(self.url, {"vote": 1, "token": bad})
            self.assertContains(response, f'action="{self.url}"', status_code=422)
        self.assertEqual(self.client.post(self.url, {"token": token("vote")}).status_code, 422)
        self.assertEqual(self.counts(), (0, 0))
        self.vote(1)
        self.assertEqual(self.counts(), (1, 0))

    def test_what_readers_cannot_see_takes_no_votes(self):
        moderation.trash(self.comment)
        self.assertEqual(self.vote(1).status_code, 404)
        self.assertEqual(self.client.get(self.url).status_code, 405)

    def test_one_token_serves_every_button_of_the_page(self):
        make_comment(self.article)
        html = self.client.get(self.article.get_absolute_url()).content.decode()
        self.assertEqual(html.count('<form id="vote"'), 1)
        self.assertEqual(html.count('form="vote"'), 4)
        self.assertIn(f'formaction="{self.url}"', html)

    def test_many_votes_outweigh_few_unanimous_ones(self):
        self.assertGreater(wilson(50, 5), wilson(2, 0))
        self.assertGreater(wilson(1, 0), wilson(0, 0))
        for down in range(200):
            self.assertGreaterEqual(wilson(0, down), 0)
        for number in range(3):
            votes.vote(self.comment, [f"{number}"], 1)
        self.assertAlmostEqual(Comment.objects.get().score, wilson(3, 0))
