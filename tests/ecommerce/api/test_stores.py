"""The API's own pages on stores: who may do what, secrets, filters, and the same cost however much there is."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecommerce.api.routes import routes
from ecommerce.models import Cart, Category, Customer, Order, RecurringPayment, Store, WebhookDelivery
from tests.automations.samples.stores import a_product
from tests.factories import UserFactory
from tests.peers.stores import SECRET, connect, deliver, shopify_cart, shopify_order, woo_subscription

pytestmark = pytest.mark.django_db
V, E, M = "viewer editor manager", "editor manager", "manager"
ORDER = {
    "connectionid": "{store}", "externalid": "1", "email": "a@example.com", "totalPrice": 1, "currency": "EUR",
    "externalCreatedDate": "2026-01-01T00:00:00Z",
}  # fmt: skip
CUSTOMER = {"connectionid": "{store}", "externalid": "1", "email": "a@example.com"}
PAYMENT = {"store": "{store}", "external_id": "1", "email": "a@example.com", "status": "active"}

TABLE = [
    ("get", "stores/", None, V),
    ("get", "stores/{store}/", None, V),
    ("post", "stores/", {"kind": "api", "name": "new"}, M),
    ("patch", "stores/{store}/", {"name": "new"}, M),
    ("delete", "stores/{store}/", None, M),
    ("get", "store-deliveries/", None, V),
    ("get", "store-deliveries/{delivery}/", None, V),
    ("post", "store-deliveries/{failed}/replay/", {}, M),
    ("get", "products/", None, V),
    ("get", "products/{product}/", None, V),
    ("post", "products/", {"store": "{store}", "external_id": "1", "name": "One"}, E),
    ("get", "product-categories/", None, V),
    ("get", "product-categories/{category}/", None, V),
    ("post", "product-categories/", {"name": "new"}, E),
    ("patch", "product-categories/{category}/", {"name": "new"}, E),
    ("delete", "product-categories/{category}/", None, M),
    ("get", "orders/", None, V),
    ("get", "orders/{order}/", None, V),
    ("get", "carts/", None, V),
    ("get", "carts/{cart}/", None, V),
    ("get", "store-customers/", None, V),
    ("get", "store-customers/{customer}/", None, V),
    ("get", "recurring-payments/", None, V),
    ("get", "recurring-payments/{payment}/", None, V),
    ("post", "recurring-payments/", PAYMENT, E),
    ("get", "connections/{store}/", None, V),
    ("post", "connections/", {"connection": {"name": "new"}}, M),
    ("put", "connections/{store}/", {"connection": {"name": "new"}}, M),
    ("get", "ecomCustomers/{customer}/", None, V),
    ("post", "ecomCustomers/", {"ecomCustomer": CUSTOMER}, E),
    ("put", "ecomCustomers/{mine}/", {"ecomCustomer": {"email": "x@example.com"}}, E),
    ("get", "ecomOrders/{order}/", None, V),
    ("post", "ecomOrders/", {"ecomOrder": ORDER}, E),
    ("put", "ecomOrders/{own}/", {"ecomOrder": {"totalPrice": 5}}, E),
    ("post", "ecomOrders/bulk/", {"ecomOrders": [ORDER]}, E),
]


@pytest.fixture
def ids(db: None) -> dict[str, int]:
    from ecommerce.drafts import CustomerDraft, OrderDraft
    from ecommerce.services import save_orders
    from tests.peers.stores import now

    cache.clear()
    shopify, woo, store = connect("shopify"), connect("woocommerce"), connect("api")
    deliver(shopify, "orders/create", shopify_order())
    deliver(shopify, "checkouts/create", shopify_cart("cart@example.com", customer=None))
    deliver(woo, "subscription.created", woo_subscription())
    draft = OrderDraft("own", "EUR", now(), now(), customer=CustomerDraft("me", "me@example.com"))
    save_orders(store=store, drafts=[draft])
    failed = deliver(shopify, "orders/create", shopify_order(number=7), name="failed")
    assert failed == (200, "received")
    WebhookDelivery.objects.filter(external_id__endswith="failed").update(outcome="failed")
    return {
        "store": store.pk,
        "delivery": WebhookDelivery.objects.order_by("pk")[0].pk,
        "failed": WebhookDelivery.objects.get(outcome="failed").pk,
        "product": a_product(1, "Shoes").pk,
        "category": Category.objects.get(name="Shoes").pk,
        "order": Order.objects.get(external_id="820982911946154508").pk,
        "own": Order.objects.get(external_id="own").pk,
        "cart": Cart.objects.get().pk,
        "customer": Customer.objects.filter(store=shopify)[0].pk,
        "mine": Customer.objects.get(store=store).pk,
        "payment": RecurringPayment.objects.get().pk,
    }


def filled(value: Any, ids: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {name: filled(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, ids) for item in value]
    return int(value.format(**ids)) if isinstance(value, str) and value.startswith("{") else value


def test_who_may_do_what(ids: Any, request: Any, api_client: Any) -> None:
    """One database for all of them: what is refused changes nothing, and what isn't is rolled back."""
    from django.db import transaction

    users = {name: request.getfixturevalue(name) for name in ("viewer", "editor", "manager")}
    users |= {"anonymous": None, "nobody": UserFactory(username="nobody")}
    for who, user in users.items():
        client = api_client(user)
        for method, path, body, may in TABLE:
            point = transaction.savepoint()
            answer = getattr(client, method)("/api/v1/" + path.format(**ids), filled(body, ids))
            transaction.savepoint_rollback(point)
            if who in may.split():
                assert answer.status_code in (200, 201, 204), (who, method, path, answer.content)
            else:
                expected = 401 if who == "anonymous" else 403
                assert answer.status_code == expected, (who, method, path, answer.content)


