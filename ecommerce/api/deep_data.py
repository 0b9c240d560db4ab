"""/connections/, /ecomCustomers/ and /ecomOrders/: the shapes that shops written for ActiveCampaign send.

https://developers.activecampaign.com/reference (e-commerce: connections, customers, orders). Names are theirs;
amounts are in hundredths of the currency; `source` 0 is a historical order, which starts nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from contacts.api.strict import IdField, StrictMixin, StrictSerializer
from contacts.values import clean_email
from ecommerce.connectors import STORES
from ecommerce.connectors.base import MAX_ITEMS, names, status_of
from ecommerce.drafts import CustomerDraft, DiscountDraft, ItemDraft, OrderDraft
from ecommerce.models import Customer, Order, OrderStatus, Store

MAX_CENTS = 10**15
STATUSES = {
    **{str(value): str(value) for value in OrderStatus.values},
    "processing": OrderStatus.PAID,
    "complete": OrderStatus.COMPLETED,
    "fulfilled": OrderStatus.COMPLETED,
    "shipped": OrderStatus.COMPLETED,
    "canceled": OrderStatus.CANCELLED,
    "on-hold": OrderStatus.ON_HOLD,
    "partially_refunded": OrderStatus.PARTLY_REFUNDED,
    "partially_paid": OrderStatus.PARTLY_PAID,
    "voided": OrderStatus.CANCELLED,
}


class Cents(serializers.IntegerField):
    """Hundredths as a whole number, in the model as an amount."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_CENTS, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return Decimal(super().to_internal_value(data)) / 100

    def run_validators(self, value: Any) -> None:
        super().run_validators(int(value * 100))

    def to_representation(self, value: Any) -> int:
        return int(Decimal(value) * 100)


