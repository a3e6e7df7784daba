"""Files that stand at their place whole and on the disk, or not at all.

This module imports no app.
"""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path, mode="wb", **options):
    """Open a file for writing that stands at `path` once it is whole, and not before.

    Only its owner may read it, unless who writes it says otherwise.
    """
    path = Path(path)
    handle, part = tempfile.mkstemp(".part", f".{path.name[:100]}.", path.parent)
    try:
        with open(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    sync(path.parent)


def sync(folder):
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
