"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: let the worker look once a minute for jobs that a crash left behind, and tidy up daily."""
    if sender.label != "django_q":
        return
    schedules = apps.get_model("django_q", "Schedule").objects.using(using)
    schedules.get_or_create(
        func="contacts.tasks.resume_jobs",
        defaults={"name": "contacts: resume jobs", "schedule_type": "I", "minutes": 1},
    )
    schedules.get_or_create(
        func="contacts.tasks.retain",
        defaults={"name": "contacts: retention", "schedule_type": "I", "minutes": 24 * 60},
    )
