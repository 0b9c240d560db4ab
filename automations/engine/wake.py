"""Wakes a worker on commit, at most once a second and process: a pump, not a task for each contact.

A woken worker lingers a little longer than that (see `automations.tasks.work`), so whatever is
committed between two wake-ups is still picked up; the sweep finds what a crash left over.
"""

import logging
import threading
import time

from django.db import transaction
from django_q.tasks import async_task

log = logging.getLogger(__name__)
INTERVAL = 1.0
_last = threading.local()


def wake_worker() -> None:
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    now = time.monotonic()
    if now - getattr(_last, "at", -INTERVAL) < INTERVAL:
        return
    _last.at = now
    try:
        async_task("automations.tasks.work", group="wake")
    except Exception:
        log.exception("Could not wake a worker; the sweep will find the work.")
