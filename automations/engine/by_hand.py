"""Entry without a trigger: a person, an API call or a step adds contacts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from automations.events import Event, EventKind
from automations.models import Automation, Trigger
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Entry

from . import breaker
from .enroll import NOTHING, Refusal, Row, count_entries, history, keep_refusals, refusal_of, write_entries
from .index import Listener, current_index
from .plan import plan_of_version
from .wake import wake_worker

BY_HAND = EventKind("by_hand")


def enroll_by_hand(
    *,
    automation: Automation,
    contact_ids: Sequence[int],
    now: datetime,
    carried: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, Entry]:
    """{contact id: entered, or why not}. A fixed number of statements; call it inside a transaction.

    `carried`: the events by contact that a step hands on, with the record that its own pass began with.
    """
    event = Event(BY_HAND, contact_ids, at=now)
    blocked = breaker.verdict(automation.pk, event.origin)
    if automation.version_id is None:
        blocked = Entry.NOT_PUBLISHED
    reasons: dict[int, Entry] = dict.fromkeys(contact_ids, blocked) if blocked else {}
    if not blocked:
        reasons = _enter(automation, contact_ids, event, carried)
    refused = [Refusal(automation.pk, pk, "", reason) for pk, reason in reasons.items() if reason != Entry.ENTERED]
    keep_refusals(refused, event)
    return reasons


def _enter(
    automation: Automation,
    contact_ids: Sequence[int],
    event: Event,
    carried: Mapping[int, Mapping[str, Any]] | None,
) -> dict[int, Entry]:
    plan = plan_of_version(automation.version_id or 0)
    # No trigger's run rule applies; the entry policy does.
    listener = Listener(automation.pk, automation.entry_policy, plan, Trigger(key="", runs="multiple"))
    past = history([automation.pk], contact_ids, event.at).get(automation.pk, {})
    reasons: dict[int, Entry] = {}
    rows: list[Row] = []
    for contact in contact_ids:
        seen = past.get(contact, NOTHING)
        reason = refusal_of(listener, seen)
        # The ceiling guards against machines; a person who insists may.
        if reason is None or reason == Entry.CEILING:
            rows.append(Row(automation.pk, contact, seen.last + 1, "", plan.first))
            reason = Entry.ENTERED
        reasons[contact] = reason
    status = EnrollmentStatus.ACTIVE if automation.is_active else EnrollmentStatus.HELD
    written = write_entries(rows, event, status, carried)
    for row in rows:
        if (row.automation_id, row.contact_id) not in written:
            reasons[row.contact_id] = Entry.ALREADY_INSIDE
    count_entries(written, event, current_index(fresh=False))
    if written:
        wake_worker()
    return reasons
