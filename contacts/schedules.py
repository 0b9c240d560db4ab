"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: let the worker look once a minute for jobs a crash left behind, and clear up daily."""
    if sender.label != "django_q":
        return
    schedules = apps.get_model("django_q", "Schedule").objects.using(using)
    for func, name, minutes in (
        ("contacts.tasks.resume_jobs", "contacts: resume jobs", 1),
        ("contacts.tasks.retain", "contacts: retention", 24 * 60),
    ):
        schedules.get_or_create(func=func, defaults={"name": name, "schedule_type": "I", "minutes": minutes})
