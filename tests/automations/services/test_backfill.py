"""“Also add everyone who meets this now”: who is added, through which trigger, and who is not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from rest_framework.test import APIClient

from automations.services import backfill, backfill_count
from contacts.services import subscribe_contacts, tag_contacts, unsubscribe_contacts, untag_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db

IS_ANN = {"match": "all", "conditions": [{"type": "field", "field": "first_name", "op": "is", "value": "Ann"}]}


def test_those_who_meet_a_trigger_now_are_added_once() -> None:
    vip, people = TagFactory(), [ContactFactory() for _number in range(4)]
    tag_contacts(contacts=people[:3], tag=vip)
    untag_contacts(contacts=people[2], tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    assert passes(automation) == []
    assert backfill_count(automation=automation) == 2
    assert backfill(automation=automation).changed == 2
    assert passes(automation) == [person.email for person in people[:2]]
    trigger = automation.triggers.get()
    assert set(automation.enrollments.values_list("trigger_key", flat=True)) == {trigger.key}
    assert backfill_count(automation=automation) == 0
    with pytest.raises(ValidationError, match="No contacts"):
        backfill(automation=automation)


def test_the_segment_narrows_it() -> None:
    vip, ann, bob = TagFactory(), ContactFactory(first_name="Ann"), ContactFactory(first_name="Bob")
    tag_contacts(contacts=[ann, bob], tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], segment=IS_ANN)
    assert backfill_count(automation=automation) == 1
    backfill(automation=automation)
    assert passes(automation) == [ann.email]


@pytest.mark.parametrize("any_list", [True, False])
def test_list_members(any_list: bool) -> None:
    news, other = ListFactory(), ListFactory()
    ann, bob, cleo = (ContactFactory(email=f"{name}@example.com") for name in ("ann", "bob", "cleo"))
    subscribe_contacts(contacts=[ann, bob], list=news)
    unsubscribe_contacts(contacts=bob, list=news)
    subscribe_contacts(contacts=cleo, list=other)
    automation = build_automation(triggers=[("list_subscribed", {"list": None if any_list else news.pk})])
    backfill(automation=automation)
    assert passes(automation) == [ann.email, *([cleo.email] if any_list else [])]


def test_triggers_about_a_change_have_nothing_to_look_back_at() -> None:
    ContactFactory()
    automation = build_automation(
        triggers=[("contact_field_changed", {"field": "first_name", "old": "any", "new": "any"})]
    )
    assert backfill_count(automation=automation) == 0


def test_it_needs_an_active_automation() -> None:
    automation = build_automation(active=False)
    with pytest.raises(ValidationError, match="Activate the automation first"):
        backfill(automation=automation)


def test_over_the_api(api_client: Callable[[Any], APIClient], editor: Any, viewer: Any) -> None:
    vip, ann = TagFactory(), ContactFactory()
    tag_contacts(contacts=ann, tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})])
    url = f"/api/v1/automations/{automation.pk}/backfill/"
    assert api_client(viewer).post(url).status_code == 403
    client = api_client(editor)
    assert client.get(url).json() == {"count": 1}
    assert client.post(url).json() == {"selected": 1, "entered": 1, "bulk_job": None}
    assert client.post(url).status_code == 400
    assert passes(automation) == [ann.email]


def test_the_builder_offers_it_at_activation(client: Any, editor: Any) -> None:
    vip, ann = TagFactory(), ContactFactory()
    tag_contacts(contacts=ann, tag=vip)
    automation = build_automation(triggers=[("tag_added", {"tags": [vip.pk]})], active=False)
    client.force_login(editor)
    answer = client.post(f"/automations/{automation.pk}/activate/")
    assert "1 contact meets its triggers already" in answer.content.decode()
    assert passes(automation) == []
    answer = client.post(f"/automations/{automation.pk}/backfill/")
    assert "1 contact entered" in answer.headers["HX-Trigger"]
    assert passes(automation) == [ann.email]
