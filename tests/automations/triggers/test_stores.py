"""The triggers of stores, from deliveries as they are sent to contacts that enter; a near miss for each option."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.models import Account, Enrollment, EntryRefusal
from contacts.models import Contact, Conversion, ConversionRecord
from contacts.services import InUse, delete_unused
from ecommerce.connectors import paypal as paypal_connector
from ecommerce.drafts import CustomerDraft, ItemDraft, OrderDraft
from ecommerce.models import Cart, Category, Order, Product, RecurringPayment, Store
from ecommerce.services import abandon_due_carts, replay_delivery, save_orders, save_store
from tests.automations.conftest import build_automation, passes, reasons
from tests.automations.samples.stores import a_product
from tests.peers.stores import (
    connect,
    deliver,
    now,
    paypal,
    paypal_key,
    shopify_cart,
    shopify_lines,
    shopify_order,
    shopify_product,
    woo_lines,
    woo_order,
    woo_product,
    woo_subscription,
)

pytestmark = pytest.mark.django_db
ADA = ["ada@example.com"]


@pytest.fixture(autouse=True)
def _nothing_left_over(monkeypatch: Any) -> None:
    cache.clear()
    monkeypatch.setattr(paypal_connector, "fetch", lambda *args, **kwargs: (200, paypal_key()[1]))


def listening(trigger: str, settings: dict[str, Any] | None = None, **more: Any) -> Any:
    record_segment = more.pop("record_segment", None)
    if record_segment is None:
        return build_automation(triggers=[(trigger, settings or {})], **more)
    from automations.models import Automation
    from automations.services import activate, add_step, add_trigger, publish

    automation = Automation.objects.create(name="Automation")
    add_trigger(automation=automation, type=trigger, settings=settings or {}, record_segment=record_segment)
    add_step(automation=automation, type="add_note", settings={"text": "was here"})
    publish(automation=automation)
    activate(automation=automation)
    return automation


def having(kind: str, **settings: Any) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": kind, **settings}]}


# --- purchase_made -----------------------------------------------------------------------------

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


# --- cart_abandoned ----------------------------------------------------------------------------

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


@pytest.fixture
def shop() -> dict[str, Any]:
    """A store with two products, of which one is of the category Shoes, and another store."""
    store, other = connect("shopify", "Mine"), connect("woocommerce", "Other")
    deliver(store, "products/create", shopify_product(1, "Shoes"))
    deliver(store, "products/create", shopify_product(2, "Hats"))
    deliver(other, "product.created", woo_product(1, "Shirts"))
    one, two = Product.objects.filter(store=store).order_by("external_id")
    categories = dict(Category.objects.values_list("name", "pk"))
    return {"store": store, "other": other, "one": one.pk, "two": two.pk, **categories}


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


def test_what_an_automation_uses_stays(shop: dict[str, Any]) -> None:
    settings = {"store": shop["store"].pk, "product": shop["one"], "category": shop["Shoes"]}
    listening("cart_abandoned", settings)
    for record in (shop["store"], Product.objects.get(pk=shop["one"]), Category.objects.get(pk=shop["Shoes"])):
        with pytest.raises(InUse, match="automation"):
            delete_unused(record=record)


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


# --- order_created, order_updated --------------------------------------------------------------

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


def test_texts_show_the_order(drain: Any) -> None:
    text = (
        "{{ order.number }} {{ order.status }} {{ order.total }} {{ order.store }} {{ order.discounts[0].name }}"
    )
    store = connect("woocommerce", "Shop")
    listening("order_created", steps=[("add_note", {"text": text})])
    deliver(store, "order.created", woo_order())
    drain()
    assert Contact.objects.get().notes.get().text == "727 paid, in work 68.70 Shop welcome5"


# --- Recurring payments ------------------------------------------------------------------------


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


# --- Plans -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "plans"),
    [
        ("purchase_made", {"starter", "plus", "professional", "enterprise"}),
        ("cart_abandoned", {"starter", "plus", "professional", "enterprise"}),
        ("order_created", {"starter", "plus", "professional", "enterprise"}),
        ("order_updated", {"starter", "plus", "professional", "enterprise"}),
        ("recurring_payment_created", {"professional", "enterprise"}),
        ("recurring_payment_updated", {"professional", "enterprise"}),
    ],
)
def test_plans(slug: str, plans: set[str]) -> None:
    from automations.triggers import TRIGGERS

    every = ("starter", "plus", "professional", "enterprise")
    allowed = {plan for plan in every if TRIGGERS[slug].availability.allows(Account(plan=plan).plan, [])}
    assert allowed == plans


def test_a_batch_costs_the_same_however_large_it_is() -> None:
    store, at, counts = connect("api"), now(), []
    for number, size in enumerate((2, 2, 40)):
        items = tuple(ItemDraft(f"{number}-{n}", f"Item {n}", categories=("Shoes",)) for n in range(size))
        people = [CustomerDraft(email=f"{number}-{n}@example.com") for n in range(size)]
        drafts = [
            OrderDraft(f"{number}-{n}", "EUR", at, at, customer=one, items=items) for n, one in enumerate(people)
        ]
        with CaptureQueriesContext(connection) as queries:
            save_orders(store=store, drafts=drafts)
        counts.append(len(queries))
    assert counts[1] == counts[2] < 30, counts  # the first one also reads what automations there are


def test_due_carts_are_found_by_their_index(on_postgres: bool) -> None:
    due = Order.objects.filter(abandon_at__lte=now()).order_by("abandon_at")
    if on_postgres:
        with connection.cursor() as cursor:  # a small table would be read whole
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "cart_abandon_due" in due.explain()
