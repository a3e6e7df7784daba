"""The desk for the picture library: the grid, uploads, and the picker of the editor."""

from itertools import chain

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from articles import flow
from articles.editor import as_card
from articles.models import Article, Photo
from articles.uses import texts_elsewhere, used_elsewhere
from authors.admin import DeskAdmin
from newsroom import pictures
from newsroom.text import clean, one_line

PICKER_SIZE = 24
PREVIEWED = {  # the crops that differ to the eye
    "card": _("cards"),
    "square": _("small pictures, faces"),
    "social": _("shared on other sites"),
    "16x9": _("search engines"),
}
USES_SHOWN = 20


class WordsForm(forms.ModelForm):
    """The words of a photo, as the editor asks for them: without them it is not used."""

    class Meta:
        model = Photo
        fields = ["alt", "caption", "credit", "is_ai_generated"]

    def clean_alt(self):
        alt = one_line(self.cleaned_data["alt"])
        if not alt:
            raise forms.ValidationError(_("Write what is seen in the picture."))
        return alt

    def clean_credit(self):
        return self.cleaned_data["credit"].lstrip("ⓒ©Ⓒ ")  # readers get a ⓒ before it anyway


class PhotoForm(forms.ModelForm):
    """A picture with its words; the file is judged before anything is saved."""

    file = forms.FileField(
        label=_("file"),
        help_text=_("JPEG, PNG, WebP, AVIF or GIF."),
        widget=forms.ClearableFileInput({"accept": "image/*"}),
    )
    clean_credit = WordsForm.clean_credit

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["file"].required = False
            self.fields["file"].help_text = _("Only to replace the picture, everywhere it stands.")

    def _post_clean(self):
        """Draw once the row has its focal point and AI flag: the renditions hang on them."""
        super()._post_clean()
        if self.errors:
            return
        try:
            if file := self.cleaned_data["file"]:
                self.instance.take(file)
            else:
                self.instance.redraw()
        except (pictures.Refused, OSError) as error:
            self.add_error("file", reason(error))


def reason(error):
    """Return the sentence that tells why a file did not become a photo."""
    if isinstance(error, pictures.Refused):
        return str(error)
    text = _("The picture could not be stored or read back (%s). Nothing was changed.")
    return text % error.strerror


class LackFilter(admin.SimpleListFilter):
    """What a photo lacks, or why it should be looked at."""

    title = _("to do")
    parameter_name = "lack"
    kinds = {
        "alt": (_("without alternative text"), lambda photos: photos.filter(alt="")),
        "credit": (_("without credit"), lambda photos: photos.filter(credit="")),
        "licence": (_("licence ended"), lambda photos: photos.licence_over()),
        "use": (_("used nowhere"), lambda photos: photos.unused()),
    }

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _narrow) in self.kinds.items()]

    def queryset(self, request, queryset):
        if self.value() in self.kinds:
            return self.kinds[self.value()][1](queryset)
        return queryset


