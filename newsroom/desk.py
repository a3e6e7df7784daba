"""The admin's door: who comes in with which password and code, and who has to wait."""

from django.contrib import admin, auth, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordResetForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from authors import access, hashing, second_factor
from authors.models import User
from comments import mail
from comments.sources import sources_of
from newsroom import accounts, guide, second_step, sign_ins, status

PENDING = "second_step"  # in the session: whose password was right, until the code comes
CODE_SECONDS = 300
Kind = access.Kind


def next_page(request):
    """Return the page of this site that somebody was on the way to; empty if there is none."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, hosts, require_https=request.is_secure())
    return wanted if is_ours else ""


def with_next(name, wanted):
    """Return the address of that name, on the way to the page `wanted`."""
    return reverse(name) + (f"?{urlencode({'next': wanted})}" if wanted else "")


@transaction.atomic
def arrived(attempt, kind, sources):
    """Note that an account came in, and tell its owner by mail if it was from a new place."""
    is_new = attempt.user.email and access.is_new_place(attempt.user, sources)
    access.succeeded(attempt, kind)
    if is_new:
        mail.tell_owner(attempt.user, mail.Kind.NEW_PLACE)


class SignInForm(AdminAuthenticationForm):
    """Name and password; a try is counted before the password is looked at."""

    status = 200
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": gettext_lazy("Name or password is not right."),
    }

    def clean(self):
        name = self.cleaned_data.get("username")
        if not (name and self.cleaned_data.get("password")):
            return self.cleaned_data
        try:
            with hashing.line():
                attempt = access.begin(name, sources_of(self.request))
                return self.judge(attempt)
        except access.Locked as locked:
            self.status, self.locked = 429, locked
            raise ValidationError(access.locked_sentence(locked)) from None
        except hashing.Busy:
            self.status = 503
            raise ValidationError(hashing.busy_sentence()) from None

    def judge(self, attempt):
        try:
            cleaned = super().clean()
        except ValidationError:
            access.failed(attempt)
            raise
        self.has_factor = bool(second_factor.factor_id(self.user_cache))
        if self.has_factor:
            access.succeeded(attempt, Kind.PASSWORD)
        else:
            arrived(attempt, Kind.SIGNED_IN, sources_of(self.request))
        return cleaned


class SignIn(auth_views.LoginView):
    """The first step: name and password. Whoever has a second factor is asked for a code."""

    form_class = SignInForm
    template_name = "admin/security/login.html"

    def form_valid(self, form):
        if not form.has_factor:
            return super().form_valid(form)
        user, wanted = form.get_user(), self.get_success_url()
        auth.logout(self.request)  # whoever was signed in here before
        self.request.session[PENDING] = {
            "user": user.pk,
            "password": user.get_session_auth_hash(),
            "until": timezone.now().timestamp() + CODE_SECONDS,
        }
        return redirect(with_next("admin:code", wanted))

    def form_invalid(self, form):
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = form.status
        if form.status == 429:
            response.headers["Retry-After"] = str(form.locked.seconds)
        return response

    def get_default_redirect_url(self):
        return reverse("admin:index")


class DeskSite(admin.AdminSite):
    """Django's admin behind a door with a second step, a limit of tries, and a record of both."""

    def has_permission(self, request):
        return super().has_permission(request) and second_factor.is_through(request)

    def each_context(self, request):
        return {
            **super().each_context(request),
            "second_factor_is_offered": second_factor.is_offered(),
            "guide_page": guide.page_of(request.user),
        }

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_view(view), name=name)

        return [
            path("login/code/", self.code, name="code"),
            at("authors/user/<int:pk>/door/", accounts.door, "authors_user_door"),
            at("authors/author/<int:pk>/invite/", accounts.invite, "authors_author_invite"),
            path("second-factor/", second_step.overview, name="second_factor"),
            path("second-factor/set-up/", second_step.set_up, name="second_factor_set_up"),
            at("sign-ins/", sign_ins.own_sign_ins, "sign_ins"),
            at("status/", status.page, "status"),
            at("guide/", guide.page, "guide"),
            at("guide/<slug:name>/", guide.page, "guide_page"),
            at("guide/pictures/<slug:name>.webp", guide.picture, "guide_picture"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        user = request.user
        if request.method == "GET" and super().has_permission(request):
            return redirect(self.next_step(request, user))
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": user.get_username(),
            **(extra_context or {}),
        }
        request.current_app = self.name
        return SignIn.as_view(extra_context=context)(request)

    def next_step(self, request, user):
        """Return where an account that is signed in has to go before it may go on."""
        if self.has_permission(request):
            return reverse("admin:index")
        if second_factor.factor_id(user):
            return with_next("admin:code", next_page(request))
        return reverse("admin:second_factor_set_up")

    @method_decorator([never_cache, sensitive_post_parameters("code")])
    def code(self, request):
        """The second step: a code of the app, or a recovery code."""
        user = self.waiting(request)
        if user is None:
            return redirect(with_next("admin:login", next_page(request)))
        context, status = {"title": _("Two-step sign-in")}, 200
        if request.method == "POST":
            try:
                if self.passes(request, user, request.POST.get("code", ""), sources_of(request)):
                    return redirect(next_page(request) or "admin:index")
                context["error"] = _("That code is not right, or it was used already.")
            except access.Locked as locked:
                context["error"], status = access.locked_sentence(locked), 429
        context["next"] = next_page(request)
        context["with_recovery_code"] = "recovery" in request.GET
        return self.page(request, "admin/security/code.html", context, status)

    def waiting(self, request):
        """Return the account whose code is asked for: None if none is, or no password came."""
        if request.user.is_authenticated:
            is_asked = super().has_permission(request) and not self.has_permission(request)
            return request.user if is_asked and second_factor.factor_id(request.user) else None
        pending = request.session.get(PENDING)
        if not pending or pending["until"] < timezone.now().timestamp():
            return None
        user = User.objects.filter(pk=pending["user"], is_active=True, is_staff=True).first()
        is_same = user and constant_time_compare(pending["password"], user.get_session_auth_hash())
        return user if is_same else None

    def logout(self, request, extra_context=None):
        if request.method == "POST" and request.user.is_authenticated:
            access.record(Kind.SIGNED_OUT, sources_of(request), request.user)
        return super().logout(request, extra_context)

    def password_change(self, request, extra_context=None):
        response = super().password_change(request, extra_context)
        if response.status_code == 302:
            access.record(Kind.PASSWORD_CHANGED, sources_of(request), request.user)
            mail.tell_owner(request.user, mail.Kind.NEW_PASSWORD)
        return response

    def passes(self, request, user, code, sources):
        """Judge a code; let its account in if it is right."""
        attempt = access.begin_code(user, sources)
        kind = second_factor.accepts(user, code)
        if kind is None:
            access.failed(attempt, access.CODE_LIMIT)
            return False
        arrived(attempt, kind, sources)
        request.session.pop(PENDING, None)
        auth.login(request, user)
        request.session[second_factor.SESSION_KEY] = second_factor.factor_id(user)
        if kind == Kind.RECOVERED:
            left = second_factor.codes_left(user)
            text = ngettext("%d recovery code is left.", "%d recovery codes are left.", left)
            messages.warning(request, text % left)
        return True

    def page(self, request, template, context, status=200):
        """Return a page of the door in the admin's look."""
        request.current_app = self.name
        context = {**self.each_context(request), **context}
        return TemplateResponse(request, template, context, status=status)


# The way out: a new password by mail


class ResetForm(PasswordResetForm):
    """Whom to send a letter; the answer is the same whether we know the mailbox or not."""

    request = None

    def clean_email(self):
        email = self.cleaned_data["email"]
        try:
            self.may_be_sent = access.may_ask_for_letter(email, sources_of(self.request))
        except access.Locked as locked:
            raise ValidationError(access.locked_sentence(locked)) from None
        return email

    def save(self, **options):
        if self.may_be_sent:
            mail.send_new_password_link(list(self.get_users(self.cleaned_data["email"])))


class AskForPassword(auth_views.PasswordResetView):
    """Where somebody who cannot sign in asks for a letter."""

    form_class = ResetForm
    template_name = "admin/security/ask_for_password.html"
    title = gettext_lazy("A new password")

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.request = self.request
        return form


class LetterSent(auth_views.PasswordResetDoneView):
    """That a letter is on its way, if it is."""

    template_name = "admin/security/letter_sent.html"
    title = gettext_lazy("Look into your mailbox")


class SetPassword(auth_views.PasswordResetConfirmView):
    """Where the letter leads: the new password also ends a lock."""

    def form_valid(self, form):
        is_first = not self.user.has_usable_password()
        response = super().form_valid(form)
        access.lift(self.user, [Kind.FAILED])
        access.record(Kind.PASSWORD_RESET, sources_of(self.request), self.user)
        if not is_first:
            mail.tell_owner(self.user, mail.Kind.NEW_PASSWORD)
        return response
