"""What contacts buy, or leave in their carts."""

from dataclasses import asdict
from typing import Any

from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import (
    CART_ABANDONED,
    ORDER_PLACED,
    ORDER_STATUS_CHANGED,
    PAYMENT_CREATED,
    PAYMENT_STATUS_CHANGED,
    PURCHASES_RECORDED,
    Event,
    EventKind,
)
from contacts.signals import facts_recorded
from ecommerce.facts import (
    CartAbandoned,
    OrderFact,
    OrderPlaced,
    OrdersRecorded,
    OrderStatusChanged,
    PaymentCreated,
    PaymentFact,
    PaymentStatusChanged,
)


@receiver(facts_recorded, sender=OrderPlaced)
def order_placed(batch: OrderPlaced, **kwargs: Any) -> None:
    _raise(ORDER_PLACED, batch, ("ecommerce.order", batch.order_id))


@receiver(facts_recorded, sender=OrderStatusChanged)
def order_status_changed(batch: OrderStatusChanged, **kwargs: Any) -> None:
    _raise(ORDER_STATUS_CHANGED, batch, ("ecommerce.order", batch.order_id), (batch.old, batch.status))


@receiver(facts_recorded, sender=CartAbandoned)
def cart_abandoned(batch: CartAbandoned, **kwargs: Any) -> None:
    _raise(CART_ABANDONED, batch, ("ecommerce.cart", batch.order_id))


@receiver(facts_recorded, sender=PaymentCreated)
def payment_created(batch: PaymentCreated, **kwargs: Any) -> None:
    _raise(PAYMENT_CREATED, batch, ("ecommerce.recurringpayment", batch.payment_id))


@receiver(facts_recorded, sender=PaymentStatusChanged)
def payment_status_changed(batch: PaymentStatusChanged, **kwargs: Any) -> None:
    record = ("ecommerce.recurringpayment", batch.payment_id)
    _raise(PAYMENT_STATUS_CHANGED, batch, record, (batch.old, batch.status))


@receiver(facts_recorded, sender=OrdersRecorded)
def purchases_recorded(batch: OrdersRecorded, **kwargs: Any) -> None:
    raise_event(Event(PURCHASES_RECORDED, batch.contact_ids))


def _raise(
    kind: EventKind,
    fact: OrderFact | PaymentFact,
    record: tuple[str, int],
    change: tuple[str, str] | None = None,
) -> None:
    """The event's key is the store."""
    data = asdict(fact)
    contact = data.pop("contact_id")
    ids = [contact] if contact is not None else []
    raise_event(Event(kind, ids, key=fact.store_id, record=record, change=change, data=data))
