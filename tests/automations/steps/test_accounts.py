"""Steps about accounts, and conditions on them: (who, what) -> what is there afterwards."""

from typing import Any

import pytest

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting, describe_tree
from automations.services import activate, add_step, add_to_automation, add_trigger, publish
from contacts.models import Account, AccountContact, Contact
from contacts.services import add_to_account, create_account, set_primary_contact, update_account
from tests.automations.conftest import build_automation
from tests.automations.samples import new_automation
from tests.factories import ContactFactory, CustomFieldFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> Contact:
    return ContactFactory(email="ann@example.com", first_name="Ann", last_name="")


def run(step: str, settings: dict[str, Any], contacts: Any, drain: Any) -> list[str]:
    """The step's outcomes and details."""
    automation = build_automation(steps=[(step, settings)])
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    log = automation.enrollments.order_by("pk").values_list("log__outcome", "log__detail")
    return [" ".join(filter(None, row)) for row in log]


def places() -> list[tuple[str, str, str]]:
    rows = AccountContact.objects.order_by("account__name", "contact__email")
    return list(rows.values_list("account__name", "contact__email", "job_title"))


def test_a_contact_is_added_to_one_account(ann, drain):
    acme = create_account(name="Acme")
    run("add_to_account", {"account": "acme", "job_title": "Baker"}, [ann], drain)
    assert places() == [("Acme", ann.email, "Baker")]
    assert acme.contacts.get() == ann


def test_each_contact_is_added_to_the_account_of_its_own_name(ann, drain):
    create_account(name="Acme")
    CustomFieldFactory(key="company")
    from contacts.services import update_contact

    bob, cal, dan = (ContactFactory(email=f"{name}@example.com") for name in ("bob", "cal", "dan"))
    for contact, company in ((ann, "ACME"), (bob, "acme"), (cal, "New Ltd")):
        update_contact(contact=contact, custom={"company": company})
    run("add_to_account", {"name": "{{ contact.fields.company }}"}, [ann, bob, cal, dan], drain)
    assert [row[:2] for row in places()] == [
        ("Acme", ann.email), ("Acme", bob.email), ("New Ltd", cal.email),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"which": "account", "account": "Acme"}, ["Other"]),
        ({"which": "one"}, ["Other"]),
        ({"which": "all"}, []),
    ],
)
def test_a_contact_is_removed(ann, drain, settings, left):
    for name in ("Acme", "Other"):
        add_to_account(account=create_account(name=name), contacts=[ann])
    run("remove_from_account", settings, [ann], drain)
    assert [row[0] for row in places()] == left


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        ({"field": "city", "op": "set", "value": "Rome"}, ["Paris", ""], ["Rome", ""]),
        ({"which": "all", "field": "city", "op": "set", "value": "Rome"}, ["Paris", ""], ["Rome", "Rome"]),
        ({"field": "city", "op": "set", "value": "{{ contact.first_name }}"}, ["Paris", ""], ["Ann", ""]),
        ({"field": "city", "op": "clear"}, ["Paris", "Oslo"], ["", "Oslo"]),
    ],
)
def test_a_field_of_the_account_is_updated(ann, drain, settings, before, after):
    accounts = [create_account(name=name, city=city) for name, city in zip(("A", "B"), before, strict=True)]
    for account in accounts:
        add_to_account(account=account, contacts=[ann])
    run("update_account_field", {"which": "one", **settings}, [ann], drain)
    assert list(Account.objects.order_by("name").values_list("city", flat=True)) == after


def test_custom_numbers_are_counted_once_for_each_contact(ann, drain):
    field = CustomFieldFactory(entity="account", key="visits", type="number")
    acme = create_account(name="Acme", custom={field.key: 5})
    bob = ContactFactory()
    add_to_account(account=acme, contacts=[ann, bob])
    run(
        "update_account_field",
        {"which": "one", "field": "visits", "op": "increment", "value": "2"},
        [ann, bob],
        drain,
    )
    assert Account.objects.get().custom_values == {"visits": 9}


