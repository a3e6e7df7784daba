"""Many keys in one value: a list of a thousand parameters costs more than the query itself."""

import json

from django.db import connection
from django.db.models.expressions import RawSQL


def among(keys):
    """Return an expression for a list of primary keys, for `__in`."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(keys))])
