"""date_reached of contacts: (settings, date, zone) -> when they enter, once; near misses for each option."""

from datetime import date, timedelta
from typing import Any

import pytest

from automations.models import Account
from automations.services import activate, deactivate, publish, update_trigger
from contacts.models import CustomField
from contacts.services.merge import merge_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, CustomFieldFactory

from .conftest import at, give, listening, swept

pytestmark = pytest.mark.django_db


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
