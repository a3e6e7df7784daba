"""The second factor of an account: codes of an app (TOTP), and recovery codes for a lost phone.

django-otp keeps the devices and judges the codes. A session has passed once it carries the
number of the account's present device, so that a new device asks every other session anew.
"""

import unicodedata
from base64 import b32encode
from secrets import token_bytes, token_hex
from urllib.parse import quote

import segno
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils.crypto import salted_hmac
from django.utils.safestring import mark_safe
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from authors.models import AccessEvent, User

SESSION_KEY = "second_factor"
REQUIRED_GROUPS = ("editor", "publisher")
RECOVERY_CODES = 10
Kind = AccessEvent.Kind


def with_factor(users):
    """Annotate `users` with `factor_id`, their device, and `is_editing`, their role."""
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True).order_by("-pk")
    roles = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=REQUIRED_GROUPS)
    return users.annotate(factor_id=Subquery(devices.values("pk")[:1]), is_editing=Exists(roles))


def annotated(user):
    """Return `user` with what `with_factor` adds, loaded now if it is not there."""
    if hasattr(user, "factor_id"):
        return user
    return with_factor(User.objects.filter(pk=user.pk)).get()


def is_offered():
    return settings.STAFF_SECOND_FACTOR != "off"


def is_required(user):
    """Whether this account may enter only with a second factor."""
    must = settings.STAFF_SECOND_FACTOR == "editors"
    return must and (user.is_superuser or annotated(user).is_editing)


def factor_id(user):
    """Return the number of the account's device, None without one or where none is asked for."""
    return annotated(user).factor_id if is_offered() else None


def device_of(user):
    """Return the device whose codes the account signs in with, or None."""
    return TOTPDevice.objects.filter(pk=factor_id(user)).first()


def is_through(request):
    """Whether the session has shown the second factor, or needs none."""
    if device := factor_id(request.user):
        return request.session.get(SESSION_KEY) == device
    return not is_required(request.user)


# Codes


def accepts(user, code):
    """Judge a code of the app or a recovery code; return what to call the sign-in, or None.

    A code is good once: the row of its device is locked while it is judged.
    """
    code = unicodedata.normalize("NFKC", code).replace(" ", "").replace("-", "").lower()
    is_of_app = code.isascii() and code.isdigit()
    model = TOTPDevice if is_of_app else StaticDevice
    token = code if is_of_app else digest(code)
    with transaction.atomic():
        devices = model.objects.select_for_update().filter(user=user, confirmed=True)
        device = devices.order_by("-pk").first()
        if device is None or not device.verify_token(token):
            return None
    return Kind.SIGNED_IN if is_of_app else Kind.RECOVERED


def digest(code):
    """Return as what a recovery code is kept: nobody can read it back."""
    return b32encode(salted_hmac("recovery-code", code).digest())[:16].decode()


def codes_left(user):
    """Return how many recovery codes an account has."""
    return StaticToken.objects.filter(device__user=user).count()


# Setting up, renewing, turning off


def new_key():
    return token_hex(20)


def address_of(user, key, issuer):
    """Return the otpauth address that an app reads from the picture."""
    label = quote(f"{issuer}:{user.get_username()}")
    secret = b32encode(bytes.fromhex(key)).decode()
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}"


def picture_of(address):
    """Return the QR code of an address, as SVG."""
    code = segno.make(address, error="l")
    # Drawn by segno: nothing but a path of numbers.
    return mark_safe(code.svg_inline(omitsize=True, border=4, light="#fff", dark="#000"))


def spelled(key):
    """Return a key as people type it into an app that cannot scan."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@transaction.atomic
def set_up(user, key, code):
    """Make the device of `key` the account's only one, if `code` comes from it; return it."""
    list(User.objects.select_for_update().filter(pk=user.pk).values_list("pk"))
    device = TOTPDevice(user=user, key=key, name="app")
    token = unicodedata.normalize("NFKC", code).replace(" ", "")
    if not (token.isascii() and token.isdigit() and device.verify_token(token)):
        TOTPDevice.objects.filter(pk=device.pk).delete()
        return None
    TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
    return device


@transaction.atomic
def new_recovery_codes(user):
    """Give the account new recovery codes in place of all older ones; return them."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [b32encode(token_bytes(5)).decode().lower() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=digest(c)) for c in codes)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


@transaction.atomic
def turn_off(user):
    """Take the second factor and the recovery codes from an account."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
