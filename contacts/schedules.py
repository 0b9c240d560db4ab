"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: (function, name, minutes). Each is idempotent; a late or doubled run does no harm.
SCHEDULES = (
    ("contacts.tasks.resume_jobs", "contacts: resume jobs", 1),
    ("contacts.tasks.expire_points", "contacts: expire points", 5),
    ("contacts.tasks.forget_score_changes", "contacts: forget old score changes", 24 * 60),
)


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: the schedules that are missing."""
    if sender.label != "django_q":
        return
    rows = apps.get_model("django_q", "Schedule").objects.using(using)
    for function, name, minutes in SCHEDULES:
        rows.get_or_create(func=function, defaults={"name": name, "schedule_type": "I", "minutes": minutes})
