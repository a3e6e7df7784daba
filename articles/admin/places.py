"""The desk for what articles hang on: sections, series, tags, pages, old addresses."""

from urllib.parse import unquote

import taggit.admin
import taggit.models
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from articles import tags
from articles.editor import BodyField
from articles.middleware import normal_path
from articles.models import OldAddress, Page, Section, Series, Tag, TaggedArticle
from articles.querysets import number_of
from authors.admin import AddressAdmin, AddressForm, DeskAdmin
from newsroom.paging import whole_number

IN_ORDER = _("Small numbers come first.")


@admin.register(Section)
class SectionAdmin(AddressAdmin):
    list_display = ["name", "slug", "position", "is_in_navigation"]
    search_fields = ["name"]
    help_texts = {
        "description": _("Below the name on the section’s page, and for search engines."),
        "position": IN_ORDER,
        "is_in_navigation": _("In the menu of every page. Its own page is there in any case."),
    }


@admin.register(Series)
class SeriesAdmin(AddressAdmin):
    list_display = ["title", "slug"]
    search_fields = ["title"]
    fields = ["title", "slug", "description"]
    help_texts = {"description": _("Below the title on the page of the series.")}


admin.site.unregister(taggit.models.Tag)  # the library's own, which we do not use


class TagForm(AddressForm):
    """A tag; no name is given twice, however it is spelled."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "name" in self.fields:
            text = _("The address takes a new name on; the old one leads there.")
            self.fields["name"].help_text = text

    def clean_name(self):
        name, pk = self.cleaned_data["name"], self.instance.pk
        tags.check_name(name)
        same = Tag.objects.filter(name__iexact=name).exclude(pk=pk).first()
        if same is None:
            return name
        text = format_html(_("There is a tag “{}” already."), same.name)
        if pk:
            link = format_html('<a href="{}">{}</a>', merge_address([pk, same.pk]), _("Merge tags"))
            text = format_html("{} {}", text, link)
        raise forms.ValidationError(text)


def merge_address(keys):
    """Return where the tags with these keys are merged."""
    return f"{reverse('admin:articles_tag_merge')}?{urlencode({'tag': keys}, doseq=True)}"


@admin.register(Tag)
class TagAdmin(AddressAdmin):
    form = TagForm
    list_display = ["name", "slug", "number"]
    search_fields = ["name"]
    actions = ["merge"]

    def get_queryset(self, request):
        tagged = TaggedArticle.objects.filter(tag=OuterRef("pk"))
        return super().get_queryset(request).annotate(number=number_of(tagged))

    @admin.display(description=_("articles"), ordering="number")
    def number(self, tag):
        return tag.number

    def save_model(self, request, obj, form, change):
        if not change:
            return super().save_model(request, obj, form, change)
        before = obj.slug
        tags.rename(obj, obj.name)
        if obj.slug != before:
            text = _("The address is “%s” now; the old one leads there.") % obj.slug
            self.message_user(request, text)

    # Merging

    def has_merge_permission(self, request):
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @admin.action(description=_("Merge tags"), permissions=["merge"])
    def merge(self, request, queryset):
        return redirect(merge_address(queryset.values_list("pk", flat=True)))

    def get_urls(self):
        view = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", view, name="articles_tag_merge"), *super().get_urls()]

    def merge_view(self, request):
        """Which of the chosen tags stays, for all that have one of them."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        keys = [whole_number(key) for key in request.GET.getlist("tag")]
        chosen = list(self.get_queryset(request).filter(pk__in=keys).order_by("-number", "name"))
        if len(chosen) < 2:
            self.message_user(request, _("Choose two tags or more."), messages.WARNING)
            return redirect("admin:articles_tag_changelist")
        kept = [tag for tag in chosen if str(tag.pk) == request.POST.get("keep")]
        if request.method == "POST" and kept:
            return self.merge_into(request, kept[0], [tag for tag in chosen if tag != kept[0]])
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge tags"),
            "opts": self.opts,
            "tags": chosen,
        }
        return TemplateResponse(request, "admin/articles/tag/merge.html", context)

    def merge_into(self, request, kept, others):
        names = ", ".join(tag.name for tag in others)
        tags.merge(others, kept)
        text = _("Merged into “%(kept)s”: %(names)s.") % {"kept": kept.name, "names": names}
        self.log_change(request, kept, text)
        self.message_user(request, text)
        return redirect("admin:articles_tag_changelist")


class PageForm(AddressForm):
    """A page as editors write it, in the same editor as an article."""

    body = BodyField()


@admin.register(Page)
class PageAdmin(AddressAdmin):
    form = PageForm
    list_display = ["title", "slug", "position", "is_in_footer", "is_published"]
    search_fields = ["title", "body"]
    help_texts = {
        "position": IN_ORDER,
        "is_in_footer": _("At the foot of every page."),
        "is_published": _("Without it readers find no such page."),
    }


class OldAddressForm(forms.ModelForm):
    """An old address in the one form in which it is looked up, and where it leads."""

    class Meta:
        model = OldAddress
        fields = ["path", "article", "target"]

    def clean_path(self):
        return normal_path("/" + unquote(self.cleaned_data["path"]).strip().lstrip("/"))

    def clean_target(self):
        target = self.cleaned_data["target"]
        if target and (not target.startswith("/") or target.startswith(("//", "/\\"))):
            raise forms.ValidationError(_("Only an address of this site, from its first slash on."))
        return target

    def clean(self):
        super().clean()
        if not (self.cleaned_data.get("article") or self.cleaned_data.get("target") or self.errors):
            self.add_error("article", _("Choose the article, or write another address."))


@admin.register(OldAddress)
class OldAddressAdmin(DeskAdmin):
    form = OldAddressForm
    list_display = ["path", "article", "target"]
    search_fields = ["path", "target"]
    searched = None  # what is asked for may stand anywhere in the order of paths
    sortable_by = ()
    autocomplete_fields = ["article"]

    def get_queryset(self, request):
        addresses = super().get_queryset(request).select_related("article")
        return addresses.only("path", "target", "article__headline")
