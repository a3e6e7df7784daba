"""Where staff set up the second factor of their own account, renew it and turn it off."""

from functools import wraps

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from authors import access, hashing, second_factor
from comments import mail
from comments.sources import sources_of
from newsroom.models import Masthead

NEW_KEY = "new_second_factor"  # in the session: the key that is being set up
Kind = access.Kind


def own_page(view):
    """Let staff in who signed in, with their code if they have a second factor already."""

    @never_cache
    @sensitive_post_parameters("password", "code")
    @wraps(view)
    def guarded(request):
        if not second_factor.is_offered():
            raise Http404(_("Two-step sign-in is switched off for this site."))
        user = request.user
        is_staff = user.is_active and user.is_staff
        if not is_staff or (
            second_factor.factor_id(user) and not second_factor.is_through(request)
        ):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request)

    return guarded


def page(request, template, **context):
    request.current_app = admin.site.name
    return admin.site.page(request, f"admin/security/{template}", context)


@own_page
def overview(request):
    """What is set up, and one form to change it, which asks for the password."""
    user = request.user
    if not second_factor.factor_id(user):
        return redirect("admin:second_factor_set_up")
    is_required = second_factor.is_required(user)
    context = {
        "title": _("Two-step sign-in"),
        "device": second_factor.device_of(user),
        "codes_left": second_factor.codes_left(user),
        "is_required": is_required,
    }
    if request.method != "POST":
        return page(request, "second_factor.html", **context)
    if refusal := wrong_password(request):
        return page(request, "second_factor.html", **context, error=refusal)
    wish = request.POST.get("do")
    if wish == "renew":
        request.session[NEW_KEY] = second_factor.new_key()
        return redirect("admin:second_factor_set_up")
    if wish == "codes":
        note(request, Kind.NEW_CODES, mail.Kind.NEW_CODES)
        return show_codes(request)
    if wish == "off" and not is_required:
        with transaction.atomic():
            second_factor.turn_off(user)
            note(request, Kind.FACTOR_OFF, mail.Kind.FACTOR_OFF)
        messages.success(request, _("Two-step sign-in is off. The password alone is enough now."))
        return redirect("admin:index")
    return redirect("admin:second_factor")


def wrong_password(request):
    """Return the sentence that refuses a password, None if it is right."""
    user = request.user
    try:
        with hashing.line():
            attempt = access.begin(user.get_username(), sources_of(request))
            if user.check_password(request.POST.get("password", "")):
                attempt.delete()
                return None
            access.failed(attempt)
            return _("That password is not right.")
    except access.Locked as locked:
        return access.locked_sentence(locked)
    except hashing.Busy:
        return hashing.busy_sentence()


@own_page
def set_up(request):
    """The picture to scan, and the code that proves that it was scanned."""
    user = request.user
    has_factor = bool(second_factor.factor_id(user))
    if NEW_KEY not in request.session:
        if has_factor:  # renewing begins with the password
            return redirect("admin:second_factor")
        request.session[NEW_KEY] = second_factor.new_key()
    key, error = request.session[NEW_KEY], ""
    if request.method == "POST":
        if device := second_factor.set_up(user, key, request.POST.get("code", "")):
            del request.session[NEW_KEY]
            request.session.cycle_key()
            request.session[second_factor.SESSION_KEY] = user.factor_id = device.pk
            kind = Kind.FACTOR_RENEWED if has_factor else Kind.FACTOR_ON
            note(request, kind, mail.Kind.FACTOR_ON)
            return show_codes(request)
        error = _("That code does not fit. Please type the code that the app shows now.")
    address = second_factor.address_of(user, key, Masthead.load().title)
    return page(
        request,
        "set_up.html",
        title=_("Set up two-step sign-in"),
        picture=second_factor.picture_of(address),
        address=address,
        key=second_factor.spelled(key),
        is_required=second_factor.is_required(user),
        has_factor=has_factor,
        error=error,
    )


def note(request, kind, letter):
    """Record what became of the second factor, and let the owner of the account know by mail."""
    access.record(kind, sources_of(request), request.user)
    mail.tell_owner(request.user, letter)


def show_codes(request):
    """Make new recovery codes and show them: this once, since we keep nothing but hashes."""
    codes = second_factor.new_recovery_codes(request.user)
    return page(request, "recovery_codes.html", title=_("Recovery codes"), codes=codes)
