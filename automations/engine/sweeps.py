"""Lets every active trigger look at the clock. Most have nothing to do with it; see `Trigger.sweep`."""

import logging
from datetime import datetime

from django.db import DatabaseError

from automations.models import Turn

from .index import current_index

log = logging.getLogger(__name__)


def sweep(*, now: datetime) -> int:
    """Returns how many contacts or records there were events for.

    One trigger that fails does not keep the others from their turn; the first error is raised at the end.
    """
    index = current_index(fresh=True)
    found, failed = 0, None
    for listener in index.every_listener():
        turn = Turn(now=now, zone=index.zone, active_since=listener.since or now)
        try:
            found += listener.trigger.sweep(turn)
        except Exception as error:
            log.exception("The sweep of “%s” failed; it is tried again.", listener.trigger.describe())
            failed = failed or error
            if isinstance(error, DatabaseError):
                break  # the next trigger would meet the same
    if failed is not None:
        raise failed
    return found
