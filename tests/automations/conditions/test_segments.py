"""Saved segments: counted, sampled, checked when saved, kept while something uses them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from automations.selectors.segments import count, sample
from automations.services import add_to_automation
from contacts.models import Segment
from contacts.services import InUse, delete_unused, save_record, tag_contacts
from tests.automations.conditions.conftest import leaf
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db


def save(name, conditions, segment=None):
    return save_record(record=segment or Segment(), values={"name": name, "conditions": conditions})


def test_count_and_sample(django_assert_num_queries):
    tag = TagFactory()
    contacts = [ContactFactory() for _number in range(5)]
    tag_contacts(contacts=contacts[:3], tag=tag)
    tree = leaf("tag", op="has", tag=tag.pk)
    assert count(tree) == 3
    assert sample(tree, size=2) == [contacts[2], contacts[1]]
    assert count({}) == 5
    with django_assert_num_queries(2):  # the account's zone, and the question
        count(tree)


def test_the_day_is_the_accounts():
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from django.utils import timezone

    from automations.models import Account
    from contacts.services import set_field

    field, contact = CustomFieldFactory(type="date"), ContactFactory()
    tree = leaf("field", field=field.key, op="next_days", value="1")
    for zone in ("Pacific/Auckland", "Pacific/Pago_Pago"):
        Account(time_zone=zone).save()
        today = timezone.now().astimezone(ZoneInfo(zone)).date()
        for day, expected in ((today, 1), (today + timedelta(days=1), 0), (today - timedelta(days=1), 0)):
            set_field(field=field, values={contact.pk: day})
            assert count(tree) == expected


def test_conditions_are_checked_and_cleaned_when_saved():
    tag = TagFactory()
    segment = save("Fans", {"conditions": [{"type": "tag", "op": "has", "tag": str(tag.pk)}]})
    segment.refresh_from_db()
    assert segment.conditions == leaf("tag", op="has", tag=tag.pk)
    for bad in ({"foo": 1}, leaf("tag", op="has", tag=999_999), leaf("shoe", size=43)):
        with pytest.raises(ValidationError) as error, transaction.atomic():
            save("Others", bad)
        assert list(error.value.message_dict) == ["conditions"]
    assert Segment.objects.count() == 1


def test_over_the_api(api_client, manager):
    client = api_client(manager)
    bad = client.post("/api/v1/segments/", {"name": "X", "conditions": leaf("tag", op="has", tag=999_999)}, "json")
    assert bad.status_code == 400
    assert "Condition 1: Tag: it does not exist (any more); choose another." in str(bad.json())


def test_a_segment_never_contains_itself():
    one = save("One", leaf("created", op="within", days=1))
    two = save("Two", leaf("segment", op="in", segment=one.pk))
    three = save("Three", leaf("segment", op="not_in", segment=two.pk))
    for other in (one, two, three):
        with pytest.raises(ValidationError, match=f"contain itself through “{other.name}”"):
            save("One", leaf("segment", op="in", segment=other.pk), Segment.objects.get(pk=one.pk))
    save("One", leaf("created", op="within", days=2), one)


def test_a_circle_that_got_into_the_database_ends(django_assert_max_num_queries):
    ContactFactory()
    one, two = (Segment.objects.create(name=name) for name in ("One", "Two"))
    Segment.objects.filter(pk=one.pk).update(conditions=leaf("segment", op="in", segment=two.pk))
    Segment.objects.filter(pk=two.pk).update(conditions=leaf("segment", op="in", segment=one.pk))
    tree = leaf("segment", op="in", segment=one.pk)
    assert count(tree) == 0
    from automations.conditions.tree import tree_changes_with_time, tree_events

    assert tree_events(tree) == set() and not tree_changes_with_time(tree)


@pytest.mark.parametrize("kind", ["tag", "list", "field", "segment"])
def test_what_a_segment_uses_stays(kind):
    record, conditions = {
        "tag": lambda r=TagFactory: ((t := r()), leaf("tag", op="has", tag=t.pk)),
        "list": lambda r=ListFactory: ((t := r()), leaf("subscription", op="is", status="active", list=t.pk)),
        "field": lambda r=CustomFieldFactory: ((t := r()), leaf("field", field=t.key, op="empty", value="")),
        "segment": lambda: ((t := save("Inner", {})), leaf("segment", op="in", segment=t.pk)),
    }[kind]()
    user = save("Fans", conditions)
    with pytest.raises(InUse, match="the segment “Fans”"):
        delete_unused(record=record)
    delete_unused(record=user)
    delete_unused(record=record)


def test_a_segment_that_an_automation_uses_stays():
    segment = save("Fans", leaf("created", op="within", days=1))
    build_automation(
        name="Welcome", steps=[("if_else", {"conditions": leaf("segment", op="in", segment=segment.pk)})]
    )
    with pytest.raises(InUse, match="the automation “Welcome”"):
        delete_unused(record=segment)


def test_a_wait_for_a_segment_wakes_by_what_is_in_it_also_after_a_change(drain):
    first, second, contact = TagFactory(), ListFactory(), ContactFactory()
    segment = save("Fans", leaf("tag", op="has", tag=first.pk))
    conditions = leaf("segment", op="in", segment=segment.pk)
    automation = build_automation(steps=[("wait", {"mode": "conditions", "conditions": conditions})])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    save("Fans", leaf("subscription", op="is", status="active", list=second.pk), segment)
    tag_contacts(contacts=contact, tag=first)
    drain()
    assert automation.enrollments.get().status == "active"
    from contacts.services import subscribe_contacts

    subscribe_contacts(contacts=contact, list=second)
    drain()
    assert automation.enrollments.get().status == "completed"
