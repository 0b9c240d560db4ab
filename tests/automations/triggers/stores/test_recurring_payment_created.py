"""recurring_payment_created: a near miss for each condition on the payment."""

from datetime import timedelta
from typing import Any

import pytest

from tests.automations.conftest import passes
from tests.automations.samples.stores import a_product
from tests.peers.stores import connect, deliver, now, paypal, woo_subscription

from .conftest import ADA, having, listening

pytestmark = pytest.mark.django_db


def test_a_new_subscription_of_paypal() -> None:
    store, at = connect("paypal"), now()
    created, updated = listening("recurring_payment_created"), listening("recurring_payment_updated")
    deliver(store, "", paypal(None, "CREATED", at=at))
    assert passes(created) == []  # nobody knows whose it is
    deliver(store, "", paypal(at=at + timedelta(seconds=1)))
    assert (passes(created), passes(updated)) == (ADA, ADA)
    old = paypal("eve@example.com", number="I-OLD", start_time="2020-01-01T00:00:00Z")
    deliver(store, "", old)
    assert (passes(created), passes(updated)) == (ADA, ADA)
    deliver(store, "", paypal("eve@example.com", "CANCELLED", "I-OLD", at=at + timedelta(minutes=1)))
    assert (passes(created), passes(updated)) == (ADA, [*ADA, "eve@example.com"])


PAYMENTS = [
    (having("payment_amount", op="above", amount="9.99", currency="EUR"), True),
    (having("payment_amount", op="above", amount="10"), False),
    (having("payment_currency", op="is", currency="USD"), False),
    (having("payment_status", op="is", status="active"), True),
    (having("payment_status", op="is", status="on_hold"), False),
    (having("payment_product", op="has", product=93), True),
    (having("payment_product", op="has", product=94), False),
    (having("payment_product", op="has_not", product=94), True),
    (having("payment_date", op="before", days=1), False),
]


@pytest.mark.parametrize(("segment", "enters"), PAYMENTS)
def test_which_payments(segment: dict[str, Any], enters: bool) -> None:
    store = connect("woocommerce")
    ids = {number: a_product(number, store=store).pk for number in (93, 94)}
    (leaf,) = segment["conditions"]
    filled = {name: ids[value] if name == "product" else value for name, value in leaf.items()}
    automation = listening("recurring_payment_created", record_segment={"match": "all", "conditions": [filled]})
    assert deliver(store, "subscription.created", woo_subscription()) == (200, "received")
    assert passes(automation) == (ADA if enters else [])
