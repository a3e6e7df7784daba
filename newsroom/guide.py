"""The guide of the newsroom: docs/ko/ as pages of the admin, read without the internet."""

import re

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markdown import Markdown
from markdown.extensions.toc import TocExtension, slugify_unicode
from PIL import Image

FOLDER = settings.BASE_DIR / "docs" / "ko"
SCALE = 2  # pixels of a screenshot for each of the page
# Whose page is whose: the first whose permission an account has is its own.
ROLES = {
    "publisher": "authors.view_user",
    "editor": "articles.publish_article",
    "reporter": "articles.change_article",
    "moderator": "comments.change_comment",
}
PAGES = ("README", *ROLES)
LINK = re.compile(r'href="(\w+)\.md')
PICTURE = re.compile(r'src="pictures/([\w-]+)\.webp"')


def page_of(user):
    """Return the name of the page that is meant for an account."""
    return next((page for page, right in ROLES.items() if user.has_perm(right)), "README")


def render(text):
    """Return a page's Markdown as HTML that stands in the admin, and its sections."""
    markdown = Markdown(
        extensions=["tables", TocExtension(slugify=slugify_unicode, toc_depth=2, anchorlink=True)]
    )
    html = LINK.sub(link, PICTURE.sub(picture_at, markdown.convert(text)))
    return mark_safe(html), markdown.toc_tokens  # our own text, from the repository


def link(match):
    """Return the address in the admin of a page that another names as a file."""
    return f'href="{reverse("admin:guide_page", args=[match[1]])}'


def picture_at(match):
    """Return the attributes of a picture; with its size the page does not jump while it loads."""
    with Image.open(FOLDER / "pictures" / f"{match[1]}.webp") as image:
        width, height = (round(side / SCALE) for side in image.size)
    address = reverse("admin:guide_picture", args=[match[1]])
    return f'src="{address}" width="{width}" height="{height}"'


@require_safe
def page(request, name="README"):
    """A page of the guide, with its sections; without a name the one that leads to the others."""
    if name not in PAGES:
        raise Http404(_("There is no such page."))
    title, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").split("\n", 1)
    html, sections = render(text)
    context = {"title": title.removeprefix("# "), "html": html, "sections": sections}
    return admin.site.page(request, "admin/guide.html", context)


@require_safe
def picture(request, name):
    """A picture of the guide: the screen that a page talks about."""
    try:
        file = (FOLDER / "pictures" / f"{name}.webp").open("rb")
    except FileNotFoundError:
        raise Http404(_("There is no such page.")) from None
    return FileResponse(file, content_type="image/webp")
