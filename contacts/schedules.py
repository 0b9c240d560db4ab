"""What the worker does by the clock."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: function -> (name, minutes). Every task is idempotent; a late or doubled run does no harm.
SCHEDULES = {
    "contacts.tasks.resume_jobs": ("contacts: resume jobs", 1),
    "contacts.tasks.remove_files": ("contacts: remove old files", 24 * 60),
    "contacts.tasks.expire_points": ("contacts: expire points", 5),
    "contacts.tasks.forget_score_changes": ("contacts: forget old score changes", 24 * 60),
    "contacts.tasks.retain": ("contacts: retention", 24 * 60),
    "contacts.api.tasks.forget_idempotency_keys": ("contacts: forget idempotency keys", 60),
}


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: let the worker do by the clock what SCHEDULES names; what is there stays as it is."""
    if sender.label != "django_q":
        return
    schedules = apps.get_model("django_q", "Schedule").objects.using(using)
    for function, (name, minutes) in SCHEDULES.items():
        schedules.get_or_create(
            func=function, defaults={"name": name, "schedule_type": "I", "minutes": minutes, "repeats": -1}
        )
