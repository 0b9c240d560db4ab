"""tag_removed: taken off by whatever means; near misses: another tag, a tag the contact doesn't have."""

from collections.abc import Callable
from typing import Any

import pytest

from contacts.models import Contact, ContactTag, Tag
from contacts.services import delete_contacts, tag_contacts, untag_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db

WAYS: dict[str, Callable[[Contact, Tag], Any]] = {
    "service": lambda contact, tag: untag_contacts(contacts=contact, tag=tag),
    "row delete": lambda contact, tag: ContactTag.objects.get(contact=contact, tag=tag).delete(),
    "queryset delete": lambda contact, tag: ContactTag.objects.filter(contact=contact, tag=tag).delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_taking_it_off_enters(way: str) -> None:
    vip, other, ann = TagFactory(), TagFactory(), ContactFactory(email="ann@example.com")
    tag_contacts(contacts=ann, tag=vip)
    tag_contacts(contacts=ann, tag=other)
    automation = build_automation(triggers=[("tag_removed", {"tags": [vip.pk]})])
    WAYS[way](ann, other)
    assert passes(automation) == []
    WAYS[way](ann, vip)
    assert passes(automation) == ["ann@example.com"]


def test_a_tag_that_is_not_there_is_no_change() -> None:
    vip, ann = TagFactory(), ContactFactory()
    automation = build_automation(triggers=[("tag_removed", {"tags": [vip.pk]})])
    untag_contacts(contacts=ann, tag=vip)
    assert passes(automation) == []


def test_putting_it_on_is_not_taking_it_off() -> None:
    vip, ann = TagFactory(), ContactFactory()
    automation = build_automation(triggers=[("tag_removed", {"tags": [vip.pk]})])
    tag_contacts(contacts=ann, tag=vip)
    assert passes(automation) == []


def test_deleting_the_contact_takes_nothing_off() -> None:
    vip, ann = TagFactory(), ContactFactory()
    tag_contacts(contacts=ann, tag=vip)
    automation = build_automation(triggers=[("tag_removed", {"tags": [vip.pk]})])
    delete_contacts(contacts=ann)
    assert passes(automation) == []
