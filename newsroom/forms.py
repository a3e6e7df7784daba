"""Public forms: no session, no cookie, and still no posting from other sites.

A page is the same for every reader, so its forms hold no CSRF token. Instead the views
that take them ignore who is signed in, refuse what another site's page sends, and ask for
a token that this site signed a while ago.
"""

from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

HOUR = 3600
TOKEN_HOURS = 24


def is_own_page(request):
    """Whether the request comes from a page of this site, as far as the browser tells."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    if origin := request.headers.get("Origin"):
        return urlsplit(origin).netloc in (request.get_host(), urlsplit(settings.SITE_URL).netloc)
    return True  # an old browser: the signed token remains


def public_form(view):
    """Let `view` take a public form: refuse other sites' pages, use no cookie."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method == "POST" and not is_own_page(request):
            raise PermissionDenied(_("This form can only be sent from our own page."))
        return view(request, *args, **kwargs)

    return csrf_exempt(checked)  # the view reads no session: there is no authority to forge


def make_token(purpose):
    """Return the token of a form; the same for every reader within an hour."""
    hour = int(timezone.now().timestamp()) // HOUR
    return signing.Signer(salt="public-form").sign(f"{purpose}.{hour}")


def is_fresh(token, purpose):
    """Whether `token` was made here for `purpose` during the last day."""
    try:
        value = signing.Signer(salt="public-form").unsign(token)
        signed_purpose, hour = value.rsplit(".", 1)
    except (signing.BadSignature, ValueError):
        return False
    age = int(timezone.now().timestamp()) // HOUR - int(hour)
    return signed_purpose == purpose and 0 <= age <= TOKEN_HOURS
