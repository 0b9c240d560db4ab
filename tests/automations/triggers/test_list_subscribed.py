"""list_subscribed: becomes active on a list; near misses: another list, pending, active already, refused."""

from collections.abc import Callable
from typing import Any

import pytest

from contacts.models import Contact, List, Subscription
from contacts.models.lists import SubscriptionStatus
from contacts.services import subscribe_contacts, unsubscribe_contacts
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory, ListFactory

pytestmark = pytest.mark.django_db


def _confirm(contact: Contact, mailing_list: List) -> None:
    subscribe_contacts(contacts=contact, list=mailing_list, status=SubscriptionStatus.UNCONFIRMED)
    subscribe_contacts(contacts=contact, list=mailing_list)


def _save_status(contact: Contact, mailing_list: List) -> None:
    subscription = Subscription.objects.create(
        contact=contact, list=mailing_list, status=SubscriptionStatus.UNCONFIRMED
    )
    subscription.status = SubscriptionStatus.ACTIVE
    subscription.save()


WAYS: dict[str, Callable[[Contact, List], Any]] = {
    "service": lambda contact, row: subscribe_contacts(contacts=contact, list=row),
    "model save": lambda contact, row: Subscription(contact=contact, list=row).save(),
    "confirmed after pending": _confirm,
    "status saved": _save_status,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("any_list", [True, False])
def test_every_way_of_becoming_active_enters_once(way: str, any_list: bool) -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    settings = {"list": None if any_list else news.pk}
    automation = build_automation(triggers=[("list_subscribed", settings)], runs="multiple", entry_policy="any")
    WAYS[way](ann, news)
    assert passes(automation) == ["ann@example.com"]


def test_another_list_enters_nobody() -> None:
    news, other, ann = ListFactory(), ListFactory(), ContactFactory()
    automation = build_automation(triggers=[("list_subscribed", {"list": news.pk})])
    subscribe_contacts(contacts=ann, list=other)
    assert passes(automation) == []


def test_a_pending_confirmation_enters_nobody() -> None:
    news, ann = ListFactory(), ContactFactory()
    automation = build_automation(triggers=[("list_subscribed", {"list": None})])
    subscribe_contacts(contacts=ann, list=news, status=SubscriptionStatus.UNCONFIRMED)
    assert passes(automation) == []


def test_active_already_is_no_change() -> None:
    news, ann = ListFactory(), ContactFactory()
    subscribe_contacts(contacts=ann, list=news)
    automation = build_automation(triggers=[("list_subscribed", {"list": news.pk})])
    subscribe_contacts(contacts=ann, list=news)
    assert passes(automation) == []


def test_a_refusal_is_respected_until_taken_back() -> None:
    news, ann = ListFactory(), ContactFactory(email="ann@example.com")
    subscribe_contacts(contacts=ann, list=news)
    unsubscribe_contacts(contacts=ann, list=news)
    automation = build_automation(triggers=[("list_subscribed", {"list": news.pk})])
    subscribe_contacts(contacts=ann, list=news)
    assert passes(automation) == []
    subscribe_contacts(contacts=ann, list=news, resubscribe=True)
    assert passes(automation) == ["ann@example.com"]


def test_the_list_named_is_associated_with_the_automation() -> None:
    news = ListFactory()
    automation = build_automation(triggers=[("list_subscribed", {"list": news.pk})])
    assert list(automation.lists.all()) == [news]


def test_the_list_of_the_event_is_associated_for_any() -> None:
    news, ann = ListFactory(), ContactFactory()
    automation = build_automation(triggers=[("list_subscribed", {"list": None})])
    assert list(automation.lists.all()) == []
    subscribe_contacts(contacts=ann, list=news)
    assert list(automation.lists.all()) == [news]
