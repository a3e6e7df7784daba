"""What every answer carries: headers of safety, a session that goes on, and fewer bytes."""

import time

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.middleware import SessionMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from newsroom.compression import QUICK, WORTHWHILE, best_encoding

POLICY = "; ".join(f"{name} {value}" for name, value in settings.CONTENT_SECURITY_POLICY.items())
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
    )
)


class SecurityHeaders:
    """Give every answer the content security policy and the permissions policy.

    A refusal of the method gets words; Django sends it empty.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if response.status_code == 405 and not response.content:
            response.content = _("This address takes only %(methods)s.") % {
                "methods": response.headers["Allow"]
            }
        return response


class IdleSessions(SessionMiddleware):
    """End a session some hours after its account was last there, and at the latest in two weeks.

    That somebody is there is written down every ten minutes alone, not at every request. A
    script that asks on its own, as that of an open form does, sets `request.is_unattended`.
    """

    touched_after = 600  # seconds
    longest = 14 * 86_400

    @staticmethod
    def begin(request, **_):
        """Note in a session when somebody signed in."""
        request.session["began"] = request.session["seen"] = int(time.time())
        request.session.set_expiry(None)  # as long as any, whatever was left of one before

    def process_response(self, request, response):
        session = request.session
        # A page for readers never looks at its session, and nor may this.
        if session.accessed and auth.SESSION_KEY in session:
            self.touch(session, getattr(request, "is_unattended", False))
        return super().process_response(request, response)

    def touch(self, session, is_unattended):
        now = int(time.time())
        if is_unattended or now - session.get("seen", 0) < self.touched_after:
            return
        left = session.setdefault("began", now) + self.longest - now
        session.set_expiry(max(1, min(settings.SESSION_COOKIE_AGE, left)))
        session["seen"] = now


class Compressed:
    """Send text compressed, the same bytes for the same page, to everyone who takes it.

    Whoever has signed in gets it plain: a page with secrets must not tell of them by its
    length. Django's own middleware pads at random for that, and compresses pictures too.
    """

    kinds = ("text/", "application/")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        is_text = response.headers.get("Content-Type", "").startswith(self.kinds)
        if response.streaming or not is_text or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        encoding = best_encoding(request.headers.get("Accept-Encoding", ""), QUICK)
        has_secrets = settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies
        if encoding and not has_secrets and len(response.content) > WORTHWHILE:
            response.content = QUICK[encoding](response.content)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Length"] = str(len(response.content))
        return response
