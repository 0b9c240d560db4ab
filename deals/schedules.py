"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

from contacts.schedules import make_schedules

#: As contacts.schedules has it.
SCHEDULES = {
    "deals.tasks.send_reminders": ("deals: reminders of tasks", 1),
    "deals.mail_tasks.poll_mailboxes": ("deals: read mailboxes", 1),
    "deals.mail_tasks.tidy_attachments": ("deals: remove unused uploads", 24 * 60),
}


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    if sender.label == "django_q":
        make_schedules(apps, using, SCHEDULES)
