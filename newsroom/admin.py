"""The desk for the paper itself: one masthead, one form."""

from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from newsroom.models import Masthead


@admin.register(Masthead)
class MastheadAdmin(admin.ModelAdmin):
    """The one masthead: its list is its form, it is neither added nor deleted."""

    fieldsets = [
        (None, {"fields": ["title", "tagline", "description", "comment_policy"]}),
        (
            _("Imprint"),
            {
                "fields": [
                    *("registration_number", "registered_on", "founded_on"),
                    *("publisher", "editor", "youth_protection_officer"),
                    *("address", "phone", "email", "copyright_notice"),
                ],
                "description": _("Shown at the foot of every page, as the Newspaper Act asks."),
            },
        ),
    ]

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:newsroom_masthead_change", 1)

    def get_object(self, request, object_id, from_field=None):
        return Masthead.load() if object_id == "1" else None

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
