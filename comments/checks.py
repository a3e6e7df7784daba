"""Signals, not verdicts: what speaks for letting a comment wait.

Every check runs, whatever the others found; what any of them finds holds the comment
for a moderator, who is shown the rule and the text. A check that breaks holds it too.
"""

import hashlib
import logging
import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Exists, Q
from django.utils import timezone

from comments import words
from comments.guests import REFUSED
from comments.models import Ban, Comment, Contact, Signal, VerifiedEmail
from comments.sources import email_digest
from newsroom.models import Masthead

logger = logging.getLogger(__name__)
Rule = Signal.Rule
WINDOW = timedelta(minutes=10)  # in which comments of one sender, and of the site, are counted
MEMORY = timedelta(days=30)  # in which the same words count as written before
HASTE_SECONDS = 3
TRUSTED_AFTER = 2  # approved comments
TRUSTED_REFUSALS = 0.3  # share of refused ones that is too many

LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
PERSONAL = re.compile(
    r"(?<!\d)(?:"
    r"\d{6}[-\s]?[1-8]\d{6}"  # resident registration number
    r"|01[016789][-.\s]?\d{3,4}[-.\s]?\d{4}"  # mobile phone
    r")(?!\d)"
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail
)
SHORT = 8  # letters; shorter texts (고맙습니다) are written again by many


@dataclass
class Submission:
    """A comment as it was sent, with what is known of its sender."""

    text: str
    name: str
    email: str
    masthead: Masthead
    sources: list = field(default_factory=list)  # hashes of the address, see comments.sources
    age: float = HASTE_SECONDS  # seconds since the form was made
    honeypot: str = ""
    has_proof: bool = False  # the sender showed that the e-mail is theirs


@dataclass
class History:
    """How many comments this sender, and the whole site, wrote before; of which kinds."""

    by_sender: int  # of late
    on_site: int  # of late
    repeated: int  # in the same words, by anybody
    approved: int
    refused: int
    verified: int  # with an e-mail that its owner confirmed

    @property
    def is_trusted(self):
        """Whether a sender with this record need not wait, given a proof of the address."""
        total = self.approved + self.refused
        return (
            self.verified > 0
            and self.approved >= TRUSTED_AFTER
            and self.refused < TRUSTED_REFUSALS * total
        )


def fingerprint(text):
    """Return what two texts share that differ in spaces, signs and case only."""
    letters = re.sub(r"[\W_]+", "", text.casefold())
    return hashlib.sha256(letters.encode()).hexdigest() if len(letters) >= SHORT else ""


def history_of(submission):
    """Return the `History` of a submission, in one query."""
    now, email = timezone.now(), submission.email
    sender = Q(source__in=submission.sources) | Q(email=email)
    recent = Q(created_at__gt=now - WINDOW)
    mark = fingerprint(submission.text)
    same = Q(fingerprint=mark, created_at__gt=now - MEMORY) if mark else Q(pk=None)
    mine = Q(email=email)
    counts = Contact.objects.filter(recent | same | mine).aggregate(
        by_sender=Count("pk", filter=recent & sender),
        on_site=Count("pk", filter=recent),
        repeated=Count("pk", filter=same),
        approved=Count("pk", filter=mine & Q(comment__state=Comment.State.APPROVED)),
        refused=Count("pk", filter=mine & Q(comment__state__in=REFUSED)),
        verified=Count("pk", filter=mine & Exists(VerifiedEmail.objects.filter(email=email))),
    )
    return History(**counts)


def check_words(submission, history):
    found = words.find(f"{submission.name}\n{submission.text}")
    yield from ((Rule.WORD, text) for text in dict.fromkeys(place.text for place in found))


def check_links(submission, history):
    links = LINK.findall(submission.text)
    if len(links) > submission.masthead.comments_links_allowed:
        yield from ((Rule.LINK, link) for link in links)
    elif LINK.search(submission.name):
        yield Rule.LINK, submission.name


def check_personal_data(submission, history):
    for match in PERSONAL.finditer(submission.text):
        yield Rule.PERSONAL, match[0]


def check_form(submission, history):
    if submission.honeypot:
        yield Rule.HONEYPOT, submission.honeypot
    if submission.age < HASTE_SECONDS:
        yield Rule.HASTE, ""


def check_pace(submission, history):
    if history.by_sender >= submission.masthead.comments_per_sender:
        yield Rule.SPEED, ""
    if history.on_site >= submission.masthead.comments_on_site:
        yield Rule.FLOOD, ""


def check_history(submission, history):
    if history.repeated:
        yield Rule.DUPLICATE, ""
    trusts = history.is_trusted and submission.has_proof
    if submission.masthead.comments_hold_first and not trusts:
        yield Rule.FIRST, ""


def check_bans(submission, history):
    digests = [email_digest(submission.email), *submission.sources]
    bans = Ban.objects.filter(digest__in=digests)
    for ban in bans.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())):
        yield Rule.BLOCKED, ban.get_kind_display()


TEXT_CHECKS = (check_words, check_links, check_personal_data)
CHECKS = (*TEXT_CHECKS, check_form, check_pace, check_history, check_bans)


def signals_of(submission, is_edit=False):
    """Return the unsaved signals of a submission, in the order of the checks.

    An edit is looked at for its words only, not for how often its writer writes. Runs
    outside of a transaction, so that a check that breaks cannot break the saving.
    """
    signals = []
    try:
        history = history_of(submission)
    except Exception:  # whatever it is, the comment waits instead of being lost
        logger.exception("The history of a comment's sender cannot be read")
        return [Signal(rule=Rule.FAILED, found="history")]
    for check in TEXT_CHECKS if is_edit else CHECKS:
        try:
            found = list(check(submission, history))
        except Exception:  # as above
            logger.exception("A check of comments failed: %s", check.__name__)
            found = [(Rule.FAILED, check.__name__)]
        signals += [Signal(rule=rule, found=text[:200]) for rule, text in found]
    return signals
