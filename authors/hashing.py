"""Password hashing that a flood of sign-ins cannot turn against the machine.

One argon2 hash takes 100 MiB for a third of a second. A process makes one at a time, and a
sign-in that finds others in line is sent away at once: it would hold a thread that readers
need, and a machine with little memory would fall over.
"""

from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext as _

ONE = Lock()
IN_LINE = 2  # sign-ins of one process that hash or wait for it
LINE = BoundedSemaphore(IN_LINE)


class Busy(Exception):
    """Too many sign in at this moment."""


def busy_sentence():
    return _("Many people are signing in right now. Please try again in a moment.")


@contextmanager
def line():
    """Stand in line for a hash, or raise Busy."""
    if not LINE.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        LINE.release()


class OneAtATimeArgon2(Argon2PasswordHasher):
    """Django's argon2, one hash at a time in each process."""

    def encode(self, password, salt):
        with ONE:
            return super().encode(password, salt)

    def verify(self, password, encoded):
        with ONE:
            return super().verify(password, encoded)
