"""The desk for authors, the records, and what every desk of the admin shares."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static import admin as otp_static
from django_otp.plugins.otp_totp import admin as otp_totp
from django_tasks_db import admin as tasks

from authors import records
from authors.lists import CountedPages, DeskList, ShortDeletion
from authors.models import AccessEvent, Author, User, free_slug
from newsroom.paging import whole_number
from newsroom.text import clean


class DeskAdmin(ShortDeletion, admin.ModelAdmin):
    """A list that stays quick when it is long, and finds Hangul however it was typed."""

    list_per_page = 50
    paginator = CountedPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the whole list
    searched = 10_000  # rows in which a search looks, from the top of the list; None: all

    def get_changelist(self, request, **kwargs):
        return DeskList

    def for_list(self, rows):
        """Return the rows of a page with what the list shows of them."""
        return rows

    def get_paginator(self, request, *args, **kwargs):
        pages = super().get_paginator(request, *args, **kwargs)
        asked = request.GET.get("p") or request.GET.get("page", "1")
        pages.first = max(1, whole_number(asked))
        return pages

    @admin.display(description="")
    def action_checkbox(self, row):
        """The box that selects a row: as Django's own, whose template takes a quarter of a list."""
        label = format_html(_("Select this object for an action - {}"), row)
        html = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(html, ACTION_CHECKBOX_NAME, row.pk, label)

    help_texts = {}  # of fields whose use only the desk has to be told

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change=change, help_texts=self.help_texts, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        words = clean(search_term)
        if words and self.searched:
            queryset = queryset.filter(pk__in=queryset.values("pk")[: self.searched])
        return super().get_search_results(request, queryset, words)


class AddressForm(forms.ModelForm):
    """A form whose address may be left empty: it is then made from the name."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Empty: made from the name. It is kept for good.")

    def clean_slug(self):
        name = self.cleaned_data.get("name") or self.cleaned_data.get("title") or ""
        return self.cleaned_data["slug"] or free_slug(self._meta.model, name)


class AddressAdmin(DeskAdmin):
    """What has a public address of its own, which does not change once it is there."""

    form = AddressForm

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]


class AuthorForm(AddressForm):
    """A byline; when its author leaves, the account can be closed with it."""

    closes_account = forms.BooleanField(
        label=_("close the account too"),
        required=False,
        help_text=_(
            "Tick it when somebody leaves: they can sign in no more. Their articles, their"
            " bylines and their page stay."
        ),
    )


@admin.register(Author)
class AuthorAdmin(AddressAdmin):
    """Public bylines and their pages."""

    form = AuthorForm
    help_texts = {
        "bio": _("On the author’s page and below their articles."),
        "portrait": _("A photo of the library, shown beside the byline."),
        "user": _("Whose own articles these are at the desk. Readers never see it."),
    }

    list_display = ["name", "role", "email", "user", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["user"]
    search_fields = ["name", "role", "email"]
    autocomplete_fields = ["portrait", "user"]
    fields = ["name", "slug", "role", "bio", "email", "portrait", "user", "is_active"]

    def get_fields(self, request, obj=None):
        """Return the fields; who looks after accounts may close the one of who leaves."""
        return [*self.fields, *(["closes_account"] if self.may_close(request, obj) else [])]

    def may_close(self, request, author):
        account = author and author.user
        accounts = self.admin_site.get_model_admin(User)
        is_open = account and account.is_active
        return is_open and accounts.has_change_permission(request, account)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("closes_account") and self.may_close(request, obj):
            obj.user.is_active = False
            obj.user.save()
            accounts = self.admin_site.get_model_admin(User)
            accounts.log_change(request, obj.user, _("Closed with the byline."))


@admin.register(AccessEvent)
class RecordsAdmin(DeskAdmin):
    """Who came in and who did what: to be read, by nobody to be changed."""

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = records.FilterForm(request.GET or None)
        wishes = form.cleaned_data if form.is_valid() else {}
        page = records.page_of(
            wishes,
            whole_number(request.GET.get("log", "")),
            whole_number(request.GET.get("door", "")),
        )
        query = request.GET.copy()
        for name in ("log", "door"):
            query.pop(name, None)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "form": form,
            "page": page,
            "older": "&".join(filter(None, [query.urlencode(), page.older])),
        }
        return TemplateResponse(request, "admin/security/records.html", context)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:authors_accessevent_changelist")


# What libraries put into the admin unasked: their own devices, and the tasks of the worker.
for model in (otp_totp.TOTPDevice, otp_static.StaticDevice, tasks.DBTaskResult):
    admin.site.unregister(model)
