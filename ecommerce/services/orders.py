"""Taking in orders and carts: one path for one delivery and for an import of a hundred thousand.

Everything is set-based: the number of statements does not depend on the number of orders.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from contacts.bulk import chunks
from ecommerce.drafts import OrderDraft, Removal
from ecommerce.facts import OrderPlaced, OrdersRecorded, OrderStatusChanged
from ecommerce.models import Order, OrderStatus, Store

from .carts import announce_abandoned
from .changes import announce
from .figures import count_orders
from .order_rows import Entry, write_orders
from .people import customers_for
from .products import products_for

#: An order of a store that doesn't name the cart closes its customer's cart of at most this age.
CART_OF_CUSTOMER = timedelta(days=7)


@dataclass(slots=True)
class Taken:
    """What became of a draft: created, updated, unchanged or older. `order_id` 0: there is none."""

    outcome: str
    order_id: int = 0
    contact_id: int | None = None


@dataclass(slots=True)
class _Batch:
    store: Store
    since: datetime | None
    now: datetime = field(default_factory=timezone.now)


def save_orders(*, store: Store, drafts: Sequence[OrderDraft], since: datetime | None = None) -> list[Taken]:
    """Take in orders and carts of one store; what became of each, in order.

    Of two drafts of the same order the later version counts, and the other is “older”. Orders placed before
    `since` are history: they are kept, but nothing starts. Each chunk is a transaction, or a part of the caller's.
    """
    taken: list[Taken] = []
    for chunk in chunks(drafts):
        # Within a caller's transaction it stands or falls with that one, without a savepoint of its own.
        with transaction.atomic(savepoint=False):
            taken += _take_in(_Batch(store, since), chunk)
    return taken


@transaction.atomic
def remove_order(*, store: Store, removal: Removal) -> Taken:
    """The store deleted an order, which may be unknown here."""
    row = Order.objects.filter(store=store, external_id=removal.external_id).select_for_update().first()
    if row is None or row.version > removal.version:
        return Taken("older", row.pk if row else 0)
    draft = OrderDraft(
        external_id=row.external_id, currency=row.currency, version=removal.version, placed_at=row.placed_at,
        number=row.number, status=OrderStatus.CANCELLED, store_status="deleted", total=row.total,
        shipping=row.shipping, tax=row.tax, discount=row.discount, url=row.url,
    )  # fmt: skip
    return save_orders(store=store, drafts=[draft])[0]


def _take_in(batch: _Batch, drafts: Sequence[OrderDraft]) -> list[Taken]:
    taken = [Taken("older")] * len(drafts)
    entries = _latest(drafts)
    tries = 0
    while entries:
        _find(batch, entries)
        fresh = [entry for entry in entries if not entry.is_older]
        _link(batch, fresh)
        lost = write_orders(store=batch.store, entries=fresh, now=batch.now)
        for entry in entries:
            if entry not in lost:
                taken[entry.index] = Taken(entry.outcome, entry.order_id, entry.contact_id)
        _follow(batch, [entry for entry in fresh if entry not in lost])
        # Those that somebody else wrote a moment ago are known by now.
        entries, tries = lost, tries + 1
        if tries > 3:
            raise RuntimeError("Orders can't be written: others keep writing the same ones.")
    return taken


def _latest(drafts: Sequence[OrderDraft]) -> list[Entry]:
    """One entry for each order; an order's cart is the same thing as the order."""
    kept: dict[str, Entry] = {}
    for index, draft in enumerate(drafts):
        entry = Entry(index, draft)
        rival = next((kept[name] for name in _names(draft) if name in kept), None)
        if rival is not None and not _succeeds(draft, rival.draft):
            continue
        for name in {*_names(draft), *(_names(rival.draft) if rival else ())}:
            kept[name] = entry
    return sorted({id(entry): entry for entry in kept.values()}.values(), key=lambda entry: entry.index)


def _names(draft: OrderDraft) -> list[str]:
    return [f"{letter}{name}" for letter, name in _ids(draft) if name]


def _succeeds(draft: OrderDraft, other: OrderDraft) -> bool:
    return (bool(draft.external_id), draft.version) >= (bool(other.external_id), other.version)


