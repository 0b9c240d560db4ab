"""date_reached keeps the rules of entry, costs what is due, and goes on after a crash."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.engine import date_sweep
from automations.models import DateEntry, DateWatch
from automations.services import deactivate
from tests.automations.conftest import build_automation, passes, reasons
from tests.factories import ContactFactory

from .conftest import at, give, listening, moment, swept

pytestmark = pytest.mark.django_db


def test_segment_run_rule_and_reasons(birthday):
    ada = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ada"}]}
    automation = listening(field="birthday", every="year", segment=ada)
    give(birthday, "1990-06-01", email="ada@example.com", first_name="Ada")
    give(birthday, "1990-06-01", email="bob@example.com", first_name="Bob")
    swept("2026-06-01T00:00")
    assert passes(automation) == ["ada@example.com"]
    assert reasons(automation) == ["outside_segment"]
    swept("2027-06-01T00:00")
    assert passes(automation) == ["ada@example.com"]
    assert sorted(reasons(automation)) == ["already_inside", "outside_segment", "outside_segment"]


def test_texts_can_name_the_date(birthday, drain):
    step = ("add_note", {"text": "{{ event.label }}: {{ event.date }}"})
    with at("2026-05-20T12:00"):
        automation = build_automation(
            triggers=[("date_reached", {"field": "birthday", "every": "year"})], steps=[step]
        )
    ada = give(birthday, "1990-06-01")
    swept("2026-06-01T00:00")
    drain(moment("2026-06-01T00:01"))
    assert ada.notes.get().text == "Birthday: 2026-06-01"
    assert automation.enrollments.get().event["kind"] == "date_reached"


def test_a_deleted_field_or_an_inactive_automation_is_no_error(birthday):
    automation = listening(field="birthday")
    with at("2026-05-31T00:00"):
        deactivate(automation=automation)
    give(birthday, "2026-06-01")
    assert swept("2026-06-01T00:00") == 0
    assert passes(automation) == []


def test_the_cost_does_not_grow_with_contacts(birthday):
    automation = listening(field="birthday", zone="contact")
    counts = []
    for number, day in ((2, "2026-06-01"), (30, "2026-06-02")):
        for _contact in range(number):
            give(birthday, day, time_zone="UTC" if _contact % 2 else "")
        swept(f"{day}T00:00")  # what is cached
        ContactFactory()
        for _contact in range(number):
            give(birthday, day)
        with CaptureQueriesContext(connection) as queries:
            swept(f"{day}T12:00")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(passes(automation)) == 64
    assert DateWatch.objects.count() == 1


def test_in_batches_and_after_a_crash_between_two(birthday, monkeypatch):
    monkeypatch.setattr(date_sweep, "BATCH", 2)
    automation = listening(field="birthday")
    for number in range(5):
        give(birthday, "2026-06-01", email=f"c{number}@example.com")
    raised, tell = [], date_sweep._tell

    def crash_at_the_second(*args: Any) -> None:
        raised.append(args)
        if len(raised) == 2:
            raise RuntimeError("the power went")
        tell(*args)

    monkeypatch.setattr(date_sweep, "_tell", crash_at_the_second)
    with pytest.raises(RuntimeError):
        swept("2026-06-01T00:00")
    assert len(passes(automation)) == DateEntry.objects.count() == 2
    assert swept("2026-06-01T00:01") == 3
    assert passes(automation) == [f"c{number}@example.com" for number in range(5)]


def test_one_trigger_that_fails_does_not_stop_the_others(birthday, monkeypatch):
    broken, sound = listening(field="birthday"), listening(field="birthday")
    give(birthday, "2026-06-01", email="ada@example.com")
    find = date_sweep.find_due

    def fail(trigger: Any, *args: Any, **kwargs: Any) -> Any:
        if trigger.automation_id == broken.pk:
            raise RuntimeError("poisoned")
        return find(trigger, *args, **kwargs)

    monkeypatch.setattr(date_sweep, "find_due", fail)
    with pytest.raises(RuntimeError):
        swept("2026-06-01T00:00")
    assert (passes(broken), passes(sound)) == ([], ["ada@example.com"])
