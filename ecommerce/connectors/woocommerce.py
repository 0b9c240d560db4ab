"""WooCommerce: https://woocommerce.github.io/woocommerce-rest-api-docs (webhooks, Order, Product, Customer),
and WooCommerce Subscriptions, whose webhooks have the same form."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy

from contacts.connectors.base import Request, WrongSignature, fingerprint, json_object, part, same, text
from ecommerce.drafts import (
    CustomerDraft,
    DiscountDraft,
    Draft,
    ItemDraft,
    OrderDraft,
    PaymentDraft,
    ProductDraft,
    Removal,
)
from ecommerce.models import OrderStatus, PaymentStatus, Store

from .base import (
    STORES,
    Parcel,
    StoreConnector,
    address,
    count,
    currency,
    ident,
    link,
    maybe_moment,
    moment,
    money,
    names,
    rows,
    status_of,
)

STATUSES = {
    "pending": OrderStatus.PENDING,
    "checkout-draft": OrderStatus.PENDING,
    "on-hold": OrderStatus.ON_HOLD,
    "processing": OrderStatus.PAID,
    "completed": OrderStatus.COMPLETED,
    "cancelled": OrderStatus.CANCELLED,
    "trash": OrderStatus.CANCELLED,
    "refunded": OrderStatus.REFUNDED,
    "failed": OrderStatus.FAILED,
}
SUBSCRIPTIONS = {
    "pending": PaymentStatus.PENDING,
    "active": PaymentStatus.ACTIVE,
    "on-hold": PaymentStatus.ON_HOLD,
    "pending-cancel": PaymentStatus.ENDING,
    "cancelled": PaymentStatus.CANCELLED,
    "trash": PaymentStatus.CANCELLED,
    "expired": PaymentStatus.EXPIRED,
}
UNITS = ("day", "week", "month", "year")


@STORES.register
class WooCommerce(StoreConnector):
    slug = "woocommerce"
    label = "WooCommerce"
    icon = "shopping_bag"
    secret_label = gettext_lazy("Secret")
    makes_secret = True
    has_domain = True
    tells_orders = True
    topic_header = "x-wc-webhook-topic"
    api_carts = True
    has_payments = True
    steps = (
        gettext_lazy("In WordPress, open WooCommerce › Settings › Advanced › Webhooks."),
        gettext_lazy("Add a webhook for each of these topics, with the delivery URL and the secret below, and set it to “Active”."),  # noqa: E501 a sentence
        gettext_lazy("WooCommerce tells nothing of carts; a plug-in can send them over the API (POST /api/v1/ecomOrders/)."),  # noqa: E501 a sentence
    )  # fmt: skip
    topics = (
        "order.created", "order.updated", "order.deleted", "product.created", "product.updated",
        "customer.created", "customer.updated", "subscription.created", "subscription.updated",
    )  # fmt: skip

    def is_probe(self, request: Request) -> bool:
        """A new webhook is tried with `webhook_id=<n>`, unsigned; without an answer it stays switched off."""
        number = request.body.removeprefix(b"webhook_id=")
        return len(number) < 12 and number.isdigit() and number != request.body

    def verify(self, request: Request, store: Store) -> None:
        """`X-WC-Webhook-Signature`: base64 of the HMAC-SHA256 of the raw body. It does not cover the headers."""
        wanted = base64.b64encode(hmac.new(store.secret.encode(), request.body, hashlib.sha256).digest()).decode()
        same(request.headers.get("x-wc-webhook-signature", ""), wanted)
        source = urlsplit(request.headers.get("x-wc-webhook-source", ""))
        if (source.hostname or "").removeprefix("www.") != store.domain.removeprefix("www."):
            raise WrongSignature

    def parse(self, request: Request, store: Store) -> Parcel:
        topic = request.headers.get("x-wc-webhook-topic", "")[:100]
        given = json_object(request.body)
        # A delivery id is made for each try and each webhook.
        name = request.headers.get("x-wc-webhook-delivery-id", "")[:200] or fingerprint(request.body)
        email = address(part(given, "billing").get("email")) or address(given.get("email"))
        return Parcel(f"{topic}:{name}"[:255], topic, _draft(topic, given, request), email)


def _draft(topic: str, given: dict[str, Any], request: Request) -> Draft | None:
    resource, _dot, verb = topic.partition(".")
    if topic == "order.deleted":
        # Nothing but the id is sent, and no time: what is deleted is not written again.
        return Removal(ident(given.get("id"), "id"), datetime.fromtimestamp(request.now, UTC))
    if verb in ("deleted", "switched"):
        return None
    read = READERS.get(resource)
    return read(given) if read else None


def _version(given: dict[str, Any]) -> Any:
    """The times with `_gmt` have no zone and are UTC; the others are of the shop's own zone, which isn't said."""
    return moment(given.get("date_modified_gmt") or given.get("date_created_gmt"), "date_modified_gmt")


def _order(given: dict[str, Any]) -> OrderDraft:
    word = text(given.get("status"))
    return OrderDraft(
        external_id=ident(given.get("id"), "id"),
        number=text(given.get("number"))[:100],
        currency=currency(given.get("currency")),
        version=_version(given),
        placed_at=moment(given.get("date_created_gmt"), "date_created_gmt"),
        customer=_customer(given),
        status=status_of(word, STATUSES, OrderStatus.OTHER),
        store_status=word[:100],
        items=tuple(_item(row) for row in rows(given.get("line_items"))),
        discounts=tuple(_discount(row) for row in rows(given.get("coupon_lines"))),
        total=money(given.get("total")),
        tax=money(given.get("total_tax")),
        shipping=money(given.get("shipping_total")),
        discount=money(given.get("discount_total")),
        url=link(given.get("payment_url")),
    )


def _customer(given: dict[str, Any]) -> CustomerDraft:
    billing, number = part(given, "billing"), text(given.get("customer_id"))
    return CustomerDraft(
        external_id="" if number in ("", "0") else number[:255],
        email=address(billing.get("email")),
        first_name=text(billing.get("first_name"))[:100],
        last_name=text(billing.get("last_name"))[:100],
        phone=text(billing.get("phone"))[:32],
    )


def _customer_news(given: dict[str, Any]) -> CustomerDraft:
    billing = part(given, "billing")
    return CustomerDraft(
        external_id=ident(given.get("id"), "id"),
        email=address(given.get("email")),
        first_name=(text(given.get("first_name")) or text(billing.get("first_name")))[:100],
        last_name=(text(given.get("last_name")) or text(billing.get("last_name")))[:100],
        phone=text(billing.get("phone"))[:32],
    )


def _item(row: dict[str, Any]) -> ItemDraft:
    """A product that was deleted since has the id 0: the line's name stands for it."""
    number = text(row.get("product_id"))
    product = number if number not in ("", "0") else f"line:{text(row.get('name'))}"
    quantity = count(row.get("quantity", 1))
    price = row.get("price")
    if price in (None, ""):
        price = money(row.get("total")) / max(quantity, 1)
    return ItemDraft(
        product_id=product[:255],
        name=(text(row.get("parent_name")) or text(row.get("name")) or product)[:250],
        quantity=quantity,
        price=money(price),
        sku=text(row.get("sku"))[:100],
        image_url=link(part(row, "image").get("src")),
    )


