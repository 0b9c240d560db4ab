"""recurring_payment_updated, from one status to another."""

from datetime import timedelta
from typing import Any

import pytest

from ecommerce.models import RecurringPayment
from tests.automations.conftest import passes
from tests.peers.stores import connect, deliver, now, woo_subscription

from .conftest import ADA, listening

pytestmark = pytest.mark.django_db


SUBSCRIPTIONS = [
    ({}, "active", "on-hold", True),
    ({}, "active", "active", False),
    ({"old": "active"}, "active", "cancelled", True),
    ({"old": "pending"}, "active", "cancelled", False),
    ({"new": "cancelled"}, "active", "cancelled", True),
    ({"new": "cancelled"}, "active", "pending-cancel", False),
    ({"new": "ending"}, "active", "pending-cancel", True),
    ({"old": "active", "new": "expired"}, "active", "expired", True),
]


@pytest.mark.parametrize(("settings", "old", "new", "enters"), SUBSCRIPTIONS)
def test_a_subscription_changes(settings: dict[str, Any], old: str, new: str, enters: bool) -> None:
    store, at = connect("woocommerce"), now()
    automation = listening("recurring_payment_updated", settings)
    deliver(store, "subscription.created", woo_subscription(status=old, at=at))
    deliver(store, "subscription.updated", woo_subscription(status=new, at=at + timedelta(seconds=1)))
    assert passes(automation) == (ADA if enters else [])
    assert RecurringPayment.objects.get().status_changes.count() == (1 if old == new else 2)
