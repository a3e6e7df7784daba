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

TOKEN_SECONDS = 86_400


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

    checked.is_public_form = True
    return csrf_exempt(checked)  # the view reads no session: there is no authority to forge


def make_token(purpose):
    """Return the token of a form: what it is for and when it was made, signed."""
    made_at = int(timezone.now().timestamp())
    return signing.Signer(salt="public-form").sign(f"{purpose}.{made_at}")


def token_age(token, purpose):
    """Return how many seconds ago `token` was made here for `purpose`.

    None for a token that is forged, made for something else, or older than a day.
    """
    try:
        value = signing.Signer(salt="public-form").unsign(token)
        signed_purpose, made_at = value.rsplit(".", 1)
        age = timezone.now().timestamp() - int(made_at)
    except (signing.BadSignature, ValueError):
        return None
    return age if signed_purpose == purpose and -1 <= age <= TOKEN_SECONDS else None
