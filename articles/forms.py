"""What a reader may ask of the archive."""

from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.models import Section
from newsroom.text import one_line


class SearchForm(forms.Form):
    """The search field and its filters; all of it stands in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )
    section = forms.ModelChoiceField(
        Section.objects.all(),
        label=_("Section"),
        required=False,
        to_field_name="slug",
        empty_label=_("All sections"),
    )

    def __init__(self, query):
        super().__init__({name: one_line(query.get(name, "")) for name in ("q", "section")})

    @property
    def rest(self):
        """The question as it goes on in the links between pages."""
        return "&" + urlencode(
            {name: self.data[name] for name in ("q", "section") if self.data.get(name)}
        )
