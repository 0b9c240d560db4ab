"""tag_added: put on by whatever means; near misses: another tag, a tag that is there, taken off."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from automations.models import Automation
from contacts.models import Contact, ContactTag, Tag
from contacts.services import tag_contacts, untag_contacts
from tests.automations.conftest import build_automation, passes, reasons
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def vip() -> Tag:
    return TagFactory(name="VIP")


@pytest.fixture
def other() -> Tag:
    return TagFactory(name="Other")


@pytest.fixture
def ann() -> Contact:
    return ContactFactory(email="ann@example.com")


WAYS: dict[str, Callable[[Contact, Tag], Any]] = {
    "service": lambda contact, tag: tag_contacts(contacts=contact, tag=tag),
    "model save": lambda contact, tag: ContactTag(contact=contact, tag=tag).save(),
    "manager create": lambda contact, tag: ContactTag.objects.create(contact=contact, tag=tag),
    "related add": lambda contact, tag: contact.contact_tags.create(tag=tag),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_putting_it_on_enters(way: str, ann: Contact, vip: Tag) -> None:
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    WAYS[way](ann, vip)
    assert passes(automation) == ["ann@example.com"]


@pytest.mark.parametrize("way", WAYS)
def test_another_tag_enters_nobody(way: str, ann: Contact, vip: Tag, other: Tag) -> None:
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    WAYS[way](ann, other)
    assert passes(automation) == []


def test_any_of_several(ann: Contact, vip: Tag, other: Tag) -> None:
    third = TagFactory()
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk, other.pk]})])
    tag_contacts(contacts=ann, tag=third)
    assert passes(automation) == []
    tag_contacts(contacts=ann, tag=other)
    assert passes(automation) == ["ann@example.com"]


def test_a_tag_that_is_there_is_no_change(ann: Contact, vip: Tag) -> None:
    tag_contacts(contacts=ann, tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], runs="multiple")
    tag_contacts(contacts=ann, tag=vip)
    assert passes(automation) == []


def test_taken_off_and_put_back_runs_again(ann: Contact, vip: Tag, drain: Callable[..., int]) -> None:
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], runs="multiple")
    tag_contacts(contacts=ann, tag=vip)
    drain()
    untag_contacts(contacts=ann, tag=vip)
    assert len(passes(automation)) == 1
    tag_contacts(contacts=ann, tag=vip)
    assert len(passes(automation)) == 2


def test_once_refuses_the_second_time_and_says_so(ann: Contact, vip: Tag, drain: Callable[..., int]) -> None:
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], runs="once")
    tag_contacts(contacts=ann, tag=vip)
    drain()
    untag_contacts(contacts=ann, tag=vip)
    tag_contacts(contacts=ann, tag=vip)
    assert len(passes(automation)) == 1
    assert reasons(automation) == ["once_only"]


def test_what_rolls_back_enters_nobody(ann: Contact, vip: Tag) -> None:
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    with pytest.raises(RuntimeError), transaction.atomic():
        tag_contacts(contacts=ann, tag=vip)
        assert automation.enrollments.count() == 1
        raise RuntimeError
    assert passes(automation) == []
    assert not ContactTag.objects.exists()


def test_not_retroactive(ann: Contact, vip: Tag) -> None:
    tag_contacts(contacts=ann, tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    assert passes(automation) == []


def test_a_bulk_fires_as_single_saves_do(vip: Tag) -> None:
    contacts = [ContactFactory() for _number in range(30)]
    tag_contacts(contacts=contacts[:5], tag=vip)
    automation: Automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    tag_contacts(contacts=contacts, tag=vip)
    assert passes(automation) == sorted(contact.email for contact in contacts[5:])
