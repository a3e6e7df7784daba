"""Where staff see how their own account signed in lately, and sign out everywhere else."""

from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from authors import access
from comments.sources import sources_of
from newsroom.second_step import wrong_password

LATEST = 20


@never_cache
@sensitive_post_parameters("password")
def own_sign_ins(request):
    """What happened at the door of one's own account, and one form, which asks for the password."""
    user, sources, refusal = request.user, sources_of(request), None
    if request.method == "POST":
        refusal = wrong_password(request)
        if refusal is None:
            with transaction.atomic():
                user.end_sessions()
                update_session_auth_hash(request, user)  # this one goes on
                access.record(access.Kind.ELSEWHERE, sources, user)
            messages.success(request, _("You are signed out everywhere else."))
            return redirect("admin:sign_ins")
    context = {
        "title": _("Sign-ins"),
        "events": user.access_events.all()[:LATEST],
        "here": sources,
        "error": refusal,
    }
    return admin.site.page(request, "admin/security/sign_ins.html", context)
