"""date_reached: a field is set through the services, the clock goes on, the schedule's task runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.engine import date_sweep
from automations.models import Account, Automation, DateEntry, DateWatch
from automations.services import activate, add_step, add_trigger, deactivate, publish, update_trigger
from automations.tasks import sweep
from contacts.models import Contact, CustomField
from contacts.services import set_field
from contacts.services.merge import merge_contacts
from deals.services import create_deal, set_status, update_deal
from tests.automations.conftest import build_automation, passes, reasons
from tests.deals.mailboxes import make_deal
from tests.factories import ContactFactory, CustomFieldFactory

pytestmark = pytest.mark.django_db
Build = Callable[..., Automation]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def at(text: str) -> Iterator[None]:
    # The clock ticks: plans are cached by the moment of their publication.
    with time_machine.travel(moment(text)):
        yield


def swept(*moments: str) -> int:
    """The schedule runs at these moments; how many occurrences it found altogether."""
    found = 0
    for text in moments:
        with at(text):
            found += sweep()
    return found


@pytest.fixture
def birthday() -> CustomField:
    return CustomFieldFactory(key="birthday", type="date")


@pytest.fixture
def meeting() -> CustomField:
    return CustomFieldFactory(key="meeting", type="datetime")


def give(field: CustomField, value: Any, contact: Contact | None = None, **contact_values: Any) -> Contact:
    contact = contact or ContactFactory(**contact_values)
    kind = field.kind
    set_field(field=field, values={contact.pk: kind.parse(value, [])})
    return contact


def listening(since: str = "2026-05-20T12:00", **settings: Any) -> Automation:
    rule = {key: settings.pop(key) for key in ("runs", "segment", "entry_policy") if key in settings}
    with at(since):
        return build_automation(triggers=[("date_reached", settings)], **rule)


# settings, value, the account's zone, the contact's, not yet at, at
TABLE = [
    ({}, "2026-06-01", "UTC", "", "2026-05-31T23:59", "2026-06-01T00:00"),
    ({"clock": "09:00"}, "2026-06-01", "UTC", "", "2026-06-01T08:59", "2026-06-01T09:00"),
    ({"clock": "09:00"}, "2026-06-01", "Europe/Paris", "Asia/Tokyo", "2026-06-01T06:59", "2026-06-01T07:00"),
    ({"clock": "09:00", "zone": "contact"}, "2026-06-01", "Europe/Paris", "Asia/Tokyo",
     "2026-05-31T23:59", "2026-06-01T00:00"),
    ({"clock": "09:00", "zone": "contact"}, "2026-06-01", "Europe/Paris", "America/Los_Angeles",
     "2026-06-01T15:59", "2026-06-01T16:00"),
    ({"clock": "09:00", "zone": "contact"}, "2026-06-01", "Europe/Paris", "",
     "2026-06-01T06:59", "2026-06-01T07:00"),
    ({"when": "before", "amount": 3, "unit": "days"}, "2026-06-04", "UTC", "",
     "2026-05-31T23:59", "2026-06-01T00:00"),
    ({"when": "after", "amount": 2, "unit": "weeks"}, "2026-05-22", "UTC", "",
     "2026-06-04T23:59", "2026-06-05T00:00"),
    ({"when": "after", "amount": 1, "unit": "months"}, "2026-05-31", "UTC", "",
     "2026-06-29T23:59", "2026-06-30T00:00"),
    ({"when": "before", "amount": 1, "unit": "months"}, "2026-07-31", "UTC", "",
     "2026-06-29T23:59", "2026-06-30T00:00"),
    ({"every": "year"}, "1990-06-01", "UTC", "", "2026-05-31T23:59", "2026-06-01T00:00"),
    ({"every": "year", "when": "before", "amount": 1, "unit": "weeks", "clock": "08:00"}, "2000-06-08", "UTC", "",
     "2026-06-01T07:59", "2026-06-01T08:00"),
    ({"every": "year", "when": "after", "amount": 100, "unit": "days"}, "1990-02-22", "UTC", "",
     "2026-06-01T23:59", "2026-06-02T00:00"),
]  # fmt: skip
TIMED = [
    ({}, "2026-06-01 10:15", "Europe/Paris", "", "2026-06-01T10:14", "2026-06-01T10:15"),
    ({"when": "before", "amount": 2, "unit": "hours"}, "2026-06-01 10:15", "UTC", "",
     "2026-06-01T08:14", "2026-06-01T08:15"),
    ({"when": "after", "amount": 30, "unit": "hours"}, "2026-06-01 10:15", "UTC", "",
     "2026-06-02T16:14", "2026-06-02T16:15"),
    ({"when": "before", "amount": 1, "unit": "days", "clock": "18:00"}, "2026-06-01 10:15", "Europe/Paris", "",
     "2026-05-31T15:59", "2026-05-31T16:00"),
    ({"zone": "contact", "clock": "09:00"}, "2026-05-31 22:00", "UTC", "Asia/Tokyo",
     "2026-05-31T23:59", "2026-06-01T00:00"),
    ({"every": "year"}, "2020-06-01 23:30", "America/New_York", "", "2026-06-01T23:29", "2026-06-01T23:30"),
    ({"every": "year", "when": "before", "amount": 25, "unit": "hours"}, "2020-06-01 23:30", "UTC", "",
     "2026-05-31T22:29", "2026-05-31T22:30"),
]  # fmt: skip


def _enters_then(field: CustomField, settings: Any, value: str, zone: str, own: str, early: str, due: str) -> None:
    Account.objects.update_or_create(pk=Account.current().pk, defaults={"time_zone": zone})
    automation = listening(field=field.key, **settings)
    give(field, value, email="ada@example.com", time_zone=own)
    ContactFactory()
    assert swept(early) == 0
    assert passes(automation) == []
    assert swept(due) == 1
    assert passes(automation) == ["ada@example.com"]
    assert swept(due, due) == 0


@pytest.mark.parametrize(("settings", "value", "zone", "own", "early", "due"), TABLE)
def test_dates(birthday, settings, value, zone, own, early, due):
    _enters_then(birthday, settings, value, zone, own, early, due)


@pytest.mark.parametrize(("settings", "value", "zone", "own", "early", "due"), TIMED)
def test_moments(meeting, settings, value, zone, own, early, due):
    _enters_then(meeting, settings, value, zone, own, early, due)


@pytest.mark.parametrize(
    ("every", "created", "due"),
    [("once", "2026-05-25T10:00", "2026-06-01T10:00"), ("year", "2024-05-25T10:00", "2026-06-01T10:00")],
)
def test_the_day_a_contact_was_created(every, created, due):
    with at(created):
        ContactFactory(email="ada@example.com")
        with at("2024-05-26T10:00"):
            ContactFactory(email="another-day@example.com")
    automation = listening(field="created_at", when="after", amount=1, unit="weeks", every=every)
    assert swept("2026-06-01T09:59") == 0
    assert swept(due) == 1
    assert passes(automation) == ["ada@example.com"]


# --- Near misses -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["2026-05-19", "2026-06-02", "2027-06-01", "1990-06-01"])
def test_another_day_or_year(birthday, value):
    automation = listening(field="birthday")
    give(birthday, value)
    swept("2026-06-01T00:00", "2026-06-01T12:00")
    assert passes(automation) == []


@pytest.mark.parametrize(("value", "enters"), [("2026-06-01", True), ("2027-06-01", False), ("1990-06-02", False)])
def test_every_year_begins_with_the_date(birthday, value, enters):
    automation = listening(field="birthday", every="year")
    give(birthday, value, email="ada@example.com")
    swept("2026-06-01T00:00")
    assert passes(automation) == (["ada@example.com"] if enters else [])


def test_29_february(birthday):
    automation = listening(
        since="2026-01-01T00:00", field="birthday", every="year", runs="multiple", entry_policy="any"
    )
    give(birthday, "2000-02-29", email="ada@example.com")
    for due, entered in (
        ("2026-02-28", 1),
        ("2026-03-01", 1),
        ("2028-02-28", 1),
        ("2028-02-29", 2),
        ("2028-03-01", 2),
    ):
        swept(f"{due}T12:00")
        assert len(passes(automation)) == entered, due


def test_another_field_of_the_same_contact(birthday):
    renewal = CustomFieldFactory(key="renewal", type="date")
    automation = listening(field="birthday")
    give(renewal, "2026-06-01")
    swept("2026-06-01T12:00")
    assert passes(automation) == []


# --- Once, and late ----------------------------------------------------------------------------


def test_each_trigger_of_two_automations_for_itself(birthday):
    one, other = listening(field="birthday"), listening(field="birthday", clock="10:00")
    ada = give(birthday, "2026-06-01", email="ada@example.com")
    assert swept("2026-06-01T09:00", "2026-06-01T10:00", "2026-06-01T10:01") == 2
    assert passes(one) == passes(other) == [ada.email]


@pytest.mark.parametrize(("hours", "entered"), [(24, 1), (50, 2), (100, 4)])
def test_off_for_days_it_catches_up_within_the_window(birthday, settings, hours, entered):
    settings.DATE_CATCH_UP_HOURS = hours
    automation = listening(field="birthday", clock="09:00")
    swept("2026-05-31T12:00")
    people = [f"{days}-days-ago@example.com" for days in range(4)]
    for days, email in enumerate(people):
        give(birthday, date(2026, 6, 4) - timedelta(days=days), email=email)
    give(birthday, "2026-06-05", email="tomorrow@example.com")
    assert swept("2026-06-04T12:00", "2026-06-04T12:01") == entered
    assert passes(automation) == people[:entered]


def test_a_date_set_late_on_its_day_counts_and_one_of_yesterday_does_not(birthday):
    automation = listening(field="birthday", clock="09:00")
    swept("2026-06-01T09:00")
    give(birthday, "2026-06-01", email="late@example.com")
    give(birthday, "2026-05-31", email="too-late@example.com")
    assert swept("2026-06-01T15:00") == 1
    assert passes(automation) == ["late@example.com"]
    give(birthday, "2026-06-01", email="next-day@example.com")
    assert swept("2026-06-02T00:30") == 0


def test_the_day_is_the_contacts_own_where_its_zone_counts(birthday):
    automation = listening(field="birthday", clock="09:00", zone="contact")
    swept("2026-06-02T03:00")
    # It is still 1 June in Los Angeles.
    give(birthday, "2026-06-01", email="late@example.com", time_zone="America/Los_Angeles")
    give(birthday, "2026-06-01", email="too-late@example.com", time_zone="Europe/Paris")
    swept("2026-06-02T03:01")
    assert passes(automation) == ["late@example.com"]


def test_what_was_due_before_it_was_active_starts_nobody(birthday):
    ada = give(birthday, "2026-06-01", email="ada@example.com")
    automation = listening(since="2026-06-01T10:00", field="birthday", clock="09:00")
    assert swept("2026-06-01T10:01") == 0
    with at("2026-06-01T11:00"):
        deactivate(automation=automation)
    give(birthday, "2026-06-02", contact=ada)
    with at("2026-06-02T10:00"):
        activate(automation=automation)
    assert swept("2026-06-02T10:01") == 0
    give(birthday, "2026-06-03", contact=ada)
    assert swept("2026-06-03T10:00") == 1
    assert passes(automation) == ["ada@example.com"]


def test_settings_published_late_begin_then(birthday):
    ada = give(birthday, "2026-06-01", email="ada@example.com")
    automation = listening(field="birthday", clock="23:00")
    swept("2026-06-01T08:00")
    with at("2026-06-01T12:00"):
        trigger = automation.triggers.get()
        update_trigger(trigger=trigger, settings={**trigger.get_real_instance().settings(), "clock": "11:00"})
        publish(automation=automation)
    assert swept("2026-06-01T12:01") == 0
    give(birthday, "2026-06-02", contact=ada)
    assert swept("2026-06-02T11:00") == 1


def test_a_changed_date_is_another_occurrence(birthday, meeting):
    days = listening(field="birthday", runs="multiple", entry_policy="any")
    calls = listening(field="meeting", when="before", amount=1, unit="hours", runs="multiple", entry_policy="any")
    ada = give(birthday, "2026-06-01", email="ada@example.com")
    give(meeting, "2026-06-01 10:00", contact=ada)
    swept("2026-06-01T09:00")
    give(birthday, "2026-06-02", contact=ada)
    give(meeting, "2026-06-01 15:00", contact=ada)
    swept("2026-06-01T14:00", "2026-06-02T00:00")
    assert len(passes(days)) == len(passes(calls)) == 2
    # Back to what it was, on its day: that one has been.
    give(birthday, "2026-06-01", contact=ada)
    swept("2026-06-01T15:00")
    assert len(passes(days)) == 2


def test_another_year_of_birth_is_the_same_birthday(birthday):
    automation = listening(field="birthday", every="year", runs="multiple", entry_policy="any")
    ada = give(birthday, "1990-06-01")
    swept("2026-06-01T00:00")
    give(birthday, "1991-06-01", contact=ada)
    swept("2026-06-01T12:00")
    assert len(passes(automation)) == 1
    give(birthday, "1991-06-02", contact=ada)
    swept("2026-06-02T12:00", "2027-06-02T00:00")
    assert len(passes(automation)) == 3


def test_merged_on_the_day_the_one_person_enters_once(birthday):
    automation = listening(field="birthday", runs="multiple", entry_policy="any")
    drop, keep = give(birthday, "2026-06-01"), ContactFactory(email="keep@example.com")
    swept("2026-06-01T00:00")
    merge_contacts(keep=keep, drop=drop)
    swept("2026-06-01T12:00")
    assert passes(automation) == ["keep@example.com"]


def test_a_clock_set_back_and_forward_doubles_nothing(birthday):
    automation = listening(field="birthday", clock="09:00", runs="multiple", entry_policy="any")
    give(birthday, "2026-06-01")
    swept("2026-06-01T09:30", "2026-06-01T08:30", "2026-06-01T09:00", "2026-05-31T09:00", "2026-06-01T10:00")
    assert len(passes(automation)) == 1


# --- Deals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "early", "due"),
    [
        ({"field": "deal.expected_close", "when": "before", "amount": 1, "unit": "weeks", "clock": "09:00"},
         "2026-06-01T08:59", "2026-06-01T09:00"),
        ({"field": "deal.renewal", "every": "year"}, "2026-05-31T23:59", "2026-06-01T00:00"),
        ({"field": "deal.call", "when": "before", "amount": 1, "unit": "hours"},
         "2026-06-01T08:59", "2026-06-01T09:00"),
        ({"field": "deal.created_at", "when": "after", "amount": 1, "unit": "weeks"},
         "2026-06-01T11:59", "2026-06-01T12:01"),
    ],
)  # fmt: skip
def test_dates_of_deals_enter_their_contacts(settings, early, due):
    for key, kind in (("renewal", "date"), ("call", "datetime")):
        CustomFieldFactory(entity="deal", key=key, type=kind)
    automation = listening(**settings)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")
    with at("2026-05-25T12:00"):
        deal = make_deal(ada, bob, expected_close=date(2026, 6, 8))
        update_deal(deal=deal, custom={"renewal": "2020-06-01", "call": "2026-06-01 10:00"})
        create_deal(title="Nobody's", pipeline=deal.pipeline, expected_close=date(2026, 6, 8))
    assert swept(early) == 0
    assert swept(due) >= 1
    assert passes(automation) == ["ada@example.com", "bob@example.com"]
    assert {tuple(row.event["record"]) for row in automation.enrollments.all()} == {("deals.deal", deal.pk)}
    assert swept(due) == 0


def test_only_the_primary_contact_of_a_deal_or_nobody():
    with at("2026-05-20T12:00"):
        automation = Automation.objects.create(name="Primary")
        settings = {"field": "deal.expected_close"}
        add_trigger(automation=automation, type="date_reached", settings=settings, recipients="primary")
        add_step(automation=automation, type="add_note", settings={"text": "{{ event.date }}"})
        publish(automation=automation)
        activate(automation=automation)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory()
    deal = make_deal(ada, bob, expected_close=date(2026, 6, 1))
    create_deal(title="Nobody's", pipeline=deal.pipeline, expected_close=date(2026, 6, 1))
    assert swept("2026-06-01T00:00") == 2
    assert passes(automation) == ["ada@example.com"]
    assert sorted(reasons(automation)) == ["no_contact", "not_primary"]


def test_only_deals_that_meet_the_conditions():
    """On the day, not when the date was set: a deal that was won meanwhile starts nobody."""
    is_open = {"match": "all", "conditions": [{"type": "deal_status", "op": "is", "status": "open"}]}
    with at("2026-05-20T12:00"):
        automation = Automation.objects.create(name="Open ones")
        settings = {"field": "deal.expected_close"}
        add_trigger(automation=automation, type="date_reached", settings=settings, record_segment=is_open)
        add_step(automation=automation, type="add_note", settings={"text": "{{ deal.title }}"})
        publish(automation=automation)
        activate(automation=automation)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")
    make_deal(ada, expected_close=date(2026, 6, 1))
    set_status(deals=[make_deal(bob, expected_close=date(2026, 6, 1))], status="won")
    assert swept("2026-06-01T00:00") == 2
    assert passes(automation) == ["ada@example.com"]
    assert reasons(automation) == ["outside_record"]


def test_conditions_on_deals_and_a_contacts_date_are_not_published(birthday):
    won = {"match": "all", "conditions": [{"type": "deal_status", "op": "is", "status": "won"}]}
    automation = Automation.objects.create(name="Mixed up")
    add_trigger(automation=automation, type="date_reached", settings={"field": "birthday"}, record_segment=won)
    add_step(automation=automation, type="add_note", settings={"text": "x"})
    with pytest.raises(ValidationError, match="need a date of a deal"):
        publish(automation=automation)


def test_the_zone_of_a_deals_primary_contact():
    automation = listening(field="deal.expected_close", clock="09:00", zone="contact")
    tokyo, paris = ContactFactory(time_zone="Asia/Tokyo"), ContactFactory(time_zone="Europe/Paris")
    make_deal(tokyo, paris, expected_close=date(2026, 6, 1))
    assert swept("2026-05-31T23:59") == 0
    assert swept("2026-06-01T00:00") == 1
    assert len(passes(automation)) == 2


# --- The rules of entry hold -------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"field": "birthday"}, "“Birthday” is reached"),
        ({"field": "birthday", "every": "year", "clock": "09:00", "zone": "contact"},
         "“Birthday” is reached, every year, at 09:00 in the contact's time zone"),
        ({"field": "birthday", "when": "before", "amount": 1, "unit": "weeks"}, "1 week before “Birthday”"),
        ({"field": "created_at", "when": "after", "amount": 3, "unit": "hours"}, "3 hours after “Date created”"),
    ],
)  # fmt: skip
def test_sentences(birthday, settings, text):
    assert listening(**settings).triggers.get().describe() == text


def test_hours_need_a_time_of_day(birthday, api):
    automation = build_automation(active=False)
    body = {
        "automation": automation.pk,
        "type": "date_reached",
        "field": "birthday",
        "when": "before",
        "amount": 2,
    }
    answer = api.post("/api/v1/triggers/", {**body, "unit": "hours"})
    assert answer.status_code == 400
    assert "no time of day" in answer.json()["error"]["fields"]["unit"][0]["message"]
    assert api.post("/api/v1/triggers/", {**body, "unit": "days"}).status_code == 201
