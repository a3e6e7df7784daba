"""Pictures in an object store, which stands in for S3 in this process."""

import os
from unittest.mock import patch

import boto3
from django.test import TestCase, override_settings
from moto import mock_aws

from articles import cards
from newsroom import settings as own
from newsroom.models import Masthead
from tests.factories import make_article, make_photo

KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
}


class ObjectStoreTests(TestCase):
    def setUp(self):
        self.enterContext(patch.dict(os.environ, KEYS))
        self.enterContext(mock_aws())
        place = {"LocationConstraint": "ap-northeast-2"}
        self.bucket = boto3.resource("s3").create_bucket(
            Bucket="paper", CreateBucketConfiguration=place
        )
        with patch.object(own, "MEDIA_S3", "paper"):
            stores = {name: own.media(name) for name in ("originals", "cards")}
            stores["default"] = own.media("public")
        self.enterContext(override_settings(STORAGES={**own.STORAGES, **stores}))

    def kept(self):
        return {item.key.split("/")[0] for item in self.bucket.objects.all()}

    def get(self, address):
        answer = self.client.get(address)
        return answer.status_code, answer.streaming and answer.getvalue()

    def test_photo_is_taken_served_redrawn_and_removed(self):
        photo = make_photo()
        self.assertEqual(self.kept(), {"public", "originals"})
        status, data = self.get(before := photo.small)
        self.assertEqual((status, data[:3]), (200, b"\xff\xd8\xff"))
        self.assertEqual(self.get(f"/media/{photo.original}"), (404, False))
        with self.captureOnCommitCallbacks(execute=True):
            photo.focal_x = 10
            photo.save()
        self.assertEqual(self.get(before), (404, False))
        self.assertEqual(self.get(photo.small)[0], 200)
        with self.captureOnCommitCallbacks(execute=True):
            photo.delete()
        self.assertEqual(self.kept(), {"originals"})

    def test_same_picture_is_kept_once_and_never_under_another_name(self):
        make_photo()
        paths = {item.key for item in self.bucket.objects.all()}
        make_photo()
        self.assertEqual({item.key for item in self.bucket.objects.all()}, paths)

    def test_cards_are_kept_too(self):
        if cards.font_file() is None:
            self.skipTest("no font with Hangul")
        article = make_article()
        address = cards.card_of(article, Masthead.load()).url
        drawn, kept = self.get(address), self.get(address)
        self.assertEqual((drawn[0], drawn), (200, kept))
        self.assertEqual(self.kept(), {"cards"})

    def test_bucket_gives_nothing_to_strangers(self):
        make_photo()
        for item in self.bucket.objects.all():
            grants = item.Acl().grants
            self.assertEqual({grant["Grantee"]["Type"] for grant in grants}, {"CanonicalUser"})
