"""What is logged, and that nothing in it tells of a person: no address, e-mail, question or token.

Paths are logged as the route that they took, with its numbers alone; whatever else a line or a
traceback holds goes through `scrubbed()` before it is written or sent anywhere.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id = ContextVar("request_id", default="")
PLACE = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>|[\^$]")
DIGITS = 9  # a number with more of them may be a telephone's
PERSONAL = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<address>(?<![\d.])(?!127\.)\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{0,4}(?![\w:])|(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f:]*)"
    r"|(?P<telephone>(?<!\d)0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}(?!\d))"
    r"|(?P<query>(?<=\?)[\w%.~-]+=[^\s'\"]*)"
    # What a database quotes of the row that it refused.
    r"|(?P<row>(?:(?<=DETAIL:)|(?<=LINE \d:)).*?(?=\n\nThe above|\n\nDuring handling|\Z))",
    re.IGNORECASE | re.DOTALL,
)


def scrubbed(text):
    """Return a text with what tells of a person replaced by what it was: [email], [query]."""
    return PERSONAL.sub(lambda found: f"[{found.lastgroup}]", text)


def masked(request):
    """Return the path of a request as it may be logged: its route, with numbers filled in.

    What led nowhere may be anything that somebody typed, and is not repeated.
    """
    match = request.resolver_match
    if match is None:
        return "/[unknown]"

    def fill(place):
        value = str(match.kwargs.get(place[1] or place[2], ""))
        is_harmless = value.isdecimal() and len(value) <= DIGITS
        return value if is_harmless else f"[{place[1] or place[2]}]" if place.lastindex else ""

    return "/" + PLACE.sub(fill, match.route)


class Masking(logging.Filter):
    """Put the request's id on a record, and the masked path in place of the request's own."""

    def filter(self, record):
        record.request_id = request_id.get()
        request = getattr(record, "request", None)
        if hasattr(request, "resolver_match") and isinstance(record.args, tuple):
            # Django gives the path as it came, or escaped.
            record.args = tuple(
                masked(request) if isinstance(arg, str) and arg.startswith("/") else arg
                for arg in record.args
            )
        return True


class Line(logging.Formatter):
    """A record as a line for people."""

    def format(self, record):
        return scrubbed(super().format(record))


class Json(logging.Formatter):
    """A record as a line of JSON for machines; `fields` of the record stand beside its message."""

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": record.request_id,
            "message": scrubbed(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