def _find(batch: _Batch, entries: Sequence[Entry]) -> None:
    """Give each entry the row that is there, locked."""
    ids = [entry.draft.external_id for entry in entries if entry.draft.external_id]
    checkouts = [entry.draft.checkout_id for entry in entries if entry.draft.checkout_id]
    # Two statements where both are asked for: each has an index of its own.
    rows: dict[str, Order] = {}
    for named, values in (("external_id", ids), ("checkout_id", checkouts)):
        if values:
            wanted = Q(**{f"{named}__in": values}) & ~Q(**{named: ""})
            found = Order.objects.select_for_update(of=("self",)).filter(wanted, store=batch.store).order_by("pk")
            rows |= {f"{named[0]}{getattr(row, named)}": row for row in found}
    for entry in entries:
        by_id, by_checkout = (rows.get(f"{letter}{name}") if name else None for letter, name in _ids(entry.draft))
        entry.row = by_id or by_checkout
        entry.order_id = entry.row.pk if entry.row else 0
        # The order came first without saying which cart it was.
        entry.stray = by_checkout if by_id is not None and by_checkout != by_id else None


def _ids(draft: OrderDraft) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("e", draft.external_id), ("c", draft.checkout_id)


def _link(batch: _Batch, entries: Sequence[Entry]) -> None:
    """Find or make what the entries name: customers with their contacts, products, a cart without a name."""
    named = [entry for entry in entries if not entry.is_erased]
    people = customers_for(store=batch.store, drafts=(entry.draft.customer for entry in named))
    for entry in named:
        entry.customer = people.get(entry.draft.customer.key)
    products = products_for(store=batch.store, items=(i for entry in entries for i in entry.draft.items))
    for entry in entries:
        entry.products = [products[item.product_id] for item in entry.draft.items]
        old = batch.since is not None and entry.draft.placed_at < batch.since
        entry.historical = entry.row.historical if entry.row else entry.draft.historical or old
    _carts_of_customers(batch, entries)


def _carts_of_customers(batch: _Batch, entries: Sequence[Entry]) -> None:
    """An order whose store doesn't say which cart it was: the customer's newest open one."""
    orders = {
        entry.contact_id: entry
        for entry in entries
        if entry.row is None and entry.draft.external_id and not entry.draft.checkout_id
        if not entry.historical and entry.contact_id is not None
    }
    if not orders:
        return
    carts = Order.objects.select_for_update(of=("self",)).filter(
        contact__in=list(orders), store=batch.store, external_id="", active_at__gte=batch.now - CART_OF_CUSTOMER
    )
    for cart in carts.order_by("active_at", "pk"):
        if cart.contact_id is not None:
            orders[cart.contact_id].row = cart


def _follow(batch: _Batch, entries: Sequence[Entry]) -> None:
    """What follows from what was written: figures, and the facts that others listen to."""
    count_orders(entries=entries)
    for entry in entries:
        _tell(batch, entry)
    told = {entry.contact_id for entry in entries if entry.contact_id is not None and entry.outcome != "unchanged"}
    if told:
        announce(OrdersRecorded(sorted(told)))


def _tell(batch: _Batch, entry: Entry) -> None:
    """Nothing of a historical draft; an old order that changes now is news."""
    if entry.draft.historical:
        return
    about: dict[str, Any] = {
        "order_id": entry.order_id, "contact_id": entry.contact_id, "store_id": batch.store.pk,
        "kind": batch.store.kind, "products": tuple(entry.products), "value": str(entry.draft.total),
        "currency": entry.draft.currency, "status": entry.status,
    }  # fmt: skip
    if entry.is_placed and not entry.historical:
        announce(OrderPlaced(**about))
    if entry.old_status and entry.old_status != entry.status:
        announce(OrderStatusChanged(**about, old=entry.old_status))
    if entry.is_abandoned:
        announce_abandoned(order_ids=[entry.order_id])


def contacts_of(taken: Iterable[Taken]) -> list[int]:
    return sorted({one.contact_id for one in taken if one.contact_id is not None})