@admin.register(Photo)
class PhotoAdmin(DeskAdmin):
    """The picture library."""

    form = PhotoForm
    list_per_page = 48
    list_display = ["__str__"]
    list_filter = [LackFilter, "is_ai_generated"]
    search_fields = ["alt", "caption", "credit"]
    readonly_fields = ["mark", "dimensions", "crops", "used_in"]
    fieldsets = [
        (None, {"fields": ["file", "dimensions", "mark", "used_in"]}),
        (_("Words"), {"fields": ["alt", "caption", "credit"]}),
        (_("Licence"), {"fields": ["licence", "licence_ends_on"]}),
        (_("AI"), {"fields": ["is_ai_generated", "ai_notice"]}),
        (_("Focal point"), {"fields": ["crops", ("focal_x", "focal_y")]}),
    ]

    class Media:
        css = {"all": ["css/desk/photos.css"]}
        js = [forms.Script("js/desk/photos.js", type="module")]

    def has_change_permission(self, request, obj=None):
        may = super().has_change_permission(request, obj)
        return may and (obj is None or flow.may_change_photo(request.user, obj))

    # The list

    def for_list(self, photos):
        """Return photos with their uses; what is in no article may be in a text in hand."""
        photos, elsewhere = list(photos.with_uses()), used_elsewhere()
        for photo in photos:
            photo.is_elsewhere = photo.pk in elsewhere
        return photos

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"uploads": self.uploads_of(request), **(extra_context or {})}
        )

    def uploads_of(self, request):
        """Return what the box for uploads needs; nothing for who may not upload."""
        return {"max_bytes": settings.PHOTO_MAX_BYTES} if self.has_add_permission(request) else None

    def delete_queryset(self, request, queryset):
        for photo in queryset:  # each takes its files and its places in articles along
            photo.delete()

    # The form

    def save_model(self, request, obj, form, change):
        if not change:
            obj.added_by = request.user
        super().save_model(request, obj, form, change)
        if obj.is_ai_generated and not form.cleaned_data["is_ai_generated"]:
            self.message_user(request, AI_FOUND, messages.WARNING)
        if obj.warning:
            self.message_user(request, obj.warning, messages.WARNING)

    @admin.display(description=_("in a text"))
    def mark(self, photo):
        """What an editor copies into an article to show this photo there."""
        number = photo.pk
        return format_html('<code>&lt;figure data-photo="{}"&gt;</code>', number) if number else "-"

    @admin.display(description=_("size"))
    def dimensions(self, photo):
        return f"{photo.width} × {photo.height}" if photo.pk else "-"

    @admin.display(description=_("picture and crops"))
    def crops(self, photo):
        """The whole picture, on which the focal point is set, and what the crops show of it."""
        if not photo.pk:
            return _("They are shown once the picture is saved.")
        crops = [
            (title, photo.rendition(name, photo.widths(name)[-1]), photo.size(name, 240))
            for name, title in PREVIEWED.items()
        ]
        whole = max(width for width in photo.widths("full") if width <= 800 or photo.width == width)
        context = {"photo": photo, "whole": photo.rendition("full", whole), "crops": crops}
        return render_to_string("admin/articles/photo/_crops.html", context)

    @admin.display(description=_("used in"))
    def used_in(self, photo):
        """Articles, texts in hand, pages and authors that the photo stands in, with links."""
        if not photo.pk:
            return "-"
        fields = ("headline", "state", "hero")
        heads = list(photo.hero_of.order_by("-pk").only(*fields)[: USES_SHOWN + 1])
        bodies = list(photo.articles.order_by("-pk").only(*fields)[: USES_SHOWN + 1])
        articles = {article.pk: article for article in heads + bodies}
        places = {pk: [] for pk in articles}
        for kind, found in ((_("hero photo"), heads), (_("body"), bodies)):
            for article in found:
                places[article.pk].append(kind)
        others = []
        for numbers, kind, subject in texts_elsewhere():
            if photo.pk not in numbers:
                continue
            if isinstance(subject, Article):
                articles.setdefault(subject.pk, subject)
                places.setdefault(subject.pk, []).append(kind)
            else:
                others.append((subject, kind))
        context = {
            "others": others,
            "uses": [(articles[pk], kinds) for pk, kinds in places.items()][:USES_SHOWN],
            "has_more": len(articles) > USES_SHOWN,
            "number": Photo.objects.filter(pk=photo.pk).with_uses().get().uses,
            "authors": photo.portrayed_authors.only("name")[:USES_SHOWN],
            "warning": photo.warning,
        }
        return render_to_string("admin/articles/photo/_uses.html", context)

    # What the scripts ask for

    def get_urls(self):
        return [
            path("picker/", never_cache(self.picker), name="articles_photo_picker"),
            path("upload/", never_cache(self.upload), name="articles_photo_upload"),
            path("<int:number>/words/", never_cache(self.words), name="articles_photo_words"),
            *super().get_urls(),
        ]

    def may(self, request, permission):
        return self.admin_site.has_permission(request) and permission(request)

    @method_decorator(require_safe)
    def picker(self, request):
        """The library for the editor: photos that match `q`, newest first, a page at a time."""
        if not self.may(request, self.has_view_permission):
            return refusal(NOT_ALLOWED, 403)
        photos = Photo.objects.matching(clean(request.GET.get("q", ""))[:100])
        if numbers := whole_numbers(request.GET.get("numbers", "")):
            photos = photos.filter(pk__in=numbers)
        start = sum(whole_numbers(request.GET.get("start", ""))[:1])
        rows = list(photos[start : start + PICKER_SIZE + 1])
        cards = [as_card(photo) for photo in rows[:PICKER_SIZE]]
        return JsonResponse({"photos": cards, "hasMore": len(rows) > PICKER_SIZE})

    @method_decorator(require_POST)
    def upload(self, request):
        """Take photos: one for a script, which is answered in JSON; any number for a form."""
        is_script = request.headers.get("Accept") == "application/json"
        is_allowed = self.may(request, self.has_add_permission)
        if not is_allowed and not is_script:
            raise PermissionDenied
        if not is_allowed:
            return refusal(NOT_ALLOWED, 403)
        files = request.FILES.getlist("file")
        return self.answer(request, files) if is_script else self.take_all(request, files)

    @method_decorator(require_POST)
    def words(self, request, number):
        """Keep the words of a photo that the editor asked for."""
        if not self.may(request, self.has_change_permission):
            return refusal(NOT_ALLOWED, 403)
        photo = Photo.objects.filter(pk=number).first()
        if photo is None:
            return refusal(_("This photo is not in the library any more."), 404)
        if not self.has_change_permission(request, photo):
            return refusal(NOT_ALLOWED, 403)
        form = WordsForm(request.POST, instance=photo)
        if not form.is_valid():
            return refusal(" ".join(chain.from_iterable(form.errors.values())), 422)
        try:
            form.save()
        except (pictures.Refused, OSError) as error:
            return refusal(reason(error), 422)
        self.log_change(request, photo, self.construct_change_message(request, form, None))
        return JsonResponse({"photo": as_card(photo)})

    def take(self, request, file):
        """Return the new photo of `file`; nothing of it is kept if that fails."""
        photo = Photo(added_by=request.user)
        photo.take(file)
        photo.save()
        self.log_addition(request, photo, [{"added": {}}])
        return photo

    def answer(self, request, files):
        """Answer a script that sends one file."""
        if not files:
            return refusal(_("No file came."), 422)
        try:
            photo = self.take(request, files[0])
        except (pictures.Refused, OSError) as error:
            return refusal(reason(error), 422)
        return JsonResponse({"photo": as_card(photo)}, status=201)

    def take_all(self, request, files):
        """Take the files of a plain form, each by itself; say which ones failed and why."""
        taken = 0
        for file in files:
            try:
                self.take(request, file)
                taken += 1
            except (pictures.Refused, OSError) as error:
                self.message_user(request, f"{file.name}: {reason(error)}", messages.ERROR)
        text = ngettext("%d photo was added.", "%d photos were added.", taken) % taken
        self.message_user(request, text, messages.SUCCESS if taken else messages.WARNING)
        return redirect("admin:articles_photo_changelist")


NOT_ALLOWED = _("You may not do this, or you are not signed in any more.")
AI_FOUND = _("The file says that it was made with AI; the photo is marked so.")


def refusal(sentence, status):
    return JsonResponse({"error": str(sentence)}, status=status)


def whole_numbers(text):
    """Return the numbers in `text`, which has commas between them; senseless ones are left out."""
    parts = text[:1000].split(",")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]
