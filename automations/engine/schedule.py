"""The rows of django-q2's schedule: made at migrate time, again and again without harm."""

from django_q.models import Schedule

#: name -> (function, minutes). Every task is idempotent; a late or doubled run does no harm.
SCHEDULES = {
    "Due work": ("automations.tasks.work", 1),
    "Dates and new items of feeds": ("automations.tasks.sweep", 1),
    "Read feeds": ("automations.tasks.read_feeds", 1),
    "Goals that time meets": ("automations.tasks.look_for_goals", 15),
    "Roll up step counts": ("automations.tasks.roll_up", 10),
    "Score rules by time": ("automations.tasks.sweep_score_rules", 15),
    "Health": ("automations.tasks.watch_health", 5),
    "Retention": ("automations.tasks.retain", 24 * 60),
}


def ensure_schedules() -> None:
    for name, (function, minutes) in SCHEDULES.items():
        Schedule.objects.get_or_create(
            name=name,
            defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1},
        )
