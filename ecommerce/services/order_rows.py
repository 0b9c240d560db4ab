"""The rows of orders: what a draft changes in them, and writing many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contacts.bulk import id_set, insert_rows, update_rows
from contacts.services.changes import current_facts
from ecommerce.drafts import OrderDraft
from ecommerce.models import Customer, Order, OrderDiscount, OrderItem, OrderStatus, OrderStatusChange, Store
from ecommerce.models.orders import VOID

MONEY = ("total", "shipping", "tax", "discount")
#: What a draft says itself; the rest follows from what is there.
SAID = ("currency", "placed_at", "status", "store_status", *MONEY)
#: What stays as it is where a draft doesn't say it.
KEPT = ("external_id", "checkout_id", "number", "url")
CART = ("active_at", "abandon_at", "abandoned_at", "recovered_at")
COLUMNS = (*KEPT, *SAID, *CART, "customer_id", "contact_id", "email", "version", "historical")


@dataclass(eq=False, slots=True)
class Entry:
    """A draft on its way: with the row that is there already, and with what it names."""

    index: int
    draft: OrderDraft
    row: Order | None = None
    #: A cart that turns out to be this order's, which has a row of its own.
    stray: Order | None = None
    customer: Customer | None = None
    products: list[int] = field(default_factory=list)
    historical: bool = False
    order_id: int = 0
    outcome: str = "older"
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_older(self) -> bool:
        """A cart is older than its order, whatever its time; an order is newer than its cart."""
        if self.row is None:
            return False
        if self.row.is_cart != (not self.draft.external_id):
            return not self.draft.external_id
        return self.row.version > self.draft.version

    @property
    def is_erased(self) -> bool:
        return self.row is not None and self.row.erased

    @property
    def contact_id(self) -> int | None:
        known = self.row.contact_id if self.row else None
        return self.customer.contact_id or known if self.customer else known

    @property
    def becomes_order(self) -> bool:
        return bool(self.draft.external_id) and (self.row is None or self.row.is_cart)

    @property
    def is_placed(self) -> bool:
        """It is an order from now on, or it is known from now on whose it is."""
        if not self.draft.external_id:
            return False
        return self.becomes_order or (
            self.row is not None and self.row.contact_id is None and self.contact_id is not None
        )

    @property
    def is_abandoned(self) -> bool:
        """The store says so, for the first time, of a cart whose contact is known."""
        said = self.draft.abandoned_at is not None and not self.draft.external_id
        first = self.row is None or self.row.abandoned_at is None
        return said and first and not self.historical and self.contact_id is not None

    @property
    def status(self) -> str:
        return self.draft.status if self.draft.external_id else str(OrderStatus.PENDING)

    @property
    def old_status(self) -> str:
        """ "" where it was no order before."""
        return "" if self.row is None or self.row.is_cart else self.row.status

    def counted(self) -> tuple[Decimal, Decimal]:
        """What it brings, before and after."""
        before = (
            self.row.total if self.row and not self.row.is_cart and self.row.status not in VOID else Decimal(0)
        )
        after = self.draft.total if self.draft.external_id and self.status not in VOID else Decimal(0)
        return before, after


def write_orders(*, store: Store, entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """Write the entries; those that came to be while this was looking are returned, not written."""
    for entry in entries:
        entry.values = _values(store, entry, now)
    new = [entry for entry in entries if entry.row is None]
    lost = _insert(store, new, now)
    written = [entry for entry in entries if entry not in lost]
    changed = [entry for entry in written if entry.row is not None and _differs(entry)]
    columns = {name: [entry.values[name] for entry in changed] for name in COLUMNS}
    update_rows(Order, "id", [entry.order_id for entry in changed], {**columns, "updated_at": now})
    for entry in written:
        parts = entry.row is None or entry in changed
        entry.outcome = ("created" if entry.row is None else "updated") if parts else "unchanged"
    _write_parts(written)
    _write_history(written, now)
    strays = [entry.stray.pk for entry in written if entry.stray is not None]
    if strays:
        Order.objects.filter(pk__in=id_set(strays), external_id="").update(abandon_at=None)
    return lost


def _values(store: Store, entry: Entry, now: datetime) -> dict[str, Any]:
    draft, row = entry.draft, entry.row
    if row is not None:
        entry.order_id = row.pk
    values: dict[str, Any] = {name: getattr(draft, name) for name in SAID}
    values |= {name: getattr(draft, name) or (getattr(row, name) if row else "") for name in KEPT}
    if row is not None and entry.stray is not None:
        values["checkout_id"] = row.checkout_id
    values |= {
        "status": entry.status,
        "customer_id": (row and row.customer_id) or (entry.customer.pk if entry.customer else None),
        "contact_id": entry.contact_id,
        "email": draft.customer.email or (row.email if row else "") if not entry.is_erased else "",
        "version": draft.version,
        "historical": entry.historical,
    }
    return values | _cart_values(store, entry, now)


def _cart_values(store: Store, entry: Entry, now: datetime) -> dict[str, Any]:
    """When the cart will be abandoned. Once it was, or is an order, it won't be (again)."""
    draft, row = entry.draft, entry.row
    abandoned = row.abandoned_at if row else None
    values: dict[str, Any] = dict.fromkeys(CART)
    values |= {
        "abandoned_at": draft.abandoned_at if entry.is_abandoned else abandoned,
        "active_at": row.active_at if row else None,
        "recovered_at": row.recovered_at if row else None,
    }
    if draft.external_id:
        if entry.becomes_order and abandoned:
            values["recovered_at"] = now
        return values
    values["active_at"] = draft.version
    waits = store.abandonment == Store.Abandonment.AFTER and store.is_active
    if waits and not values["abandoned_at"] and not entry.historical and entry.contact_id is not None:
        values["abandon_at"] = draft.version + timedelta(hours=store.abandonment_hours)
    return values


