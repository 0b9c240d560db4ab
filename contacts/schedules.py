"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: (function, name, minutes). The first looks for jobs that a crash left behind.
TASKS = (
    ("contacts.tasks.resume_jobs", "contacts: resume jobs", 1),
    ("contacts.tasks.roll_up_campaigns", "contacts: roll up campaign counts", 10),
)


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: the tasks there are, each again and again. Late or doubled they do no harm."""
    if sender.label != "django_q":
        return
    for function, name, minutes in TASKS:
        apps.get_model("django_q", "Schedule").objects.using(using).get_or_create(
            func=function, defaults={"name": name, "schedule_type": "I", "minutes": minutes}
        )
