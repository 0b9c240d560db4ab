"""cart_abandoned, from deliveries as they are sent to contacts that enter; a near miss for each option."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from automations.models import Enrollment
from contacts.models import Contact
from ecommerce.drafts import CustomerDraft, OrderDraft
from ecommerce.models import Cart, Order, Store
from ecommerce.services import abandon_due_carts, save_orders, save_store
from tests.automations.conftest import passes
from tests.peers.stores import connect, deliver, now, shopify_cart, shopify_lines, shopify_order

from .conftest import ADA, listening

pytestmark = pytest.mark.django_db


LATER = timedelta(hours=1, minutes=1)


def left(store: Store, later: timedelta = LATER) -> int:
    return abandon_due_carts(now=now() + later)


@pytest.mark.parametrize("hours", [1, 6, 10, 24, 36])
def test_after_the_time_of_the_store(hours: int) -> None:
    store = connect("shopify", abandonment_hours=hours)
    automation = listening("cart_abandoned")
    assert deliver(store, "checkouts/create", shopify_cart()) == (200, "received")
    assert left(store, timedelta(hours=hours, minutes=-1)) == 0 and passes(automation) == []
    assert left(store, timedelta(hours=hours, minutes=1)) == 1 and passes(automation) == ADA
    assert Enrollment.objects.get().event["record"] == ["ecommerce.cart", Cart.objects.get().pk]
    assert left(store, timedelta(days=9)) == 0


def test_once_for_each_cart_whatever_happens_to_it() -> None:
    store, at = connect("shopify"), now()
    automation = listening("cart_abandoned", runs="multiple", entry_policy="any")
    deliver(store, "checkouts/create", shopify_cart(at=at))
    left(store)
    later = at + timedelta(hours=5)
    assert deliver(store, "checkouts/update", shopify_cart(at=at, updated_at=later.isoformat())) == (
        200,
        "received",
    )
    left(store, timedelta(days=2))
    assert passes(automation) == ADA
    deliver(store, "checkouts/create", shopify_cart(token="another", at=at))
    left(store)
    assert passes(automation) == ADA * 2


def test_activity_begins_the_wait_anew() -> None:
    store, at = connect("shopify"), now()
    automation = listening("cart_abandoned")
    deliver(store, "checkouts/create", shopify_cart(at=at))
    later = (at + timedelta(minutes=50)).isoformat()
    deliver(store, "checkouts/update", shopify_cart(at=at, updated_at=later))
    assert left(store) == 0 and passes(automation) == []
    assert left(store, timedelta(minutes=111)) == 1 and passes(automation) == ADA


TOKEN = "eeafa272cebfd4b22385bc4b645e762c"
ORDERS = [
    # the order, whether it cancels the cart
    ({"checkout_token": TOKEN}, True),
    ({"checkout_token": TOKEN, "financial_status": "pending"}, True),
    ({"checkout_token": "another"}, False),
    ({"checkout_token": None}, True),  # no cart is named: the customer's own
    ({"checkout_token": None, "email": "eve@example.com", "customer": None}, False),
]


@pytest.mark.parametrize(("order", "cancels"), ORDERS)
def test_an_order_cancels_its_cart(order: dict[str, Any], cancels: bool) -> None:
    store = connect("shopify")
    automation = listening("cart_abandoned")
    deliver(store, "checkouts/create", shopify_cart())
    deliver(store, "orders/create", shopify_order(**order))
    assert left(store) == (0 if cancels else 1)
    assert passes(automation) == ([] if cancels else ADA)
    assert Order.objects.count() == (1 if cancels else 2)
    assert not Order.objects.filter(recovered_at__isnull=False).exists()


def test_the_order_may_come_before_its_cart() -> None:
    store = connect("shopify")
    deliver(store, "orders/create", shopify_order(checkout_token=TOKEN))
    assert deliver(store, "checkouts/update", shopify_cart()) == (200, "older")
    assert left(store) == 0 and Order.objects.get().external_id


def test_an_order_that_names_its_cart_only_later() -> None:
    store, at = connect("shopify"), now()
    deliver(store, "checkouts/create", shopify_cart("eve@example.com", at=at))
    deliver(store, "orders/create", shopify_order(at=at, checkout_token=None))
    named = shopify_order(at=at, checkout_token=TOKEN, updated_at=(at + timedelta(seconds=1)).isoformat())
    assert deliver(store, "orders/updated", named) == (200, "received")
    assert left(store) == 0


def test_recovered_carts_are_counted() -> None:
    store = connect("shopify")
    purchases = listening("purchase_made")
    deliver(store, "checkouts/create", shopify_cart())
    left(store)
    deliver(store, "orders/create", shopify_order(checkout_token=TOKEN))
    cart = Cart.objects.get()
    assert cart.recovered_at and cart.abandoned_at and cart.state == "recovered" and not cart.is_cart
    assert passes(purchases) == ADA
    assert cart.customer.orders_count == 1


def test_a_cart_of_nobody_waits_for_its_address() -> None:
    store, at = connect("shopify"), now()
    automation = listening("cart_abandoned")
    deliver(store, "checkouts/create", shopify_cart(None, customer=None, at=at))
    assert left(store) == 0
    deliver(store, "checkouts/update", shopify_cart(at=at, updated_at=(at + timedelta(seconds=1)).isoformat()))
    assert left(store) == 1 and passes(automation) == ADA


def test_settings_change_and_the_store_goes_off() -> None:
    store = connect("shopify")
    deliver(store, "checkouts/create", shopify_cart())
    save_store(store=store, values={"abandonment_hours": 10})
    assert left(store, timedelta(hours=9)) == 0
    save_store(store=store, values={"is_active": False})
    assert left(store, timedelta(hours=11)) == 0
    save_store(store=store, values={"is_active": True})
    assert left(store, timedelta(days=3)) == 0  # an order may have come meanwhile


def test_declared_by_the_store() -> None:
    store, at = connect("api", abandonment="declared"), now()
    automation = listening("cart_abandoned")
    ada = CustomerDraft(email="ada@example.com")
    cart = OrderDraft("", "EUR", at, at, checkout_id="c1", customer=ada)
    save_orders(store=store, drafts=[cart])
    assert left(store, timedelta(days=1)) == 0
    for _again in range(2):
        at += timedelta(hours=1)
        save_orders(
            store=store, drafts=[OrderDraft("", "EUR", at, at, checkout_id="c1", customer=ada, abandoned_at=at)]
        )
    old = OrderDraft("", "EUR", at, at, checkout_id="c2", customer=ada, abandoned_at=at, historical=True)
    save_orders(store=store, drafts=[old])
    assert passes(automation) == ADA


CARTS = [
    # settings, enters: the cart has product 1 of the category Shoes, and is worth 100.00
    ({}, True),
    ({"store": "store"}, True),
    ({"store": "other"}, False),
    ({"product": "one"}, True),
    ({"product": "two"}, False),
    ({"category": "Shoes"}, True),
    ({"category": "Hats"}, False),
    ({"category": "Shirts"}, False),
    ({"value_is": "above", "value": "99.99"}, True),
    ({"value_is": "above", "value": "100"}, False),
    ({"value_is": "below", "value": "100.01"}, True),
    ({"value_is": "below", "value": "100"}, False),
    ({"value_is": "equals", "value": "100"}, True),
    ({"value_is": "equals", "value": "100.01"}, False),
    ({"store": "store", "product": "one", "category": "Shoes", "value_is": "above", "value": "1"}, True),
    ({"store": "store", "product": "one", "category": "Hats", "value_is": "above", "value": "1"}, False),
]


@pytest.mark.parametrize(("settings", "enters"), CARTS)
def test_options_of_cart_abandoned(shop: dict[str, Any], settings: dict[str, Any], enters: bool) -> None:
    known = {name: getattr(value, "pk", value) for name, value in shop.items()}
    automation = listening("cart_abandoned", {name: known.get(value, value) for name, value in settings.items()})
    cart = shopify_cart(line_items=shopify_lines(1, price="100.00"), total_price="100.00")
    deliver(shop["store"], "checkouts/create", cart)
    left(shop["store"])
    assert passes(automation) == (ADA if enters else [])


def test_a_product_of_another_store_than_the_chosen_one_is_refused(
    shop: dict[str, Any], api: Any, automation: Any
) -> None:
    body = {
        "automation": automation.pk,
        "type": "cart_abandoned",
        "store": shop["other"].pk,
        "product": shop["one"],
    }
    answer = api.post("/api/v1/triggers/", body)
    assert answer.status_code == 400 and "product" in answer.json()["error"]["fields"]


def test_texts_show_what_is_in_the_cart(drain: Any) -> None:
    items = "{% for item in cart.items %} {{ item.quantity }} {{ item.name }}{% endfor %}"
    text = "{{ cart.total }} {{ cart.currency }}:" + items + " {{ cart.url }}"
    store = connect("shopify")
    listening("cart_abandoned", steps=[("add_note", {"text": text})])
    deliver(store, "checkouts/create", shopify_cart(line_items=shopify_lines(1, 2)))
    left(store)
    drain()
    (note,) = Contact.objects.get().notes.all()
    assert note.text.startswith("398.00 USD: 1 Product 1 1 Product 2 https://checkout.example.com/")


def test_many_carts_cost_what_is_due(django_assert_max_num_queries: Any) -> None:
    store = connect("api")
    at = now()
    drafts = [
        OrderDraft("", "EUR", at, at, checkout_id=f"c{n}", customer=CustomerDraft(email=f"c{n}@example.com"))
        for n in range(300)
    ]
    save_orders(store=store, drafts=drafts)
    with django_assert_max_num_queries(14):
        assert left(store) == 300


def test_due_carts_are_found_by_their_index(on_postgres: bool) -> None:
    due = Order.objects.filter(abandon_at__lte=now()).order_by("abandon_at")
    if on_postgres:
        with connection.cursor() as cursor:  # a small table would be read whole
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "cart_abandon_due" in due.explain()
