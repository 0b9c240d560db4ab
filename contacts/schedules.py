"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: jobs that a crash left behind each minute, what is old once a day."""
    if sender.label != "django_q":
        return
    apps.get_model("django_q", "Schedule").objects.using(using).get_or_create(
        func="contacts.tasks.resume_jobs",
        defaults={"name": "contacts: resume jobs", "schedule_type": "I", "minutes": 1},
    )
    apps.get_model("django_q", "Schedule").objects.using(using).get_or_create(
        func="contacts.tasks.retain",
        defaults={"name": "contacts: delete what is old", "schedule_type": "D"},
    )
