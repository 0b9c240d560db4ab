"""order_updated, from one status to another."""

from datetime import timedelta
from typing import Any

import pytest

from tests.automations.conftest import passes
from tests.peers.stores import connect, deliver, now, woo_order

from .conftest import ADA, listening

pytestmark = pytest.mark.django_db


MOVES = [
    # settings, from, to, enters
    ({}, "processing", "completed", True),
    ({}, "processing", "processing", False),
    ({"old": "paid"}, "processing", "completed", True),
    ({"old": "pending"}, "processing", "completed", False),
    ({"new": "completed"}, "processing", "completed", True),
    ({"new": "refunded"}, "processing", "completed", False),
    ({"old": "paid", "new": "completed"}, "processing", "completed", True),
    ({"old": "completed", "new": "paid"}, "processing", "completed", False),
    ({"old": "other"}, "packing", "completed", True),
]


@pytest.mark.parametrize(("settings", "old", "new", "enters"), MOVES)
def test_from_one_status_to_another(settings: dict[str, Any], old: str, new: str, enters: bool) -> None:
    store, at = connect("woocommerce"), now()
    automation = listening("order_updated", settings)
    deliver(store, "order.created", woo_order(status=old, at=at))
    assert passes(automation) == []
    deliver(store, "order.updated", woo_order(status=new, at=at + timedelta(seconds=2)))
    deliver(store, "order.updated", woo_order(status=old, at=at + timedelta(seconds=1)))  # older
    assert passes(automation) == (ADA if enters else [])


def test_an_order_from_before_the_connection_that_changes_now_is_news() -> None:
    store, at = connect("woocommerce"), now()
    created, updated = listening("order_created"), listening("order_updated")
    past = woo_order(at=at - timedelta(days=5))
    deliver(store, "order.updated", {**past, "date_modified_gmt": (at - timedelta(hours=1)).isoformat()[:19]})
    assert (passes(created), passes(updated)) == ([], [])
    deliver(store, "order.updated", {**past, "status": "completed", "date_modified_gmt": at.isoformat()[:19]})
    assert (passes(created), passes(updated)) == ([], ADA)
