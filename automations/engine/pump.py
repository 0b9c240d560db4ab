"""Turns the engine's wheels until nothing is due, and a moment longer."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import OperationalError, close_old_connections, connection

from automations.delivery.outbox import deliver_due
from contacts.services.clicks import settle_clicks

from .run import run_due
from .scoring import run_checks
from .wake import INTERVAL
from .wake_ups import run_wake_ups

log = logging.getLogger(__name__)

# Longer than the interval between two wake-ups of a process: what is committed within it is seen.
LINGER = INTERVAL * 1.5
# A pump gives its worker back after this, so that imports and schedules get their turn.
MAX_SECONDS = 45.0


def pump(*, clock: Callable[[], datetime], linger: float = LINGER, seconds: float = MAX_SECONDS) -> int:
    """Returns how many contacts, wake-ups and deliveries were dealt with."""
    started = idle_since = time.monotonic()
    total = 0
    while time.monotonic() - started < seconds:
        done = turn(clock=clock)
        total += done
        if done:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= linger:
            return total
        else:
            time.sleep(min(0.2, linger))
    _go_on_later()
    return total


def turn(*, clock: Callable[[], datetime]) -> int:
    """One batch of each kind. A deadlock or a lost connection rolls a batch back; it is taken again."""
    done = 0
    wheels: tuple[Callable[[], int], ...] = (
        lambda: run_checks(now=clock()),
        lambda: run_wake_ups(now=clock()),
        lambda: run_due(now=clock()),
        lambda: deliver_due(now=clock),
        lambda: settle_clicks(now=clock()),
    )
    for wheel in wheels:
        try:
            done += wheel()
        except OperationalError as error:
            log.warning("Batch rolled back, taken again later: %s", error)
            if connection.in_atomic_block:
                raise
            close_old_connections()
    return done


def _go_on_later() -> None:
    from django_q.tasks import async_task

    async_task("automations.tasks.work", group="wake")
