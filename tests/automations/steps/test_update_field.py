from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from automations.services import add_to_automation
from contacts.models import Contact, FieldChange
from contacts.services import InUse, delete_unused, set_field
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import refused, round_trip, sentence
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
EMPTY = None


def value_of(contact, field):
    return Contact.objects.get(pk=contact.pk).custom_values.get(field.key)


@pytest.mark.parametrize(
    ("kind", "before", "op", "value", "after", "outcome"),
    [
        ("text", EMPTY, "set", "Ann", "Ann", "done"),
        ("text", "Ann", "set", "Ann", "Ann", "nothing_to_do"),
        ("text", "Ann", "set", "ann", "ann", "done"),
        ("text", "Ann", "clear", "", EMPTY, "done"),
        ("text", EMPTY, "clear", "", EMPTY, "nothing_to_do"),
        ("text", EMPTY, "set", "{{ contact.first_name | upcase }}", "ADA", "done"),
        ("text", "x", "set", "{{ contact.phone }}", EMPTY, "done"),
        ("textarea", EMPTY, "set", "long", "long", "done"),
        ("hidden", EMPTY, "set", "h", "h", "done"),
        ("number", EMPTY, "set", "1.50", Decimal("1.5"), "done"),
        ("number", Decimal("1.5"), "set", "1.500", Decimal("1.5"), "nothing_to_do"),
        ("number", Decimal("1.5"), "increment", "2", Decimal("3.5"), "done"),
        ("number", Decimal(1), "increment", "-3", Decimal(-2), "done"),
        ("number", EMPTY, "increment", "2", Decimal(2), "done"),
        ("number", Decimal(2), "increment", "0", Decimal(2), "nothing_to_do"),
        ("money", (Decimal("9.5"), "USD"), "increment", "0.5", (Decimal(10), "USD"), "done"),
        ("money", (Decimal(1), "USD"), "increment", "0.0000001", (Decimal(1), "USD"), "nothing_to_do"),
        ("money", EMPTY, "increment", "3", (Decimal(3), "EUR"), "done"),
        ("money", EMPTY, "set", "5 GBP", (Decimal(5), "GBP"), "done"),
        ("date", EMPTY, "set", "2026-03-31", date(2026, 3, 31), "done"),
        ("date", date(2026, 2, 27), "date_add", "2", date(2026, 3, 1), "done"),
        ("date", date(2026, 3, 1), "date_add", "-1", date(2026, 2, 28), "done"),
        ("date", EMPTY, "date_add", "2", EMPTY, "nothing_to_do"),
        # Clocks go forward in the night to the 29th: the wall time stays.
        ("datetime", NOON, "date_add", "1", NOON + timedelta(hours=23), "done"),
        ("datetime", EMPTY, "date_add", "1", EMPTY, "nothing_to_do"),
        ("checkbox", EMPTY, "set", "yes", True, "done"),
        ("checkbox", True, "set", "no", False, "done"),
        ("dropdown", EMPTY, "set", "red", "Red", "done"),
        ("radio", "Red", "set", "Blue", "Blue", "done"),
        ("multiselect", ["Red"], "set", "blue; red", ["Red", "Blue"], "done"),
        ("multiselect", ["Red"], "clear", "", EMPTY, "done"),
        ("url", EMPTY, "set", "https://example.com/{{ contact.id }}", ..., "done"),
        ("email", EMPTY, "set", "ANN@Example.com", "ann@example.com", "done"),
        ("phone", EMPTY, "set", "+33 6 12 34 56 78", "+33612345678", "done"),
    ],
)
def test_custom_fields(run_step, account_zone, kind, before, op, value, after, outcome):
    account_zone("Europe/Paris")
    field, other = CustomFieldFactory(type=kind), CustomFieldFactory()
    contact = ContactFactory(first_name="Ada", phone="")
    set_field(field=other, values={contact.pk: "stays"})
    if before is not EMPTY:
        set_field(field=field, values={contact.pk: before})
    FieldChange.objects.all().delete()
    assert run_step("update_field", {"field": field.key, "op": op, "value": value}, contact) == [outcome]
    expected = f"https://example.com/{contact.pk}" if after is ... else after
    assert value_of(contact, field) == expected
    assert value_of(contact, other) == "stays"
    assert FieldChange.objects.filter(source="automation").count() == (outcome == "done")


