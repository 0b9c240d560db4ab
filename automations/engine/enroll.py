"""Decides who enters, writes the enrollments, and keeps the reason of everyone who doesn't."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from automations.events import ENTERED_AUTOMATION, Event
from automations.models import Automation, Enrollment, EntryPolicy, EntryRefusal, StepCount
from automations.models.enrollment import EnrollmentStatus
from automations.models.trigger import Runs
from automations.reasons import Entry
from contacts.bulk import among, chunks, insert_rows, one_or_all

from . import breaker
from .index import Index, Listener
from .wake import wake_worker

DAY = timedelta(hours=24)
# Each try waits for the transaction that took the number: as many as may enter one contact at once.
RETRIES = 100
HISTORY = """
    SELECT automation_id, contact_id, trigger_key, MAX(number),
           COUNT(CASE WHEN status IN ('active', 'held', 'parked') THEN 1 END),
           COUNT(*), COUNT(CASE WHEN entered_at > %s THEN 1 END)
    FROM automations_enrollment WHERE {these} AND {those} GROUP BY automation_id, contact_id, trigger_key
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trigger that matched, the contacts it matched, and those inside its segment (None: it has none).

    outside_record  the event's record does not meet the trigger's conditions on it
    only            the one contact that may enter (0: none may); None for all
    """

    listener: Listener
    contact_ids: Sequence[int]
    inside: Collection[int] | None
    outside_record: bool = False
    only: int | None = None

    def refuses(self, contact: int) -> Entry | None:
        """What the trigger's own conditions say to a contact; None lets it in."""
        if self.outside_record:
            return Entry.OUTSIDE_RECORD
        if self.only is not None and contact != self.only:
            return Entry.NOT_PRIMARY
        if self.inside is not None and contact not in self.inside:
            return Entry.OUTSIDE_SEGMENT
        return None


class Row(NamedTuple):
    """An entry to be written."""

    automation_id: int
    contact_id: int
    number: int
    trigger_key: str
    first_step: str


class Refusal(NamedTuple):
    """`contact_id` None: the record that the event is about had nobody to enter."""

    automation_id: int
    contact_id: int | None
    trigger_key: str
    reason: Entry


@dataclass(slots=True)
class Past:
    """A contact's passes through an automation."""

    last: int = 0
    inside: int = 0
    times: dict[str, int] = field(default_factory=dict)
    recent: dict[str, int] = field(default_factory=dict)


NOTHING = Past()


def enroll(*, candidates: Sequence[Candidate], event: Event, index: Index) -> None:
    """Enter whom the candidates let in. A fixed number of statements, inside the event's transaction."""
    entered = 0
    for ids in chunks(sorted(event.contact_ids)):
        part = set(ids) if len(event.contact_ids) > len(ids) else None
        entered += _enroll_chunk(candidates, ids, part, event, index)
    if entered:
        wake_worker()


def _enroll_chunk(
    candidates: Sequence[Candidate], ids: Sequence[int], part: set[int] | None, event: Event, index: Index
) -> int:
    past = history({candidate.listener.automation_id for candidate in candidates}, ids, event.at)
    rows: list[Row] = []
    refusals: list[Refusal] = []
    for automation_id, group in _by_automation(candidates).items():
        blocked = breaker.verdict(automation_id, event.origin)
        _decide(group, part, past.get(automation_id, {}), blocked, rows, refusals)
    written = write_entries(rows, event)
    refusals += _lost_races(rows, written, event, index)
    _associate(candidates, {automation_id for automation_id, _contact in written}, event)
    keep_refusals(refusals, event)
    count_entries(written, event, index)
    return len(written)


def _associate(candidates: Iterable[Candidate], entered: set[int], event: Event) -> None:
    """Associate automations with the event's list; a query only for a list that is new to one."""
    for candidate in candidates:
        listener = candidate.listener
        new = listener.trigger.lists_of(event) - listener.lists
        if new and listener.automation_id in entered:
            through = Automation.lists.through
            rows = [through(automation_id=listener.automation_id, list_id=pk) for pk in new]
            through.objects.bulk_create(rows, ignore_conflicts=True)
            transaction.on_commit(partial(listener.lists.update, new))


def _by_automation(candidates: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    groups: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.listener.automation_id].append(candidate)
    return dict(sorted(groups.items()))


def _decide(
    group: Sequence[Candidate],
    part: set[int] | None,
    past: Mapping[int, Past],
    blocked: Entry | None,
    rows: list[Row],
    refusals: list[Refusal],
) -> None:
    """Two triggers that match one event enter a contact once: the first that may."""
    entered: set[int] = set()
    refused: dict[int, Refusal] = {}
    for candidate in group:
        listener, trigger = candidate.listener, candidate.listener.trigger
        automation_id, key, first = listener.automation_id, trigger.key, listener.plan.first
        of_the_new = blocked or refusal_of(listener, NOTHING)  # once for all who were never inside
        for contact in candidate.contact_ids:
            if contact in entered or (part is not None and contact not in part):
                continue
            seen = past.get(contact, NOTHING)
            reason = of_the_new if seen is NOTHING else blocked or refusal_of(listener, seen)
            reason = reason or candidate.refuses(contact)
            if reason is None:
                entered.add(contact)
                rows.append(Row(automation_id, contact, seen.last + 1, key, first))
            else:
                refused.setdefault(contact, Refusal(automation_id, contact, key, reason))
    refusals += [refusal for contact, refusal in refused.items() if contact not in entered]


