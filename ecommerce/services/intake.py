"""From deliveries that wait to what they say: by the worker, store by store, in the order in which they came.

A store's deliveries are taken in by one worker at a time. What fails is kept with its error, and the rest
goes on.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction

from contacts.bulk import update_rows
from contacts.origin import Source, caused_by, current_origin
from ecommerce.connectors import STORES, Parcel
from ecommerce.drafts import CustomerDraft, Draft, OrderDraft, PaymentDraft, ProductDraft, Removal
from ecommerce.models import Store, WebhookDelivery

from .orders import Taken, remove_order, save_orders
from .payments import save_payment
from .people import customers_for
from .products import save_products

logger = logging.getLogger(__name__)
Outcome = WebhookDelivery.Outcome
BATCH = 200


class _Item:
    """A delivery that waits, what it says, and what became of it."""

    __slots__ = ("contact_id", "error", "outcome", "parcel", "row")

    def __init__(self, row: WebhookDelivery, store: Store) -> None:
        self.row, self.outcome, self.error = row, str(Outcome.NOTED), ""
        self.contact_id: int | None = None
        self.parcel: Parcel | None = None
        if not store.is_active:
            self.outcome = str(Outcome.OFF)
            return
        connector = STORES[store.kind]
        try:
            self.parcel = connector.parse(connector.request_of(row), store)
        except ValidationError as error:
            self.fail(error)

    @property
    def draft(self) -> Draft | None:
        return self.parcel.draft if self.parcel else None

    def take(self, taken: Taken) -> None:
        self.outcome = str(Outcome.OLDER if taken.outcome == "older" else Outcome.RECEIVED)
        self.contact_id = taken.contact_id

    def fail(self, error: Exception) -> None:
        known = isinstance(error, ValidationError)
        self.error = " ".join(error.messages) if known else f"{type(error).__name__}: {error}"[:500]  # type: ignore[attr-defined]  # a ValidationError
        self.outcome, self.contact_id = str(Outcome.FAILED), None


def take_in_deliveries(*, linger: float = 0) -> int:
    """Take in all that waits, and for `linger` seconds what comes meanwhile; how many."""
    count, until = 0, time.monotonic() + linger
    while True:
        done = sum(_of_store(pk) for pk in _waiting_stores())
        count += done
        if done:
            continue
        if time.monotonic() >= until:
            return count
        time.sleep(0.1)


def take_in(*, store: Store, delivery: WebhookDelivery) -> tuple[str, str, int | None]:
    """(outcome, error, contact) of one delivery, now."""
    item = _Item(delivery, store)
    with _by_the_store():
        _alone(store, item)
    return item.outcome, item.error, item.contact_id


def _waiting_stores() -> list[int]:
    waiting = WebhookDelivery.objects.filter(outcome=Outcome.WAITING).order_by("store_id")
    return list(waiting.values_list("store_id", flat=True).distinct())


@transaction.atomic
def _of_store(store_id: int) -> int:
    """A batch of the store's; 0 where there is none, or another worker is at it."""
    # Rows that name the store can still be written meanwhile.
    store = Store.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=store_id).first()
    if store is None:
        return 0
    rows = WebhookDelivery.objects.filter(store=store, outcome=Outcome.WAITING).order_by("pk")[:BATCH]
    items = [_Item(row, store) for row in rows]
    with _by_the_store():
        for part in _rounds([item for item in items if item.draft is not None]):
            _together(store, part)
    columns = {
        "outcome": [item.outcome for item in items],
        "error": [item.error for item in items],
        "contact_id": [item.contact_id for item in items],
    }
    update_rows(WebhookDelivery, "id", [item.row.pk for item in items], columns)
    return len(items)


def _by_the_store() -> AbstractContextManager[None]:
    return caused_by(replace(current_origin(), source=Source.INTEGRATION))


def _rounds(items: Sequence[_Item]) -> list[list[_Item]]:
    """Parts in which nothing comes twice: each state of an order counts, and its cart comes before it."""
    rounds: list[list[_Item]] = []
    latest: dict[str, int] = {}
    for item in items:
        names = _names(item.draft)
        number = max((latest[name] + 1 for name in names if name in latest), default=0)
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(item)
        latest |= dict.fromkeys(names, number)
    return rounds


def _names(draft: Draft | None) -> list[str]:
    """What a draft is about: an order and its cart, a customer, a product, a payment."""
    if isinstance(draft, OrderDraft):
        names = [f"order {draft.external_id}", f"cart {draft.checkout_id}", f"customer {draft.customer.key}"]
        return [name for name in names if not name.endswith(" ")]
    if isinstance(draft, CustomerDraft):
        return [f"customer {draft.key}"]
    if isinstance(draft, PaymentDraft):
        return [f"payment {draft.external_id}", f"customer {draft.customer.key}"]
    kind = "order" if isinstance(draft, Removal) else "product"
    return [f"{kind} {draft.external_id}"] if draft else []


def _together(store: Store, items: Sequence[_Item]) -> None:
    """All orders at once; where that fails, one by one, so that only what is wrong stays behind."""
    orders = [(item, item.draft) for item in items if isinstance(item.draft, OrderDraft)]
    others = [item for item in items if not isinstance(item.draft, OrderDraft)]
    try:
        with transaction.atomic():
            drafts = [draft for _item, draft in orders]
            taken = save_orders(store=store, drafts=drafts, since=store.created_at)
    except (OperationalError, InterfaceError):
        raise  # the database is at fault, not what was delivered
    except Exception:
        others = [*(item for item, _draft in orders), *others]
    else:
        for (item, _draft), one in zip(orders, taken, strict=True):
            item.take(one)
    for item in others:
        _alone(store, item)


def _alone(store: Store, item: _Item) -> None:
    if item.draft is None:
        return
    try:
        with transaction.atomic():
            item.take(_apply(store, item.draft))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if not isinstance(error, ValidationError):
            logger.exception("The delivery %s could not be taken in.", item.row.pk)
        item.fail(error)


def _apply(store: Store, draft: Draft) -> Taken:
    if isinstance(draft, OrderDraft):
        return save_orders(store=store, drafts=[draft], since=store.created_at)[0]
    if isinstance(draft, PaymentDraft):
        old = draft.started_at is not None and draft.started_at < store.created_at
        known = old and store.payments.filter(external_id=draft.external_id).exists()
        return save_payment(store=store, draft=replace(draft, historical=old and not known))
    if isinstance(draft, ProductDraft):
        return Taken("updated" if save_products(store=store, drafts=[draft]) else "older")
    if isinstance(draft, CustomerDraft):
        (customer,) = customers_for(store=store, drafts=[draft]).values()
        return Taken("updated", contact_id=customer.contact_id)
    return remove_order(store=store, removal=draft)
