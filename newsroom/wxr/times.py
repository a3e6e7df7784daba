"""WordPress times: UTC where it says so, else the clock of the site."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone


def moment(in_utc, on_site=None, in_mail=None):
    """Return the first usable time of the three spellings; None if there is none."""
    for text, zone in ((in_utc, UTC), (on_site, timezone.get_default_timezone())):
        try:
            found = datetime.fromisoformat((text or "").strip())
        except ValueError:
            continue
        if 1900 < found.year < 2200:
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    try:
        found = parsedate_to_datetime(in_mail or "")
    except (ValueError, TypeError, IndexError):
        return None
    if not 1900 < found.year < 2200:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
