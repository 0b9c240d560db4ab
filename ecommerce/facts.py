"""Facts about orders, carts and recurring payments, as `contacts.signals.facts_recorded` carries them.

Each names one record and its contact, None where it has none (yet); `OrdersRecorded` tells of a whole batch
that something is new.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderFact:
    """`products`: ids. `value` is a plain decimal. `kind` is the store's."""

    order_id: int
    contact_id: int | None
    store_id: int
    kind: str
    products: Sequence[int]
    value: str
    currency: str
    status: str


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderFact):
    """In real time; imported orders are not placed."""


@dataclass(frozen=True, slots=True)
class CartAbandoned(OrderFact):
    categories: Sequence[int]


@dataclass(frozen=True, slots=True)
class OrderStatusChanged(OrderFact):
    old: str


@dataclass(frozen=True, slots=True)
class PaymentFact:
    payment_id: int
    contact_id: int | None
    store_id: int
    kind: str
    value: str
    currency: str
    status: str


@dataclass(frozen=True, slots=True)
class PaymentCreated(PaymentFact):
    pass


@dataclass(frozen=True, slots=True)
class PaymentStatusChanged(PaymentFact):
    old: str


@dataclass(frozen=True, slots=True)
class OrdersRecorded:
    """Orders, carts or payments of these contacts are new or changed, whether in real time or by an import."""

    contact_ids: Sequence[int]


Fact = OrderPlaced | CartAbandoned | OrderStatusChanged | PaymentCreated | PaymentStatusChanged | OrdersRecorded