def test_the_table_has_every_endpoint() -> None:
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    ours = {name for name, _view in routes}

    def generic(path: str) -> str:
        return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))

    known = {(method, generic("/api/v1/" + path)) for method, path, _body, _may in TABLE}
    missing = [
        (method, path)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/") and path.split("/")[3] in ours
        for method in methods
        if (method, generic(path)) not in known
    ]
    assert missing == []


@pytest.fixture
def api(api_client: Any, manager: Any) -> Any:
    cache.clear()
    return api_client(manager)


def test_secrets_go_in_and_never_come_out(api: Any) -> None:
    body = {"kind": "shopify", "name": "Shop", "domain": "https://Example.myshopify.com/admin", "secret": SECRET}
    made = api.post("/api/v1/stores/", body)
    assert made.status_code == 201, made.content
    store = Store.objects.get()
    assert (store.secret, store.domain) == (SECRET, "example.myshopify.com")
    assert made.json()["address"].endswith(f"/stores/{store.public_id}/") and made.json()["has_secret"]
    changed = api.patch(f"/api/v1/stores/{store.pk}/", {"name": "Other", "secret": "another-signing-key"})
    assert Store.objects.get().secret == "another-signing-key"
    for answer in (made, changed, api.get("/api/v1/stores/")):
        assert SECRET not in answer.content.decode() and "another-signing" not in answer.content.decode()
    woo = api.post("/api/v1/stores/", {"kind": "woocommerce", "name": "Woo", "domain": "shop.example.com"}).json()
    assert len(Store.objects.get(pk=woo["id"]).secret) > 30
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM ecommerce_store")
        assert all("another" not in row[0] for row in cursor.fetchall())


WRONG = [
    ({"kind": "magento"}, "kind"),
    ({"kind": "shopify"}, "domain"),
    ({"kind": "shopify", "domain": "not a domain"}, "domain"),
    ({"kind": "shopify", "domain": "localhost"}, "domain"),
    ({"kind": "shopify", "domain": "a.myshopify.com", "secret": "short"}, "secret"),
    ({"kind": "shopify", "domain": "a.myshopify.com", "secret": "with a space in it"}, "secret"),
    ({"kind": "api", "secret": "a-signing-key"}, "secret"),
    ({"kind": "api", "abandonment_hours": 0}, "abandonment_hours"),
    ({"kind": "api", "abandonment_hours": 721}, "abandonment_hours"),
    ({"kind": "api", "abandonment": "never"}, "abandonment"),
    ({"kind": "api", "name": ""}, "name"),
    ({"kind": "api", "public_id": "x"}, "public_id"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_is_wrong_is_named(api: Any, body: dict[str, Any], field: str) -> None:
    answer = api.post("/api/v1/stores/", {"name": "Shop", **body})
    assert answer.status_code == 400 and field in answer.json()["error"]["fields"], answer.content
    assert not Store.objects.exists()


def test_names_are_taken_once_and_kinds_stay(api: Any) -> None:
    store = connect("api", "Shop")
    again = api.post("/api/v1/stores/", {"kind": "api", "name": "Shop"})
    assert again.status_code == 400 and "this name" in again.json()["error"]["message"]
    assert api.patch(f"/api/v1/stores/{store.pk}/", {"kind": "shopify"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("orders/?status=paid", 2), ("orders/?status=refunded", 0), ("carts/?state=open", 1),
        ("carts/?state=recovered", 0), ("store-deliveries/?outcome=failed", 1), ("products/?search=shoe", 0),
        ("recurring-payments/?status=active", 1), ("stores/?kind=api", 1),
        ("orders/?placed_from=2100-01-01T00:00Z", 0),
    ],
)  # fmt: skip
def test_filters(ids: Any, api: Any, path: str, count: int) -> None:
    answer = api.get(f"/api/v1/{path}")
    assert (answer.status_code, len(answer.json()["results"])) == (200, count), answer.content


def test_lists_cost_the_same_however_long_they_are(ids: Any, api: Any) -> None:
    store = Store.objects.get(kind="shopify")

    def cost() -> list[int]:
        counts = []
        for path in ("stores", "orders", "carts", "store-customers", "products", "recurring-payments"):
            with CaptureQueriesContext(connection) as queries:
                assert api.get(f"/api/v1/{path}/").status_code == 200
            counts.append(len(queries))
        return counts

    cost()
    before = cost()
    for number in range(3):
        deliver(store, "orders/create", shopify_order(f"n{number}@example.com", 100 + number, customer=None))
        deliver(store, "checkouts/create", shopify_cart(token=f"t{number}"))
    assert cost() == before


def test_recurring_payments_of_a_shop(api: Any) -> None:
    store = connect("api")
    given = {**PAYMENT, "store": store.pk, "amount": "9.90", "currency": "EUR", "unit": "month", "product": "P1"}
    first = api.post("/api/v1/recurring-payments/", given)
    assert first.status_code == 200, first.content
    again = api.post("/api/v1/recurring-payments/", {**PAYMENT, "store": store.pk, "status": "cancelled"}).json()
    assert (again["id"], again["status"], again["amount"]) == (first.json()["id"], "cancelled", "9.90")
    assert [row["new"] for row in again["status_changes"]] == ["active", "cancelled"]
    for wrong in ({"status": "gone"}, {"email": "x"}, {"amount": -1}, {"store": connect("paypal").pk}, {"no": 1}):
        assert api.post("/api/v1/recurring-payments/", given | wrong).status_code == 400, wrong
