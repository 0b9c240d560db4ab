"""The shapes that shops written for ActiveCampaign send: as their documentation has them, and near misses."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from contacts.models import Contact
from ecommerce.models import Cart, Customer, Order
from ecommerce.services import abandon_due_carts
from tests.automations.conftest import build_automation, passes
from tests.factories import ListFactory
from tests.peers.stores import connect, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(api_client: Any, editor: Any) -> Any:
    cache.clear()
    return api_client(editor)


def order(store: Any, **changes: Any) -> dict[str, Any]:
    """As in the documentation, but for the dates."""
    return {
        "externalid": "3246315233",
        "source": "1",
        "email": "alice@example.com",
        "orderProducts": [
            {
                "externalid": "PROD12345", "name": "Pogo Stick", "price": 4900, "quantity": 1, "category": "Toys",
                "sku": "POGO-12", "description": "lorem ipsum...", "imageUrl": "https://example.com/product.jpg",
                "productUrl": "https://store.example.com/product12345",
            },
            {
                "externalid": "PROD23456", "name": "Skateboard", "price": 3000, "quantity": 1, "category": "Toys",
                "sku": "SK8BOARD145", "description": "", "imageUrl": "", "productUrl": "javascript:alert(1)",
            },
        ],
        "orderDiscounts": [{"name": "1OFF", "type": "order", "discountAmount": "100"}],
        "orderUrl": "https://example.com/orders/3246315233",
        "externalCreatedDate": "2026-09-13T17:41:39-04:00",
        "externalUpdatedDate": "2026-09-14T17:41:39-04:00",
        "shippingMethod": "UPS Ground",
        "totalPrice": 9111,
        "shippingAmount": 200,
        "taxAmount": 500,
        "discountAmount": 100,
        "currency": "USD",
        "orderNumber": "myorder-123",
        "connectionid": str(store.pk),
        **changes,
    }  # fmt: skip


def post(api: Any, given: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = api.post("/api/v1/ecomOrders/", {"ecomOrder": given})
    assert answer.status_code == status, answer.content
    said = answer.json()
    return said["ecomOrder"] if status == 201 else said["error"]["fields"]


def test_a_connection_a_customer_and_an_order(api: Any, api_client: Any, manager: Any) -> None:
    given = {"service": "fooCommerce", "externalid": "toystore123", "name": "Toys", "logoUrl": "", "linkUrl": ""}
    assert api.post("/api/v1/connections/", {"connection": given}).status_code == 403
    made = api_client(manager).post("/api/v1/connections/", {"connection": given})
    assert made.status_code == 201, made.content
    number = made.json()["connection"]["id"]
    customer = {
        "connectionid": number,
        "externalid": "56789",
        "email": "Alice@Example.com",
        "acceptsMarketing": "1",
    }
    made = api.post("/api/v1/ecomCustomers/", {"ecomCustomer": customer})
    assert made.status_code == 201, made.content
    shown = made.json()["ecomCustomer"]
    assert (shown["email"], shown["acceptsMarketing"]) == ("alice@example.com", "1")
    store = Customer.objects.get().store
    purchases = build_automation(triggers=[("purchase_made", {})])
    answer = post(api, order(store, customerid=shown["id"]))
    row = Order.objects.get()
    assert (answer["id"], answer["totalPrice"], answer["customerid"]) == (str(row.pk), 9111, shown["id"])
    assert (str(row.total), str(row.discount), row.number, row.customer.external_id) == (
        "91.11", "1.00", "myorder-123", "56789",
    )  # fmt: skip
    first, second = row.items.all()
    assert (first.product.external_id, str(first.price), second.product.url) == ("PROD12345", "49.00", "")
    assert [one.name for one in first.product.categories.all()] == ["Toys"]
    assert passes(purchases) == ["alice@example.com"]
    assert api.get(f"/api/v1/ecomOrders/{row.pk}/").json()["ecomOrder"] == answer
    assert api.get(f"/api/v1/ecomCustomers/{shown['id']}/").json()["ecomCustomer"]["totalOrders"] == 1


def test_a_cart_becomes_an_order(api: Any) -> None:
    store = connect("api")
    carts, purchases = (build_automation(triggers=[(one, {})]) for one in ("cart_abandoned", "purchase_made"))
    cart = order(store, externalid=None, externalcheckoutid="cart-1", externalUpdatedDate=None)
    number = post(api, cart)["id"]
    assert Cart.objects.get().is_cart and passes(purchases) == []
    assert abandon_due_carts(now=now() + timedelta(hours=2)) == 1
    assert passes(carts) == ["alice@example.com"]
    answer = api.put(f"/api/v1/ecomOrders/{number}/", {"ecomOrder": {"externalid": "3246315233"}})
    assert answer.status_code == 200, answer.content
    row = Order.objects.get()
    assert (str(row.pk), row.external_id, row.checkout_id, row.items.count()) == (
        number,
        "3246315233",
        "cart-1",
        2,
    )
    assert row.recovered_at and passes(purchases) == ["alice@example.com"]
    for changed in ({"externalid": "other"}, {"connectionid": connect("api").pk}):
        assert api.put(f"/api/v1/ecomOrders/{number}/", {"ecomOrder": changed}).status_code == 400


def test_a_cart_is_cancelled_by_its_order(api: Any) -> None:
    store = connect("api")
    carts = build_automation(triggers=[("cart_abandoned", {})])
    post(api, order(store, externalid="", externalcheckoutid="cart-1", externalUpdatedDate=None))
    post(api, order(store, externalcheckoutid="cart-1"))
    assert abandon_due_carts(now=now() + timedelta(hours=2)) == 0 and passes(carts) == []
    assert Order.objects.get().recovered_at is None


def test_abandonment_that_the_shop_declares(api: Any) -> None:
    store = connect("api", abandonment="declared")
    carts = build_automation(triggers=[("cart_abandoned", {})], runs="multiple", entry_policy="any")
    cart = order(store, externalid=None, externalcheckoutid="cart-1", externalUpdatedDate=None)
    post(api, cart)
    for _again in range(2):
        post(api, cart | {"abandonedDate": "2026-09-13T19:41:39-04:00"})
    assert passes(carts) == ["alice@example.com"]


def test_historical_orders_start_nothing(api: Any) -> None:
    store = connect("api")
    automations = [build_automation(triggers=[(one, {})]) for one in ("purchase_made", "order_updated")]
    post(api, order(store, source="0", externalUpdatedDate=None))
    post(api, order(store, source=0, status="completed"))
    assert Order.objects.get().status == "completed" and Customer.objects.get().orders_count == 1
    assert all(passes(one) == [] for one in automations)


def test_an_older_state_is_left_out(api: Any) -> None:
    store = connect("api")
    post(api, order(store))
    post(api, order(store, totalPrice=1, externalUpdatedDate="2026-09-14T17:41:38-04:00"))
    assert str(Order.objects.get().total) == "91.11"


WRONG = [
    ({"externalid": ""}, "externalid"),
    ({"totalPrice": "many"}, "totalPrice"),
    ({"totalPrice": -1}, "totalPrice"),
    ({"totalPrice": 10**17}, "totalPrice"),
    ({"totalPrice": 1.5}, "totalPrice"),
    ({"currency": "US$"}, "currency"),
    ({"currency": None}, "currency"),
    ({"email": "alice"}, "email"),
    ({"email": ""}, "email"),
    ({"source": "2"}, "source"),
    ({"externalCreatedDate": "yesterday"}, "externalCreatedDate"),
    ({"connectionid": 999_999}, "connectionid"),
    ({"connectionid": "x"}, "connectionid"),
    ({"customerid": 999_999}, "customerid"),
    ({"orderProducts": [{"name": "x", "price": 1}]}, "orderProducts.0.externalid"),
    ({"orderProducts": [{"externalid": "x", "name": "x", "price": "1.5"}]}, "orderProducts.0.price"),
    (
        {"orderProducts": [{"externalid": "x", "name": "x", "price": 1, "quantity": -1}]},
        "orderProducts.0.quantity",
    ),
    ({"orderDiscounts": "none"}, "orderDiscounts.__all__"),
    ({"total": 5}, "total"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_wrong_is_named(api: Any, changes: dict[str, Any], field: str) -> None:
    fields = post(api, order(connect("api"), **changes), 400)
    assert field in fields or any(name.startswith(field.partition(".")[0]) for name in fields), fields
    assert not Order.objects.exists() and not Contact.objects.exists()


def test_a_whole_other_body(api: Any) -> None:
    for body in ({}, [], {"order": {}}, {"ecomOrder": 5}, {"ecomOrder": {}, "more": 1}):
        assert api.post("/api/v1/ecomOrders/", body).status_code == 400


def test_stores_with_webhooks_take_no_orders_but_carts(api: Any) -> None:
    shopify, woo = connect("shopify"), connect("woocommerce")
    cart = {"externalid": "", "externalcheckoutid": "c"}
    assert "connectionid" in post(api, order(shopify), 400)
    assert "connectionid" in post(api, order(shopify, **cart), 400)
    assert "connectionid" in post(api, order(woo), 400)
    post(api, order(woo, **cart))


def test_bulk(api: Any, django_assert_max_num_queries: Any) -> None:
    one, two = connect("api"), connect("api")
    rows = [order(one, externalid=str(n), email=f"c{n}@example.com", source="0") for n in range(300)]
    rows += [order(two, externalid="1"), order(two, externalid="2", currency="?"), order(two, externalid="1")]
    with django_assert_max_num_queries(75):
        answer = api.post("/api/v1/ecomOrders/bulk/", {"ecomOrders": rows})
    said = answer.json()
    assert answer.status_code == 200, answer.content
    assert (said["created"], said["older"], list(said["errors"])) == (301, 1, ["301"])
    assert list(said["errors"]["301"]) == ["currency"]
    assert (Order.objects.count(), Order.objects.filter(historical=True).count()) == (301, 300)
    assert api.post("/api/v1/ecomOrders/bulk/", {"ecomOrders": []}).status_code == 400
    assert api.post("/api/v1/ecomOrders/bulk/", {"ecomOrders": rows * 4}).status_code == 400


def test_customers(api: Any) -> None:
    store, news = connect("api"), ListFactory()
    store.lists.add(news)
    given = {"connectionid": store.pk, "externalid": "1", "email": "a@example.com", "acceptsMarketing": True}
    number = api.post("/api/v1/ecomCustomers/", {"ecomCustomer": given}).json()["ecomCustomer"]["id"]
    assert news.contacts.count() == 1
    changed = api.put(f"/api/v1/ecomCustomers/{number}/", {"ecomCustomer": {"email": "b@example.com"}})
    assert changed.json()["ecomCustomer"]["email"] == "b@example.com"
    assert changed.json()["ecomCustomer"]["acceptsMarketing"] == "1"
    for wrong in ({"email": "x"}, {"externalid": ""}, {"connectionid": None}, {"acceptsMarketing": "maybe"}):
        assert api.post("/api/v1/ecomCustomers/", {"ecomCustomer": given | wrong}).status_code == 400, wrong
