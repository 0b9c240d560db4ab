"""The functions that django-q2 names. They translate; the work is in the engine."""

from django.utils import timezone

from automations.delivery.outbox import deliver_due, reap_leases
from automations.engine import retention, scoring, sweeps
from automations.engine.goals import wake_for_goals
from automations.engine.pump import pump
from automations.feeds.checking import check_feeds, forget_old
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
    return retention.delete_old(now=timezone.now()) + forget_old(now=timezone.now())


def sweep_score_rules() -> int:
    return scoring.sweep(now=timezone.now())


def sweep() -> int:
    """Every minute: what only the clock tells."""
    return sweeps.sweep(now=timezone.now())


def read_feeds() -> int:
    """Every minute: read the feeds that are due, and tell their triggers at once."""
    checked = check_feeds(now=timezone.now())
    if checked:
        sweep()
    return checked
