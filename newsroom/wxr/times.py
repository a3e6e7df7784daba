"""WordPress times: UTC where it says so, else the clock of the site."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone


def moment(in_utc, on_site=None, in_mail=None):
    """Return the first usable time of the three spellings; None if there is none."""
    spellings = (
        (in_utc, datetime.fromisoformat, UTC),
        (on_site, datetime.fromisoformat, timezone.get_default_timezone()),
        (in_mail, parsedate_to_datetime, UTC),
    )
    for text, read, zone in spellings:
        try:
            found = read((text or "").strip())
        except (ValueError, TypeError, IndexError):
            continue
        if 1900 < found.year < 2200:
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    return None
