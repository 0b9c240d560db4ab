"""Shopify: https://shopify.dev/docs/api/admin-rest (webhooks, Order, Checkout, Product, Customer)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy

from contacts.connectors.base import Request, WrongSignature, fingerprint, json_object, part, same, text
from ecommerce.drafts import CustomerDraft, DiscountDraft, Draft, ItemDraft, OrderDraft, ProductDraft, Removal
from ecommerce.models import OrderStatus, Store

from .base import (
    STORES,
    Parcel,
    StoreConnector,
    address,
    count,
    currency,
    ident,
    link,
    moment,
    money,
    names,
    rows,
)

FINANCIAL = {
    "pending": OrderStatus.PENDING,
    "authorized": OrderStatus.AUTHORIZED,
    "partially_paid": OrderStatus.PARTLY_PAID,
    "paid": OrderStatus.PAID,
    "partially_refunded": OrderStatus.PARTLY_REFUNDED,
    "refunded": OrderStatus.REFUNDED,
    "voided": OrderStatus.CANCELLED,
    "expired": OrderStatus.FAILED,
}


@STORES.register
class Shopify(StoreConnector):
    slug = "shopify"
    label = "Shopify"
    secret_label = gettext_lazy("Signing key")
    has_domain = True
    tells_orders = True
    topic_header = "x-shopify-topic"
    steps = (
        gettext_lazy("In Shopify, open Settings › Notifications › Webhooks."),
        gettext_lazy("Below the list, Shopify shows the key that your webhooks are signed with: copy it into “Signing key” below, and save."),  # noqa: E501 a sentence
        gettext_lazy("Make a webhook for each of these events, in the format JSON, with the address below."),
    )  # fmt: skip
    topics = (
        "orders/create", "orders/updated", "orders/cancelled", "orders/delete", "checkouts/create",
        "checkouts/update", "products/create", "products/update", "customers/create", "customers/update",
    )  # fmt: skip

    def verify(self, request: Request, store: Store) -> None:
        """`X-Shopify-Hmac-Sha256`: base64 of the HMAC-SHA256 of the raw body. It does not cover the headers."""
        wanted = base64.b64encode(hmac.new(store.secret.encode(), request.body, hashlib.sha256).digest()).decode()
        same(request.headers.get("x-shopify-hmac-sha256", ""), wanted)
        if request.headers.get("x-shopify-shop-domain", "").lower() != store.domain:
            raise WrongSignature

    def parse(self, request: Request, store: Store) -> Parcel:
        topic = request.headers.get("x-shopify-topic", "")[:100]
        given = json_object(request.body)
        # The same for every try of the same webhook.
        name = request.headers.get("x-shopify-webhook-id", "")[:200] or fingerprint(request.body)
        email = address(given.get("email")) or address(part(given, "customer").get("email"))
        return Parcel(f"{topic}:{name}"[:255], topic, _draft(topic, given, request), email)


def _draft(topic: str, given: dict[str, Any], request: Request) -> Draft | None:
    kind, _slash, verb = topic.partition("/")
    if topic == "orders/delete":
        # Nothing but the id is sent, and no time: what is deleted is not written again.
        return Removal(ident(given.get("id"), "id"), datetime.fromtimestamp(request.now, UTC))
    if verb == "delete":
        return None
    read = {"orders": _order, "checkouts": _cart, "products": _product, "customers": _customer_news}.get(kind)
    return read(given) if read else None


def _order(given: dict[str, Any]) -> OrderDraft:
    status, word = _status(given)
    return OrderDraft(
        external_id=ident(given.get("id"), "id"),
        checkout_id=text(given.get("checkout_token"))[:255],
        number=text(given.get("name"))[:100],
        version=moment(given.get("updated_at"), "updated_at"),
        placed_at=moment(given.get("created_at"), "created_at"),
        status=status,
        store_status=word,
        url=link(given.get("order_status_url")),
        **_common(given),
    )


def _cart(given: dict[str, Any]) -> OrderDraft | None:
    if given.get("completed_at"):
        return None  # its order says the rest
    return OrderDraft(
        external_id="",
        checkout_id=ident(given.get("token"), "token"),
        number=text(given.get("name"))[:100],
        version=moment(given.get("updated_at"), "updated_at"),
        placed_at=moment(given.get("created_at"), "created_at"),
        url=link(given.get("abandoned_checkout_url")),
        **_common(given),
    )


def _common(given: dict[str, Any]) -> dict[str, Any]:
    shipping = part(part(given, "total_shipping_price_set"), "shop_money").get("amount")
    lines = rows(given.get("shipping_lines"))
    return {
        "customer": _customer(given),
        "currency": currency(given.get("currency")),
        "items": tuple(_item(row) for row in rows(given.get("line_items"))),
        "discounts": tuple(_discount(row) for row in rows(given.get("discount_codes"))),
        "total": money(given.get("total_price")),
        "tax": money(given.get("total_tax")),
        "discount": money(given.get("total_discounts")),
        "shipping": money(shipping)
        if shipping is not None
        else sum((money(row.get("price")) for row in lines), money(0)),
    }


def _status(given: dict[str, Any]) -> tuple[str, str]:
    """One status of Shopify's three: cancelled, paid how far, sent how far."""
    paid, sent = text(given.get("financial_status")), text(given.get("fulfillment_status"))
    word = "/".join(filter(None, ("cancelled" if given.get("cancelled_at") else "", paid, sent)))[:100]
    if given.get("cancelled_at") and paid not in ("refunded", "partially_refunded"):
        return OrderStatus.CANCELLED, word
    status = FINANCIAL.get(paid, OrderStatus.OTHER)
    return (OrderStatus.COMPLETED if status == OrderStatus.PAID and sent == "fulfilled" else status), word


