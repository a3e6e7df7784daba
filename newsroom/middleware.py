"""Headers that every answer carries."""

from django.conf import settings
from django.utils.translation import gettext as _

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