@pytest.mark.parametrize(("days", "expected"), [("", 0), ("7", 7), ("-1", -1)])
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_the_current_date_is_the_accounts(run_step, account_zone, kind, days, expected):
    # Half a day ahead of UTC: for half of each day the date is another one.
    account_zone("Pacific/Auckland")
    field, contact = CustomFieldFactory(type=kind), ContactFactory()
    run_step("update_field", {"field": field.key, "op": "date_now", "value": days}, contact)
    found = value_of(contact, field)
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Pacific/Auckland")
    today = timezone.now().astimezone(zone).date()
    found = found.astimezone(zone).date() if kind == "datetime" else found
    assert found == today + timedelta(days=expected)


@pytest.mark.parametrize(
    ("field", "op", "value", "after"),
    [
        ("first_name", "set", "Eve", "Eve"),
        ("first_name", "clear", "", ""),
        ("phone", "set", "+33 6 12 34 56 78", "+33612345678"),
        ("time_zone", "set", "Europe/Paris", "Europe/Paris"),
        ("email", "set", "x-{{ contact.email }}", "x-ada@example.com"),
    ],
)
def test_standard_fields(run_step, field, op, value, after):
    contact = ContactFactory(email="ada@example.com", first_name="Ada", phone="1")
    assert run_step("update_field", {"field": field, "op": op, "value": value}, contact) == ["done"]
    contact.refresh_from_db()
    assert getattr(contact, field) == after


def test_the_owner_by_name_or_id_and_none(run_step):
    contact, boss, deputy = ContactFactory(), UserFactory(username="boss"), UserFactory()
    for value, owner in (("boss", boss), (str(deputy.pk), deputy)):
        run_step("update_field", {"field": "owner", "op": "set", "value": value}, contact)
        contact.refresh_from_db()
        assert contact.owner == owner
    run_step("update_field", {"field": "owner", "op": "clear"}, contact)
    contact.refresh_from_db()
    assert contact.owner is None


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("number", "{{ contact.first_name }}", "is not a number"),
        ("date", "{{ contact.first_name }}", "is not a date"),
        ("dropdown", "{{ contact.first_name }}", "is not one of the options: Red, Green, Blue."),
        ("email", "{{ contact.first_name }}", "is not an e-mail address."),
        ("text", "{{ contact.first_name | divided_by: 0 }}", "The personalisation failed"),
    ],
)
def test_bad_personal_values_park(parked, kind, value, error):
    field, contact = CustomFieldFactory(type=kind), ContactFactory(first_name="Ada")
    message = parked("update_field", {"field": field.key, "op": "set", "value": value}, contact)
    assert error in message and not message.startswith("[")
    assert value_of(contact, field) is None


def test_a_number_that_grows_too_long_parks(parked):
    field, contact = CustomFieldFactory(type="number"), ContactFactory()
    set_field(field=field, values={contact.pk: Decimal("999999999999999")})
    error = parked("update_field", {"field": field.key, "op": "increment", "value": "1"}, contact)
    assert "too many digits" in error


def test_one_bad_contact_holds_nobody_up(drain):
    field = CustomFieldFactory(type="number")
    contacts = [ContactFactory(first_name=name) for name in ("1", "two", "3", "4")]
    automation = build_automation(
        steps=[("update_field", {"field": field.key, "op": "set", "value": "{{ contact.first_name }}"})]
    )
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    assert [value_of(contact, field) for contact in contacts] == [Decimal(1), None, Decimal(3), Decimal(4)]
    assert automation.enrollments.get(contact=contacts[1]).attempts == 1
    assert automation.enrollments.filter(status="completed").count() == 3


def test_an_address_that_is_taken_parks(parked):
    ContactFactory(email="taken@example.com")
    error = parked("update_field", {"field": "email", "op": "set", "value": "taken@example.com"}, ContactFactory())
    assert error == "Another contact has the e-mail address “taken@example.com”."


def test_two_passes_in_one_group_count_twice(drain):
    field, contact = CustomFieldFactory(type="number"), ContactFactory()
    automation = build_automation(
        steps=[("update_field", {"field": field.key, "op": "increment", "value": "1"})], entry_policy="any"
    )
    for _pass in range(3):
        add_to_automation(automation=automation, contacts=contact)
    drain()
    assert value_of(contact, field) == 3


