"""What the worker does by the clock, for every app: rows of django-q2's schedule, made after each migration."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: function -> (name, minutes). Every task is idempotent; a late or doubled run does no harm.
Schedules = Mapping[str, tuple[str, int]]

SCHEDULES: Schedules = {
    "contacts.tasks.resume_jobs": ("contacts: resume jobs", 1),
    "contacts.tasks.roll_up_campaigns": ("contacts: roll up campaign counts", 10),
    "contacts.tasks.remove_files": ("contacts: remove old files", 24 * 60),
    "contacts.tasks.expire_points": ("contacts: expire points", 5),
    "contacts.tasks.forget_score_changes": ("contacts: forget old score changes", 24 * 60),
    "contacts.tasks.retain": ("contacts: retention", 24 * 60),
    "contacts.api.tasks.forget_idempotency_keys": ("contacts: forget idempotency keys", 60),
}

_wanted: dict[str, tuple[str, int]] = {}


def register_schedules(schedules: Schedules) -> None:
    """An app's own, when it is ready; ValueError where a name is taken, as people tell them apart by it."""
    names = {name for function, (name, _minutes) in _wanted.items() if function not in schedules}
    if taken := names & {name for name, _minutes in schedules.values()}:
        raise ValueError(f"There is a schedule called “{min(taken)}” already.")
    _wanted.update(schedules)


def ensure_schedules(sender: AppConfig, apps: Apps, using: str, **kwargs: Any) -> None:
    """After a migration: let the worker do what is registered. What is there stays as a person has set it."""
    if sender.label != "django_q":
        return
    schedules = apps.get_model("django_q", "Schedule").objects.using(using)
    there = set(schedules.values_list("func", flat=True))
    for function, (name, minutes) in _wanted.items():
        if function not in there:
            schedules.create(func=function, name=name, schedule_type="I", minutes=minutes, repeats=-1)
