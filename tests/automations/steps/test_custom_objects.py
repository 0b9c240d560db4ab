"""Steps that make and update records of custom objects, and the condition on them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting, describe_tree
from automations.models.enrollment import EnrollmentStatus
from automations.services import add_to_automation
from automations.steps.base import STEPS
from contacts.models import Contact, CustomField, ObjectRecord, ObjectRelation, ObjectType
from contacts.services import create_record
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking() -> ObjectType:
    found = ObjectType.objects.create(key="booking", label="Booking", plural="Bookings")
    mine = {"entity": "object", "object_type": found}
    CustomField.objects.create(**mine, key="nights", label="Nights", type="number", required=True)
    CustomField.objects.create(**mine, key="name", label="Name", type="text")
    ObjectRelation.objects.create(type=found, key="guest", label="Guest", target="contact")
    return found


@pytest.fixture
def people() -> list[Contact]:
    return [ContactFactory(email=f"{name}@example.com", first_name=name) for name in ("ann", "bob")]


def run(step: str, settings: dict[str, Any], contacts: Any, drain: Any) -> Any:
    automation = build_automation(steps=[(step, settings)])
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    return automation


def test_a_record_is_made_for_each_contact(booking, people, drain):
    settings = {
        "object_type": booking.pk, "relation": booking.relations.get().pk,
        "title": "Of {{ contact.first_name }}", "values": "nights: 2\nname: {{ contact.email }}: yes",
    }  # fmt: skip
    run("create_record", settings, people, drain)
    records = {record.title: record for record in ObjectRecord.objects.all()}
    assert set(records) == {"Of ann", "Of bob"}
    ann = records["Of ann"]
    assert (ann.custom_values, ann.linked) == (
        {"nights": 2, "name": "ann@example.com: yes"},
        {"guest": [people[0].pk]},
    )


def test_a_value_that_does_not_fit_parks_the_contact_alone(booking, people, drain):
    Contact.objects.filter(pk=people[0].pk).update(first_name="5")
    settings = {
        "object_type": booking.pk,
        "relation": booking.relations.get().pk,
        "values": "nights: {{ contact.first_name }}",
    }
    automation = run("create_record", settings, people, drain)
    assert ObjectRecord.objects.get().linked == {"guest": [people[0].pk]}
    error = automation.enrollments.get(contact=people[1]).error
    assert "fields.nights" in error and "is not a number" in error


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("nights: 2\nno colon", "key: value"),
        ("nights: 2\nnights: 3", "twice"),
        ("nights: 2\ngone: 3", "There is no field"),
        ("nights: many", "is not a number"),
        ("name: x", "are required: Nights"),
    ],
)
def test_bad_lines_are_refused(booking, values, message):
    settings = {"object_type": booking.pk, "relation": booking.relations.get().pk, "values": values}
    with pytest.raises(ValidationError, match=message):
        STEPS["create_record"].Form.validate(settings)


def test_a_relation_of_another_object_is_refused(booking):
    other = ObjectType.objects.create(key="visit", label="Visit", plural="Visits")
    relation = ObjectRelation.objects.create(type=other, key="guest", label="Guest", target="contact")
    with pytest.raises(ValidationError, match="choose another"):
        STEPS["create_record"].Form.validate(
            {"object_type": booking.pk, "relation": relation.pk, "values": "nights: 1"}
        )


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        ({"which": "one", "op": "increment", "value": "1"}, ["1", "3"]),
        ({"which": "all", "op": "increment", "value": "1"}, ["2", "3"]),
        ({"which": "one", "op": "set", "value": "9"}, ["1", "9"]),
    ],
)
def test_a_record_is_updated(booking, people, drain, settings, after):
    for nights in (1, 2):
        create_record(type=booking, title=str(nights), custom={"nights": nights}, links={"guest": people[0].pk})
    run("update_record", {"object_type": booking.pk, "field": "nights", **settings}, people, drain)
    records = ObjectRecord.objects.order_by("title")
    assert [str(record.custom_values["nights"]) for record in records] == after


def test_a_required_field_is_not_emptied(booking, people, drain):
    create_record(type=booking, custom={"nights": 1}, links={"guest": people[0].pk})
    settings = {"object_type": booking.pk, "which": "one", "field": "nights"}
    with pytest.raises(ValidationError, match="can't be empty"):
        STEPS["update_record"].Form.validate({**settings, "op": "clear"})
    settings |= {"op": "set", "value": "{{ contact.phone }}"}
    automation = run("update_record", settings, people[:1], drain)
    enrollment = automation.enrollments.get()
    assert enrollment.status != EnrollmentStatus.COMPLETED and "can't be empty" in enrollment.error


CONDITIONS = [
    ({}, "ann bob", "has a record that is a “Booking”"),
    ({"field": "nights", "op": "greater", "value": "5"}, "bob", None),
    (
        {"field": "nights", "op": "is", "value": "2.0"}, "ann",
        "has a record that is a “Booking” whose field “Nights” is “2”",
    ),
    ({"field": "title", "op": "contains", "value": "WEEK"}, "bob", None),
    ({"field": "name", "op": "empty"}, "ann bob", None),
    ({"field": "name", "op": "not_empty"}, "", None),
    ({"which": "this"}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "met", "sentence"), CONDITIONS)
def test_conditions(booking, people, settings, met, sentence):
    ann, bob = people
    ContactFactory()
    other = ObjectType.objects.create(key="visit", label="Visit", plural="Visits")
    ObjectRelation.objects.create(type=other, key="guest", label="Guest", target="contact")
    create_record(type=other, title="weekend", links={"guest": ann.pk})
    create_record(type=booking, custom={"nights": 2}, links={"guest": ann.pk})
    create_record(type=booking, title="Two weeks", custom={"nights": 14}, links={"guest": bob.pk})
    leaf = {"type": "custom_object", "object_type": booking.pk, **settings}
    tree = clean_tree({"match": "all", "conditions": [leaf]})
    assert {contact.first_name for contact in contacts_meeting(tree, Moment())} == set(met.split())
    if sentence:
        assert describe_tree(tree) == sentence


def test_records_follow_a_contact_who_is_merged_and_go_with_one_who_is_erased(booking, people):
    from contacts.services.merge import merge_contacts
    from contacts.services.privacy import erase_person, export_person

    ann, bob = people
    record = create_record(type=booking, title="Two weeks", custom={"nights": 14}, links={"guest": bob.pk})
    merge_contacts(keep=ann, drop=bob)
    assert ObjectRecord.objects.get(pk=record.pk).linked == {"guest": [ann.pk]}
    assert export_person(contact=ann)["custom_objects"] == [
        {"object": "Booking", "title": "Two weeks", "values": {"nights": "14"}}
    ]
    erase_person(contact=ann)
    assert ObjectRecord.objects.get(pk=record.pk).linked == {}
