"""The desk for the word list: the paper's own entries, those that come with it, a place to try."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from authors.admin import DeskAdmin
from comments import words
from comments.models import Word

Kind = Word.Kind
LONGEST_TRY = 10_000  # characters


class WordForm(forms.ModelForm):
    """A word or an exception; one that would have held approved comments is asked about."""

    is_sure = forms.BooleanField(
        label=_("Add it all the same"), required=False, widget=forms.HiddenInput
    )

    class Meta:
        model = Word
        fields = ["text", "kind"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:  # entries are switched off on the page that lists them
            self.fields["kind"].choices = [
                (kind, kind.label) for kind in (Kind.BLOCKED, Kind.ALLOWED)
            ]

    def clean(self):
        data = super().clean()
        text, kind = data.get("text"), data.get("kind")
        if not (text and kind and self.has_changed()):
            return data
        words.validate(text, kind, instead_of=self.instance)
        if kind == Kind.BLOCKED and not data.get("is_sure"):
            self.ask_about(words.would_hold(text))
        return data

    def ask_about(self, held):
        """Say which approved comments the word would have held, and ask to confirm it."""
        if not held:
            return
        self.fields["is_sure"].widget = forms.CheckboxInput()
        text = ngettext(
            "Of the last 500 approved comments it would have held %(number)d: “%(example)s”",
            "Of the last 500 approved comments it would have held %(number)d, for example:"
            " “%(example)s”",
            len(held),
        )
        example = Truncator(held[0]).chars(100)
        self.add_error("text", text % {"number": len(held), "example": example})


class TryForm(forms.Form):
    text = forms.CharField(
        label=_("Text to try"),
        max_length=LONGEST_TRY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
    )


def pieces_of(text, found, spared):
    """Return `text` in pieces, each with what was found or spared there, or None."""
    pieces, done = [], 0
    for place in sorted([*found, *spared], key=lambda place: (place.start, -place.end)):
        if place.start >= done:
            pieces += [(text[done : place.start], None), (place.text, place)]
            done = place.end
    return [(piece, place) for piece, place in [*pieces, (text[done:], None)] if piece]


@admin.register(Word)
class WordAdmin(DeskAdmin):
    """What the paper adds to the list, what it excepts, and what it switched off."""

    form = WordForm
    list_display = ["text", "kind", "created_at"]
    list_filter = ["kind"]
    search_fields = ["text"]
    fields = ["text", "kind", "is_sure"]
    view_on_site = False

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("try/", view(self.try_view), name="comments_word_try"),
            path("shipped/", view(self.shipped_view), name="comments_word_shipped"),
            path(
                "shipped/switch/", view(require_POST(self.switch_view)), name="comments_word_switch"
            ),
            *super().get_urls(),
        ]

    def has_change_permission(self, request, obj=None):
        """An entry that is switched off has nothing to change: it is switched on again."""
        return super().has_change_permission(request, obj) and not (obj and obj.kind == Kind.OFF)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        words.refresh()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        words.refresh()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        words.refresh()

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"try_form": TryForm(), **(extra_context or {})})

    def page(self, request, name, **context):
        """Return a page of the word list's own, for those who may see the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/comments/word/{name}.html", context)

    def try_view(self, request):
        """Show what the list finds in a text that is sent here; nothing of it is kept."""
        form = TryForm(request.POST or None)
        context = {"title": _("Try the word list"), "try_form": form}
        if form.is_valid():
            found, spared = words.look(form.cleaned_data["text"])
            own = dict(Word.objects.filter(kind=Kind.BLOCKED).values_list("text", "pk"))
            context |= {
                "is_tried": True,
                "pieces": pieces_of(form.cleaned_data["text"], found, spared),
                "found": [(place, own.get(place.word)) for place in found],
                "spared": spared,
            }
        return self.page(request, "try", **context)

    def shipped_view(self, request):
        """List the entries that come with the software, and whether they are switched off."""
        off = set(Word.objects.filter(kind=Kind.OFF).values_list("text", flat=True))
        groups = {}
        for entry in words.shipped().entries.values():
            groups.setdefault(entry.group, []).append((entry, entry.name in off))
        return self.page(
            request,
            "shipped",
            title=_("Words that come with the software"),
            groups=groups.items(),
            exceptions=words.shipped().exceptions,
            can_switch=self.may_switch(request),
        )

    def may_switch(self, request):
        return self.has_add_permission(request) and self.has_delete_permission(request)

    def switch_view(self, request):
        """Switch an entry off, or on again."""
        if not self.may_switch(request):
            raise PermissionDenied
        name = request.POST.get("entry", "")
        if name not in words.shipped().entries:
            raise Http404
        off = Word.objects.filter(kind=Kind.OFF, text=name).first()
        if request.POST.get("to") == "off":
            if off is None:
                off = Word.objects.create(kind=Kind.OFF, text=name)
                self.log_addition(request, off, [{"added": {}}])
            text = _("“%s” is switched off: it holds no comment any more.")
        else:
            if off is not None:
                self.log_deletions(request, Word.objects.filter(pk=off.pk))
                off.delete()
            text = _("“%s” is switched on again.")
        words.refresh()
        messages.success(request, text % name)
        return redirect(reverse("admin:comments_word_shipped"))
