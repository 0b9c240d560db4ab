"""Carts that were left: found by the clock, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from contacts.bulk import id_set
from ecommerce.facts import CartAbandoned, OrdersRecorded
from ecommerce.models import Order, OrderItem, Product, Store

from .changes import announce

BATCH = 500


def abandon_due_carts(*, now: datetime) -> int:
    """Abandon every cart whose time has come; how many. Costs what is due, however many carts there are."""
    count = 0
    while ids := _abandon_some(now):
        count += len(ids)
    return count


@transaction.atomic
def _abandon_some(now: datetime) -> list[int]:
    due = Order.objects.select_for_update(skip_locked=True, of=("self",)).filter(abandon_at__lte=now)
    ids = list(due.order_by("abandon_at").values_list("pk", flat=True)[:BATCH])
    if ids:
        Order.objects.filter(pk__in=id_set(ids)).update(abandon_at=None, abandoned_at=now, updated_at=now)
        announce_abandoned(order_ids=ids)
    return ids


def announce_abandoned(*, order_ids: Sequence[int]) -> None:
    """Tell of carts that have just been abandoned, with what is in them. Five statements at most."""
    carts = Order.objects.filter(pk__in=id_set(order_ids), contact__isnull=False).select_related("store")
    products = _products(order_ids)
    categories = _categories({product for found in products.values() for product in found})
    told = set()
    for cart in carts.order_by("pk"):
        mine = products.get(cart.pk, [])
        assert cart.contact_id is not None  # noqa: S101 the query asks for it
        announce(
            CartAbandoned(
                order_id=cart.pk, contact_id=cart.contact_id, store_id=cart.store_id, kind=cart.store.kind,
                products=tuple(mine), value=str(cart.total), currency=cart.currency, status=cart.status,
                categories=tuple(sorted({one for product in mine for one in categories.get(product, ())})),
            )
        )  # fmt: skip
        told.add(cart.contact_id)
    if told:
        announce(OrdersRecorded(sorted(told)))


def reschedule_carts(*, store: Store) -> int:
    """After the store's settings have changed: open carts wait as long as it says now, or not at all."""
    open_carts = Order.objects.filter(store=store, external_id="", abandoned_at=None, historical=False)
    if not store.is_active or store.abandonment != Store.Abandonment.AFTER:
        return open_carts.filter(abandon_at__isnull=False).update(abandon_at=None)
    # Only those that wait already: while it was off, an order may have come that nobody heard of.
    waiting = open_carts.filter(abandon_at__isnull=False)
    return waiting.update(abandon_at=F("active_at") + timedelta(hours=store.abandonment_hours))


def _products(order_ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = OrderItem.objects.filter(order__in=id_set(order_ids)).order_by("order_id", "position", "pk")
    for order_id, product_id in rows.values_list("order_id", "product_id"):
        found.setdefault(order_id, []).append(product_id)
    return found


def _categories(products: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    links = Product.categories.through.objects.filter(product_id__in=id_set(products))
    for product_id, category_id in links.values_list("product_id", "category_id"):
        found.setdefault(product_id, []).append(category_id)
    return found
