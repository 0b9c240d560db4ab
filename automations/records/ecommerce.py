"""Orders, carts and recurring payments: what texts can read of them."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ecommerce.models import Cart, Order, OrderDiscount, OrderItem, RecurringPayment

from .base import RECORDS, RecordKind, Values

OF_ORDERS = ("number", "status", "total", "currency", "shipping", "tax", "discount", "date", "url", "store")
OF_PAYMENTS = ("name", "status", "amount", "currency", "product", "store", "started", "next")


class _Orders(RecordKind):
    """An order that is still a cart is none."""

    __slots__ = ()

    def queryset(self) -> "QuerySet[Any]":
        return Order.objects.exclude(external_id="")


def _contacts(records: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    return records.filter(contact__isnull=False).values("contact_id")


def _orders(ids: Collection[int]) -> Mapping[int, Values]:
    """Three queries. `items` can be looped over: `{% for item in order.items %}`."""
    rows = Order.objects.filter(pk__in=ids).select_related("store")
    items, discounts = _items(ids), _discounts(ids)
    return {row.pk: _order(row, items.get(row.pk, []), discounts.get(row.pk, [])) for row in rows}


def _order(row: Order, items: list[Values], discounts: list[Values]) -> Values:
    return {
        "id": row.pk,
        "number": str(row),
        "status": row.get_status_display(),
        "total": _amount(row.total),
        "currency": row.currency,
        "shipping": _amount(row.shipping),
        "tax": _amount(row.tax),
        "discount": _amount(row.discount),
        "date": row.placed_at,
        "url": row.url,
        "store": row.store.name,
        "items": items,
        "discounts": discounts,
        "count": sum(item["quantity"] for item in items),
    }


def _items(ids: Collection[int]) -> dict[int, list[Values]]:
    found: dict[int, list[Values]] = {}
    rows = OrderItem.objects.filter(order__in=ids).select_related("product").order_by("order_id", "position", "pk")
    for row in rows:
        about = {
            "name": row.name, "sku": row.sku, "quantity": row.quantity, "price": _amount(row.price),
            "total": _amount(row.price * row.quantity), "url": row.product.url, "image": row.product.image_url,
        }  # fmt: skip
        found.setdefault(row.order_id, []).append(about)
    return found


def _discounts(ids: Collection[int]) -> dict[int, list[Values]]:
    found: dict[int, list[Values]] = {}
    for row in OrderDiscount.objects.filter(order__in=ids).order_by("order_id", "pk"):
        found.setdefault(row.order_id, []).append({"name": row.name, "amount": _amount(row.amount)})
    return found


def _amount(value: Decimal) -> str:
    """Always with its cents: as a number, 12.50 would be shown as 12.5."""
    return f"{value:.2f}"


def _payments(ids: Collection[int]) -> Mapping[int, Values]:
    rows = RecurringPayment.objects.filter(pk__in=ids).select_related("store", "product")
    return {
        row.pk: {
            "id": row.pk,
            "name": str(row),
            "status": row.get_status_display(),
            "amount": _amount(row.amount),
            "currency": row.currency,
            "product": row.product.name if row.product else "",
            "store": row.store.name,
            "started": row.started_at,
            "next": row.next_at,
        }
        for row in rows
    }


ORDER = RECORDS.register(
    _Orders(
        name="order",
        model=Order,
        label=_("Order"),
        that=_("has an order that %s"),
        triggering=_("entered with an order that %s"),
        any_of=_("any order of the contact"),
        contacts=_contacts,
        values=_orders,
        names=lambda: [*OF_ORDERS, "count"],
    )
)
CART = RECORDS.register(
    RecordKind(
        name="cart",
        model=Cart,
        label=_("Cart"),
        that=_("has a cart that %s"),
        triggering=_("entered with a cart that %s"),
        any_of=_("any cart of the contact"),
        contacts=_contacts,
        values=_orders,
        names=lambda: ["total", "currency", "count", "url", "store", "date"],
    )
)
PAYMENT = RECORDS.register(
    RecordKind(
        name="payment",
        model=RecurringPayment,
        label=_("Recurring payment"),
        that=_("has a recurring payment that %s"),
        triggering=_("entered with a recurring payment that %s"),
        any_of=_("any recurring payment of the contact"),
        contacts=_contacts,
        values=_payments,
        names=lambda: OF_PAYMENTS,
    )
)