def _discount(row: dict[str, Any]) -> DiscountDraft:
    kind = text(row.get("discount_type"))[:50]
    return DiscountDraft(text(row.get("code"))[:200], money(row.get("discount")), kind)


def _product(given: dict[str, Any]) -> ProductDraft:
    picture = next(iter(rows(given.get("images"))), {})
    return ProductDraft(
        external_id=ident(given.get("id"), "id"),
        name=(text(given.get("name")) or ident(given.get("id"), "id"))[:250],
        version=_version(given),
        sku=text(given.get("sku"))[:100],
        url=link(given.get("permalink")),
        image_url=link(picture.get("src")),
        categories=names(row.get("name") for row in rows(given.get("categories"))),
    )


def _subscription(given: dict[str, Any]) -> PaymentDraft:
    word, unit = text(given.get("status")), text(given.get("billing_period"))
    items = [_item(row) for row in rows(given.get("line_items"))]
    every = count(given.get("billing_interval") or 1)
    amount: Decimal = money(given.get("total"))
    return PaymentDraft(
        external_id=ident(given.get("id"), "id"),
        version=_version(given),
        status=status_of(word, SUBSCRIPTIONS, PaymentStatus.OTHER),
        store_status=word[:100],
        customer=_customer(given),
        product=items[0] if items else None,
        name=", ".join(item.name for item in items)[:250],
        currency=currency(given.get("currency")),
        amount=amount,
        every=min(max(every, 1), 1_000),
        unit=unit if unit in UNITS else "",
        started_at=maybe_moment(given.get("start_date_gmt")) or maybe_moment(given.get("date_created_gmt")),
        next_at=maybe_moment(given.get("next_payment_date_gmt")),
        ended_at=maybe_moment(given.get("end_date_gmt")),
    )


READERS: dict[str, Callable[[dict[str, Any]], Draft]] = {
    "order": _order,
    "product": _product,
    "customer": _customer_news,
    "subscription": _subscription,
}
