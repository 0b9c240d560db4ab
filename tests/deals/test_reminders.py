"""Reminders of tasks, through a real SMTP server."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import Schedule

from contacts.models import Contact
from deals.models import Task, TaskType
from deals.services import add_task, complete_tasks
from deals.services.reminders import TRIES, send_due_reminders
from deals.tasks import send_reminders
from tests.peers.smtp import SmtpServer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=timezone.get_default_timezone())


def plan(user: Any, **values: Any) -> Task:
    contact, _created = Contact.objects.get_or_create(email="ann@example.com")
    call = TaskType.objects.get(name="Call")
    defaults = {"title": "Ring Ann", "type": call, "due_at": NOW + timedelta(hours=2), "remind_at": NOW}
    return add_task(**{**defaults, "assignee": user, "contact": contact} | values)


def test_the_assignee_is_reminded_once(smtp_server: SmtpServer, editor: Any) -> None:
    task = plan(editor, note="She asked twice.")
    assert send_due_reminders(now=NOW - timedelta(minutes=1)) == 0
    assert send_due_reminders(now=NOW) == 1
    assert send_due_reminders(now=NOW + timedelta(days=1)) == 0
    (message,) = smtp_server.messages
    assert (message.subject, message.recipients) == ("Reminder: Ring Ann", (editor.email,))
    assert "She asked twice." in message.body() and f"/admin/deals/task/{task.pk}/change/" in message.body()


@pytest.mark.parametrize("case", ["done", "nobody", "no address", "inactive", "no reminder"])
def test_who_is_not_reminded(smtp_server: SmtpServer, editor: Any, case: str) -> None:
    task = plan(None if case == "nobody" else editor, **({"remind_at": None} if case == "no reminder" else {}))
    if case == "done":
        complete_tasks(tasks=task)
    if case == "no address":
        type(editor).objects.update(email="")
    if case == "inactive":
        type(editor).objects.update(is_active=False)
    assert send_due_reminders(now=NOW) == 0 and smtp_server.messages == []


def test_a_worker_that_dies_forgets_no_reminder(
    smtp_server: SmtpServer, editor: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    plan(editor)
    lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", _die)
        with pytest.raises(KeyboardInterrupt):
            send_due_reminders(now=NOW)
    assert send_due_reminders(now=NOW + lease / 2) == 0, "it may still be at it"
    assert send_due_reminders(now=NOW - timedelta(days=1)) == 0
    assert send_due_reminders(now=NOW + TRIES[1] + lease) == 1
    assert send_due_reminders(now=NOW + timedelta(days=1)) == 0
    assert len(smtp_server.messages) == 1


def _die(*args: Any) -> None:
    """As a process ends that is killed: nothing is tidied up."""
    raise KeyboardInterrupt


def test_a_slow_server_leaves_the_rest_to_the_next_round(
    smtp_server: SmtpServer, editor: Any, settings: Any
) -> None:
    plan(editor)
    plan(editor, title="Another")
    settings.DELIVERY_LEASE_SECONDS = 0
    assert send_due_reminders(now=NOW) == 0
    settings.DELIVERY_LEASE_SECONDS = 180
    assert send_due_reminders(now=NOW) == 2


def test_a_refused_reminder_is_tried_again_and_given_up(smtp_server: SmtpServer, editor: Any) -> None:
    plan(editor)
    plan(editor, title="Another", remind_at=NOW - timedelta(minutes=1))
    smtp_server.refuse()
    moments = [NOW + delay for delay in TRIES]
    assert [send_due_reminders(now=moment) for moment in moments] == [0] * len(TRIES)
    assert set(Task.objects.values_list("reminder_attempts", flat=True)) == {len(TRIES)}
    smtp_server.behave()
    assert send_due_reminders(now=NOW + timedelta(days=9)) == 0
    # Another time is another reminder.
    task = Task.objects.get(title="Another")
    task.remind_at = NOW + timedelta(days=10)
    task.save()
    assert send_due_reminders(now=NOW + timedelta(days=10)) == 1


def test_a_schedule_does_it(smtp_server: SmtpServer, editor: Any) -> None:
    assert Schedule.objects.get(func="deals.tasks.send_reminders").minutes == 1
    plan(editor, remind_at=timezone.now())
    assert send_reminders() == 1
