"""Taking in recurring payments."""

from typing import Any

from django.db import transaction

from contacts.services.changes import current_facts
from ecommerce.drafts import PaymentDraft
from ecommerce.facts import OrdersRecorded, PaymentCreated, PaymentStatusChanged
from ecommerce.models import Customer, PaymentStatusChange, RecurringPayment, Store

from .changes import announce
from .orders import Taken
from .people import customers_for
from .products import products_for

#: What stays as it is where a draft doesn't say it.
KEPT = ("name", "currency", "amount", "every", "unit", "started_at", "next_at", "ended_at")


@transaction.atomic
def save_payment(*, store: Store, draft: PaymentDraft) -> Taken:
    """Make or change a recurring payment. An older state never overwrites a newer one.

    It counts as new once it is known whose it is: PayPal tells of a subscription before its subscriber.
    """
    row, made = RecurringPayment.objects.select_for_update(of=("self",)).get_or_create(
        store=store,
        external_id=draft.external_id,
        defaults={
            "version": draft.version, "started_at": draft.started_at or draft.version,
            "historical": draft.historical,
        },
    )  # fmt: skip
    if row.version > draft.version:
        return Taken("older", row.pk, row.contact_id)
    old_status, old_contact = "" if made else row.status, row.contact_id
    _apply(row, store, draft)
    row.save()
    if old_status != row.status:
        PaymentStatusChange(
            payment=row, old=old_status, new=row.status, store_status=row.store_status, **current_facts()
        ).save(force_insert=True)
    if not draft.historical:
        known = made or (old_contact is None and row.contact_id is not None)
        _tell(row, store, is_new=known and not row.historical, old_status=old_status)
    return Taken("created" if made else "updated", row.pk, row.contact_id)


def _apply(row: RecurringPayment, store: Store, draft: PaymentDraft) -> None:
    values: dict[str, Any] = {name: getattr(draft, name) for name in KEPT}
    for name, value in values.items():
        if value not in (None, ""):
            setattr(row, name, value)
    row.version, row.status, row.store_status = draft.version, draft.status, draft.store_status
    if draft.product is not None:
        row.product_id = products_for(store=store, items=[draft.product])[draft.product.product_id]
    customer = None if row.erased else _customer(store, draft)
    if customer is not None:
        row.customer_id = customer.pk
        row.contact_id = customer.contact_id or row.contact_id
        row.email = customer.email or row.email


def _customer(store: Store, draft: PaymentDraft) -> Customer | None:
    return customers_for(store=store, drafts=[draft.customer]).get(draft.customer.key)


def _tell(row: RecurringPayment, store: Store, *, is_new: bool, old_status: str) -> None:
    about: dict[str, Any] = {
        "payment_id": row.pk, "contact_id": row.contact_id, "store_id": store.pk, "kind": store.kind,
        "value": str(row.amount), "currency": row.currency, "status": row.status,
    }  # fmt: skip
    if is_new:
        announce(PaymentCreated(**about))
    if old_status and old_status != row.status:
        announce(PaymentStatusChanged(**about, old=old_status))
    if row.contact_id is not None:
        announce(OrdersRecorded([row.contact_id]))
