"""Keeping a new comment: checked, saved once, shown at once only where it need not wait."""

import hashlib

from django.db import IntegrityError, transaction

from comments import checks, guests, mail, moderation
from comments.models import Comment, Contact
from comments.policy import Policy, policy_of


class AlreadyUsed(Exception):
    """The form was used for another comment; the reader gets a fresh one with the text."""


def submission_key(token, email, once):
    """Return what makes two sendings the same: the form and its sender.

    The page of an article, and so its token, is the same for every reader, and for one who
    comes back to it. A token is therefore used up by each sender apart, and by each
    opening of the page where a script could mark it.
    """
    return hashlib.sha256(f"{token}\0{email}\0{once}".encode()).hexdigest()


def write(form, masthead, sources):
    """Save the comment of a valid `CommentForm`; return it.

    The same form sent again returns the comment that was made before. Raises
    `AlreadyUsed` for a form that carried another comment already.
    """
    signals = checks.signals_of(form.submission(masthead, sources))
    data = form.cleaned_data
    key = submission_key(data["token"], data["email"], data["once"])
    try:
        with transaction.atomic():
            return save(form, masthead, sources, signals, key)
    except IntegrityError:
        before = Comment.objects.filter(submission_key=key).first()
        if before is None or before.text != data["text"]:
            raise AlreadyUsed from None
        return before


def save(form, masthead, sources, signals, key):
    data = form.cleaned_data
    comment = form.save(commit=False)
    comment.article, comment.parent = form.article, data["parent"]
    comment.submission_key = key
    is_shown = not signals and policy_of(form.article, masthead) == Policy.OPEN
    if is_shown:
        comment.state = Comment.State.APPROVED
    comment.save()
    asked = Contact.Notify.ASKED if data["notify"] else Contact.Notify.OFF
    contact = Contact.objects.create(
        comment=comment,
        email=data["email"],
        source=sources[0],
        fingerprint=checks.fingerprint(data["text"]),
        notify=asked,
    )
    if asked:
        mail.ask_to_confirm(contact)
    guests.add_signals(comment, signals)
    if is_shown:
        moderation.let_in(comment)
    return comment
