"""The desks for the paper itself, one masthead, and for its accounts."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.db.models.functions import Concat
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from authors.lists import ShortDeletion
from authors.models import User
from comments import mail
from newsroom.models import Masthead


@admin.register(Masthead)
class MastheadAdmin(admin.ModelAdmin):
    """The one masthead: its list is its form, it is neither added nor deleted."""

    fieldsets = [
        (None, {"fields": ["title", "tagline", "description"]}),
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
        (
            _("Comments"),
            {
                "fields": [
                    *("comment_policy", "comments_close_after_days", "comments_hold_first"),
                    *("comments_links_allowed", "comments_max_length", "comments_per_sender"),
                    *("comments_on_site", "comments_fold_reports"),
                ],
                "description": _(
                    "These rules hold for the whole paper; an article may have a policy of its"
                    " own. “Approve first” shows nothing that a moderator has not approved;"
                    " “open” lets comments through that no rule holds; “closed” takes no more"
                    " and shows those that are there; “hidden” shows none."
                ),
            },
        ),
    ]

    help_texts = {
        "tagline": _("At the head of every page but the first, which shows the day there."),
        "registration_number": _("As the certificate has it."),
        "publisher": _("The name of a person."),
        "editor": _("The name of a person: who answers for what is published."),
        "email": _("For readers; letters of the paper come from here too."),
        "copyright_notice": _("At the foot of every page."),
    }

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change=change, help_texts=self.help_texts, **kwargs)

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:newsroom_masthead_change", 1)

    def get_object(self, request, object_id, from_field=None):
        return Masthead.load() if object_id == "1" else None

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody else, who is told by mail that it was changed."""

    def save(self, commit=True):
        user = super().save(commit)
        mail.tell_owner(user, mail.Kind.NEW_PASSWORD)
        return user


@admin.register(User)
class AccountAdmin(ShortDeletion, UserAdmin):
    """Accounts; nobody gives themselves, or takes from others, what only a superuser has."""

    change_password_form = PasswordForm
    list_per_page = 50
    show_full_result_count = False
    list_display = ["username", "name", "email", "is_active"]
    reserved = ["is_superuser", "user_permissions"]

    def get_readonly_fields(self, request, obj=None):
        reserved = [] if request.user.is_superuser else self.reserved
        return [*super().get_readonly_fields(request, obj), *reserved]

    def save_model(self, request, obj, form, change):
        """Save an account; whoever read the letters about it until now is told where they go."""
        super().save_model(request, obj, form, change)
        before = form.initial.get("email")
        if change and before and "email" in form.changed_data:
            mail.tell_owner(obj, mail.Kind.NEW_EMAIL, before)

    @admin.display(description=_("name"), ordering=Concat("last_name", "first_name"))
    def name(self, account):
        return account.get_full_name()

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))
