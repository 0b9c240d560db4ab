"""What the worker does by the clock for stores."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps

#: function -> (name, minutes). Every task is idempotent; a late or doubled run does no harm.
SCHEDULES = {
    "ecommerce.tasks.take_in": ("stores: take in deliveries", 1),
    "ecommerce.tasks.abandon_carts": ("stores: find abandoned carts", 1),
    "ecommerce.tasks.retain": ("stores: retention", 24 * 60),
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
