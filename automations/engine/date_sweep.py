"""Finds the records whose date is reached and raises their events: each occurrence once, whatever crashes.

One statement finds the values, by the index on the field's dates (one for each day, where the day alone
decides and the worker was off for several); `engine.dates` decides which of their occurrences are due. Each
batch writes its occurrences (`DateEntry`) and raises their events in one transaction. Two schedulers may do it
at once: the unique rows say who came first.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from automations.date_fields import DateField, People
from automations.events import DATE_REACHED, Event
from automations.models import Automation, DateEntry, DateWatch
from automations.models.trigger import Turn
from contacts.bulk import chunks, insert_rows, one_or_all
from contacts.models import MonthDay

from .dates import DateRule, Occurrence, Value, base_days, exact_days, month_days, occurrences, start_of_day
from .match import raise_event

if TYPE_CHECKING:
    from automations.triggers.date_reached import DateReachedTrigger

#: Contacts in one transaction; and records of other kinds, which have an event each.
BATCH, RECORDS_BATCH = 50_000, 500
DAY = timedelta(days=1)


class Due(NamedTuple):
    record: int
    of: datetime
    day: date
    value: datetime | None


def sweep_dates(trigger: "DateReachedTrigger", field: DateField, turn: Turn) -> int:
    """Raise what is due; returns the number of occurrences."""
    watch = _watch(trigger, turn)
    due = find_due(trigger, field, turn, since=max(watch.since, turn.active_since), swept=watch.swept_at)
    size = RECORDS_BATCH if field.records else BATCH
    raised = sum(_raise(trigger, field, part, turn.now) for part in chunks(due, size))
    # Only now: after a crash the next sweep looks at all of it again.
    DateWatch.objects.filter(pk=watch.pk).update(swept_at=turn.now)
    return raised


def find_due(
    trigger: "DateReachedTrigger", field: DateField, turn: Turn, *, since: datetime, swept: datetime
) -> list[Due]:
    """The occurrences since `since` that are owed and were not raised yet, by record.

    Owed is what came due since the last sweep (or in DATE_CATCH_UP_HOURS, if that was longer ago), and what
    was due earlier today, because a date may have been set since.
    """
    missed = max(min(swept, turn.now), turn.now - timedelta(hours=settings.DATE_CATCH_UP_HOURS))
    rule, zone = trigger.rule, "" if trigger.zone == "contact" else turn.zone

    @cache
    def after(zone: str) -> datetime:
        return max(since, min(missed, start_of_day(turn.now, zone)))

    @lru_cache(maxsize=100_000)
    def due(value: Value, zone: str) -> list[Occurrence]:
        return occurrences(rule, value, zone, after(zone), turn.now)

    # A day has at most 25 hours; a zone's midnight lies no further back.
    earliest = after(zone) if zone else max(since, min(missed, turn.now - timedelta(hours=25)))
    if zone and not field.timed:
        # The day alone decides. There is one, unless the worker was off.
        found = [
            Due(record, _midnight(day), day, None)
            for day in exact_days(rule, zone, earliest, turn.now)
            for record in _candidates(trigger, field, rule, [day]).values_list(field.record, flat=True)
        ]
        return in_order(found)
    first, last = base_days(rule, earliest, turn.now)
    rows = _candidates(trigger, field, rule, [first + DAY * number for number in range((last - first).days + 1)])
    found = [
        Due(record, occurrence.of, occurrence.day, value if isinstance(value, datetime) else None)
        for record, value, own in _with_zone(rows, field)
        for occurrence in due(value, zone or own or turn.zone)
    ]
    return in_order(found)


def in_order(due: list[Due]) -> list[Due]:
    """By record, so that two schedulers that write the same rows never wait for each other in a circle."""
    return sorted(due, key=itemgetter(0, 1))


def _with_zone(rows: "QuerySet[Any]", field: DateField) -> Iterator[tuple[int, Value, str]]:
    """(record, value, time zone or "")."""
    yield from rows.annotate(own=field.zone).values_list(field.record, field.value, "own").iterator()


def _candidates(
    trigger: "DateReachedTrigger", field: DateField, rule: DateRule, days: list[date]
) -> "QuerySet[Any]":
    """Values of these days (or somewhat more of them, with a time of day) that were not raised yet."""
    return _on_days(field, rule, days).exclude(_raised(trigger, field, rule, days))


def _on_days(field: DateField, rule: DateRule, days: list[date]) -> "QuerySet[Any]":
    first: Any = days[0]
    last: Any = days[-1]
    if field.timed:
        first, last = _midnight(first - DAY), _midnight(last + 2 * DAY)
        days = [days[0] - DAY, *days, days[-1] + DAY]
    if not rule.yearly:
        found: QuerySet[Any] = field.rows.filter(**{f"{field.value}__gte": first, f"{field.value}__lte": last})
        return found
    found = field.rows.alias(month_day=field.month_day())
    return found.filter(**{"month_day__in": month_days(days), f"{field.value}__lte": last})


def _raised(trigger: "DateReachedTrigger", field: DateField, rule: DateRule, days: list[date]) -> Exists:
    """Values whose occurrence has been. What it can't tell, the unique row refuses later."""
    rows = DateEntry.objects.filter(
        automation=trigger.automation_id,
        trigger_key=trigger.key,
        field=field.key,
        record_id=OuterRef(field.record),
    )
    if rule.yearly:
        rows = rows.filter(day__gte=days[0], day__lte=days[-1])
    if field.timed:
        return Exists(rows.filter(value=OuterRef(field.value)))
    if not rule.yearly:
        return Exists(rows.filter(day=OuterRef(field.value)))
    return Exists(rows.alias(of=MonthDay("day")).filter(of=OuterRef("month_day")))


