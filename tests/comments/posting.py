"""What a reader's browser sends from the pages of the conversation."""

import re
import time
from itertools import count

from django.core import signing

from comments import guests

OPENINGS = count(1)  # each a page that a reader opened


def token(purpose, age=10):
    """Return the token of a form that was made `age` seconds ago."""
    made_at = int(time.time()) - age
    return signing.Signer(salt="public-form").sign(f"{purpose}.{made_at}")


def comment_data(article, age=10, **changes):
    """Return the filled-in comment form of the page of `article`."""
    return {
        "author_name": "두물댁",
        "email": "reader@example.com",
        "text": "잘 읽었습니다.",
        "consent": "on",
        "token": token(f"comment.{article.pk}", age),
        "once": str(next(OPENINGS)),
        **changes,
    }


def write(client, article, age=10, headers=None, **changes):
    """Send a comment on `article`; return the answer."""
    url = f"/articles/{article.pk}/comments/"
    return client.post(url, comment_data(article, age, **changes), headers=headers)


def own(client, comment):
    """Let `client` be the device on which `comment` was written."""
    client.cookies[guests.COOKIE] = guests.owner_token(comment)
    return f"/comments/{comment.pk}/mine/"


def act(client, comment, do, age=10, **data):
    """Do something with one's own comment on its page; return the answer."""
    data = {"do": do, "token": token(f"{do}.{comment.pk}", age), **data}
    return client.post(f"/comments/{comment.pk}/mine/", data)


def shown(response):
    """Return the numbers of the comments on a page, in its order."""
    return [int(pk) for pk in re.findall(r'id="comment-(\d+)"', response.content.decode())]
