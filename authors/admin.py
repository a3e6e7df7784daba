"""The desk for people: authors and accounts, and what every desk of the admin shares."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from authors.models import Author, User, free_slug
from newsroom.text import clean


class DeskAdmin(admin.ModelAdmin):
    """A list that stays quick when it is long, and finds Hangul however it was typed."""

    list_per_page = 50
    show_full_result_count = False

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, clean(search_term))


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


@admin.register(Author)
class AuthorAdmin(AddressAdmin):
    """Public bylines and their pages."""

    list_display = ["name", "role", "email", "user", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["user"]
    search_fields = ["name", "role", "email"]
    autocomplete_fields = ["portrait", "user"]
    fields = ["name", "slug", "role", "bio", "email", "portrait", "user", "is_active"]


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts; nobody gives themselves, or takes from others, what only a superuser has."""

    list_per_page = 50
    show_full_result_count = False
    reserved = ["is_superuser", "user_permissions"]

    def get_readonly_fields(self, request, obj=None):
        reserved = [] if request.user.is_superuser else self.reserved
        return [*super().get_readonly_fields(request, obj), *reserved]

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))
