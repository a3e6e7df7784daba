"""What a reader may ask of the archive."""

from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Section, Tag
from articles.search.facets import PERIODS
from authors.models import Author
from newsroom.text import one_line

FILTERS = ("section", "author", "tag", "period")
BY_DATE = "date"


GONE = {"invalid_choice": _("What this search was narrowed to is not there. Choose again.")}


class SearchForm(forms.Form):
    """The question, what narrows it and how it is ordered; all of it stands in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        error_messages={"max_length": _("Search for 200 letters at most.")},
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )
    section = forms.ModelChoiceField(
        Section.objects.all(),
        label=_("Section"),
        required=False,
        to_field_name="slug",
        empty_label=_("All sections"),
        error_messages=GONE,
    )
    author = forms.ModelChoiceField(
        Author.objects.all(), required=False, to_field_name="slug", error_messages=GONE
    )
    tag = forms.ModelChoiceField(
        Tag.objects.all(), required=False, to_field_name="slug", error_messages=GONE
    )
    period = forms.ChoiceField(
        choices=[("", _("Any time")), *((key, label) for key, (label, _length) in PERIODS.items())],
        label=_("Period"),
        required=False,
        error_messages=GONE,
    )
    sort = forms.ChoiceField(
        choices=[("", _("Best first")), (BY_DATE, _("Newest first"))],
        required=False,
        error_messages=GONE,
    )

    def __init__(self, query):
        super().__init__({name: one_line(query.get(name, "")) for name in self.base_fields})

    def narrow(self, articles):
        """Return those of `articles` to which the filters lead."""
        chosen = self.cleaned_data
        if chosen["section"]:
            articles = articles.in_section(chosen["section"])
        if chosen["author"]:
            articles = articles.by_author(chosen["author"])
        if chosen["tag"]:
            articles = articles.tagged_with(chosen["tag"])
        if chosen["period"]:
            since = timezone.now() - PERIODS[chosen["period"]][1]
            articles = articles.filter(published_at__gt=since)
        return articles

    def address(self, **changes):
        """Return the query of this question with other filters; None takes one away."""
        values = {name: value for name, value in (self.data | changes).items() if value}
        return "?" + urlencode(values)

    @property
    def rest(self):
        """The question as it goes on in the links between pages."""
        return "&" + self.address()[1:]

    def chosen(self):
        """Return (name of what narrows the search, the address without it) of each filter."""
        for name in FILTERS:
            if value := self.cleaned_data[name]:
                label = PERIODS[value][0] if name == "period" else value
                yield label, self.address(**{name: None})


class PopularForm:
    """Which list of what is read most somebody asks for; what is unknown means the first."""

    lists = {
        "day": _("Today"),
        "hour": _("This hour"),
        "week": _("This week"),
        "comments": _("Most discussed"),
    }

    def __init__(self, query):
        self.is_chosen = query.get("by") in self.lists
        self.by = query["by"] if self.is_chosen else "day"
        slug = one_line(query.get("section", ""))
        self.section = Section.objects.filter(slug=slug).first() if slug else None

    def choices(self):
        """Return (label, address, whether it is this one) of the lists."""
        for by, label in self.lists.items():
            yield label, self.address(by, self.section), by == self.by

    def sections(self):
        """Return (label, address, whether it is this one) of the sections, all of them first."""
        yield _("All sections"), self.address(self.by, None), self.section is None
        for section in Section.objects.filter(is_in_navigation=True):
            yield section.name, self.address(self.by, section), section == self.section

    def address(self, by, section):
        values = {"by": by, "section": section.slug} if section else {"by": by}
        return "?" + urlencode(values)