class Text(serializers.CharField):
    """Left out, null and "" are the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "allow_null": True, "default": "", **kwargs})

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        found: tuple[bool, Any] = super().validate_empty_values(data)
        return (True, "") if found[0] and found[1] is None else found


class StoreField(IdField):
    """The number of a store that the API may write to."""

    def to_internal_value(self, data: Any) -> Any:
        pk = super().to_internal_value(data)
        known: dict[int, Store] | None = self.context.get("stores")
        store = Store.objects.filter(pk=pk).first() if known is None else known.get(pk)
        if store is None:
            raise serializers.ValidationError(_("There is no store %s.") % pk, code="does_not_exist")
        return store

    def run_validators(self, value: Any) -> None:
        """It was a number in range, and is a store by now."""


class ProductShape(StrictSerializer):
    externalid = serializers.CharField(max_length=255)
    name = serializers.CharField(max_length=250)
    price = Cents()
    quantity = serializers.IntegerField(min_value=0, max_value=10**9, default=1)
    category = Text(max_length=200)
    sku = Text(max_length=100)
    description = Text(max_length=10_000, help_text="Not kept.")
    imageUrl = Text(max_length=2_000)
    productUrl = Text(max_length=2_000)


class DiscountShape(StrictSerializer):
    name = Text(max_length=200)
    type = Text(max_length=50)
    discountAmount = Cents()


class OrderShape(StrictSerializer):
    """An order, or without `externalid` a cart, which becomes an order when it comes again with one."""

    externalid = Text(max_length=255)
    externalcheckoutid = Text(max_length=255)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field that is called “source”
        choices=[(1, "real time"), (0, "historical")], default=1
    )
    email = Text(max_length=254)
    orderProducts = ProductShape(many=True, required=False, default=list)
    orderDiscounts = DiscountShape(many=True, required=False, default=list)
    orderUrl = Text(max_length=2_000)
    externalCreatedDate = serializers.DateTimeField()
    externalUpdatedDate = serializers.DateTimeField(
        required=False, allow_null=True, default=None,
        help_text="An older state never overwrites a newer one. Left out: now, or of a historical order its date.",
    )  # fmt: skip
    abandonedDate = serializers.DateTimeField(required=False, allow_null=True, default=None)
    shippingMethod = Text(max_length=250, help_text="Not kept.")
    totalPrice = Cents()
    shippingAmount = Cents(required=False, default=Decimal(0))
    taxAmount = Cents(required=False, default=Decimal(0))
    discountAmount = Cents(required=False, default=Decimal(0))
    currency = serializers.RegexField(
        r"^[A-Za-z]{3}$", error_messages={"invalid": gettext_lazy("Give three letters, such as EUR.")}
    )
    orderNumber = Text(max_length=100)
    status = Text(max_length=100)
    connectionid = StoreField()
    customerid = IdField(required=False, allow_null=True, default=None)

    def validate_email(self, value: str) -> str:
        return clean_email(value) if value else ""

    def validate_orderProducts(self, value: list[Any]) -> list[Any]:
        if len(value) > MAX_ITEMS:
            raise serializers.ValidationError(_("At most %d products.") % MAX_ITEMS)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["externalid"] and not attrs["externalcheckoutid"]:
            text = _("Give an “externalid”, or of a cart an “externalcheckoutid”.")
            raise serializers.ValidationError({"externalid": [text]})
        connector = STORES[attrs["connectionid"].kind]
        if not (connector.api_orders if attrs["externalid"] else connector.api_carts):
            text = _("The orders of this store come by its webhooks.")
            raise serializers.ValidationError({"connectionid": [text]})
        attrs["customer"] = self._customer(attrs)
        if not attrs["email"] and attrs["customer"] is None:
            raise serializers.ValidationError({"email": [_("Give an e-mail address, or a “customerid”.")]})
        return attrs

    def _customer(self, attrs: Mapping[str, Any]) -> Customer | None:
        if attrs["customerid"] is None:
            return None
        known: dict[int, Customer] | None = self.context.get("customers")
        if known is None:
            found = Customer.objects.filter(pk=attrs["customerid"]).first()
        else:
            found = known.get(attrs["customerid"])
        if found is None or found.store_id != attrs["connectionid"].pk:
            text = _("The store has no customer %s.") % attrs["customerid"]
            raise serializers.ValidationError({"customerid": [text]})
        return found


def order_draft(given: Mapping[str, Any], now: datetime) -> OrderDraft:
    """Of the values of an `OrderShape`."""
    historical, customer = int(given["source"]) == 0, given["customer"]
    changed = given["externalUpdatedDate"] or (given["externalCreatedDate"] if historical else now)
    known = customer.external_id if customer else ""
    return OrderDraft(
        external_id=given["externalid"],
        checkout_id=given["externalcheckoutid"],
        number=given["orderNumber"],
        currency=given["currency"].upper(),
        version=changed,
        placed_at=given["externalCreatedDate"],
        customer=CustomerDraft(external_id=known, email=given["email"] or (customer.email if customer else "")),
        items=tuple(_item(row) for row in given["orderProducts"]),
        discounts=tuple(_discount(row) for row in given["orderDiscounts"]),
        status=status_of(given["status"] or "pending", STATUSES, OrderStatus.OTHER),
        store_status=given["status"],
        total=given["totalPrice"],
        shipping=given["shippingAmount"],
        tax=given["taxAmount"],
        discount=given["discountAmount"],
        url=_link(given["orderUrl"]),
        abandoned_at=given["abandonedDate"],
        historical=historical,
    )


def _item(row: Mapping[str, Any]) -> ItemDraft:
    return ItemDraft(
        product_id=row["externalid"],
        name=row["name"],
        quantity=row["quantity"],
        price=row["price"],
        sku=row["sku"],
        url=_link(row["productUrl"]),
        image_url=_link(row["imageUrl"]),
        categories=names([row["category"]]),
    )


def _discount(row: Mapping[str, Any]) -> DiscountDraft:
    return DiscountDraft(row["name"], row["discountAmount"], row["type"])


def _link(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""


def order_shape(order: Order) -> dict[str, Any]:
    """An order as it is spoken of."""
    cents = Cents().to_representation
    return {
        "id": str(order.pk),
        "externalid": order.external_id or None,
        "externalcheckoutid": order.checkout_id or None,
        "source": "0" if order.historical else "1",
        "email": order.email,
        "orderProducts": [
            {
                "externalid": item.product.external_id, "name": item.name, "price": cents(item.price),
                "quantity": item.quantity, "category": _first(item.product), "sku": item.sku,
                "imageUrl": item.product.image_url, "productUrl": item.product.url,
            }
            for item in order.items.all()
        ],
        "orderDiscounts": [
            {"name": one.name, "type": one.kind, "discountAmount": cents(one.amount)}
            for one in order.discounts.all()
        ],
        "orderUrl": order.url,
        "externalCreatedDate": order.placed_at.isoformat(),
        "externalUpdatedDate": order.version.isoformat(),
        "abandonedDate": order.abandoned_at.isoformat() if order.abandoned_at else None,
        "totalPrice": cents(order.total),
        "shippingAmount": cents(order.shipping),
        "taxAmount": cents(order.tax),
        "discountAmount": cents(order.discount),
        "currency": order.currency,
        "orderNumber": order.number,
        "status": order.store_status or order.status,
        "connectionid": str(order.store_id),
        "customerid": str(order.customer_id) if order.customer_id else None,
    }  # fmt: skip


def _first(product: Any) -> str:
    return next((category.name for category in product.categories.all()), "")


class CustomerShape(StrictMixin, serializers.Serializer):
    connectionid = StoreField()
    externalid = serializers.CharField(max_length=255)
    email = serializers.CharField(max_length=254)
    acceptsMarketing = serializers.BooleanField(required=False, allow_null=True, default=None)

    def validate_email(self, value: str) -> str:
        try:
            return clean_email(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None

    def validate_connectionid(self, store: Store) -> Store:
        if not (STORES[store.kind].api_orders or STORES[store.kind].api_carts):
            raise serializers.ValidationError(_("The customers of this store come by its webhooks."))
        return store


def customer_shape(customer: Customer) -> dict[str, Any]:
    return {
        "id": str(customer.pk),
        "connectionid": str(customer.store_id),
        "externalid": customer.external_id,
        "email": customer.email,
        "acceptsMarketing": "1" if customer.accepts_marketing else "0",
        "totalOrders": customer.orders_count,
    }


class ConnectionShape(StrictSerializer):
    service = Text(max_length=100, help_text="Not kept.")
    externalid = Text(max_length=100, help_text="Not kept.")
    name = serializers.CharField(max_length=100)
    logoUrl = Text(max_length=2_000, help_text="Not kept.")
    linkUrl = Text(max_length=2_000, help_text="Not kept.")


def connection_shape(store: Store) -> dict[str, Any]:
    return {
        "id": str(store.pk),
        "service": store.kind,
        "name": store.name,
        "status": "1" if store.is_active else "0",
    }


def customers_named(rows: Any) -> dict[int, Customer]:
    """{id: customer} of the `customerid`s in raw rows; one query."""
    ids = {str(row.get("customerid")) for row in rows if isinstance(row, Mapping)}
    numbers = [int(text) for text in ids if text.isdecimal() and len(text) < 19]
    return {row.pk: row for row in Customer.objects.filter(pk__in=numbers)}