def refusal_of(listener: Listener, past: Past) -> Entry | None:
    """What the run rule, the entry policy and the ceiling say to one more pass; None lets it in."""
    trigger = listener.trigger
    if listener.policy == EntryPolicy.ONCE and past.last:
        return Entry.ENTERED_BEFORE
    if listener.policy == EntryPolicy.NOT_INSIDE and past.inside:
        return Entry.ALREADY_INSIDE
    runs = trigger.fixed_runs or trigger.runs
    if runs == Runs.ONCE and past.times.get(trigger.key):
        return Entry.ONCE_ONLY
    if past.recent.get(trigger.key, 0) >= settings.ENTRY_CEILING_PER_DAY:
        return Entry.CEILING
    return None


def history(automation_ids: Collection[int], ids: Sequence[int], now: datetime) -> dict[int, dict[int, Past]]:
    """{automation: {contact: Past}} in one query; pairs without a pass are left out.

    Written by hand: it runs inside every change that enters someone, and the ORM would take
    longer to compose it than the database to answer.
    """
    these, automations = among("automation_id", automation_ids)
    those, contacts = among("contact_id", ids)
    since = connection.ops.adapt_datetimefield_value(now - DAY)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY.format(these=these, those=those), [since, automations, contacts])
        rows = cursor.fetchall()
    found: dict[int, dict[int, Past]] = defaultdict(dict)
    for automation, contact, key, last, inside, times, recent in rows:
        past = found[automation].setdefault(contact, Past())
        past.last = max(past.last, last)
        past.inside += inside
        past.times[key] = times
        past.recent[key] = recent
    return found


def history_of(automation_id: int, contact_id: int, now: datetime) -> Past:
    return history([automation_id], [contact_id], now).get(automation_id, {}).get(contact_id, NOTHING)


def write_entries(
    rows: Sequence[Row],
    event: Event,
    status: str = EnrollmentStatus.ACTIVE,
    carried: Mapping[int, Mapping[str, Any]] | None = None,
) -> set[tuple[int, int]]:
    """Insert; the (automation, contact) pairs that were really written. Lost races write nothing.

    `carried` are events by contact that another pass hands on: their data and record are kept.
    """
    if not rows:
        return set()
    started = {"kind": event.kind.name, "data": dict(event.data), "record": event.record}
    columns: dict[str, Any] = {
        "automation_id": one_or_all([row.automation_id for row in rows]),
        "contact_id": [row.contact_id for row in rows],
        "number": one_or_all([row.number for row in rows]),
        "status": status,
        "step_key": one_or_all([row.first_step for row in rows]),
        "arrived": False,
        "visit": 1,
        "due_at": event.at,
        "attempts": 0,
        "error": "",
        "trigger_key": one_or_all([row.trigger_key for row in rows]),
        "event": [_handed_on(started, carried.get(row.contact_id)) for row in rows] if carried else started,
        # A tuple: `insert_rows` reads a list as one value for each row.
        "chain": event.origin.chain,
        "entered_at": event.at,
        "exit_reason": "",
    }
    returning = ["automation_id", "contact_id"]
    return set(insert_rows(Enrollment, columns, size=len(rows), ignore_conflicts=True, returning=returning))


def _handed_on(started: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    kept = {name: other[name] for name in ("data", "record") if name in other} if other else {}
    return {**started, **kept}


def _lost_races(rows: Sequence[Row], written: set[tuple[int, int]], event: Event, index: Index) -> list[Refusal]:
    """Another transaction took the same pass number meanwhile.

    Where only one pass may be open that decides; where passes may run in parallel the next
    number is taken.
    """
    if len(written) == len(rows):
        return []
    lost = [row for row in rows if (row.automation_id, row.contact_id) not in written]
    policies = {listener.automation_id: listener.policy for group in index.by_key.values() for listener in group}
    refusals = []
    for row in lost:
        if policies.get(row.automation_id) != EntryPolicy.ANY:
            refusals.append(Refusal(row.automation_id, row.contact_id, row.trigger_key, Entry.ALREADY_INSIDE))
            continue
        for _attempt in range(RETRIES):
            last = history_of(row.automation_id, row.contact_id, event.at).last
            again = write_entries([row._replace(number=last + 1)], event)
            written |= again
            if again:
                break
    return refusals


def keep_refusals(refusals: Sequence[Refusal], event: Event) -> None:
    insert_rows(
        EntryRefusal,
        {
            "automation_id": [refusal.automation_id for refusal in refusals],
            "contact_id": [refusal.contact_id for refusal in refusals],
            "trigger_key": [refusal.trigger_key for refusal in refusals],
            "reason": [refusal.reason for refusal in refusals],
            "record": event.record,
            "event_kind": event.kind.name,
            "at": event.at,
        },
        size=len(refusals),
    )


def refuse_record(listeners: Sequence[Listener], event: Event) -> None:
    """Keep for these that the event's record has no contact."""
    keep_refusals(
        [Refusal(one.automation_id, None, one.trigger.key, Entry.NO_CONTACT) for one in listeners], event
    )


def count_entries(written: set[tuple[int, int]], event: Event, index: Index) -> None:
    """Counts, the breaker's window, and the event that others may wait for."""
    entered: dict[int, list[int]] = defaultdict(list)
    for automation, contact in written:
        entered[automation].append(contact)
    insert_rows(
        StepCount,
        {
            "automation_id": list(entered),
            "step_key": "",
            "metric": "entered",
            "amount": [len(ids) for ids in entered.values()],
        },
        size=len(entered),
    )
    for automation, ids in entered.items():
        breaker.record(automation, len(ids), event.origin)
    if ENTERED_AUTOMATION in index.watchers:
        from .match import raise_event

        for automation, ids in entered.items():
            raise_event(Event(ENTERED_AUTOMATION, ids, key=automation, origin=event.origin, at=event.at))
