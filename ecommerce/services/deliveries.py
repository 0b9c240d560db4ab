"""What stores deliver: taken in once, kept with its outcome, and taken in again where it failed."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import insert_rows
from contacts.connectors.base import Malformed, Request, fingerprint
from contacts.origin import Source, caused_by, current_origin
from contacts.values import address_hash
from ecommerce.connectors import STORES, Parcel
from ecommerce.drafts import CustomerDraft, Draft, OrderDraft, PaymentDraft, ProductDraft, Removal
from ecommerce.models import Store, WebhookDelivery

from .orders import Taken, remove_order, save_orders
from .payments import save_payment
from .people import customers_for
from .products import save_products

logger = logging.getLogger(__name__)
Outcome = WebhookDelivery.Outcome
ONCE = ("store_id", "external_id")


class _Replay(Exception):
    """It came before: whatever was done for it is undone."""


def receive_delivery(*, store: Store, request: Request) -> str:
    """Take in a delivery whose sender was verified; its outcome, or "replay" for one that came before.

    Malformed for a body that is not the store's; it is kept as failed. What goes wrong unexpectedly
    is kept as failed too, and raised: the store will send it again.
    """
    try:
        parcel = STORES[store.kind].parse(request, store)
    except Malformed as error:
        topic = request.headers.get(STORES[store.kind].topic_header, "")[:100]
        _keep(store, Parcel(fingerprint(request.body), topic), request, Outcome.FAILED, " ".join(error.messages))
        raise
    try:
        with transaction.atomic():
            return _take_in(store, parcel, request)
    except _Replay:
        return "replay"
    except ValidationError as error:
        _keep(store, parcel, request, Outcome.FAILED, " ".join(error.messages))
        return str(Outcome.FAILED)
    except Exception as error:
        logger.exception("A delivery of the store %s could not be taken in.", store.pk)
        _keep(store, parcel, request, Outcome.FAILED, f"{type(error).__name__}: {error}"[:500])
        raise


@transaction.atomic
def replay_delivery(*, delivery: WebhookDelivery) -> str:
    """Take in again what failed or came while the store was off; the new outcome."""
    row = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("store").get(pk=delivery.pk)
    if not row.replayable:
        raise ValidationError(_("This delivery went in already, or its content is not kept any more."))
    if not row.store.is_active:
        raise ValidationError(_("The store is switched off; switch it on first."))
    connector = STORES[row.store.kind]
    try:
        parcel = connector.parse(connector.request_of(row), row.store)
        with transaction.atomic():
            outcome, contact = _do(row.store, parcel)
        row.outcome, row.error, row.contact_id = outcome, "", contact
    except ValidationError as error:
        row.outcome, row.error = Outcome.FAILED, " ".join(error.messages)
    row.save(update_fields=["outcome", "error", "contact"])
    return str(row.outcome)


def delete_old_deliveries(*, now: datetime) -> int:
    """Delete what was delivered more than STORE_DELIVERY_DAYS ago; orders know their own versions."""
    old = WebhookDelivery.objects.filter(received_at__lt=now - timedelta(days=settings.STORE_DELIVERY_DAYS))
    return old.delete()[0]


def _take_in(store: Store, parcel: Parcel, request: Request) -> str:
    """The delivery's row comes last: where it is there already, all is undone, and nothing was asked before."""
    outcome, contact = _do(store, parcel) if store.is_active else (str(Outcome.OFF), None)
    columns = {**_columns(parcel, request, outcome, ""), "contact_id": contact}
    values = {"store_id": store.pk, "external_id": parcel.external_id, **columns}
    written = insert_rows(
        WebhookDelivery, {name: [value] for name, value in values.items()}, size=1,
        ignore_conflicts=True, returning=["id"],
    )  # fmt: skip
    if not written:
        _again(store, parcel, columns)
    return outcome


def _again(store: Store, parcel: Parcel, columns: dict[str, Any]) -> None:
    """It is there already: that counts only where it failed then."""
    row = WebhookDelivery.objects.select_for_update(of=("self",)).get(store=store, external_id=parcel.external_id)
    if row.outcome != Outcome.FAILED:
        raise _Replay
    for name, value in columns.items():
        setattr(row, name, value)
    row.save()


def _do(store: Store, parcel: Parcel) -> tuple[str, int | None]:
    """(outcome, contact) of what the parcel says."""
    if parcel.draft is None:
        return Outcome.NOTED, None
    with caused_by(replace(current_origin(), source=Source.INTEGRATION)):
        taken = _apply(store, parcel.draft)
    return (Outcome.OLDER if taken.outcome == "older" else Outcome.RECEIVED), taken.contact_id


def _apply(store: Store, draft: Draft) -> Taken:
    if isinstance(draft, OrderDraft):
        return save_orders(store=store, drafts=[draft], since=store.created_at)[0]
    if isinstance(draft, PaymentDraft):
        old = draft.started_at is not None and draft.started_at < store.created_at
        known = store.payments.filter(external_id=draft.external_id).exists() if old else False
        return save_payment(store=store, draft=replace(draft, historical=old and not known))
    if isinstance(draft, ProductDraft):
        found = save_products(store=store, drafts=[draft])
        return Taken("updated" if found else "older")
    if isinstance(draft, CustomerDraft):
        (customer,) = customers_for(store=store, drafts=[draft]).values()
        return Taken("updated", contact_id=customer.contact_id)
    assert isinstance(draft, Removal)  # noqa: S101 there are no other drafts
    return remove_order(store=store, removal=draft)


def _keep(store: Store, parcel: Parcel, request: Request, outcome: str, error: str) -> None:
    values = _columns(parcel, request, outcome, error)
    row, made = WebhookDelivery.objects.get_or_create(store=store, external_id=parcel.external_id, defaults=values)
    if not made and row.outcome == Outcome.FAILED:
        WebhookDelivery.objects.filter(pk=row.pk).update(**values)


def _columns(parcel: Parcel, request: Request, outcome: str, error: str) -> dict[str, Any]:
    return {
        "topic": parcel.topic,
        "received_at": timezone.now(),
        "outcome": outcome,
        "error": error,
        "body": request.body.decode("utf-8", "replace").replace("\x00", ""),
        "address_hash": address_hash(parcel.email) if parcel.email else "",
    }
