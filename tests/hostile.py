"""Strings that would act in a page if they were not text there, and a paper full of them."""

import gzip
import json
import os
from copy import copy

from django.db.models.base import ModelState

from articles.models import Correction, Series
from newsroom.models import Masthead
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

HOSTILE = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'\"><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav\tascript:alert(1)'>x</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><button formaction=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "<p style=background:url(javascript:alert(1))>x",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<figure data-photo="1&quot; onload=alert(1)">x</figure>',
    '<figure data-embed="javascript:alert(1)"></figure>',
    "<figure data-embed='https://youtu.be/\"><script>alert(1)</script>'></figure>",
    "{{ masthead.title }}{% debug %}",
    "<!--><script>alert(1)</script>-->",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "\u202e<script>alert(1)</script>",
]


def payloads():
    """Return the hostile strings: ours, and those of the corpus that `XSS_CORPUS` names.

    A corpus is a gzip file of lines of JSON; a thousand strings take some minutes.
    """
    if not (path := os.environ.get("XSS_CORPUS")):
        return HOSTILE
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return HOSTILE + [json.loads(line)["payload"] for line in file]


def hostile_paper(texts):
    """Make articles with each hostile string in every field: yields (text, article, comment)."""
    Masthead(pk=1, title='미르내 "><script>alert(1)</script>', tagline="<img src=x>").save()
    drawn = make_photo()
    for number, text in enumerate(texts):
        section = make_section(f"{number} {text}"[:40], slug=f"s{number}", description=text[:200])
        series = Series.objects.create(
            title=f"{number} {text}"[:100], slug=f"r{number}", description=text
        )
        photo = copy(drawn)
        photo.pk, photo._state = None, ModelState()
        photo.alt, photo.caption, photo.credit = text[:250], text[:400], text[:120]
        photo.is_ai_generated, photo.ai_notice = drawn.is_ai_generated, text[:200]
        photo.save()
        author = make_author(
            f"{number}{text}"[:60], slug=f"a{number}", bio=text, role=text[:60], portrait=photo
        )
        article = make_article(
            f"제목 {text}"[:300],
            subtitle=text[:300],
            lead=text,
            body=f'<p>앞</p>{text}<p>{text}</p><figure data-photo="{photo.pk}"></figure>',
            section=section,
            series=series,
            authors=[author],
            tags=[f"{number}{text}"[:60]],
            hero=photo,
            hero_caption=text[:400],
            ai_assistance=text[:300],
        )
        Correction.objects.create(article=article, text=f"정정 {text}")
        comment = make_comment(article, f"말 {text}"[:2000], author_name=f"이 {text}"[:30])
        yield text, article, comment
