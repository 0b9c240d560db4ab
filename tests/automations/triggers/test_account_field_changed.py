"""account_field_changed: (settings, change) -> who entered, or the reason; and what texts and steps do with it."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.models import Account as Installation
from automations.models import Automation
from automations.reasons import Entry
from automations.selectors.refused_records import refused_records
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import Account, Contact, Note
from contacts.services import (
    add_to_account,
    create_account,
    remove_from_account,
    set_field,
    set_primary_contact,
    update_account,
    upsert_accounts,
)
from tests.automations.conftest import passes, reasons
from tests.automations.samples import new_automation
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db
ANY = {"old": "any", "new": "any"}
ANN, BOB = "ann@example.com", "bob@example.com"


def build(settings: dict[str, Any], text: str = "was here", **rules: Any) -> Automation:
    automation = new_automation()
    add_trigger(automation=automation, type="account_field_changed", settings=settings, **rules)
    add_step(automation=automation, type="add_note", settings={"text": text})
    publish(automation=automation)
    activate(automation=automation)
    return automation


@pytest.fixture
def acme() -> Account:
    """With two contacts; Bob is the primary one."""
    account = create_account(name="Acme", city="Paris", employees=10)
    bob = ContactFactory(email=BOB)
    add_to_account(account=account, contacts=[ContactFactory(email=ANN), bob])
    set_primary_contact(account=account, contact=bob)
    return account


def to(value: str) -> dict[str, str]:
    return {"old": "any", "new": "value", "new_value": value}


def origin(value: str) -> dict[str, str]:
    return {"old": "value", "old_value": value, "new": "any"}


# (settings, field, new value, enter)
STANDARD = [
    ({"field": "city", **ANY}, "city", "Rome", True),
    ({"field": "city", **ANY}, "city", "Paris", False),
    ({"field": "city", **ANY}, "region", "Rome", False),
    ({"field": "city", **to("Rome")}, "city", "Rome", True),
    ({"field": "city", **to("Rome")}, "city", "Romeo", False),
    ({"field": "city", **to("")}, "city", "", True),
    ({"field": "city", **origin("Paris")}, "city", "Rome", True),
    ({"field": "city", **origin("Rome")}, "city", "Oslo", False),
    ({"field": "employees", **to("50.0")}, "employees", 50, True),
    ({"field": "employees", **to("50")}, "employees", 500, False),
    ({"field": "employees", **origin("10")}, "employees", None, True),
]


@pytest.mark.parametrize(("settings", "field", "value", "enter"), STANDARD)
def test_standard_fields(acme, settings, field, value, enter):
    automation = build(settings)
    update_account(account=acme, **{field: value})
    assert passes(automation) == ([ANN, BOB] if enter else [])


def test_the_owner_by_name(acme):
    eve, other = UserFactory(username="eve"), UserFactory()
    automation = build({"field": "owner", **to("eve")})
    update_account(account=acme, owner=other.pk)
    assert passes(automation) == []
    update_account(account=acme, owner=eve.pk)
    assert passes(automation) == [ANN, BOB]
    assert "eve" in automation.triggers.get().describe()


@pytest.mark.parametrize(
    ("kind", "settings", "value", "enter"),
    [
        ("date", to("2026-03-31"), date(2026, 3, 31), True),
        ("date", to("2026-03-31"), date(2026, 3, 30), False),
        ("dropdown", to("red"), "Red", True),
        ("multiselect", to("Red"), ["Red", "Blue"], False),
        ("checkbox", to("yes"), True, True),
        ("money", to("5 EUR"), (5, "USD"), False),
    ],
)
def test_custom_fields(acme, kind, settings, value, enter):
    field = CustomFieldFactory(entity="account", key="watched", type=kind)
    CustomFieldFactory(key="watched", type=kind)  # a contact's, of the same key
    automation = build({"field": "watched", **settings})
    set_field(field=field, values={acme.pk: value})
    assert passes(automation) == ([ANN, BOB] if enter else [])


@pytest.mark.parametrize("way", ["save", "bulk", "upsert"])
def test_every_way_to_change_an_account_counts(acme, way):
    automation = build({"field": "city", **ANY})
    if way == "save":
        stored = Account.objects.get(pk=acme.pk)
        stored.city = "Rome"
        stored.save()
    elif way == "bulk":
        other = create_account(name="Other")
        set_field(field="city", values={acme.pk: "Rome", other.pk: "Rome"}, scope="account")
    else:
        upsert_accounts(rows=[{"name": "acme", "city": "Rome"}])
    assert passes(automation) == [ANN, BOB]


def test_only_the_primary_contact(acme):
    automation = build({"field": "city", **ANY}, recipients="primary")
    update_account(account=acme, city="Rome")
    assert passes(automation) == [BOB]
    assert reasons(automation) == [Entry.NOT_PRIMARY]


def leaf(**settings: Any) -> dict[str, Any]:
    return {"match": "all", "conditions": [settings]}


@pytest.mark.parametrize(("employees", "entered"), [("9", [ANN, BOB]), ("10", [])])
def test_only_accounts_that_meet_the_segment(acme, employees, entered):
    segment = leaf(type="account_field", field="employees", op="greater", value=employees)
    automation = build({"field": "city", **ANY}, record_segment=segment)
    update_account(account=acme, city="Rome")
    assert passes(automation) == entered


def test_only_contacts_who_meet_the_segment(acme):
    automation = build({"field": "city", **ANY}, segment=leaf(type="field", field="email", op="is", value=ANN))
    update_account(account=acme, city="Rome")
    assert passes(automation) == [ANN]
    assert reasons(automation) == [Entry.OUTSIDE_SEGMENT]


def test_an_account_without_contacts_starts_nobody_and_says_so():
    automation = build({"field": "city", **ANY})
    empty = create_account(name="Empty", city="Paris")
    update_account(account=empty, city="Rome")
    assert passes(automation) == []
    assert reasons(automation) == [Entry.NO_CONTACT]
    assert len(list(refused_records(automation, 10))) == 1


def test_a_thousand_contacts_cost_what_two_cost(acme):
    automation = build({"field": "city", **ANY})

    def cost(account: Account) -> int:
        with CaptureQueriesContext(connection) as queries:
            update_account(account=account, city="Rome")
        return len(queries)

    costs = []
    for number in (2, 2, 1_000):
        account = create_account(name=f"With {number} {len(costs)}", city="Paris")
        people = Contact.objects.bulk_create(ContactFactory.build() for _number in range(number))
        add_to_account(account=account, contacts=people)
        costs.append(cost(account))
    assert costs[1] == costs[2] and len(passes(automation)) == 1_004


@pytest.mark.parametrize(
    ("plan", "addons", "locked"),
    [
        ("enterprise", [], False),
        ("professional", [], True),
        ("starter", ["pipelines"], False),
        ("starter", ["sales_engagement"], False),
        ("starter", ["transactional"], True),
    ],
)
def test_availability(acme, plan, addons, locked):
    automation = build({"field": "city", **ANY})
    installation = Installation.current()
    installation.plan, installation.addons = plan, addons
    installation.save()
    update_account(account=acme, city="Rome")
    assert (passes(automation) == []) == locked


def test_texts_name_the_triggering_account(acme, drain):
    CustomFieldFactory(entity="account", key="tier")
    other = create_account(name="Older", city="Oslo")
    remove_from_account(account=acme, contacts=acme.contacts.all())
    ann = ContactFactory(email="first@example.com")
    add_to_account(account=other, contacts=[ann])
    add_to_account(account=acme, contacts=[ann])
    update_account(account=acme, custom={"tier": "gold"})
    build({"field": "city", **ANY}, text="{{ account.name }}/{{ account.fields.tier }}/{{ event.new }}")
    update_account(account=acme, city="Rome")
    drain()
    assert list(Note.objects.values_list("text", flat=True)) == ["Acme/gold/Rome"]


def test_a_field_in_use_can_not_be_deleted(acme):
    field = CustomFieldFactory(entity="account", key="tier")
    build({"field": "tier", **ANY})
    with pytest.raises(Exception, match="is used by"):
        field.delete()
