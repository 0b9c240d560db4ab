"""E-mails that remind of tasks: each once, and what the mail server refuses is tried a few times more.

A worker that dies in the middle of a hand-over leaves its claim behind; when the lease is over the reminder is
sent again. A colleague may so be reminded twice, but is never forgotten.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from deals.models import Task

log = logging.getLogger(__name__)

BATCH = 200
#: How long after the reminder's time the first try, the second and so on are made.
TRIES = (timedelta(), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))


def send_due_reminders(*, now: datetime) -> int:
    """Remind of what is due now; the number of e-mails sent. Tasks whose assignee has no address are left out."""
    due = Q()
    for attempts, delay in enumerate(TRIES):
        due |= Q(reminder_attempts=attempts, remind_at__lte=now - delay)
    open_tasks = Task.objects.filter(due, done_at=None, reminded_at=None, assignee__is_active=True)
    ids = (
        open_tasks.filter(_free(now))
        .exclude(assignee__email="")
        .order_by("remind_at")
        .values_list("pk", flat=True)
    )
    # Claims are dated `now`: with a slow mail server the rest is left to the next round, before a lease is over.
    enough = time.monotonic() + _lease().total_seconds() / 2
    return sum(_send_one(pk, now) for pk in list(ids[:BATCH]) if time.monotonic() < enough)


def _lease() -> timedelta:
    return timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


def _free(now: datetime) -> Q:
    """In nobody's hands: a claim that is older than a lease is a crashed worker's, one of later than now a clock's
    that was set back."""
    return (
        Q(reminder_claimed_at=None)
        | Q(reminder_claimed_at__lte=now - _lease())
        | Q(reminder_claimed_at__gt=now + _lease())
    )


def _send_one(pk: int, now: datetime) -> bool:
    # Claimed first: of two workers one sends it.
    mine = Task.objects.filter(_free(now), pk=pk, reminded_at=None, done_at=None)
    if not mine.update(reminder_claimed_at=now, reminder_attempts=F("reminder_attempts") + 1):
        return False
    task = Task.objects.select_related("assignee", "type", "contact", "deal").get(pk=pk)
    try:
        _message(task).send()
    except Exception as error:  # whatever the mail backend raises, the others still go out
        log.warning("The reminder of the task %s failed: %s: %s", pk, type(error).__name__, error)
        Task.objects.filter(pk=pk, reminder_claimed_at=now).update(reminder_claimed_at=None)
        return False
    Task.objects.filter(pk=pk, reminder_claimed_at=now).update(reminder_claimed_at=None, reminded_at=now)
    return True


def _message(task: Task) -> EmailMessage:
    assert task.assignee is not None  # noqa: S101 the query asks for it
    with translation.override(settings.LANGUAGE_CODE):
        due = date_format(timezone.localtime(task.due_at), "DATETIME_FORMAT")
        lines = [
            f"{task.type}: {task.title}",
            _("Due: %s") % due,
            _("About: %s") % (task.deal or task.contact),
            *([task.note] if task.note else []),
            settings.SITE_URL + reverse("admin:deals_task_change", args=[task.pk]),
        ]
        subject = _("Reminder: %s") % task.title
    return EmailMessage(
        subject=" ".join(subject.split())[:250],
        body="\n\n".join(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[task.assignee.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
