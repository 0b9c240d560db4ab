"""list_unsubscribed: stops being active, whoever did it; near misses: another list, never active, pending."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from contacts.links import unsubscribe_url
from contacts.models import Contact, List, Subscription, Suppression
from contacts.models.lists import SubscriptionStatus
from contacts.services import subscribe_contacts, suppress_address, unsubscribe_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db


def _by_link(contact: Contact, mailing_list: List) -> None:
    path = unsubscribe_url(contact, [mailing_list.pk]).split("8000", 1)[1]
    response = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200


def _by_hand(contact: Contact, mailing_list: List) -> None:
    subscription = Subscription.objects.get(contact=contact, list=mailing_list)
    subscription.status = SubscriptionStatus.UNSUBSCRIBED
    subscription.save()


WAYS: dict[str, Callable[[Contact, List], Any]] = {
    "service": lambda contact, row: unsubscribe_contacts(contacts=contact, list=row),
    "the link, in one click": _by_link,
    "by hand": _by_hand,
    "bounce": lambda contact, row: suppress_address(address=contact.email, reason=Suppression.Reason.BOUNCED),
    "complaint": lambda contact, row: suppress_address(
        address=contact.email, reason=Suppression.Reason.COMPLAINED
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("any_list", [True, False])
def test_every_way_of_leaving_enters_once(way: str, any_list: bool) -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    settings = {"list": None if any_list else news.pk}
    automation = build_automation(triggers=[("list_unsubscribed", settings)], runs="multiple", entry_policy="any")
    WAYS[way](ann, news)
    assert passes(automation) == ["ann@example.com"]


def test_by_a_step_of_another_automation(drain: Callable[..., int]) -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    automation = build_automation(triggers=[("list_unsubscribed", {"list": news.pk})])
    build_automation(triggers=[("list_subscribed", {"list": news.pk})], steps=[("unsubscribe", {"list": news.pk})])
    subscribe_contacts(contacts=ann, list=news)
    drain()
    assert passes(automation) == ["ann@example.com"]


def test_another_list_enters_nobody() -> None:
    news, other, ann = ListFactory(), ListFactory(), ContactFactory()
    subscribe_contacts(contacts=ann, list=other)
    automation = build_automation(triggers=[("list_unsubscribed", {"list": news.pk})])
    unsubscribe_contacts(contacts=ann, list=other)
    assert passes(automation) == []


@pytest.mark.parametrize("before", [None, SubscriptionStatus.UNCONFIRMED])
def test_who_was_not_active_leaves_nothing(before: str | None) -> None:
    news, ann = ListFactory(), ContactFactory()
    if before:
        subscribe_contacts(contacts=ann, list=news, status=before)
    automation = build_automation(triggers=[("list_unsubscribed", {"list": None})])
    unsubscribe_contacts(contacts=ann, list=news)
    assert passes(automation) == []


def test_unsubscribing_twice_is_one_change() -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    automation = build_automation(
        triggers=[("list_unsubscribed", {"list": None})], runs="multiple", entry_policy="any"
    )
    unsubscribe_contacts(contacts=ann, list=news)
    unsubscribe_contacts(contacts=ann, list=news)
    assert passes(automation) == ["ann@example.com"]
