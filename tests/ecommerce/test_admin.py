"""The pages of stores: setting up, secrets shown once, replays, lists and details, and who may do what."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact
from contacts.selectors.timeline import timeline
from ecommerce.models import Category, Order, Product, Store, WebhookDelivery
from ecommerce.services import save_store
from tests.automations.samples.stores import a_product
from tests.peers.stores import (
    SECRET,
    connect,
    deliver,
    shopify_cart,
    shopify_order,
    woo_subscription,
)

# What pages draw is the same on both databases; the stricter one runs their queries.
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LISTS = ["store", "order", "cart", "customer", "product", "category", "recurringpayment", "webhookdelivery"]
EVIL = "<script>x"


@pytest.fixture(autouse=True)
def _nothing_left_over() -> None:
    cache.clear()


def url(model: str, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:ecommerce_{model}_{page}", args=args)


def fill() -> Store:
    shopify, woo = connect("shopify", f"Shop {EVIL}"), connect("woocommerce")
    order = shopify_order(name=EVIL)
    order["line_items"][0]["title"] = EVIL
    deliver(shopify, "orders/create", order)
    deliver(shopify, "checkouts/create", shopify_cart("cart@example.com", customer=None))
    deliver(shopify, "orders/create", b'{"id": "<script>x"}')
    deliver(woo, "subscription.created", woo_subscription())
    a_product(7, "Shoes", store=shopify)
    return shopify


def test_pages_empty_and_full(client: Any, manager: Any) -> None:
    client.force_login(manager)
    for model in LISTS:
        assert client.get(url(model)).status_code == 200, model
    assert "Connect a store" in client.get(url("store")).content.decode()
    fill()
    for model in LISTS:
        listed = client.get(url(model)).content.decode()
        assert EVIL not in listed
        record = {"store": Store, "order": Order, "product": Product, "category": Category}.get(model)
        pk = (record or _model(model)).objects.order_by("pk")[0].pk
        page = client.get(url(model, "change", pk))
        assert page.status_code == 200 and EVIL not in page.content.decode(), model


def _model(name: str) -> Any:
    from django.apps import apps

    return apps.get_model("ecommerce", name)


def test_lists_show_orders_and_carts_apart(client: Any, manager: Any) -> None:
    client.force_login(manager)
    fill()
    orders, carts = (client.get(url(model)).content.decode() for model in ("order", "cart"))
    assert "John Smith" in orders and "cart@example.com" not in orders
    assert "cart@example.com" in carts and "John Smith" not in carts
    assert "cart@example.com" not in client.get(url("cart") + "?state=abandoned").content.decode()


@pytest.mark.parametrize(
    ("kind", "domain", "secret", "shown"),
    [
        ("woocommerce", "https://shop.example.com/", "", True),
        ("shopify", "example.myshopify.com", SECRET, False),
        ("paypal", "", "8PT597110X687430L", False),
        ("api", "", "", False),
    ],
)
def test_connecting(client: Any, manager: Any, kind: str, domain: str, secret: str, shown: bool) -> None:
    client.force_login(manager)
    add = url("store", "add") + f"?kind={kind}"
    assert client.get(add).context["adminform"].form.initial["kind"] == kind
    given = {
        "kind": kind, "name": "Mine", "domain": domain, "new_secret": secret, "is_active": "on",
        "abandonment": "after", "abandonment_hours": "6",
    }  # fmt: skip
    saved = client.post(add, given)
    store = Store.objects.get()
    page = url("store", "change", store.pk)
    assert saved.status_code == 302 and saved["Location"] == page, saved.context["adminform"].form.errors
    assert store.abandonment_hours == 6 and bool(store.secret) == (kind != "api")
    first, again = client.get(page).content.decode(), client.get(page).content.decode()
    assert (bool(store.secret) and store.secret in first) == shown
    assert not store.secret or store.secret not in again
    assert (f"/stores/{store.public_id}/" in again) == (kind != "api")
    assert client.post(page, {**given, "name": "Yours", "new_secret": ""}).status_code == 302
    kept = Store.objects.get()
    assert (kept.name, kept.secret) == ("Yours", store.secret)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"domain": ""}, "domain"),
        ({"new_secret": "short"}, "new_secret"),
        ({"abandonment_hours": "0"}, "abandonment_hours"),
        ({"kind": "magento"}, "kind"),
        ({"kind": "api", "new_secret": "a-signing-key-of-mine"}, "new_secret"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client: Any, manager: Any, changes: Any, field: str) -> None:
    client.force_login(manager)
    given = {
        "kind": "shopify", "name": "Mine", "domain": "a.myshopify.com", "new_secret": SECRET,
        "abandonment": "after", "abandonment_hours": "6",
    }  # fmt: skip
    answer = client.post(url("store", "add"), {**given, **changes})
    assert answer.status_code == 200 and field in answer.context["adminform"].form.errors
    assert not Store.objects.exists()


def test_replaying_from_the_page(client: Any, manager: Any, editor: Any) -> None:
    store = connect("shopify")
    save_store(store=store, values={"is_active": False})
    deliver(store, "orders/create", shopify_order())
    save_store(store=store, values={"is_active": True})
    delivery, page = WebhookDelivery.objects.get(), url("store", "change", store.pk)
    act = url("store", "act", store.pk)
    client.force_login(editor)
    assert "Take in again" not in client.get(page).content.decode()
    assert client.post(act, {"delivery": delivery.pk}).status_code == 403
    client.force_login(manager)
    assert "Take in again" in client.get(page).content.decode()
    assert client.post(act, {"delivery": "x"}).status_code == 302 and not Order.objects.exists()
    client.post(act, {"delivery": delivery.pk})
    assert Order.objects.exists()
    again = client.post(
        url("webhookdelivery"), {"action": "take_in_again", "_selected_action": [delivery.pk]}, follow=True
    )
    assert "went in already" in again.content.decode()


def test_who_may_look_and_who_may_change(client: Any, viewer: Any, editor: Any) -> None:
    store = fill()
    for user in (viewer, editor):
        client.force_login(user)
        for model in LISTS:
            assert client.get(url(model)).status_code == 200
        assert client.post(url("store", "change", store.pk), {"name": "x"}).status_code == 403
        assert client.get(url("store", "add")).status_code == 403
        assert client.get(url("order", "add")).status_code == 403


def test_what_is_used_is_not_deleted(client: Any, manager: Any) -> None:
    from tests.automations.conftest import build_automation

    store = fill()
    build_automation(triggers=[("cart_abandoned", {"store": store.pk})])
    client.force_login(manager)
    answer = client.post(url("store", "delete", store.pk), {"post": "yes"}, follow=True)
    assert Store.objects.filter(pk=store.pk).exists() and "is used by" in answer.content.decode()


def test_the_contacts_page_shows_purchases(client: Any, manager: Any, django_user_model: Any) -> None:
    fill()
    ada = Contact.objects.get(email="ada@example.com")
    page = reverse("admin:contacts_contact_change", args=[ada.pk])
    client.force_login(manager)
    html = client.get(page).content.decode()
    assert "Purchases" in html and "398.00 USD" in html and EVIL not in html
    cart = Contact.objects.get(email="cart@example.com")
    assert "Open cart" in client.get(reverse("admin:contacts_contact_change", args=[cart.pk])).content.decode()
    titles = [entry.title for entry in timeline(contact=ada).entries]
    assert any(title.startswith("Ordered") for title in titles)
    assert any("recurring payment" in title for title in titles)


def test_lists_cost_the_same_however_long_they_are(client: Any, manager: Any) -> None:
    client.force_login(manager)
    store = fill()

    def cost() -> list[int]:
        counts = []
        for model in LISTS:
            with CaptureQueriesContext(connection) as queries:
                client.get(url(model))
            counts.append(len(queries))
        return counts

    cost()
    before = cost()
    for number in range(3):
        deliver(store, "orders/create", shopify_order(f"n{number}@example.com", 100 + number, customer=None))
        deliver(store, "checkouts/create", shopify_cart(f"m{number}@example.com", f"t{number}", customer=None))
    assert cost() == before
