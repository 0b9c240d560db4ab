"""Customers' figures, moved by what each order changes: nothing is counted again."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone

from contacts.bulk import insert_rows, update_rows
from ecommerce.models import Customer, CustomerSpending

from .order_rows import Entry


def count_orders(*, entries: Sequence[Entry]) -> None:
    """Number of orders, first and last order, and money spent by currency.

    The customers are those that `customers_for` has locked, so that nobody else counts meanwhile.
    """
    touched: dict[int, Customer] = {}
    spent: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        pk = entry.values["customer_id"]
        if pk is None:
            continue
        _count_money(spent, entry, pk)
        if entry.customer is not None and entry.customer.pk == pk and _counts_now(entry):
            _count_one(entry.customer, entry)
            touched[pk] = entry.customer
    _save(list(touched.values()))
    _save_spent({key: amount for key, amount in spent.items() if amount})


def _counts_now(entry: Entry) -> bool:
    late = entry.row is not None and not entry.row.is_cart and entry.row.customer_id is None
    return entry.becomes_order or (late and bool(entry.draft.external_id))


def _count_one(customer: Customer, entry: Entry) -> None:
    at = entry.draft.placed_at
    customer.orders_count += 1
    customer.first_order_at = min(customer.first_order_at or at, at)
    customer.last_order_at = max(customer.last_order_at or at, at)


def _count_money(spent: dict[tuple[int, str], Decimal], entry: Entry, customer_id: int) -> None:
    before, after = entry.counted()
    if entry.row is not None and entry.row.customer_id is None:
        before = Decimal(0)  # it was nobody's
    if before:
        assert entry.row is not None  # noqa: S101 it has brought something
        spent[customer_id, entry.row.currency] -= before
    spent[customer_id, entry.draft.currency] += after


def _save(customers: Sequence[Customer]) -> None:
    names = ("orders_count", "first_order_at", "last_order_at")
    columns = {name: [getattr(row, name) for row in customers] for name in names}
    update_rows(Customer, "id", [row.pk for row in customers], {**columns, "updated_at": timezone.now()})


def _save_spent(spent: dict[tuple[int, str], Decimal]) -> None:
    pairs = sorted(spent)
    insert_rows(
        CustomerSpending,
        {
            "customer_id": [customer for customer, _currency in pairs],
            "currency": [currency for _customer, currency in pairs],
            "spent": [spent[pair] for pair in pairs],
        },
        size=len(pairs),
        update_on=(["customer", "currency"], ["spent"]),
        adding=["spent"],
    )