def _customer(given: dict[str, Any]) -> CustomerDraft:
    """The order's own address counts; a guest has no customer."""
    known, billing = part(given, "customer"), part(given, "billing_address")
    consent = part(known, "email_marketing_consent").get("state")
    accepts = given.get("buyer_accepts_marketing")
    if consent is not None:
        accepts = consent == "subscribed"
    return CustomerDraft(
        external_id=text(known.get("id"))[:255],
        email=address(given.get("email")) or address(known.get("email")),
        first_name=(text(known.get("first_name")) or text(billing.get("first_name")))[:100],
        last_name=(text(known.get("last_name")) or text(billing.get("last_name")))[:100],
        phone=(text(given.get("phone")) or text(known.get("phone")))[:32],
        accepts_marketing=accepts if isinstance(accepts, bool) else None,
    )


def _customer_news(given: dict[str, Any]) -> CustomerDraft:
    ident(given.get("id"), "id")
    return _customer({"customer": given, "email": given.get("email")})


def _item(row: dict[str, Any]) -> ItemDraft:
    """A product that was deleted since has no id any more: its variant or line stands for it."""
    product = text(row.get("product_id")) or f"line:{text(row.get('variant_id')) or text(row.get('title'))}"
    return ItemDraft(
        product_id=product[:255],
        name=(text(row.get("title")) or text(row.get("name")) or product)[:250],
        quantity=count(row.get("quantity", 1)),
        price=money(row.get("price")),
        sku=text(row.get("sku"))[:100],
    )


def _discount(row: dict[str, Any]) -> DiscountDraft:
    return DiscountDraft(text(row.get("code"))[:200], money(row.get("amount")), text(row.get("type"))[:50])


def _product(given: dict[str, Any]) -> ProductDraft:
    first = next(iter(rows(given.get("variants"))), {})
    standard = part(given, "category").get("name")
    return ProductDraft(
        external_id=ident(given.get("id"), "id"),
        name=(text(given.get("title")) or ident(given.get("id"), "id"))[:250],
        version=moment(given.get("updated_at"), "updated_at"),
        sku=text(first.get("sku"))[:100],
        image_url=link(part(given, "image").get("src")),
        categories=names([given.get("product_type"), standard]),
    )
