"""Stores: 100,000 historical orders against raw INSERTs, and webhooks over gunicorn against a bare view."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count as numbers

from django.db import connection, transaction
from django.utils import timezone

from contacts.models import Contact
from ecommerce.drafts import CustomerDraft, ItemDraft, OrderDraft
from ecommerce.models import (
    Customer,
    CustomerSpending,
    Order,
    OrderItem,
    OrderStatusChange,
    Product,
    Store,
    WebhookDelivery,
)
from ecommerce.services import save_orders, save_store, take_in_deliveries

from .measure import Row, in_turn, timed
from .setup import clear
from .web import compare_each, server

SECRET = "a-signing-key-for-benchmarks"  # noqa: S105 it guards nothing
PRODUCTS = 200
_batch = numbers(1)


def historical_orders(scale: int) -> Iterator[Row]:
    """Half as many new customers as orders, two items each."""
    clear()
    count = 100_000 // scale
    store = save_store(store=Store(), values={"kind": "api", "name": f"Bench {time.time_ns()}"})
    # The products are there, and the tables large enough for plans that hold while they grow.
    save_orders(store=store, drafts=_drafts(20_000 // scale, "warm"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    products = list(Product.objects.filter(store=store).values_list("pk", flat=True))
    prepared: dict[str, object] = {}

    def prepare() -> None:
        name = f"b{next(_batch)}-"
        prepared["drafts"], prepared["rows"] = _drafts(count, name), _rows(count, name, store.pk, products)

    ours, bare = in_turn(
        lambda: save_orders(store=store, drafts=prepared["drafts"]),
        lambda: _insert(prepared["rows"]),
        rounds=3,
        between=prepare,
    )
    yield Row(f"{count:,} historical orders imported / raw INSERTs", ours, bare, "s ", 3)
    _forget(store)


def webhooks(scale: int) -> Iterator[Row]:
    clear()
    store = save_store(
        store=Store(),
        values={
            "kind": "shopify", "name": f"Bench {time.time_ns()}", "domain": "bench.myshopify.com",
            "secret": SECRET,
        },
    )  # fmt: skip
    with server() as port:
        yield compare_each(
            "webhook deliveries accepted / bare view, HMAC and one insert", port,
            lambda: _delivery(f"/stores/{store.public_id}/", _order()), 200,
            lambda: _delivery("/bare-webhook/", _order()), 204, scale, limit=3,
        )  # fmt: skip
    count = WebhookDelivery.objects.filter(store=store, outcome="waiting").count()
    seconds = timed(take_in_deliveries)
    yield Row("  deliveries taken in per second by one worker", count / seconds, count / seconds, "/s", None)
    _forget(store)


# --- Historical orders -------------------------------------------------------------------------


def _drafts(count: int, name: str) -> list[OrderDraft]:
    start = timezone.now() - timedelta(days=900)
    return [
        OrderDraft(
            external_id=f"{name}{number}",
            number=f"#{number}",
            currency="EUR",
            version=start,
            placed_at=start + timedelta(minutes=number),
            customer=CustomerDraft(email=f"{name}{number // 2}@example.org"),
            items=tuple(_item((number + step) % PRODUCTS) for step in (0, 7)),
            status="completed",
            total=Decimal(20),
            historical=True,
        )
        for number in range(count)
    ]


def _item(number: int) -> ItemDraft:
    return ItemDraft(f"P{number}", f"Product {number}", 1, Decimal(10))


def _rows(count: int, name: str, store: int, products: list[int]) -> list[tuple[str, list[tuple]]]:
    """The same rows, with ids of their own: nothing has to be found out."""
    now, people = timezone.now(), count // 2
    base = {
        model: (model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 10_000_000
        for model in (Contact, Customer, Order)
    }
    contact, customer, order = base[Contact], base[Customer], base[Order]
    return [
        (
            "INSERT INTO contacts_contact (id, email, phone, first_name, last_name, time_zone, language,"
            " created_at, updated_at) VALUES (%s, %s, '', '', '', '', '', %s, %s)",
            [(contact + n, f"bare-{name}{n}@example.org", now, now) for n in range(people)],
        ),
        (
            "INSERT INTO ecommerce_customer (id, store_id, external_id, contact_id, email, first_name, last_name,"
            " accepts_marketing, orders_count, first_order_at, last_order_at, created_at, updated_at)"
            " VALUES (%s, %s, %s, %s, %s, '', '', false, 2, %s, %s, %s, %s)",
            [
                (customer + n, store, f"bare-{name}{n}", contact + n, f"{name}{n}@example.org", now, now, now, now)
                for n in range(people)
            ],
        ),
        (
            "INSERT INTO ecommerce_customerspending (customer_id, currency, spent) VALUES (%s, 'EUR', 40)",
            [(customer + n,) for n in range(people)],
        ),
        (
            "INSERT INTO ecommerce_order (id, store_id, external_id, checkout_id, number, customer_id, contact_id,"
            " email, status, store_status, currency, total, shipping, tax, discount, url, placed_at, version,"
            " historical, erased, created_at, updated_at) VALUES (%s, %s, %s, '', %s, %s, %s, %s, 'completed', '',"
            " 'EUR', 20, 0, 0, 0, '', %s, %s, true, false, %s, %s)",
            [
                (
                    order + n, store, f"bare-{name}{n}", f"#{n}", customer + n // 2, contact + n // 2,
                    f"{name}{n // 2}@example.org", now, now, now, now,
                )
                for n in range(count)
            ],
        ),
        (
            "INSERT INTO ecommerce_orderitem (order_id, product_id, position, name, sku, quantity, price)"
            " VALUES (%s, %s, %s, 'Product', '', 1, 10)",
            [(order + n, products[(n + s) % PRODUCTS], s, ) for n in range(count) for s in (0, 1)],
        ),
        (
            "INSERT INTO ecommerce_orderstatuschange (order_id, old, new, store_status, at, source)"
            " VALUES (%s, '', 'completed', '', %s, 'system')",
            [(order + n, now) for n in range(count)],
        ),
    ]  # fmt: skip


def _insert(rows: list[tuple[str, list[tuple]]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, values in rows:
            cursor.executemany(sql, values)


def _forget(store: Store) -> None:
    """Also the contacts: those of other benchmarks have rows of their own."""
    orders, customers = Order.objects.filter(store=store), Customer.objects.filter(store=store)
    with transaction.atomic():  # foreign keys are checked at its end
        Contact.objects.filter(pk__in=customers.values("contact_id"))._raw_delete("default")
        for rows in (
            OrderItem.objects.filter(order__in=orders),
            OrderStatusChange.objects.filter(order__in=orders),
            CustomerSpending.objects.filter(customer__in=customers),
            orders,
            customers,
            WebhookDelivery.objects.filter(store=store),
        ):
            rows._raw_delete("default")
    store.delete()


# --- Webhooks ----------------------------------------------------------------------------------


def _order() -> dict:
    number, at = next(_batch), timezone.now()
    stamp = at.isoformat()
    return {
        "id": number, "name": f"#{number}", "email": f"webhook{number % 5_000}@example.org", "currency": "EUR",
        "created_at": stamp, "updated_at": stamp, "financial_status": "paid", "total_price": "20.00",
        "customer": {"id": number % 5_000 + 1, "first_name": "Ann", "last_name": "Bee"},
        "line_items": [
            {"id": n, "product_id": n, "title": f"Product {n}", "quantity": 1, "price": "10.00", "sku": f"S{n}"}
            for n in (number % PRODUCTS, (number + 7) % PRODUCTS)
        ],
    }  # fmt: skip


def _delivery(path: str, order: dict) -> bytes:
    data = json.dumps(order).encode()
    mac = base64.b64encode(hmac.new(SECRET.encode(), data, hashlib.sha256).digest()).decode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        "X-Forwarded-Proto: https",
        "X-Shopify-Topic: orders/updated",
        "X-Shopify-Shop-Domain: bench.myshopify.com",
        f"X-Shopify-Webhook-Id: {next(_batch)}",
        f"X-Shopify-Hmac-Sha256: {mac}",
        f"Content-Length: {len(data)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + data


BENCHMARKS = {"m": historical_orders, "n": webhooks}
