"""The field in which the body of an article is written: a rich-text editor over a textarea;
and the one of its hero photo.

Without script the textarea stays, with the HTML in it. With script `desk/editor.js` lays
ProseMirror over it and writes each change back into it.
"""

import json

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from articles.body import PHOTO
from articles.embeds import HOSTS
from articles.models import Photo
from newsroom.html import DROPPED_WHOLE, TAGS, sanitise
from newsroom.paging import whole_number
from newsroom.text import clean

BODY_MAX_BYTES = 2**20


class BodyWidget(forms.Textarea):
    """The editor: its tools, its dialogs, and the textarea that holds the HTML."""

    template = "admin/articles/editor/body.html"

    class Media:
        css = {
            "all": [
                *("css/tokens.css", "css/desk/reset.css", "css/text.css"),
                *("css/desk/editor.css", "css/desk/photos.css"),
            ]
        }
        js = [forms.Script("js/desk/editor.js", type="module")]

    def __init__(self, attrs=None):
        super().__init__({"rows": 30, **(attrs or {})})

    def render(self, name, value, attrs=None, renderer=None):
        setup = {
            "tags": sorted(TAGS),
            "dropped": sorted(DROPPED_WHOLE),
            "hosts": sorted(HOSTS),
            "picker": reverse("admin:articles_photo_picker"),
            "photos": [as_card(photo) for photo in photos_in(value or "")],
        }
        context = {
            "textarea": super().render(name, value, attrs, renderer),
            "setup": json.dumps(setup, ensure_ascii=False),
            "max_bytes": settings.PHOTO_MAX_BYTES,
        }
        return render_to_string(self.template, context)


class HeroWidget(ForeignKeyRawIdWidget):
    """A photo by its number; with script it is chosen in the editor's dialog of the library."""

    class Media:
        js = [forms.Script("js/desk/hero.js", type="module")]

    def render(self, name, value, attrs=None, renderer=None):
        photo = Photo.objects.filter(pk=whole_number(str(value or ""))).first()
        context = {
            "number": super().render(name, value, attrs, renderer),
            "photo": photo,
            "picker": reverse("admin:articles_photo_picker"),
        }
        return render_to_string("admin/articles/editor/hero.html", context)

    def label_and_url_for_value(self, value):
        return "", ""  # its name stands beside the picture


class BodyField(forms.CharField):
    """A body: whatever comes in, what an article may hold comes out."""

    widget = BodyWidget

    def __init__(self, **kwargs):
        super().__init__(**{"label": _("body"), "required": False, **kwargs})

    def clean(self, value):
        body = sanitise(clean(super().clean(value)))
        if len(body.encode()) > BODY_MAX_BYTES:
            raise forms.ValidationError(_("The text is too long: at most 1 MB can be kept."))
        return body


def photos_in(body):
    """Return the photos of the library that stand in `body`."""
    numbers = {int(number) for number in PHOTO.findall(body)}
    return Photo.objects.filter(pk__in=numbers) if numbers else []


def as_card(photo):
    """Return what the desk's scripts show of a photo."""
    width = photo.widths("full")[:2][-1]
    return {
        "number": photo.pk,
        "small": photo.small,
        "large": photo.rendition("full", width),
        "size": photo.size("full", width),
        "alt": photo.alt,
        "caption": photo.caption,
        "credit": photo.credit,
        "isAi": photo.is_ai_generated,
        "notice": photo.notice,
        "warning": photo.warning,
    }