@pytest.mark.parametrize(
    ("kind", "op", "value"), [("text", "set", "{{ contact.email }}"), ("number", "increment", "1")]
)
def test_queries_do_not_grow(queries_for, kind, op, value):
    settings = {"field": CustomFieldFactory(type=kind).key, "op": op, "value": value}
    assert queries_for(2, "update_field", settings) == queries_for(100, "update_field", settings)


BAD = [
    ({"field": "nonsense", "op": "set", "value": "x"}, None, "field", "“nonsense” does not exist"),
    ({"field": "FIELD", "op": "set", "value": ""}, "text", "value", "Give a value, or choose “clear”."),
    ({"field": "FIELD", "op": "set", "value": "{{ x"}, "text", "value", "doesn't parse"),
    ({"field": "FIELD", "op": "set", "value": "abc"}, "number", "value", "“abc” is not a number"),
    ({"field": "FIELD", "op": "set", "value": "Pink"}, "dropdown", "value", "is not one of the options"),
    ({"field": "FIELD", "op": "increment", "value": "1"}, "text", "op", "doesn't fit this field"),
    ({"field": "FIELD", "op": "increment", "value": "1"}, "checkbox", "op", "doesn't fit this field"),
    ({"field": "FIELD", "op": "increment", "value": ""}, "number", "value", "Give the number to add."),
    ({"field": "FIELD", "op": "increment", "value": "NaN"}, "number", "value", "is not a number"),
    ({"field": "FIELD", "op": "increment", "value": "1e999999999"}, "number", "value", "too many digits"),
    ({"field": "FIELD", "op": "date_now", "value": "1.5"}, "date", "value", "whole number of days"),
    ({"field": "FIELD", "op": "date_add", "value": ""}, "date", "value", "whole number of days"),
    ({"field": "FIELD", "op": "date_add", "value": "99999999999"}, "date", "value", "whole number of days"),
    ({"field": "FIELD", "op": "date_add", "value": "1"}, "number", "op", "doesn't fit this field"),
    ({"field": "first_name", "op": "increment", "value": "1"}, None, "op", "doesn't fit this field"),
    ({"field": "email", "op": "clear", "value": ""}, None, "op", "“E-mail” can't be empty"),
    ({"field": "email", "op": "set", "value": "nobody"}, None, "value", "is not an e-mail address"),
    ({"field": "owner", "op": "set", "value": "nobody"}, None, "value", "There is no user “nobody”."),
    ({"field": "owner", "op": "set", "value": "99999"}, None, "value", "There is no user “99999”."),
    ({"field": "time_zone", "op": "set", "value": "Mars"}, None, "value", "is not a time zone"),
    ({"field": "FIELD", "op": "double", "value": ""}, "number", "op", "not one of the available choices"),
]


@pytest.mark.parametrize(("settings", "kind", "name", "message"), BAD)
def test_bad_settings(settings, kind, name, message):
    if kind:
        settings = {**settings, "field": CustomFieldFactory(type=kind).key}
    (messages,) = refused("update_field", settings).items()
    assert messages[0] == name and message in messages[1][0]


def test_settings_and_sentences():
    field = CustomFieldFactory(type="number", label="Score")
    full = {"field": field.key, "op": "increment", "value": "5"}
    assert round_trip("update_field", full) == full
    assert sentence("update_field", full) == "Field “Score”: increase by 5"
    assert sentence("update_field", {**full, "op": "set"}) == "Field “Score”: set to “5”"
    assert sentence("update_field", {**full, "op": "clear"}) == "Field “Score”: clear"
    assert round_trip("update_field", {**full, "op": "clear"})["value"] == ""
    assert sentence("update_field") == "Update a field (not chosen yet)"
    assert sentence("update_field", {**full, "field": "gone"}).startswith("Field “(deleted field “gone”)”")


def test_a_field_in_use_stays(drain):
    field = CustomFieldFactory(label="Score")
    build_automation(name="Scoring", steps=[("update_field", {"field": field.key, "op": "set", "value": "x"})])
    with pytest.raises(InUse, match="Scoring"), transaction.atomic():
        delete_unused(record=field)
    with pytest.raises(ValidationError), transaction.atomic():
        field.delete()


def test_a_field_that_is_gone_parks(parked):
    field = CustomFieldFactory(key="score")
    automation = build_automation(steps=[("update_field", {"field": "score", "op": "set", "value": "x"})])
    type(field).objects.filter(pk=field.pk)._raw_delete("default")
    error = parked("", {}, ContactFactory(), automation)
    assert error == "The field “score” does not exist any more."