def test_who_belongs_to_no_account_goes_on(ann, drain):
    log = run("update_account_field", {"which": "one", "field": "city", "op": "clear"}, [ann], drain)
    assert log[0] == "nothing_to_do the contact belongs to no account"


def test_the_triggering_account_is_the_one_that_is_updated(ann, drain):
    first, second = create_account(name="First"), create_account(name="Second")
    for account in (first, second):
        add_to_account(account=account, contacts=[ann])
    automation = new_automation()
    add_trigger(
        automation=automation, type="account_field_changed", settings={"field": "city", "old": "any", "new": "any"}
    )
    settings = {"which": "one", "field": "industry", "op": "set", "value": "Bakery"}
    step = add_step(automation=automation, type="update_account_field", settings=settings)
    add_step(
        automation=automation, type="remove_from_account", parent=step.key, arm="next", settings={"which": "one"}
    )
    publish(automation=automation)
    activate(automation=automation)
    update_account(account=second, city="Rome")
    drain()
    assert list(Account.objects.order_by("name").values_list("industry", flat=True)) == ["", "Bakery"]
    assert places() == [("First", ann.email, "")]


# --- Conditions --------------------------------------------------------------------------------


@pytest.fixture
def people() -> dict[str, Contact]:
    """Ann is Acme's primary baker, Bob works at Acme and Other, Cal nowhere."""
    owner = UserFactory(username="eve")
    CustomFieldFactory(entity="account", key="tier", type="number")
    acme = create_account(name="Acme", city="Paris", employees=10, owner=owner.pk, custom={"tier": 3})
    other = create_account(name="Other", employees=500)
    ann, bob, cal = (ContactFactory(email=f"{name}@example.com") for name in ("ann", "bob", "cal"))
    add_to_account(account=acme, contacts=[ann], job_title="Head Baker")
    add_to_account(account=acme, contacts=[bob])
    add_to_account(account=other, contacts=[bob])
    set_primary_contact(account=acme, contact=ann)
    return {"ann": ann, "bob": bob, "cal": cal}


CONDITIONS = [
    ({"type": "account", "op": "in"}, "ann bob", "belongs to any account"),
    ({"type": "account", "op": "not_in"}, "cal", "does not belong to any account"),
    ({"type": "account", "op": "in", "account": "acme"}, "ann bob", "belongs to the account “Acme”"),
    ({"type": "account", "op": "not_in", "account": "Other"}, "ann cal", "does not belong to the account “Other”"),
    ({"type": "account", "op": "in", "job_title": "baker"}, "ann", "belongs to any account as “baker”"),
    ({"type": "account", "op": "in", "primary": True}, "ann", "belongs to any account as the primary contact"),
    (
        {"type": "account_field", "field": "employees", "op": "greater", "value": "10"}, "bob",
        "belongs to an account that has a field “Employees” that is greater than “10”",
    ),
    (
        {"type": "account_field", "field": "owner", "op": "is", "value": "eve"}, "ann bob",
        "belongs to an account that has a field “Owner” that is “eve”",
    ),
    ({"type": "account_field", "field": "city", "op": "is", "value": "paris"}, "ann bob", None),
    ({"type": "account_field", "field": "city", "op": "empty"}, "bob", None),
    ({"type": "account_field", "field": "tier", "op": "is", "value": "3.0"}, "ann bob", None),
    ({"type": "account_field", "field": "tier", "op": "less", "value": "3"}, "", None),
    ({"type": "account_field", "which": "this", "field": "city", "op": "is", "value": "Paris"}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "met", "sentence"), CONDITIONS)
def test_conditions(people, settings, met, sentence):
    tree = clean_tree({"match": "all", "conditions": [settings]})
    found = set(contacts_meeting(tree, Moment()))
    assert found == {people[name] for name in met.split()}
    if sentence:
        assert describe_tree(tree) == sentence
