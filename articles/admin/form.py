"""The form in which an article is written: its words, its settings, and the step to take."""

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.forms import TagField

from articles import revisions, tags
from articles.editor import BodyField
from articles.flow import REASON_LENGTH
from articles.models import Article
from authors.models import Author
from newsroom.fields import LineField
from newsroom.text import clean

MORE_BYLINES = 2  # empty places below those that are taken
TEXTS = ("headline", "subtitle", "lead", "body", "hero_caption", "ai_assistance")
RELATED = ("section", "series", "hero")
# What is kept with the article at once, whether its words are public or not.
SETTINGS = ("slug", "responsible", "comment_policy")


class CommaTagField(TagField):
    """Tags parted by commas alone, so that one tag of two words stays one."""

    def clean(self, value):
        names = super().clean(f"{value}," if value and value.strip() else value)
        for name in names:
            tags.check_name(name)
        return names

    def has_changed(self, initial, data):
        return (initial or "") != (data or "")


def with_commas(names):
    """Return tags as people type them; only one that holds a comma needs quotes."""
    return ", ".join(f'"{name}"' if "," in name else name for name in names)


class BylineSelects(forms.MultiWidget):
    """One select after another: who signs first, who second, and room for more."""

    use_fieldset = False

    def __init__(self, choices, number):
        choices = [("", "–"), *choices]
        names = [_("author %d") % place for place in range(1, number + 1)]
        super().__init__([forms.Select({"aria-label": name}, choices) for name in names])

    def decompress(self, value):
        return list(value or [])

    def id_for_label(self, id_):
        return f"{id_}_0"


class BylinesField(forms.TypedMultipleChoiceField):
    """Authors in the order in which they sign, each once."""

    def __init__(self, choices, number):
        super().__init__(
            label=_("bylines"), choices=choices, coerce=int, empty_value=[], required=False
        )
        self.widget = BylineSelects(choices, number)

    def clean(self, value):
        value = super().clean([author for author in value if author])
        if len(set(value)) < len(value):
            raise forms.ValidationError(_("An author signs an article only once."))
        return value

    def has_changed(self, initial, data):
        return [str(pk) for pk in initial or []] != [pk for pk in data or [] if pk]


class Moment(forms.DateTimeInput):
    """A day and a time in one field, as browsers offer it."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class StepForm(forms.Form):
    """What a step asks for besides the article: when, why, and what to tell the others."""

    publish_at = forms.DateTimeField(label=_("publish at"), required=False, widget=Moment())
    is_small_change = forms.BooleanField(
        label=_("small change, do not show as revised"), required=False
    )
    slug_follows = forms.BooleanField(
        label=_("the address takes the new headline on"),
        required=False,
        help_text=_("Old links keep leading here."),
    )
    reason = forms.CharField(
        label=_("reason for withdrawal"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Shown to readers."),
    )
    note = forms.CharField(
        label=_("note to the desk"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Readers never see it. It is kept with whatever button you press."),
    )

    def clean_reason(self):
        return LineField().to_python(self.cleaned_data["reason"])

    def clean_note(self):
        return clean(self.cleaned_data["note"]).strip()

    def clean(self):
        data = super().clean() or self.cleaned_data
        step, at = self.data.get("do"), self.cleaned_data.get("publish_at")
        if step == "schedule" and "publish_at" not in self.errors:
            if at is None:
                self.add_error("publish_at", _("Choose the time at which readers get it."))
            elif at <= timezone.now():
                self.add_error("publish_at", _("This time has passed. Choose one to come."))
        if step == "withdraw" and not (self.cleaned_data.get("reason") or "reason" in self.errors):
            self.add_error("reason", _("Tell the readers why it is withdrawn."))
        return data


class ArticleForm(StepForm, forms.ModelForm):
    """An article as the desk writes it; says in words what the database would refuse."""

    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    body = BodyField(
        help_text=_(
            "HTML: &lt;p&gt;, &lt;h2&gt;, &lt;blockquote&gt;, lists, tables, links. A photo of"
            ' the library: <code>&lt;figure data-photo="12"&gt;&lt;/figure&gt;</code>; a'
            ' video: <code>&lt;figure data-embed="URL"&gt;&lt;/figure&gt;</code>; either may'
            " hold a <code>&lt;figcaption&gt;</code>. Anything else is removed."
        ),
    )
    tags = CommaTagField(label=_("tags"), required=False, help_text=_("Separated by commas."))
    bylines = forms.Field(required=False)  # made anew for each form: it offers the authors

    class Meta:
        model = Article
        fields = [*TEXTS, *RELATED, "series_position", "tags", *SETTINGS]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial |= revisions.current(self.instance)
            self.initial["tags"] = with_commas(self.initial["tags"])
            self.initial["bylines"] = self.initial.pop("authors")
            self.initial["base"] = self.instance.version
        if "bylines" in self.fields:
            self.fields["bylines"] = self.bylines_field()
        if "responsible" in self.fields:
            accounts = Q(is_active=True, is_staff=True) | Q(pk=self.instance.responsible_id)
            field = self.fields["responsible"]
            field.queryset = get_user_model().objects.filter(accounts).order_by("username")
        if "series_position" in self.fields:
            self.fields["series_position"].required = False

    def bylines_field(self):
        """Return the field of the bylines: it offers those who work here, and who signs now."""
        signed = self.initial.get("bylines") or []
        authors = Author.objects.filter(Q(is_active=True) | Q(pk__in=signed))
        choices = [(author.pk, author.signature) for author in authors]
        sent = sum(name.startswith("bylines_") for name in self.data)
        return BylinesField(choices, max(sent, len(signed) + MORE_BYLINES))

    @property
    def step(self):
        """What is to be done with the article besides saving it; empty if nothing."""
        step = self.data.get("do", "")
        return "" if step == "save" else step

    def clean_series_position(self):
        return self.cleaned_data["series_position"] or 0

    def content(self):
        """Return what was typed and is valid, as revisions keep it."""
        typed = self.cleaned_data
        content = {n: typed[n] for n in (*TEXTS, "series_position", "tags") if n in typed}
        content |= {n: typed[n] and typed[n].pk for n in RELATED if n in typed}
        return content | ({"authors": typed["bylines"]} if "bylines" in typed else {})
