"""What the worker does by the clock for automations."""

from contacts.schedules import Schedules

SCHEDULES: Schedules = {
    "automations.tasks.work": ("Due work", 1),
    "automations.tasks.sweep": ("Dates and new items of feeds", 1),
    "automations.tasks.read_feeds": ("Read feeds", 1),
    "automations.tasks.look_for_goals": ("Goals that time meets", 15),
    "automations.tasks.roll_up": ("Roll up step counts", 10),
    "automations.tasks.sweep_score_rules": ("Score rules by time", 15),
    "automations.tasks.watch_health": ("Health", 5),
    "automations.tasks.retain": ("Retention", 24 * 60),
}
