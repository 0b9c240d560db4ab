"""What stores deliver: kept once as it came, so that the store has its answer at once; taken in by the worker."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from contacts.bulk import insert_rows
from contacts.connectors.base import Malformed, Request, fingerprint
from contacts.values import address_hash
from ecommerce.connectors import STORES, Parcel
from ecommerce.models import Store, WebhookDelivery

from .intake import take_in

logger = logging.getLogger(__name__)
Outcome = WebhookDelivery.Outcome
#: A process wakes a worker at most so often, and a woken worker lingers a little longer.
WAKE_SECONDS = 1.0
_last = threading.local()


def receive_delivery(*, store: Store, request: Request) -> str:
    """Keep a delivery whose sender was verified: "accepted", "kept" while the store is off, or "replay".

    Malformed for a body that is not the store's; it is kept as failed. One insert.
    """
    try:
        parcel = STORES[store.kind].parse(request, store)
    except Malformed as error:
        topic = request.headers.get(STORES[store.kind].topic_header, "")[:100]
        _keep(store, Parcel(fingerprint(request.body), topic), request, Outcome.FAILED, " ".join(error.messages))
        raise
    outcome = Outcome.WAITING if store.is_active else Outcome.OFF
    if not _keep(store, parcel, request, outcome):
        return "replay"
    if not store.is_active:
        return "kept"
    _wake()
    return "accepted"


@transaction.atomic
def replay_delivery(*, delivery: WebhookDelivery) -> str:
    """Take in again, now, what failed or came while the store was off; the new outcome."""
    row = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("store").get(pk=delivery.pk)
    if not row.replayable:
        raise ValidationError(_("This delivery went in already, or its content is not kept any more."))
    if not row.store.is_active:
        raise ValidationError(_("The store is switched off; switch it on first."))
    row.outcome, row.error, row.contact_id = take_in(store=row.store, delivery=row)
    row.save(update_fields=["outcome", "error", "contact"])
    return str(row.outcome)


def delete_old_deliveries(*, now: datetime) -> int:
    """Delete what was delivered more than STORE_DELIVERY_DAYS ago; orders know their own versions."""
    old = WebhookDelivery.objects.filter(received_at__lt=now - timedelta(days=settings.STORE_DELIVERY_DAYS))
    return old.exclude(outcome=Outcome.WAITING).delete()[0]


def _keep(store: Store, parcel: Parcel, request: Request, outcome: str, error: str = "") -> bool:
    """Whether it is new, or comes again after it had failed."""
    columns = {
        "topic": parcel.topic,
        "received_at": datetime.fromtimestamp(request.now, UTC),
        "outcome": outcome,
        "error": error,
        "body": request.body.decode("utf-8", "replace").replace("\x00", ""),
        "address_hash": address_hash(parcel.email) if parcel.email else "",
    }
    values: dict[str, Any] = {"store_id": store.pk, "external_id": parcel.external_id, **columns}
    made = insert_rows(
        WebhookDelivery, {name: [value] for name, value in values.items()}, size=1,
        ignore_conflicts=True, returning=["id"],
    )  # fmt: skip
    if made:
        return True
    again = WebhookDelivery.objects.filter(store=store, external_id=parcel.external_id, outcome=Outcome.FAILED)
    return bool(again.update(**columns))


def _wake() -> None:
    """Let a worker take in what waits; the schedule finds what a crash left over."""
    now = time.monotonic()
    if now - getattr(_last, "at", -WAKE_SECONDS) < WAKE_SECONDS:
        return
    _last.at = now
    try:
        async_task("ecommerce.tasks.take_in", group="wake")
    except Exception:
        logger.exception("Could not wake a worker; the schedule will find the deliveries.")
