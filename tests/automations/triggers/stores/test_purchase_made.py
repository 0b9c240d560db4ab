"""purchase_made, from deliveries as they are sent to contacts that enter; a near miss for each option."""

from datetime import timedelta

import pytest

from automations.models import Enrollment, EntryRefusal
from contacts.models import Conversion, ConversionRecord
from ecommerce.drafts import CustomerDraft, OrderDraft
from ecommerce.models import Order, Store
from ecommerce.services import replay_delivery, save_orders, save_store
from tests.automations.conftest import passes
from tests.automations.samples.stores import a_product
from tests.peers.stores import (
    connect,
    deliver,
    now,
    shopify_cart,
    shopify_lines,
    shopify_order,
    woo_lines,
    woo_order,
)

from .conftest import ADA, listening

pytestmark = pytest.mark.django_db


PURCHASES = [
    # what was bought, status, enters
    ((1,), "paid", True),
    ((2, 1), "paid", True),
    ((1,), "pending", True),
    ((1,), "voided", True),
    ((2,), "paid", False),
    ((), "paid", False),
]


@pytest.mark.parametrize(("bought", "status", "enters"), PURCHASES)
def test_purchase_of_one_product(bought: tuple[int, ...], status: str, enters: bool) -> None:
    store = connect("shopify")
    wanted, anything = listening("purchase_made", {"product": a_product(1).pk}), listening("purchase_made")
    order = shopify_order(line_items=shopify_lines(*bought), financial_status=status)
    assert deliver(store, "orders/create", order) == (200, "received")
    assert passes(wanted) == (ADA if enters else [])
    assert passes(anything) == ADA
    entered = Enrollment.objects.filter(automation=anything).get()
    assert entered.event["record"] == ["ecommerce.order", Order.objects.get().pk]


def test_the_same_product_of_another_store_is_another_product() -> None:
    mine, other = connect("shopify"), connect("woocommerce")
    automation = listening("purchase_made", {"product": a_product(93, store=mine).pk})
    deliver(other, "order.created", woo_order(line_items=woo_lines(93)))
    assert passes(automation) == []
    deliver(mine, "orders/create", shopify_order(line_items=shopify_lines(93)))
    assert passes(automation) == ADA


def test_every_kind_of_store_sells() -> None:
    automation = listening("purchase_made", runs="multiple", entry_policy="any")
    deliver(connect("shopify"), "orders/create", shopify_order("a@example.com"))
    deliver(connect("woocommerce"), "order.created", woo_order("b@example.com"))
    draft = OrderDraft("1", "EUR", now(), now(), customer=CustomerDraft(email="c@example.com"))
    save_orders(store=connect("api"), drafts=[draft])
    assert passes(automation) == ["a@example.com", "b@example.com", "c@example.com"]


def test_what_is_no_purchase() -> None:
    store, at = connect("shopify"), now()
    automation = listening("purchase_made", runs="multiple", entry_policy="any")
    deliver(store, "checkouts/create", shopify_cart())
    deliver(store, "orders/updated", shopify_order(number=1, at=at - timedelta(days=2), updated_at=at.isoformat()))
    assert deliver(store, "orders/create", shopify_order(number=2), secret="forged-signing-key")[0] == 403
    save_store(store=store, values={"is_active": False})
    deliver(store, "orders/create", shopify_order(number=3))
    save_store(store=store, values={"is_active": True})
    draft = OrderDraft("4", "USD", at, at, customer=CustomerDraft(email="ada@example.com"), historical=True)
    save_orders(store=store, drafts=[draft])
    assert passes(automation) == []
    given = shopify_order(number=5, at=at)
    for name in ("one", "one", "two"):
        deliver(store, "orders/create", given, name=name)
    deliver(
        store, "orders/updated", {**given, "note": "more", "updated_at": (at + timedelta(seconds=1)).isoformat()}
    )
    assert passes(automation) == ADA


def test_what_came_while_the_store_was_off_starts_when_it_is_taken_in() -> None:
    store = connect("shopify")
    automation = listening("purchase_made")
    save_store(store=store, values={"is_active": False})
    deliver(store, "orders/create", shopify_order())
    save_store(store=store, values={"is_active": True})
    replay_delivery(delivery=store.deliveries.get())
    assert passes(automation) == ADA


def test_an_order_of_nobody_starts_nobody_and_says_so() -> None:
    store, at = connect("shopify"), now()
    automation = listening("purchase_made")
    deliver(store, "orders/create", shopify_order(None, customer=None, at=at))
    assert passes(automation) == []
    assert EntryRefusal.objects.get().record == ["ecommerce.order", Order.objects.get().pk]
    deliver(store, "orders/updated", shopify_order(at=at + timedelta(seconds=1)))
    assert passes(automation) == ADA


def test_a_purchase_is_a_conversion_worth_its_total() -> None:
    from automations.models import ConversionRule

    sale = Conversion.objects.create(name="Sale", counts="every", value_from="event", currency="EUR")
    dear = Conversion.objects.create(name="Of product 1", counts="once", value_from="fixed", value=7)
    ConversionRule.objects.create(conversion=sale, trigger="purchase_made")
    ConversionRule.objects.create(conversion=dear, trigger="purchase_made", settings={"product": a_product(1).pk})
    store = Store.objects.get()
    deliver(store, "orders/create", shopify_order(number=1, line_items=shopify_lines(2), total_price="12.30"))
    deliver(store, "orders/create", shopify_order(number=2, line_items=shopify_lines(1), total_price="5.00"))
    rows = ConversionRecord.objects.order_by("pk").values_list("conversion__name", "value", "currency")
    assert [(name, str(value), currency) for name, value, currency in rows] == [
        ("Sale", "12.30", "USD"), ("Sale", "5.00", "USD"), ("Of product 1", "7.00", "EUR"),
    ]  # fmt: skip
