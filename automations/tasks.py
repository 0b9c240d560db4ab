"""The functions that django-q2 names. They translate; the work is in the engine."""

from django.utils import timezone

from automations.delivery.outbox import deliver_due, reap_leases
from automations.engine import retention, scoring
from automations.engine.goals import wake_for_goals
from automations.engine.pump import pump
from automations.health import alarm, beats


def work() -> int:
    """Run what is due and deliver it, until nothing is left (woken on commit, and every minute)."""
    beats.beat(now=timezone.now())
    reap_leases(now=timezone.now())
    return pump(clock=timezone.now)


def deliver() -> int:
    return deliver_due(now=timezone.now)


def look_for_goals() -> int:
    return wake_for_goals(now=timezone.now())


def roll_up() -> int:
    return retention.roll_up_counts()


def watch_health() -> int:
    """Once every five minutes: look, and tell the managers what is wrong."""
    beats.note_trigger_uses()
    return alarm.watch(now=timezone.now())


def retain() -> int:
    beats.forget_workers(now=timezone.now())
    return retention.delete_old(now=timezone.now())


def sweep_score_rules() -> int:
    return scoring.sweep(now=timezone.now())
