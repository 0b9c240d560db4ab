"""Why a contact did, or didn't, enter: every reason that can be known."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.models import Account, Automation, EntryRefusal
from automations.selectors.why import Why, why
from automations.services import activate, add_to_automation, deactivate, end_enrollments
from contacts.models import Contact
from contacts.services import tag_contacts, untag_contacts
from tests.factories import ContactFactory, TagFactory

Build = Callable[..., Automation]
WAIT = [("wait", {"mode": "period", "amount": 1, "unit": "days"})]


@pytest.fixture
def contact(db: None) -> Contact:
    found: Contact = ContactFactory()
    return found


@pytest.fixture
def tag(db: None) -> Any:
    return TagFactory(name="VIP")


@pytest.fixture
def tagged(build: Build, tag: Any) -> Callable[..., Automation]:
    """An automation that starts with the tag and then waits for a day."""
    return lambda **kwargs: build(triggers=[("tag_added", {"tags": [tag.pk]})], steps=WAIT, **kwargs)


def codes(answer: Why) -> tuple[str, list[str], list[str]]:
    return answer.verdict.code, [reason.code for reason in answer.past], [reason.code for reason in answer.now]


def again(contact: Contact, tag: Any) -> None:
    untag_contacts(contacts=contact, tag=tag)
    tag_contacts(contacts=contact, tag=tag)


def test_never_published(contact: Contact) -> None:
    answer = why(Automation.objects.create(name="Draft"), contact)
    assert codes(answer) == ("not_published", [], ["not_published"])


def test_inactive_and_since_when(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged()
    deactivate(automation=automation)
    automation.refresh_from_db()
    tag_contacts(contacts=contact, tag=tag)
    answer = why(automation, contact)
    assert codes(answer) == ("inactive", [], ["inactive"])
    assert answer.verdict.at == automation.deactivated_at


def test_stopped_by_the_breaker_with_its_reason(tagged: Any, contact: Contact) -> None:
    automation = tagged()
    deactivate(automation=automation)
    Automation.objects.update(breaker_at=timezone.now(), breaker_reason="Too many entries.")
    answer = why(Automation.objects.get(), contact)
    assert (answer.verdict.code, "Too many entries." in answer.verdict.text) == ("breaker", True)


def test_no_event_yet(tagged: Any, contact: Contact) -> None:
    answer = why(tagged(), contact)
    assert codes(answer) == ("no_event", [], ["entered", "no_event"])
    assert answer.could_enter


def test_an_event_before_it_was_active_is_none(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged(active=False)
    tag_contacts(contacts=contact, tag=tag)
    activate(automation=automation)
    automation.refresh_from_db()
    assert why(automation, contact).verdict.code == "no_event"


def test_inside_now_and_how_it_came_there(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged()
    tag_contacts(contacts=contact, tag=tag)
    answer = why(automation, contact)
    assert codes(answer) == ("already_inside", ["entered"], ["already_inside"])
    assert ("VIP" in answer.past[0].text, answer.could_enter) == (True, False)


def test_a_second_event_while_inside_was_refused(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged(runs="multiple")
    tag_contacts(contacts=contact, tag=tag)
    again(contact, tag)
    assert codes(why(automation, contact))[1] == ["already_inside", "entered"]


def test_once_per_contact(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged()
    tag_contacts(contacts=contact, tag=tag)
    end_enrollments(automation=automation, contacts=contact)
    again(contact, tag)
    assert codes(why(automation, contact)) == ("once_only", ["once_only", "entered"], ["once_only"])


def test_once_ever(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged(runs="multiple", entry_policy="once")
    tag_contacts(contacts=contact, tag=tag)
    end_enrollments(automation=automation, contacts=contact)
    again(contact, tag)
    assert codes(why(automation, contact)) == ("entered_before", ["entered_before", "entered"], ["entered_before"])


def test_outside_the_segment_then_and_inside_now(tagged: Any, contact: Contact, tag: Any) -> None:
    needed = TagFactory(name="Customer")
    segment = {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": needed.pk}]}
    automation = tagged(segment=segment)
    tag_contacts(contacts=contact, tag=tag)
    answer = why(automation, contact)
    assert codes(answer) == ("outside_segment", ["outside_segment"], ["outside_segment"])
    assert "has the tag “Customer”" in answer.now[0].text
    tag_contacts(contacts=contact, tag=needed)
    assert codes(why(automation, contact)) == ("outside_segment", ["outside_segment"], ["entered"])


def test_locked_by_plan(build: Build, contact: Contact) -> None:
    automation = build(triggers=[("contact_field_changed", {"field": "phone", "old": "any", "new": "any"})])
    Account(plan="starter", addons=[]).save()
    answer = why(automation, contact)
    assert codes(answer)[2] == ["locked", "no_event"]
    assert (answer.verdict.code, "Plus" in answer.verdict.text) == ("locked", True)


def test_the_daily_ceiling(tagged: Any, contact: Contact, tag: Any, settings: Any) -> None:
    settings.ENTRY_CEILING_PER_DAY = 1
    automation = tagged(runs="multiple")
    tag_contacts(contacts=contact, tag=tag)
    end_enrollments(automation=automation, contacts=contact)
    again(contact, tag)
    assert codes(why(automation, contact)) == ("ceiling", ["ceiling", "entered"], ["ceiling"])
    tomorrow = timezone.now() + timedelta(hours=25)
    assert codes(why(automation, contact, tomorrow))[2] == ["entered"]


def test_added_by_hand_needs_no_trigger(build: Build, contact: Contact) -> None:
    automation = build(steps=WAIT)
    assert codes(why(automation, contact)) == ("no_event", [], ["no_event"])
    add_to_automation(automation=automation, contacts=contact)
    answer = why(automation, contact)
    assert ("by hand" in answer.past[0].text, answer.verdict.code) == (True, "already_inside")


def test_two_triggers_are_answered_one_by_one(build: Build, contact: Contact, tag: Any) -> None:
    other = TagFactory(name="Other")
    triggers = [("tag_added", {"tags": [tag.pk]}), ("tag_added", {"tags": [other.pk]})]
    automation = build(triggers=triggers)
    tag_contacts(contacts=contact, tag=tag)
    end_enrollments(automation=automation, contacts=contact)
    answer = why(automation, contact)
    found = [(reason.code, "Other" in reason.text) for reason in answer.now]
    assert found == [("once_only", False), ("entered", True), ("no_event", True)]


def test_others_history_is_not_this_contact_s(tagged: Any, contact: Contact, tag: Any) -> None:
    automation = tagged()
    tag_contacts(contacts=ContactFactory(), tag=tag)
    assert codes(why(automation, contact))[1] == []


def test_a_long_history_costs_no_more(tagged: Any, contact: Contact, django_assert_max_num_queries: Any) -> None:
    automation = Automation.objects.select_related("version").get(pk=tagged().pk)
    why(automation, contact)
    with django_assert_max_num_queries(20) as short:
        why(automation, contact)
    EntryRefusal.objects.bulk_create(
        EntryRefusal(automation=automation, contact=contact, reason="already_inside") for _n in range(200)
    )
    with django_assert_max_num_queries(20) as long:
        assert len(why(automation, contact).past) == 50
    assert len(long) <= len(short)
