"""How an account comes in, seen by who looks after accounts: invitations, locks, lost phones,
sessions.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authors import access, second_factor
from authors.models import Author, User
from comments import mail

LATEST = 10  # records of an account on its own page


class InvitationForm(forms.ModelForm):
    """An account for an author: what it is called, where its letter goes, what it may do."""

    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=Group.objects.order_by("name")
    )

    class Meta:
        model = User
        fields = ["username", "email"]

    def __init__(self, data, author):
        reporter = Group.objects.filter(name="reporter").first()
        initial = {"username": author.name, "email": author.email, "group": reporter}
        super().__init__(data, initial=initial)
        self.author = author
        self.fields["email"].required = True

    def clean_email(self):
        email = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is an account with this e-mail already."))
        return email

    def save(self):
        """Make the account and tie it to the byline; its owner will set the password."""
        user = self.instance
        user.first_name, user.is_staff = self.author.name, True
        user.set_unusable_password()
        user.save()
        user.groups.add(self.cleaned_data["group"])
        self.author.user = user
        self.author.save()
        return user


@transaction.atomic
def invite(request, pk):
    """Make an account for an author, and mail them the link under which they set its password."""
    author = get_object_or_404(Author.objects.select_for_update(), pk=pk)
    accounts, authors = map(admin.site.get_model_admin, (User, Author))
    may_change = authors.has_change_permission(request, author)
    if not (may_change and accounts.has_add_permission(request)):
        raise PermissionDenied
    if author.user_id:
        return redirect("admin:authors_user_door", author.user_id)
    form = InvitationForm(request.POST or None, author)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        mail.tell_owner(user, mail.Kind.INVITATION)
        accounts.log_addition(request, user, _("Sent an invitation."))
        messages.success(request, _("Sent an invitation."))
        return redirect("admin:authors_user_door", user.pk)
    context = {"title": _("Invite"), "subtitle": author, "opts": Author._meta, "form": form}
    return admin.site.page(request, "admin/security/invite.html", {**context, "author": author})


def door(request, pk):
    """How an account comes in; it is invited, let in again, and signed out here."""
    user = get_object_or_404(User, pk=pk)
    desk = admin.site.get_model_admin(User)
    if not desk.has_change_permission(request, user):
        raise PermissionDenied
    if request.method == "POST":
        text = open_door(user, request.POST.get("do"))
        desk.log_change(request, user, text)
        messages.success(request, text)
        return redirect("admin:authors_user_door", user.pk)
    context = {
        "title": _("Signing in"),
        "subtitle": user,
        "opts": User._meta,
        "account": user,
        "is_invited": user.email and not user.has_usable_password(),
        "locked_until": access.locked_until(user),
        "device": second_factor.device_of(user),
        "codes_left": second_factor.codes_left(user),
        "is_required": second_factor.is_required(user),
        "events": user.access_events.all()[:LATEST],
    }
    return admin.site.page(request, "admin/security/account.html", context)


@transaction.atomic
def open_door(user, wish):
    """Do what is wished with the door of an account, and return what was done."""
    user = User.objects.select_for_update().get(pk=user.pk)  # who may just have set a password
    if wish == "lift":
        access.lift(user)
        return _("Lifted the lock of the account.")
    if wish == "end":
        user.end_sessions()
        return _("Signed the account out everywhere.")
    if wish == "reset":
        second_factor.turn_off(user)
        mail.tell_owner(user, mail.Kind.FACTOR_RESET)
        return _("Reset two-step sign-in.")
    if wish not in ("invite", "revoke") or user.has_usable_password() or not user.email:
        raise Http404
    user.is_active = wish == "invite"
    user.set_unusable_password()  # another one: links that were sent before end
    user.save()
    if wish == "revoke":
        return _("Revoked the invitation.")
    mail.tell_owner(user, mail.Kind.INVITATION)
    return _("Sent an invitation.")
