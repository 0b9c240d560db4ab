"""What the worker does by the clock."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: function -> (name, minutes). Every task is idempotent; a late or doubled run does no harm.
SCHEDULES = {
    "contacts.tasks.resume_jobs": ("contacts: resume jobs", 1),
    "contacts.tasks.roll_up_campaigns": ("contacts: roll up campaign counts", 10),
    "contacts.tasks.remove_files": ("contacts: remove old files", 24 * 60),
    "contacts.tasks.expire_points": ("contacts: expire points", 5),
    "contacts.tasks.forget_score_changes": ("contacts: forget old score changes", 24 * 60),
    "contacts.tasks.retain": ("contacts: retention", 24 * 60),
    "contacts.api.tasks.forget_idempotency_keys": ("contacts: forget idempotency keys", 60),
}


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: let the worker do by the clock what SCHEDULES names; what is there stays as it is."""
    if sender.label == "django_q":
        make_schedules(apps, using, SCHEDULES)


def make_schedules(apps: Apps, using: str, wanted: Mapping[str, tuple[str, int]]) -> None:
    """`wanted` as SCHEDULES above; for other apps too."""
    schedules = apps.get_model("django_q", "Schedule").objects.using(using)
    for function, (name, minutes) in wanted.items():
        schedules.get_or_create(
            func=function, defaults={"name": name, "schedule_type": "I", "minutes": minutes, "repeats": -1}
        )
