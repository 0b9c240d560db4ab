"""What stores deliver, as they send it: taken in once, never out of order, never forged."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.services import InUse, delete_unused, unsubscribe_contacts
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from ecommerce.connectors import paypal as paypal_connector
from ecommerce.models import (
    Customer,
    CustomerSpending,
    Order,
    OrderStatusChange,
    Product,
    RecurringPayment,
    WebhookDelivery,
)
from ecommerce.services import intake, replay_delivery, save_store, take_in_deliveries
from tests.factories import ListFactory
from tests.peers.stores import (
    CERTIFICATE,
    connect,
    deliver,
    now,
    paypal,
    paypal_key,
    paypal_signed,
    shopify_cart,
    shopify_customer,
    shopify_order,
    shopify_product,
    signed,
    woo_order,
    woo_product,
    woo_subscription,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_left_over(monkeypatch):
    cache.clear()
    monkeypatch.setattr(paypal_connector, "fetch", lambda *args, **kwargs: (200, paypal_key()[1]))


CREATED = {
    "shopify": ("orders/create", shopify_order),
    "woocommerce": ("order.created", woo_order),
}
every = pytest.mark.parametrize("kind", list(CREATED))


def test_an_order_of_shopify():
    store = connect("shopify")
    assert deliver(store, "orders/create", shopify_order(" Ada@Example.COM ")) == (200, "received")
    order, contact = Order.objects.get(), Contact.objects.get()
    assert (contact.email, contact.name) == ("ada@example.com", "John Smith")
    assert (order.contact, order.external_id, order.number) == (contact, "820982911946154508", "#4508")
    assert (order.status, order.store_status, order.is_cart, order.historical) == ("paid", "paid", False, False)
    assert (order.total, order.shipping, order.discount, order.currency) == (398, 10, 20, "USD")
    items = [(item.name, item.sku, item.quantity, item.price) for item in order.items.all()]
    assert items[0] == ("Product 632910392", "IPOD-632910392", 1, 199) and len(items) == 2
    assert [(one.name, one.amount, one.kind) for one in order.discounts.all()] == [("WELCOME", 20, "percentage")]
    customer = order.customer
    assert (customer.orders_count, customer.first_order_at) == (1, order.placed_at)
    assert list(customer.spending.values_list("currency", "spent")) == [("USD", Decimal("398.00"))]
    assert [(row.old, row.new, row.source) for row in order.status_changes.all()] == [("", "paid", "integration")]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.outcome, delivery.topic, delivery.contact) == ("received", "orders/create", contact)


def test_an_order_of_woocommerce():
    store = connect("woocommerce")
    assert deliver(store, "order.created", woo_order()) == (200, "received")
    order = Order.objects.get()
    assert (order.external_id, order.number, order.status, order.store_status) == (
        "727",
        "727",
        "paid",
        "processing",
    )
    assert (order.total, order.tax, order.shipping, order.discount) == (
        Decimal("68.70"), Decimal("1.35"), 10, 5,
    )  # fmt: skip
    assert abs(order.placed_at - now()) < timedelta(minutes=1)
    assert order.customer.external_id == "guest:ada@example.com"
    (item,) = order.items.all()
    assert (item.quantity, item.price, item.product.external_id) == (2, Decimal("29.35"), "93")


# --- Forged, replayed, out of order ------------------------------------------------------------

FORGED = [
    # what is wrong, status, code
    ("unknown store", 404, "not_found"),
    ("unsigned", 403, "wrong_signature"),
    ("wrong key", 403, "wrong_signature"),
    ("altered", 403, "wrong_signature"),
    ("another shop", 403, "wrong_signature"),
    ("junk in the header", 403, "wrong_signature"),
    ("no JSON", 400, "invalid"),
    ("a list", 400, "invalid"),
]
SIGNATURE = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
SHOP = {"shopify": "X-Shopify-Shop-Domain", "woocommerce": "X-WC-Webhook-Source"}


@every
@pytest.mark.parametrize(("wrong", "status", "code"), FORGED)
def test_forged_deliveries_are_refused(kind, wrong, status, code):
    store, (topic, payload) = connect(kind), CREATED[kind]
    body, options = json.dumps(payload()).encode(), {}
    if wrong == "unknown store":
        options["path"] = f"/stores/{'x' * 16}/"
    elif wrong == "unsigned":
        options["headers"] = {SIGNATURE[kind]: ""}
    elif wrong == "wrong key":
        options["secret"] = "another-signing-key"
    elif wrong == "altered":
        options["headers"] = {SIGNATURE[kind]: signed(store, topic, body)[SIGNATURE[kind]]}
        body = body.replace(b"ada@", b"eve@")
    elif wrong == "another shop":
        options["headers"] = {SHOP[kind]: "https://evil.example.com/"}
    elif wrong == "junk in the header":
        options["headers"] = {SIGNATURE[kind]: "é€"}
    elif wrong == "no JSON":
        body = b'{"id": '
    else:
        body = b"[1]"
    assert deliver(store, topic, body, **options) == (status, code)
    assert not Order.objects.exists() and not Contact.objects.exists()
    assert WebhookDelivery.objects.count() == (1 if status == 400 else 0)


def test_no_key_verifies_nothing():
    store = connect("shopify", secret="")
    assert deliver(store, "orders/create", shopify_order(), secret="") == (403, "wrong_signature")


def test_methods_sizes_floods_and_the_probe(settings, one_minute):
    store, client = connect("woocommerce"), Client()
    path = f"/stores/{store.public_id}/"
    assert (client.get(path).status_code, client.get(path)["Allow"]) == (405, "POST")
    probe = client.post(path, "webhook_id=142", content_type="application/x-www-form-urlencoded")
    assert (probe.status_code, probe.json()) == (200, {"outcome": "probe"})
    near = client.post(path, "webhook_id=142x", content_type="application/x-www-form-urlencoded")
    assert near.status_code == 403 and not WebhookDelivery.objects.exists()
    settings.STORE_MAX_BODY = 100
    assert deliver(store, "order.created", woo_order()) == (413, "too_large")
    settings.STORE_MAX_BODY, settings.STORE_RATE_PER_STORE = 10**6, 1
    assert deliver(store, "order.created", woo_order())[0] == 200
    assert deliver(store, "order.created", woo_order())[0] == 429


@every
def test_replays_do_nothing(kind):
    store, (topic, payload) = connect(kind), CREATED[kind]
    given = payload()
    assert deliver(store, topic, given, name="one") == (200, "received")
    before = list(Order.objects.values()), list(Customer.objects.values("orders_count"))
    assert deliver(store, topic, given, name="one") == (200, "replay")
    # Under another name: whoever has seen one delivery can send it again, but says nothing new by it.
    assert deliver(store, topic, given, name="two") == (200, "received")
    assert (list(Order.objects.values()), list(Customer.objects.values("orders_count"))) == before
    assert OrderStatusChange.objects.count() == 1 and WebhookDelivery.objects.count() == 2


@every
def test_an_older_state_never_overwrites_a_newer_one(kind):
    store, (topic, payload) = connect(kind), CREATED[kind]
    later, earlier = now(), now() - timedelta(seconds=30)
    new = {"shopify": {"fulfillment_status": "fulfilled"}, "woocommerce": {"status": "completed"}}[kind]
    assert deliver(store, topic.replace("create", "update"), payload(at=later, **new)) == (200, "received")
    assert deliver(store, topic, payload("other@example.com", at=earlier)) == (200, "older")
    order = Order.objects.get()
    assert (order.status, order.email) == ("completed", "ada@example.com")
    assert Customer.objects.get(email="ada@example.com").orders_count == 1
    assert deliver(store, topic, payload(at=later + timedelta(seconds=1))) == (200, "received")
    assert [row.new for row in Order.objects.get().status_changes.all()] == ["completed", "paid"]


# --- What it means -----------------------------------------------------------------------------

SHOPIFY_STATUSES = [
    ({"financial_status": "pending"}, "pending"),
    ({"financial_status": "authorized"}, "authorized"),
    ({"financial_status": "partially_paid"}, "partly_paid"),
    ({"financial_status": "paid"}, "paid"),
    ({"financial_status": "paid", "fulfillment_status": "partial"}, "paid"),
    ({"financial_status": "paid", "fulfillment_status": "fulfilled"}, "completed"),
    ({"financial_status": "pending", "fulfillment_status": "fulfilled"}, "pending"),
    ({"financial_status": "partially_refunded", "fulfillment_status": "fulfilled"}, "partly_refunded"),
    ({"financial_status": "refunded"}, "refunded"),
    ({"financial_status": "voided"}, "cancelled"),
    ({"financial_status": "paid", "cancelled_at": "2026-01-01T00:00:00Z"}, "cancelled"),
    ({"financial_status": "refunded", "cancelled_at": "2026-01-01T00:00:00Z"}, "refunded"),
    ({"financial_status": "new thing"}, "other"),
]


@pytest.mark.parametrize(("changes", "status"), SHOPIFY_STATUSES)
def test_statuses_of_shopify(changes, status):
    store = connect("shopify")
    deliver(store, "orders/create", shopify_order(**changes))
    assert Order.objects.get().status == status


@pytest.mark.parametrize(
    ("word", "status"),
    [("pending", "pending"), ("on-hold", "on_hold"), ("completed", "completed"), ("cancelled", "cancelled"),
     ("refunded", "refunded"), ("failed", "failed"), ("trash", "cancelled"), ("wc-packing", "other")],
)  # fmt: skip
def test_statuses_of_woocommerce(word, status):
    deliver(connect("woocommerce"), "order.updated", woo_order(status=word))
    order = Order.objects.get()
    assert (order.status, order.store_status) == (status, word)


def test_figures_follow_each_change():
    store, at = connect("shopify"), now()
    for number, total in ((1, "10.00"), (2, "5.50")):
        deliver(store, "orders/create", shopify_order(number=number, total_price=total, at=at))
    customer = Customer.objects.get()

    def figures():
        customer.refresh_from_db()
        return customer.orders_count, str(CustomerSpending.objects.get(currency="USD").spent)

    assert figures() == (2, "15.50")
    deliver(store, "orders/updated", shopify_order(number=1, total_price="12.00", at=at + timedelta(seconds=2)))
    assert figures() == (2, "17.50")
    cancelled = {"cancelled_at": "2026-01-01T00:00:00Z", "total_price": "12.00"}
    deliver(store, "orders/cancelled", shopify_order(number=1, at=at + timedelta(seconds=4), **cancelled))
    assert figures() == (2, "5.50")
    deliver(store, "orders/create", shopify_order(number=3, total_price="7.00", currency="CAD", at=at))
    assert figures() == (3, "5.50")
    assert str(CustomerSpending.objects.get(currency="CAD").spent) == "7.00"
    assert deliver(store, "orders/delete", {"id": 2}) == (200, "received")
    assert figures() == (3, "0.00") and Order.objects.get(external_id="2").status == "cancelled"
    assert deliver(store, "orders/delete", {"id": 99}) == (200, "older")


def test_items_and_discounts_follow():
    store, at = connect("woocommerce"), now()
    deliver(store, "order.created", woo_order(at=at))
    changed = {"line_items": woo_order()["line_items"] * 2, "coupon_lines": []}
    deliver(store, "order.updated", woo_order(at=at + timedelta(seconds=1), **changed))
    order = Order.objects.get()
    assert (order.items.count(), order.discounts.count(), Product.objects.count()) == (2, 0, 1)


def test_products_and_categories():
    store, at = connect("woocommerce"), now()
    assert deliver(store, "product.created", woo_product(93, "Music", "Singles", at=at)) == (200, "received")
    product = Product.objects.get()
    assert (product.name, product.sku, [one.name for one in product.categories.all()]) == (
        "Woo Single #93", "WOO-93", ["Music", "Singles"],
    )  # fmt: skip
    newer = woo_product(93, "music", name="Renamed", at=at + timedelta(seconds=5))
    assert deliver(store, "product.updated", newer) == (200, "received")
    assert deliver(store, "product.updated", woo_product(93, "Old", at=at)) == (200, "older")
    product.refresh_from_db()
    assert (product.name, [one.name for one in product.categories.all()]) == ("Renamed", ["Music"])
    deliver(store, "order.created", woo_order())  # knows the old name
    product.refresh_from_db()
    assert product.name == "Renamed" and product.order_items.get().name == "Woo Single #93"
    shop = connect("shopify")
    assert deliver(shop, "products/create", shopify_product(kind="Music")) == (200, "received")
    assert Product.objects.filter(categories__name="Music").count() == 2


def test_customers_and_their_consent():
    news = ListFactory()
    store = connect("shopify", lists=[news])
    consent = {"email_marketing_consent": {"state": "subscribed"}}
    assert deliver(store, "customers/create", shopify_customer("ada@example.com") | consent) == (200, "received")
    assert list(news.contacts.values_list("email", flat=True)) == ["ada@example.com"]
    unsubscribe_contacts(contacts=Contact.objects.all(), list=news)
    deliver(store, "orders/create", shopify_order(customer=shopify_customer("ada@example.com") | consent))
    assert news.subscriptions.get().status == "unsubscribed"
    deliver(store, "customers/update", shopify_customer("new@example.com"))
    customer = Customer.objects.get()
    assert (customer.email, customer.contact.email, customer.accepts_marketing) == (
        "new@example.com", "new@example.com", False,
    )  # fmt: skip
    with pytest.raises(InUse, match="store"):
        delete_unused(record=news)


def test_without_an_address_there_is_no_contact_until_it_comes():
    store, at = connect("shopify"), now()
    assert deliver(store, "orders/create", shopify_order(None, customer=None, at=at)) == (200, "received")
    assert deliver(store, "orders/create", shopify_order("no address", 2, customer=None)) == (200, "received")
    assert not Contact.objects.exists() and Order.objects.count() == 2
    deliver(store, "orders/updated", shopify_order("ada@example.com", at=at + timedelta(seconds=1)))
    order = Order.objects.get(external_id="820982911946154508")
    assert (order.contact.email, order.customer.orders_count) == ("ada@example.com", 1)
    assert CustomerSpending.objects.get().spent == order.total


def test_orders_from_before_the_connection_are_history():
    store = connect("shopify")
    deliver(store, "orders/updated", shopify_order(at=now() - timedelta(days=2), updated_at=now().isoformat()))
    assert Order.objects.get().historical and Customer.objects.get().orders_count == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "id"), ({"updated_at": "yesterday"}, "updated_at"), ({"total_price": "many"}, "many"),
        ({"total_price": "1e99"}, "1e99"), ({"currency": "dollars"}, "DOLLARS"), ({"created_at": ""}, "created"),
        ({"line_items": [{"product_id": 1, "title": "x", "quantity": -1}]}, "-1"),
    ],
)  # fmt: skip
def test_what_is_no_order_is_kept_and_named(changes, message):
    store = connect("shopify")
    assert deliver(store, "orders/create", shopify_order(**changes)) == (400, "invalid")
    delivery = WebhookDelivery.objects.get()
    assert delivery.outcome == "failed" and message in delivery.error and not Contact.objects.exists()


def test_topics_that_say_nothing_are_noted():
    store = connect("shopify")
    assert deliver(store, "carts/update", {"id": "x"}) == (200, "noted")
    assert deliver(store, "shop/update", {"id": 1}) == (200, "noted")
    assert deliver(store, "products/delete", {"id": 1}) == (200, "noted")


# --- Off, and again ----------------------------------------------------------------------------


@every
def test_what_came_while_the_store_was_off_goes_in_later(kind):
    store, (topic, payload) = connect(kind), CREATED[kind]
    save_store(store=store, values={"is_active": False})
    assert deliver(store, topic, payload()) == (200, "kept")
    delivery = WebhookDelivery.objects.get()
    with pytest.raises(ValidationError, match="switch it on"):
        replay_delivery(delivery=delivery)
    save_store(store=store, values={"is_active": True})
    assert replay_delivery(delivery=delivery) == "received"
    assert Order.objects.get().contact == WebhookDelivery.objects.get().contact
    with pytest.raises(ValidationError, match="went in already"):
        replay_delivery(delivery=delivery)


def test_what_fails_unexpectedly_stays_behind_and_the_rest_goes_on(monkeypatch):
    store, save = connect("shopify"), intake.save_orders

    def fail(*, store, drafts, since):
        if any(draft.external_id == "2" for draft in drafts):
            raise RuntimeError("broken")
        return save(store=store, drafts=drafts, since=since)

    with monkeypatch.context() as patch:
        patch.setattr(intake, "save_orders", fail)
        for number in (1, 2, 3):
            given = shopify_order(f"n{number}@example.com", number, customer=None)
            assert deliver(store, "orders/create", given, name=str(number), wait=True) == (200, "accepted")
        assert take_in_deliveries() == 3
    rows = WebhookDelivery.objects.order_by("pk")
    assert [row.outcome for row in rows] == ["received", "failed", "received"] and "broken" in rows[1].error
    assert sorted(Contact.objects.values_list("email", flat=True)) == ["n1@example.com", "n3@example.com"]
    # The store tries again, or a person does.
    given = shopify_order("n2@example.com", 2, customer=None)
    assert deliver(store, "orders/create", given, name="2") == (200, "received")
    mended = WebhookDelivery.objects.get(pk=rows[1].pk)
    assert (WebhookDelivery.objects.count(), mended.outcome, mended.error) == (3, "received", "")
    WebhookDelivery.objects.filter(pk=rows[1].pk).update(outcome="failed")
    assert replay_delivery(delivery=rows[1]) == "received"


def test_all_that_waits_is_taken_in_in_its_order():
    store, at = connect("shopify"), now()
    states = [{"financial_status": "pending"}, {}, {"fulfillment_status": "fulfilled"}]
    deliver(store, "checkouts/create", shopify_cart(at=at), wait=True)
    for number, state in enumerate(states):
        given = shopify_order(at=at, updated_at=(at + timedelta(seconds=number)).isoformat(), **state)
        deliver(store, "orders/updated", given, wait=True)
    deliver(store, "products/create", shopify_product(), wait=True)
    assert take_in_deliveries() == 5 and take_in_deliveries() == 0
    order = Order.objects.get()  # the cart became the order
    changes = [row.new for row in order.status_changes.all()]
    assert order.checkout_id and changes == ["pending", "paid", "completed"]
    assert set(WebhookDelivery.objects.values_list("outcome", flat=True)) == {"received"}


def test_a_batch_of_deliveries_costs_the_same_however_large_it_is():
    store, counts = connect("shopify"), []
    for batch, size in enumerate((2, 2, 30)):
        for number in range(size):
            given = shopify_order(f"{batch}-{number}@example.com", batch * 1_000 + number, customer=None)
            deliver(store, "orders/create", given, wait=True)
        with CaptureQueriesContext(connection) as queries:
            take_in_deliveries()
        counts.append(len(queries))
    assert counts[1] == counts[2], counts


def test_a_store_that_goes_off_keeps_what_waits():
    store = connect("shopify")
    deliver(store, "orders/create", shopify_order(), wait=True)
    save_store(store=store, values={"is_active": False})
    assert take_in_deliveries() == 1 and WebhookDelivery.objects.get().outcome == "off"
    assert not Order.objects.exists()


# --- PayPal ------------------------------------------------------------------------------------


def test_a_subscription_of_paypal():
    store, at = connect("paypal"), now()
    assert deliver(store, "", paypal(None, "CREATED", at=at)) == (200, "received")
    payment = RecurringPayment.objects.get()
    assert (payment.status, payment.contact) == ("pending", None)
    assert deliver(store, "", paypal(at=at + timedelta(seconds=9))) == (200, "received")
    assert deliver(store, "", paypal(None, "UPDATED", at=at + timedelta(seconds=1))) == (200, "older")
    payment.refresh_from_db()
    assert (payment.status, payment.store_status, payment.contact.email) == ("active", "ACTIVE", "ada@example.com")
    assert (payment.amount, payment.currency) == (12, "USD")
    assert [row.new for row in payment.status_changes.all()] == ["pending", "active"]
    sale = {**paypal(), "event_type": "PAYMENT.SALE.COMPLETED", "resource_type": "sale"}
    assert deliver(store, "", sale) == (200, "noted")
    again = paypal(name="SUSPENDED", at=at + timedelta(seconds=20))
    assert deliver(store, "", again) == (200, "received")
    assert deliver(store, "", again) == (200, "replay")


PAYPAL_FORGED = [
    "another webhook", "altered", "another key", "another host", "plain http", "another path", "user in the host",
    "another algorithm", "no signature", "another name in the certificate", "an expired certificate",
    "no certificate",
]  # fmt: skip


@pytest.mark.parametrize("wrong", PAYPAL_FORGED)
def test_forged_deliveries_of_paypal_are_refused(wrong, monkeypatch):
    store, asked = connect("paypal"), []
    body = json.dumps(paypal()).encode()
    headers = paypal_signed(body)
    if wrong == "another webhook":
        headers = paypal_signed(body, "8PT597110X687430LKGECATA")
    elif wrong == "altered":
        body = body.replace(b"ada@", b"eve@")
    elif wrong == "another key":
        headers = paypal_signed(body, key=paypal_key("x.paypal.com")[0])
    urls = {
        "another host": CERTIFICATE.replace("api.paypal.com", "api.paypal.com.evil.example"),
        "plain http": CERTIFICATE.replace("https", "http"),
        "another path": "https://api.paypal.com/v1/upload/CERT",
        "user in the host": CERTIFICATE.replace("api.paypal.com", "api.paypal.com@evil.example"),
    }
    headers |= {"PayPal-Cert-Url": urls.get(wrong, CERTIFICATE)}
    headers |= {"another algorithm": {"PayPal-Auth-Algo": "none"}}.get(wrong, {})
    headers |= {"no signature": {"PayPal-Transmission-Sig": ""}}.get(wrong, {})
    pem = paypal_key()[1]
    if wrong in ("another name in the certificate", "an expired certificate"):
        key, pem = paypal_key("paypal.com.evil.example") if "name" in wrong else paypal_key(days=-1)
        headers |= {"PayPal-Transmission-Sig": paypal_signed(body, key=key)["PayPal-Transmission-Sig"]}
    if wrong == "no certificate":
        pem = b"nothing"
    monkeypatch.setattr(
        paypal_connector, "fetch", lambda method, url, **kwargs: (asked.append(url), (200, pem))[1]
    )
    assert deliver(store, "", body, headers=headers) == (403, "wrong_signature")
    assert not RecurringPayment.objects.exists()
    assert all(url.startswith("https://api.paypal.com/v1/notifications/certs/") for url in asked)


def test_while_the_certificate_cant_be_read_paypal_tries_again(monkeypatch):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(paypal_connector, "fetch", fail)
    assert deliver(connect("paypal"), "", paypal()) == (503, "unverified")


def test_a_subscription_of_woocommerce():
    store, at = connect("woocommerce"), now()
    assert deliver(store, "subscription.created", woo_subscription(at=at)) == (200, "received")
    payment = RecurringPayment.objects.get()
    assert (payment.status, payment.unit, payment.every, payment.amount) == ("active", "month", 1, 10)
    changed = woo_subscription(status="pending-cancel", at=at + timedelta(seconds=1))
    assert deliver(store, "subscription.updated", changed) == (200, "received")
    assert [row.new for row in payment.status_changes.all()] == ["active", "ending"]
    assert not Order.objects.exists()


# --- People ------------------------------------------------------------------------------------


def test_merging_exporting_and_erasing(django_assert_max_num_queries):
    store, at = connect("shopify"), now()
    deliver(store, "orders/create", shopify_order("a@example.com", 1, customer=None, at=at))
    deliver(store, "checkouts/create", shopify_cart("b@example.com", at=at))
    keep, drop = Contact.objects.get(email="a@example.com"), Contact.objects.get(email="b@example.com")
    merge_contacts(keep=keep, drop=drop)
    data = export_person(contact=keep)
    assert [row["id"] for row in data["orders"]] == ["1", None] and len(data["store_deliveries"]) == 2
    erase_person(contact=keep)
    left = json.dumps(
        [*Order.objects.values(), *Customer.objects.values(), *WebhookDelivery.objects.values()], default=str
    )
    assert "a@example.com" not in left and "b@example.com" not in left
    later = shopify_order(
        "a@example.com", 1, customer=None, financial_status="refunded", at=at + timedelta(seconds=5)
    )
    assert deliver(store, "orders/updated", later) == (200, "received")
    assert not Contact.objects.exists() and Order.objects.get(external_id="1").email == ""
    assert Order.objects.get(external_id="1").status == "refunded"
