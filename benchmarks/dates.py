"""The sweep of date_reached over a million birthdays, against the fewest statements that do the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from automations.engine.index import forget_index, touch_index
from automations.engine.sweeps import sweep
from automations.models import Automation, DateEntry, DateWatch, Enrollment, StepCount
from contacts.bulk import chunks, insert_rows
from contacts.models import ContactFieldValue, CustomField

from .measure import Row, in_turn, timed
from .setup import clear, make_automations, make_contacts, step

TODAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SETTINGS = {
    "field": "bench_birthday", "when": "on", "amount": 1, "unit": "days", "clock": "09:00:00",
    "every": "year", "zone": "account",
}  # fmt: skip


def dates(scale: int) -> Iterator[Row]:
    count = 1_000_000 // scale
    field, ids = _field(), _people(count)
    automation = _automation()
    _give(field, ids, lambda number: date(1970 + number % 40, 1, 1) + timedelta(days=number % 365))
    today = ContactFieldValue.objects.filter(field=field, date__month=TODAY.month, date__day=TODAY.day).count()

    def ours() -> None:
        sweep(now=NOON)

    def bare() -> None:
        _bare_entry(automation, field.pk)

    def nothing_new() -> None:
        _bare_look(automation, field.pk)

    sweep(now=NOON - timedelta(hours=4))
    first, second = in_turn(ours, bare, rounds=5, between=_forget)
    yield Row(
        f"{count:,} birthdays, {today:,} today, entered / raw INSERT SELECT", first * 1e3, second * 1e3, "ms", 2
    )
    _forget()
    ours()
    first, second = in_turn(ours, nothing_new, rounds=9)
    yield Row(f"{count:,} birthdays, all of today's have been / raw SELECT", first * 1e3, second * 1e3, "ms", None)
    _give(field, ids, lambda number: date(1970, TODAY.month, TODAY.day))
    _forget()
    first = timed(ours)
    _forget()
    second = timed(bare)
    # The engine's bulk entry, which row (c) judges.
    yield Row(f"{count:,} birthdays on one day, entered / raw INSERT SELECT", first, second, "s ", None)
    _forget()
    clear()
    field.delete()


def _field() -> CustomField:
    CustomField.objects.filter(key="bench_birthday").delete()
    return CustomField.objects.create(key="bench_birthday", label="Birthday", type="date")


def _people(count: int) -> list[int]:
    stamp, ids = f"{timezone.now():%H%M%S%f}", []
    while len(ids) < count:
        ids += make_contacts(min(50_000, count - len(ids)), f"date{stamp}x{len(ids)}-")
    return ids


def _give(field: CustomField, ids: list[int], day: Callable[[int], date]) -> None:
    ContactFieldValue.objects.filter(field=field)._raw_delete("default")
    for part in chunks(list(enumerate(ids)), 50_000):
        columns = {
            "field_id": field.pk, "contact_id": [pk for _number, pk in part], "ordinal": 0,
            "date": [day(number) for number, _pk in part],
        }  # fmt: skip
        insert_rows(ContactFieldValue, columns, size=len(part))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _automation() -> int:
    clear()
    trigger = {"type": "date_reached", "settings": SETTINGS}
    (pk,) = make_automations(1, [], [step("end_automation", {"target": None})], trigger=trigger)
    long_ago = NOON - timedelta(days=30)
    Automation.objects.filter(pk=pk).update(activated_at=long_ago)
    Automation.objects.get(pk=pk).versions.update(created_at=long_ago)
    touch_index()
    forget_index()
    return pk


def _forget() -> None:
    """As this morning, before the sweep."""
    for model in (Enrollment, DateEntry, StepCount):
        model.objects.all()._raw_delete("default")
    DateWatch.objects.update(swept_at=NOON - timedelta(hours=4))


def _today() -> str:
    if connection.vendor == "postgresql":
        return "(EXTRACT(MONTH FROM v.date) * 100 + EXTRACT(DAY FROM v.date))::integer = 601"
    return "CAST(substr(v.date, 6, 2) || substr(v.date, 9, 2) AS integer) = 601"


@transaction.atomic
def _bare_entry(automation: int, field: int) -> None:
    """What the sweep leaves behind: the occurrences and the passes, a statement each."""
    source = f"FROM contacts_contactfieldvalue v WHERE v.field_id = %s AND v.date IS NOT NULL AND {_today()}"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO automations_dateentry (automation_id, trigger_key, field, record_id, occurrence, day, at)"
            f" SELECT %s, 'k', 'bench_birthday', v.contact_id, '2026-06-01 00:00:00+00', '2026-06-01', %s {source}"
            " ON CONFLICT DO NOTHING",
            [automation, NOON, field],
        )
        cursor.execute(
            "INSERT INTO automations_enrollment (automation_id, contact_id, number, status, step_key, arrived,"
            " visit, due_at, attempts, error, trigger_key, event, chain, entered_at, exit_reason)"
            f" SELECT %s, v.contact_id, 1, 'active', 'x', false, 1, %s, 0, '', 'k', '{{}}', '[]', %s, '' {source}"
            " ON CONFLICT DO NOTHING",
            [automation, NOON, NOON, field],
        )


def _bare_look(automation: int, field: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.contact_id FROM contacts_contactfieldvalue v"
            f" WHERE v.field_id = %s AND v.date IS NOT NULL AND {_today()} AND NOT EXISTS (SELECT 1"
            " FROM automations_dateentry e WHERE e.automation_id = %s AND e.record_id = v.contact_id"
            " AND e.field = 'bench_birthday' AND e.day = '2026-06-01')",
            [field, automation],
        )
        cursor.fetchall()


BENCHMARKS: dict[str, Callable[[int], Iterator[Row]]] = {"j": dates}
