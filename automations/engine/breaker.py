"""The loop guard and the circuit breaker.

The guard reads the chain of automations that caused an event. The breaker counts, in this
process, the entries that automations cause in one another, and switches an automation off when
they exceed BREAKER_ENTRIES_PER_MINUTE; people's imports and bulk edits never trip it.
"""

import logging
import time
from collections import defaultdict, deque

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Automation
from automations.reasons import Entry
from contacts.origin import Origin

from .index import touch_index

log = logging.getLogger(__name__)
WINDOW = 60.0
_entries: dict[int, deque[tuple[float, int]]] = defaultdict(deque)


def verdict(automation_id: int, origin: Origin) -> Entry | None:
    """Whether the event's cause alone forbids to enter `automation_id`."""
    if automation_id in origin.chain:
        return Entry.LOOP
    if origin.chain and _recent(automation_id) >= settings.BREAKER_ENTRIES_PER_MINUTE:
        return Entry.BREAKER
    return None


def record(automation_id: int, amount: int, origin: Origin) -> None:
    """Count entries that an automation caused; trip when they run away."""
    if not origin.chain:
        return
    _entries[automation_id].append((time.monotonic(), amount))
    if _recent(automation_id) >= settings.BREAKER_ENTRIES_PER_MINUTE:
        _trip(automation_id, origin)


def reset(automation_id: int) -> None:
    _entries.pop(automation_id, None)


def _recent(automation_id: int) -> int:
    window = _entries[automation_id]
    while window and window[0][0] < time.monotonic() - WINDOW:
        window.popleft()
    return sum(amount for _at, amount in window)


def _trip(automation_id: int, origin: Origin) -> None:
    reason = _("More than %(limit)d entries in a minute were caused by other automations (%(chain)s).") % {
        "limit": settings.BREAKER_ENTRIES_PER_MINUTE,
        "chain": " → ".join(f"#{pk}" for pk in origin.chain),
    }
    now = timezone.now()
    tripped = Automation.objects.filter(pk=automation_id, is_active=True).update(
        is_active=False, deactivated_at=now, breaker_at=now, breaker_reason=reason[:250]
    )
    if tripped:
        log.error("Circuit breaker: automation %s was switched off. %s", automation_id, reason)
        touch_index()
