"""A test's database, put where other processes find it."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection


class SharedDatabase:
    """Let real processes of ours work on what a TransactionTestCase has written.

    SQLite's test database lies in this process's memory: the others work on a copy in a
    file, which `sql()` looks into.
    """

    file = None

    def share(self):
        """Let other processes see what has been written until now."""
        if connection.vendor == "postgresql":
            name = connection.settings_dict["NAME"]
            self.address = re.sub(r"/[^/]*$", f"/{name}", os.environ["DATABASE_URL"])
            return
        path = Path(settings.MEDIA_ROOT) / "shared.db"
        self.file = sqlite3.connect(path, timeout=20, isolation_level=None)
        self.addCleanup(self.file.close)
        connection.connection.backup(self.file)
        self.address = f"sqlite:///{path}"

    def sql(self, query, *values):
        """Return the rows of a query to the shared database."""
        if self.file:
            return self.file.execute(query.replace("%s", "?"), values).fetchall()
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def manage(self, *arguments, **environment):
        """Start `manage.py` with these arguments on the shared database."""
        base = {name: text for name, text in os.environ.items() if name != "DEBUG"}
        base |= {"DATABASE_URL": self.address, "SECRET_KEY": settings.SECRET_KEY}
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**base, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.wait()
        process.stdout.close()
