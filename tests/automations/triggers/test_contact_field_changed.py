"""contact_field_changed: (settings, change) -> entered or not, over standard and custom fields."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from automations.models import Automation
from automations.services import add_trigger
from contacts.models import Contact
from contacts.services import ContactDraft, save_contacts, set_field
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, CustomFieldFactory

pytestmark = pytest.mark.django_db

ANY = {"old": "any", "new": "any"}


def to(value: str) -> dict[str, str]:
    return {"old": "any", "new": "value", "new_value": value}


def origin(value: str) -> dict[str, str]:
    return {"old": "value", "old_value": value, "new": "any"}


# (field type, settings, value before, value after, enters)
CUSTOM: list[tuple[str, dict[str, str], Any, Any, bool]] = [
    ("text", ANY, None, "x", True),
    ("text", ANY, "x", None, True),
    ("text", ANY, "x", "x", False),
    ("text", to("x"), "y", "x", True),
    ("text", to("x"), "y", "X", False),
    ("text", to("x"), "y", "xx", False),
    ("text", to(""), "y", None, True),
    ("text", to(""), "y", "z", False),
    ("text", origin("y"), "y", "z", True),
    ("text", origin("y"), "yy", "z", False),
    ("text", origin(""), None, "z", True),
    ("text", origin(""), "y", "z", False),
    ("number", to("10"), Decimal(1), Decimal("10.00"), True),
    ("number", to("10.0"), Decimal(1), Decimal(10), True),
    ("number", to("10"), Decimal(1), Decimal(100), False),
    ("number", ANY, Decimal("1.0"), Decimal(1), False),
    ("date", to("2026-03-31"), None, date(2026, 3, 31), True),
    ("date", to("2026-03-31"), None, date(2026, 3, 30), False),
    ("checkbox", to("yes"), False, True, True),
    ("checkbox", to("yes"), True, False, False),
    ("dropdown", to("red"), "Blue", "Red", True),
    ("dropdown", to("Red"), "Red", "Blue", False),
    ("multiselect", to("Red"), None, ["Red"], True),
    ("multiselect", to("Red"), None, ["Red", "Blue"], False),
    ("money", to("12.50 EUR"), None, (Decimal("12.5"), "EUR"), True),
    ("money", to("12.50 EUR"), None, (Decimal("12.5"), "USD"), False),
]


@pytest.mark.parametrize(("kind", "settings", "before", "after", "enters"), CUSTOM)
def test_custom_fields(kind: str, settings: dict[str, str], before: Any, after: Any, enters: bool) -> None:
    field, other = CustomFieldFactory(key="watched", type=kind), CustomFieldFactory(key="other", type=kind)
    ann = ContactFactory(email="ann@example.com")
    set_field(field=field, values={ann.pk: before})
    automation = build_automation(triggers=[("contact_field_changed", {"field": "watched", **settings})])
    set_field(field=other, values={ann.pk: after})
    assert passes(automation) == []
    set_field(field=field, values={ann.pk: after})
    assert passes(automation) == (["ann@example.com"] if enters else [])


# (field, settings, before, after, enters)
STANDARD = [
    ("first_name", ANY, "Ann", "Anna", True),
    ("first_name", ANY, "Ann", "Ann", False),
    ("first_name", to("Anna"), "Ann", "Anna", True),
    ("first_name", to("Anna"), "Ann", "Annabel", False),
    ("first_name", {"old": "value", "old_value": "Ann", "new": "value", "new_value": "Bea"}, "Ann", "Bea", True),
    ("first_name", {"old": "value", "old_value": "Ann", "new": "value", "new_value": "Bea"}, "Amy", "Bea", False),
    ("last_name", ANY, "Bee", "Cee", True),
    ("language", to("fr"), "en", "fr", True),
    ("time_zone", ANY, "", "Europe/Paris", True),
    ("phone", to("+33123456789"), "", "+33 1 23 45 67 89", True),
]


@pytest.mark.parametrize(("field", "settings", "before", "after", "enters"), STANDARD)
@pytest.mark.parametrize("way", ["model save", "service", "import"])
def test_standard_fields(
    way: str, field: str, settings: dict[str, str], before: str, after: str, enters: bool
) -> None:
    ann = ContactFactory(**{"email": "ann@example.com", field: before})
    automation = build_automation(triggers=[("contact_field_changed", {"field": field, **settings})])
    if field == "phone":
        after = after.replace(" ", "")
    if way == "model save":
        contact = Contact.objects.get(pk=ann.pk)
        setattr(contact, field, after)
        contact.save()
    elif way == "service":
        set_field(field=field, values={ann.pk: after})
    else:
        save_contacts(drafts=[ContactDraft("ann@example.com", {field: after})])
    assert passes(automation) == (["ann@example.com"] if enters else [])


def test_creating_a_contact_changes_nothing() -> None:
    automation = build_automation(triggers=[("contact_field_changed", {"field": "first_name", **ANY})])
    ContactFactory(first_name="Ann")
    assert passes(automation) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"field": "nowhere", **ANY}, "does not exist"),
        ({"field": "watched", **to("abc")}, "not a number"),
        ({"field": "watched", "old": "value", "old_value": "5", "new": "value", "new_value": "5.0"}, "same value"),
        ({"field": "watched", "old": "sometimes", "new": "any"}, "not one of the available choices"),
        ({"field": "watched", **ANY, "colour": "red"}, "Unknown setting"),
        ({}, "required"),
    ],
)
def test_bad_settings_are_refused_by_name(settings: dict[str, str], message: str) -> None:
    CustomFieldFactory(key="watched", type="number")
    automation = Automation.objects.create(name="A")
    with pytest.raises(ValidationError, match=message):
        add_trigger(automation=automation, type="contact_field_changed", settings=settings)
    assert not automation.triggers.exists()
