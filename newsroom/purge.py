"""Telling a CDN which pages to forget: a POST with their keys, within seconds of a change."""

import json
import logging
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings

from newsroom.changes import PAPER, Changes

logger = logging.getLogger(__name__)
SECONDS = 5  # in which the CDN must answer
MOST_KEYS = 30  # Cloudflare's and Fastly's limits are near; beyond it, everything is forgotten


class Purge:
    """What a CDN was told so far. A new one tells it to forget everything."""

    def __init__(self):
        self.changes, self.told = Changes(), 0
        self.waiting = {PAPER}

    def run(self):
        """Tell of what has changed since; what fails is told again the next time."""
        moment = self.changes.moment
        self.changes.look(wait=True)
        changed = {key for key, at in self.changes.changed.items() if at > self.told}
        if self.told:  # what changed before it began is among everything
            self.waiting |= changed
        if 0 < moment <= time.time():
            self.waiting.add(PAPER)
        self.told = self.changes.generation
        if self.waiting and self.send(self.keys()):
            self.waiting = set()

    def keys(self):
        is_all = PAPER in self.waiting or len(self.waiting) > MOST_KEYS
        return [PAPER] if is_all else sorted(self.waiting)

    def send(self, keys):
        """Whether the CDN took these keys."""
        headers = {"Content-Type": "application/json"}
        if settings.CDN_PURGE_TOKEN:
            headers["Authorization"] = f"Bearer {settings.CDN_PURGE_TOKEN}"
        data = json.dumps({"keys": keys}).encode()
        try:
            with urlopen(Request(settings.CDN_PURGE_URL, data, headers), timeout=SECONDS):
                return True
        except HTTPError as error:
            with error:
                failure = error.code
        except (OSError, HTTPException) as error:
            failure = type(error).__name__
        logger.warning("The CDN was not told of %d keys (%s)", len(keys), failure)
        return False