@lru_cache(maxsize=100)  # many records, few days
def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@transaction.atomic
def _raise(trigger: "DateReachedTrigger", field: DateField, due: Sequence[Due], now: datetime) -> int:
    day = one_or_all([row.day for row in due])
    written = insert_rows(
        DateEntry,
        {
            "automation_id": trigger.automation_id,
            "trigger_key": trigger.key,
            "field": field.key,
            "record_id": [row.record for row in due],
            "occurrence": one_or_all([row.of for row in due]),
            "day": day,
            "value": one_or_all([row.value for row in due]),
            "at": now,
        },
        size=len(due),
        ignore_conflicts=True,
        returning=["record_id", "day"] if isinstance(day, list) else ["record_id"],
    )
    by_day: dict[str, list[int]] = defaultdict(list)
    for record, *of in written:
        by_day[str(of[0] if of else day)].append(record)
    for each, records in sorted(by_day.items()):
        _tell(trigger, field, each, records, now)
    return len(written)


def _tell(trigger: "DateReachedTrigger", field: DateField, day: str, records: list[int], now: datetime) -> None:
    data = {"field": field.key, "label": field.label, "date": day}
    event = Event(DATE_REACHED, sorted(records), key=trigger.event_key, data=data, at=now)
    if field.records is None:
        raise_event(event)
        return
    people = field.records.people(records)
    for pk in sorted(records):
        found = people.get(pk, People((), None))
        about = (field.model_label, pk)
        raise_event(replace(event, contact_ids=found.contacts, primary=found.primary, record=about))


def _watch(trigger: "DateReachedTrigger", turn: Turn) -> DateWatch:
    """The trigger's place; a new one, or one with other settings, begins when that was published."""
    rule = json.dumps(trigger.settings(), sort_keys=True)
    same: dict[str, Any] = {"automation_id": trigger.automation_id, "trigger_key": trigger.key}
    watch = DateWatch.objects.filter(**same).first()
    if watch is not None and watch.rule == rule:
        return watch
    published = Automation.objects.filter(pk=trigger.automation_id).values_list("version__created_at", flat=True)
    # The earlier one: clocks differ, and are set back.
    since = min(published.get() or turn.now, turn.now)
    start = {"rule": rule, "since": since, "swept_at": since}
    return DateWatch.objects.update_or_create(**same, defaults=start)[0]
