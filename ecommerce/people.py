"""Stores' part in what contacts ask of every app: merging two people, one person's data, the timeline."""

from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.origin import Source
from contacts.selectors.timeline import Cursor, Entry, register_provider, rows_before
from contacts.signals import contacts_merging, person_erasing, person_exporting
from ecommerce.models import (
    Customer,
    Order,
    OrderStatusChange,
    PaymentStatusChange,
    RecurringPayment,
    WebhookDelivery,
)
from ecommerce.models.customers import GUEST


@receiver(contacts_merging)
def merge_customers(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    """What `drop` bought is what `keep` bought."""
    for model in (Customer, Order, RecurringPayment, WebhookDelivery):
        model._default_manager.filter(contact=drop).update(contact=keep)


@receiver(person_exporting)
def export_purchases(contact: Contact, **kwargs: Any) -> dict[str, Any]:
    return {
        "customers": [
            {"store": row.store.name, "id": row.external_id, "email": row.email, "orders": row.orders_count}
            for row in contact.customers.select_related("store").order_by("pk")
        ],
        "orders": [_order(row) for row in _orders(contact)],
        "recurring_payments": [
            {
                "store": row.store.name, "id": row.external_id, "name": row.name, "status": row.status,
                "amount": str(row.amount), "currency": row.currency, "started": row.started_at.isoformat(),
            }
            for row in contact.payments.select_related("store").order_by("pk")
        ],
        "store_deliveries": [
            {"received": row.received_at.isoformat(), "topic": row.topic, "content": row.body}
            for row in _deliveries(contact).order_by("pk")
        ],
    }  # fmt: skip


@receiver(person_erasing)
def erase_customers(contact: Contact, **kwargs: Any) -> None:
    """Orders stay as figures of the shop; what names the person goes, and later news brings nobody back."""
    nobody = Concat(Value("erased:"), Cast("pk", CharField()))
    mine = Customer.objects.filter(contact=contact)
    mine.filter(external_id__startswith=GUEST).update(external_id=nobody)
    mine.update(contact=None, email="", first_name="", last_name="")
    Order.objects.filter(contact=contact).update(contact=None, email="", url="", erased=True, abandon_at=None)
    RecurringPayment.objects.filter(contact=contact).update(contact=None, email="", erased=True)
    _deliveries(contact).update(body="", error="", address_hash="", contact=None)


def _orders(contact: Contact) -> QuerySet[Order]:
    rows = Order.objects.filter(contact=contact).select_related("store")
    return rows.prefetch_related("items", "discounts").order_by("pk")


def _order(row: Order) -> dict[str, Any]:
    return {
        "store": row.store.name,
        "id": row.external_id or None,
        "cart": row.checkout_id or None,
        "number": row.number,
        "email": row.email,
        "status": row.status,
        "total": str(row.total),
        "currency": row.currency,
        "placed": row.placed_at.isoformat(),
        "items": [{"name": i.name, "quantity": i.quantity, "price": str(i.price)} for i in row.items.all()],
        "discounts": [{"name": one.name, "amount": str(one.amount)} for one in row.discounts.all()],
    }


def _deliveries(contact: Contact) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(Q(contact=contact) | Q(address_hash=contact.address_hash))


# --- The timeline ------------------------------------------------------------------------------


def _placed(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Order.objects.filter(contact=contact).exclude(external_id="").select_related("store")
    for row in rows_before(rows, "orders", cursor, size, "placed_at"):
        about = {"number": row, "store": row.store, "total": row.total, "currency": row.currency}
        yield Entry(
            row.placed_at, row.pk, "shopping_bag",
            _("Ordered %(number)s in “%(store)s” for %(total)s %(currency)s.") % about,
            text=_("imported") if row.historical else "", source=Source.INTEGRATION, url=_page("order", row.pk),
        )  # fmt: skip


def _abandoned(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = Order.objects.filter(contact=contact, abandoned_at__isnull=False).select_related("store")
    for row in rows_before(rows, "carts", cursor, size, "abandoned_at"):
        assert row.abandoned_at is not None  # noqa: S101 the query asks for it
        about = {"store": row.store, "total": row.total, "currency": row.currency}
        yield Entry(
            row.abandoned_at, row.pk, "remove_shopping_cart",
            _("Left a cart of %(total)s %(currency)s in “%(store)s”.") % about,
            text=_("Bought later.") if row.recovered_at else "",
            source=Source.INTEGRATION, url=_page("cart", row.pk),
        )  # fmt: skip


def _statuses(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = OrderStatusChange.objects.filter(order__contact=contact).exclude(old="").select_related("order")
    for row in rows_before(rows, "order statuses", cursor, size):
        about = {"number": row.order, "old": row.get_old_display(), "new": row.get_new_display()}
        yield Entry(
            row.at, row.pk, "local_shipping", _("The order %(number)s: %(old)s → %(new)s.") % about,
            source=row.source, user_id=row.user_id, url=_page("order", row.order_id),
        )  # fmt: skip


def _payments(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = PaymentStatusChange.objects.filter(payment__contact=contact).select_related("payment")
    for row in rows_before(rows, "recurring payments", cursor, size):
        about = {"name": row.payment, "new": row.get_new_display()}
        yield Entry(
            row.at, row.pk, "autorenew", _("The recurring payment “%(name)s”: %(new)s.") % about,
            source=row.source, user_id=row.user_id, url=_page("recurringpayment", row.payment_id),
        )  # fmt: skip


def _page(model: str, pk: int) -> str:
    return reverse(f"admin:ecommerce_{model}_change", args=[pk])


register_provider("orders", _placed)
register_provider("carts", _abandoned)
register_provider("order statuses", _statuses)
register_provider("recurring payments", _payments)
