"""order_created: a near miss for each condition on the order."""

from datetime import timedelta
from typing import Any

import pytest

from contacts.models import Contact
from ecommerce.drafts import CustomerDraft, OrderDraft
from ecommerce.services import save_orders
from tests.automations.conftest import passes, reasons
from tests.peers.stores import connect, deliver, now, shopify_lines, shopify_order, woo_order

from .conftest import ADA, having, listening

pytestmark = pytest.mark.django_db


SEGMENTS = [
    # conditions on the order, enters: 398.00 USD of products 1 (Shoes), paid, in the store “Mine”
    (having("order_total", op="above", amount="397.99"), True),
    (having("order_total", op="above", amount="398"), False),
    (having("order_total", op="above", amount="1", currency="EUR"), False),
    (having("order_total", op="below", amount="399", currency="usd"), True),
    (having("order_total", op="equals", amount="398.01"), False),
    (having("order_currency", op="is", currency="USD"), True),
    (having("order_currency", op="is_not", currency="USD"), False),
    (having("order_product", op="has", product="one"), True),
    (having("order_product", op="has", product="two"), False),
    (having("order_product", op="has_not", product="two"), True),
    (having("order_category", op="has", category="Shoes"), True),
    (having("order_category", op="has", category="Hats"), False),
    (having("order_category", op="has_not", category="Hats"), True),
    (having("order_status", op="is", status="paid"), True),
    (having("order_status", op="is", status="pending"), False),
    (having("order_status", op="is_not", status="paid"), False),
    (having("order_store", op="is", store="store"), True),
    (having("order_store", op="is", store="other"), False),
    (having("order_date", op="within", days=1), True),
    (having("order_date", op="before", days=1), False),
]


@pytest.mark.parametrize(("segment", "enters"), SEGMENTS)
def test_which_orders(shop: dict[str, Any], segment: dict[str, Any], enters: bool) -> None:
    known = {name: getattr(value, "pk", value) for name, value in shop.items()}
    (leaf,) = segment["conditions"]
    filled = {
        name: known.get(value, value) if name in ("product", "category", "store") else value
        for name, value in leaf.items()
    }
    automation = listening("order_created", record_segment={"match": "all", "conditions": [filled]})
    everything = listening("order_created")
    deliver(shop["store"], "orders/create", shopify_order(line_items=shopify_lines(1)))
    assert passes(automation) == (ADA if enters else [])
    assert passes(everything) == ADA
    assert reasons(automation) == ([] if enters else ["outside_record"])


def test_orders_of_other_shops_are_purchases_only() -> None:
    created, updated, purchases = (listening(one) for one in ("order_created", "order_updated", "purchase_made"))
    store, at = connect("api"), now()
    for status in ("pending", "completed"):
        at += timedelta(seconds=1)
        ada = CustomerDraft(email="ada@example.com")
        save_orders(store=store, drafts=[OrderDraft("1", "EUR", at, at, customer=ada, status=status)])
    assert (passes(created), passes(updated), passes(purchases)) == ([], [], ADA)
    deliver(connect("woocommerce"), "order.created", woo_order())
    assert passes(created) == ADA


def test_texts_show_the_order(drain: Any) -> None:
    text = (
        "{{ order.number }} {{ order.status }} {{ order.total }} {{ order.store }} {{ order.discounts[0].name }}"
    )
    store = connect("woocommerce", "Shop")
    listening("order_created", steps=[("add_note", {"text": text})])
    deliver(store, "order.created", woo_order())
    drain()
    assert Contact.objects.get().notes.get().text == "727 paid, in work 68.70 Shop welcome5"