def _differs(entry: Entry) -> bool:
    row = entry.row
    return any(getattr(row, name) != entry.values[name] for name in COLUMNS)


def _insert(store: Store, entries: Sequence[Entry], now: datetime) -> list[Entry]:
    rows = insert_rows(
        Order,
        {name: [entry.values[name] for entry in entries] for name in COLUMNS}
        | {"store_id": store.pk, "erased": False, "created_at": now, "updated_at": now},
        size=len(entries),
        ignore_conflicts=True,
        returning=["id", "external_id", "checkout_id"],
    )
    ids = {(external, checkout): pk for pk, external, checkout in rows}
    for entry in entries:
        entry.order_id = ids.get((entry.values["external_id"], entry.values["checkout_id"]), 0)
    return [entry for entry in entries if not entry.order_id]


# --- Items, discounts, history -----------------------------------------------------------------


def _write_parts(entries: Sequence[Entry]) -> None:
    """Items and discounts as the drafts have them. A draft without any leaves those that are there."""
    known = [entry.order_id for entry in entries if entry.row is not None and entry.draft.items]
    items = _known(OrderItem, known, ("product_id", "name", "sku", "quantity", "price"))
    discounts = _known(OrderDiscount, known, ("name", "kind", "amount"))
    _replace(OrderItem, known, items, [(entry, _items(entry)) for entry in entries if entry.draft.items])
    said = [(entry, _discounts(entry)) for entry in entries if entry.draft.items or entry.draft.discounts]
    _replace(OrderDiscount, known, discounts, said)


Parts = list[tuple[Any, ...]]


def _items(entry: Entry) -> Parts:
    pairs = zip(entry.products, entry.draft.items, strict=True)
    return [(product, item.name, item.sku, item.quantity, item.price) for product, item in pairs]


def _discounts(entry: Entry) -> Parts:
    return [(one.name, one.kind, one.amount) for one in entry.draft.discounts]


def _known(model: Any, ids: Sequence[int], names: tuple[str, ...]) -> dict[int, Parts]:
    found: dict[int, Parts] = {pk: [] for pk in ids}
    if ids:
        rows = model.objects.filter(order__in=id_set(ids)).order_by("order_id", "pk")
        for order_id, *values in rows.values_list("order_id", *names):
            found[order_id].append(tuple(values))
    return found


def _replace(
    model: Any, known: Sequence[int], stored: dict[int, Parts], said: "list[tuple[Entry, Parts]]"
) -> None:
    names = (
        ("product_id", "name", "sku", "quantity", "price") if model is OrderItem else ("name", "kind", "amount")
    )
    wrong = [(entry, parts) for entry, parts in said if stored.get(entry.order_id, []) != parts]
    gone = [entry.order_id for entry, _parts in wrong if stored.get(entry.order_id)]
    if gone:
        model.objects.filter(order__in=id_set(gone)).delete()
    rows = [(entry.order_id, place, *part) for entry, parts in wrong for place, part in enumerate(parts)]
    columns: dict[str, Any] = {"order_id": [row[0] for row in rows]}
    if model is OrderItem:
        columns["position"] = [row[1] for row in rows]
    columns |= {name: [row[place] for row in rows] for place, name in enumerate(names, start=2)}
    insert_rows(model, columns, size=len(rows))


def _write_history(entries: Sequence[Entry], now: datetime) -> None:
    """A row for each status that an order took on. An import's rows stand at the time of the order."""
    changed = [entry for entry in entries if entry.draft.external_id and entry.old_status != entry.status]
    insert_rows(
        OrderStatusChange,
        {
            "order_id": [entry.order_id for entry in changed],
            "old": [entry.old_status for entry in changed],
            "new": [entry.status for entry in changed],
            "store_status": [entry.draft.store_status for entry in changed],
            "at": [
                entry.draft.placed_at if entry.historical and not entry.old_status else now for entry in changed
            ],
            **current_facts(),
        },
        size=len(changed),
    )
