"""Backups of the whole paper, the way back, and the proof that there is one.

`making` copies the database and the pictures into a folder (`vault`), `restoring` puts them
back, `drilling` does so aside and compares. docs/backup.md is for who runs the paper.
"""

import json
from datetime import datetime

from django.conf import settings

RECORD = "backup.json"  # in MEDIA_ROOT, beside the folders that are backed up


def last():
    """Return the last backup that was made from here, or None.

    A dict: `name`, `made_at` (datetime), `size` (bytes), `is_encrypted`, `counts` (of articles,
    comments, photos, files), `missing` (files that the database names and nobody has).
    """
    try:
        record = json.loads((settings.MEDIA_ROOT / RECORD).read_text())
        return record | {"made_at": datetime.fromisoformat(record["made_at"])}
    except (OSError, ValueError, KeyError):
        return None
