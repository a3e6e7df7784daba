"""Who came in, who failed to, and who must wait before the next try.

Every try is written down before its password is looked at, so that many at once are counted
too. Whoever failed too often waits: a network address on its own, and an account's name
wherever it is tried from. Otherwise a stranger could lock an editor out by failing in their
name, so a place from which the account signed in lately is counted apart. Addresses and names
stand here as hashes; which address is which, nobody can tell.
"""

from datetime import timedelta
from math import ceil

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from authors.models import AccessEvent, User
from authors.querysets import LOCK_WINDOW
from newsroom.text import clean

Kind = AccessEvent.Kind
NAME_LIMIT = 10  # failures of one account within the window
PLACE_LIMIT = 20  # failures from one network address: an office may share it
CODE_LIMIT = 5  # wrong codes of one account, by whoever has its password
KNOWN = timedelta(days=30)
SIGN_INS = (Kind.SIGNED_IN, Kind.RECOVERED)
ARRIVALS = (*SIGN_INS, Kind.PASSWORD_RESET)
RESETS_A_PLACE = 10  # letters asked for within an hour
RESETS_A_MAILBOX = 3  # letters to one mailbox within a day


class Locked(Exception):
    """Too many failures: nothing is tried before `until`."""

    def __init__(self, until):
        super().__init__(until)
        self.until = until

    @property
    def seconds(self):
        return max(1, ceil((self.until - timezone.now()).total_seconds()))

    @property
    def minutes(self):
        return ceil(self.seconds / 60)


def locked_sentence(locked):
    """Say how long somebody has to wait after too many failures."""
    text = ngettext(
        "Too many failed attempts. Please try again in %d minute.",
        "Too many failed attempts. Please try again in %d minutes.",
        locked.minutes,
    )
    return text % locked.minutes


def name_digest(name):
    """Return the hash by which a typed name is known, however it was typed."""
    return salted_hmac("access", clean(name).casefold(), algorithm="sha256").hexdigest()


def record(kind, sources, user=None, name=""):
    """Write down what happened to an account, and from where."""
    digest = name_digest(name or user.get_username())
    return AccessEvent.objects.create(kind=kind, user=user, name=digest, source=sources[0])


# Passwords


def begin(name, sources):
    """Write down a try with a password before it is looked at; raise Locked if it may not be."""
    digest = name_digest(name)
    refuse_if_locked(digest, sources)
    user = User.objects.filter(username=name).first()
    attempt = AccessEvent.objects.create(
        kind=Kind.FAILED, user=user, name=digest, source=sources[0], counts=True
    )
    try:
        refuse_if_locked(digest, sources, others=1)
    except Locked:
        attempt.delete()
        raise
    return attempt


def refuse_if_locked(digest, sources, others=0):
    """Raise Locked if this name or this place has failed too often; `others` are at it now."""
    failures = AccessEvent.objects.counting(Kind.FAILED)
    here = failures.filter(source__in=sources)
    end = end_of_lock(failures.filter(name=digest), NAME_LIMIT + others)
    if end and is_known(digest, sources):
        end = end_of_lock(here.filter(name=digest), NAME_LIMIT + others)
    end = end or end_of_lock(here, PLACE_LIMIT + others)
    if end:
        raise Locked(end)


def end_of_lock(failures, limit):
    """Return when fewer than `limit` failures will lie within the window; None if they do now."""
    times = failures.order_by("-at").values_list("at", flat=True)[limit - 1 : limit]
    return next((at + LOCK_WINDOW for at in times), None)


def is_known(digest, sources):
    """Whether the account of that name came in from here lately."""
    arrivals = AccessEvent.objects.filter(name=digest, kind__in=ARRIVALS, source__in=sources)
    return arrivals.filter(at__gt=timezone.now() - KNOWN).exists()


def is_new_place(user, sources):
    """Whether an account that signed in before did not come in from here lately."""
    arrivals = AccessEvent.objects.filter(user=user, kind__in=ARRIVALS, source__in=sources)
    if arrivals.filter(at__gt=timezone.now() - KNOWN).exists():
        return False
    return AccessEvent.objects.filter(user=user, kind__in=SIGN_INS).exists()


def failed(attempt, limit=NAME_LIMIT):
    """A try was wrong; note once that it was the one after which the account is locked."""
    failures = AccessEvent.objects.counting(attempt.kind).filter(name=attempt.name)
    if end_of_lock(failures, limit) and not end_of_lock(failures, limit + 1):
        AccessEvent.objects.create(
            kind=Kind.LOCKED, user=attempt.user, name=attempt.name, source=attempt.source
        )


def succeeded(attempt, kind=Kind.SIGNED_IN):
    """A try was right: it counts as no failure, nor do earlier ones of this name from here."""
    AccessEvent.objects.filter(pk=attempt.pk).update(kind=kind, counts=False)
    if kind in ARRIVALS:
        earlier = AccessEvent.objects.filter(name=attempt.name, source=attempt.source, counts=True)
        earlier.update(counts=False)


# Codes of the second factor


def begin_code(user, sources):
    """Write down a try with a code before it is looked at; raise Locked if it may not be."""
    digest = name_digest(user.get_username())
    wrong = AccessEvent.objects.counting(Kind.WRONG_CODE).filter(name=digest)
    if end := end_of_lock(wrong, CODE_LIMIT):
        raise Locked(end)
    attempt = AccessEvent.objects.create(
        kind=Kind.WRONG_CODE, user=user, name=digest, source=sources[0], counts=True
    )
    if end := end_of_lock(wrong, CODE_LIMIT + 1):
        attempt.delete()
        raise Locked(end)
    return attempt


# Ways out


def locked_until(user):
    """Return until when strangers' places, or everybody, must wait with this account."""
    failures = AccessEvent.objects.filter(name=name_digest(user.get_username()))
    ends = [
        end_of_lock(failures.counting(Kind.FAILED), NAME_LIMIT),
        end_of_lock(failures.counting(Kind.WRONG_CODE), CODE_LIMIT),
    ]
    return max(filter(None, ends), default=None)


def lift(user, kinds=(Kind.FAILED, Kind.WRONG_CODE)):
    """Let an account be tried again at once, from everywhere."""
    digest = name_digest(user.get_username())
    AccessEvent.objects.filter(name=digest, kind__in=kinds).update(counts=False)


def may_ask_for_letter(email, sources):
    """Write down that a new password was asked for; whether a letter may be sent.

    Raises Locked for a place that asks too often. That a mailbox gets no more letters today
    is told to nobody, as it is told to nobody whether it is known here.
    """
    now, digest = timezone.now(), name_digest(email)
    asked = AccessEvent.objects.filter(kind=Kind.RESET_ASKED)
    hour = asked.filter(source__in=sources, at__gt=now - timedelta(hours=1)).order_by("-at")
    for at in hour.values_list("at", flat=True)[RESETS_A_PLACE - 1 : RESETS_A_PLACE]:
        raise Locked(at + timedelta(hours=1))
    today = asked.filter(name=digest, at__gt=now - timedelta(days=1)).count()
    AccessEvent.objects.create(kind=Kind.RESET_ASKED, name=digest, source=sources[0])
    return today < RESETS_A_MAILBOX
