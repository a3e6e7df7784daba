"""What `manage.py worker` does outside of requests: sending letters, the day's upkeep.

The queue knows no second try, and a task whose worker was killed stays "running" there for
ever. So no task carries anything: each does whatever is due by the database, may run at any
time and twice at once, and `plan()`, which every worker calls every second, queues it as long
as there is something to do. Whoever writes a letter need not know of it.
"""

import logging
import smtplib
import time
from datetime import timedelta

from django.conf import settings
from django.core import mail as django_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from articles import indexnow, related
from articles.models import Announcement, SearchEntry
from comments import letters, upkeep
from comments.models import Mail

logger = logging.getLogger(__name__)
# How long after its first, second, … try a letter is tried again; after the last one it is
# given up. The shortest is longer than a mail server may let us wait (EMAIL_TIMEOUT each step).
DELAYS = [timedelta(minutes=5), timedelta(minutes=20)]
DELAYS += [timedelta(hours=hours) for hours in (1, 4, 12, 24, 24)]
SECONDS_A_TASK = 10  # so that a worker that is asked to end need not finish a long queue
# What concerns one letter; any other trouble with the mail server awaits the next one too.
ABOUT_LETTER = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
UPKEEP_HOUR = 7
PATIENCE = timedelta(hours=1)  # with a task that failed or whose worker was killed


class TaskFailed(Exception):
    """A task failed. Says only how: the error itself may name an address."""


@task
def send_letters():
    """Send the letters that are due; if there are many, another task goes on."""
    try:
        return send_due()
    except Exception as error:
        raise TaskFailed(type(error).__name__) from None


@task
def end_blinds():
    """Show comments again whose temporary measure is over."""
    try:
        return upkeep.end_blinds()
    except Exception as error:
        raise TaskFailed(type(error).__name__) from None


@task
def relate_articles():
    """Choose the related articles of those that wait for it."""
    end = time.monotonic() + SECONDS_A_TASK
    while time.monotonic() < end and related.relate_due(1):
        pass


@task
def daily_upkeep():
    """Do the day's upkeep."""
    try:
        upkeep.run()
    except Exception as error:
        raise TaskFailed(type(error).__name__) from None


def plan():
    """Queue what there is to do: letters, blinds that end, related articles, news for search
    engines, the day's upkeep.
    """
    if Mail.objects.due().exists():
        queue(send_letters)
    if upkeep.over_blinds().exists():
        queue(end_blinds)
    if SearchEntry.objects.filter(related_at=None).exists():
        queue(relate_articles)
    if settings.INDEXNOW_KEY and Announcement.objects.due().exists():
        queue(indexnow.tell)
    if not was_upkept():
        queue(daily_upkeep)


def queue(wanted):
    """Queue a task unless it is queued already."""
    if not DBTaskResult.objects.ready().filter(task_path=wanted.module_path).exists():
        wanted.enqueue()


def was_upkept():
    """Whether the last upkeep is queued, done, or being done by a worker that is alive."""
    now = timezone.localtime()
    since = now.replace(hour=UPKEEP_HOUR, minute=0, second=0, microsecond=0)
    since -= timedelta(days=1) if since > now else timedelta(0)
    late = now - PATIENCE
    runs = DBTaskResult.objects.filter(
        task_path=daily_upkeep.module_path, enqueued_at__gte=since
    ).exclude(
        Q(status=TaskResultStatus.FAILED, finished_at__lt=late)
        | Q(status=TaskResultStatus.RUNNING, started_at__lt=late)
    )
    return runs.exists()


def send_due():
    """Send letters that are due, for some seconds; return how many were sent.

    A letter is taken before it is sent: taking it moves the time of its next try on, so
    that no other worker takes it, and so that it is tried again if this worker dies. It is
    noted as sent once the mail server has accepted it. Between the two lies a moment that
    no order of steps can close: a worker that dies in it leaves a letter that was accepted
    and not noted, and that will be sent once more. We prefer that to a lost one. Both
    copies have the same Message-ID, by which most mailboxes keep only one.
    """
    number, connection = 0, django_mail.get_connection()
    end = time.monotonic() + SECONDS_A_TASK
    try:
        while time.monotonic() < end and (row := take()):
            is_sent, goes_on = send(row, connection)
            number += is_sent
            if not goes_on:
                break
    finally:
        hang_up(connection)
    return number


@transaction.atomic
def take():
    """Take the next letter that is due; None if there is none."""
    due = Mail.objects.due().select_for_update(skip_locked=True)
    row = due.first()
    if row is None:
        return None
    row.due_at = timezone.now() + DELAYS[min(row.attempts, len(DELAYS) - 1)]
    row.attempts += 1
    row.save(update_fields=["due_at", "attempts"])
    return row


def send(row, connection):
    """Send a letter that was taken; return whether it was sent and whether to go on.

    What goes wrong is logged with the number of the letter and the kind of error alone:
    mail servers put the address into their answers.
    """
    message = None
    try:
        message = letters.message_of(row, connection)
        if message is None:  # not true any more: taken back, erased, unsubscribed
            Mail.objects.filter(pk=row.pk).delete()
            return False, True
        connection.open()
        connection.send_messages([message])
    except Exception as error:
        is_about_letter = isinstance(error, ABOUT_LETTER) or not isinstance(error, OSError)
        give_up = row.attempts > len(DELAYS) or (message is not None and is_final(error))
        if give_up:
            Mail.objects.filter(pk=row.pk).update(due_at=None)
        what = "given up" if give_up else "will be tried again"
        name = type(error).__name__
        logger.warning("Letter %d was not sent and %s (%s)", row.pk, what, name)
        hang_up(connection)
        return False, is_about_letter
    Mail.objects.filter(pk=row.pk).update(due_at=None, sent_at=timezone.now(), address="")
    return True, True


def is_final(error):
    """Whether a letter can never be sent: no such mailbox, or no address at all."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)


def hang_up(connection):
    try:
        connection.close()
    except Exception as error:  # what was sent is sent; a new connection is made
        logger.warning("The mail server did not say goodbye (%s)", type(error).__name__)
