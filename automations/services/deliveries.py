"""What people decide about rows of the ledger that the sender could not settle by itself."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.wake import wake_worker
from automations.models import Delivery, StepCount
from automations.models.delivery import DeliveryStatus
from automations.reasons import Skip
from contacts.bulk import chunks, id_set, insert_rows

OPEN = (DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)
WAITING = (DeliveryStatus.PENDING, DeliveryStatus.HELD)
CANCELLABLE = (*OPEN, *WAITING)


@transaction.atomic
def resend_deliveries(*, deliveries: Iterable[Delivery | int], now: datetime | None = None) -> list[int]:
    """Hand failed or uncertain ones over again; returns the ids of those that were either.

    An uncertain one may have arrived already: then the person gets it twice. Who may be written
    to is asked again when it is sent.
    """
    values = {
        "status": DeliveryStatus.PENDING,
        "due_at": now or timezone.now(),
        "attempts": 0,
        "error": "",
        "lease_until": None,
    }
    done = _decide(deliveries, OPEN, values)
    if done:
        wake_worker()
    return done


@transaction.atomic
def mark_deliveries_sent(*, deliveries: Iterable[Delivery | int], now: datetime | None = None) -> list[int]:
    """Note that failed or uncertain ones did arrive; returns the ids of those that were either."""
    values = {"status": DeliveryStatus.SENT, "sent_at": now or timezone.now(), "error": "", "lease_until": None}
    return _decide(deliveries, OPEN, values)


@transaction.atomic
def cancel_deliveries(*, deliveries: Iterable[Delivery | int]) -> list[int]:
    """Give up pending, held, failed or uncertain ones; returns the ids of those that were one of these."""
    values = {"status": DeliveryStatus.SKIPPED, "skip_reason": Skip.CANCELLED, "lease_until": None}
    return _decide(deliveries, CANCELLABLE, values)


def _decide(deliveries: Iterable[Delivery | int], statuses: Collection[str], values: dict[str, Any]) -> list[int]:
    """Set `values` on those that still have one of `statuses`, and keep the figures right."""
    ids = [row.pk if isinstance(row, Delivery) else row for row in deliveries]
    done: list[int] = []
    for chunk in chunks(ids):
        rows = Delivery.objects.filter(pk__in=id_set(chunk), status__in=statuses)
        found = list(
            rows.select_for_update(of=("self",))
            .order_by("pk")
            .values_list("pk", "automation_id", "step_key", "status")
        )
        Delivery.objects.filter(pk__in=id_set([row[0] for row in found])).update(**values)
        _count(found, str(values["status"]))
        done += [row[0] for row in found]
    return done


def _count(rows: Sequence[tuple[int, int | None, str, str]], new: str) -> None:
    """The same metrics as the sender's: what had been counted as failed no longer is."""
    changes: list[tuple[int, str, str, int]] = []
    for _pk, automation_id, step_key, old in rows:
        if automation_id is None:
            continue
        if old == DeliveryStatus.FAILED:
            changes.append((automation_id, step_key, old, -1))
        if new != DeliveryStatus.PENDING:
            changes.append((automation_id, step_key, new, 1))
    names = ("automation_id", "step_key", "metric", "amount")
    columns = {name: [change[place] for change in changes] for place, name in enumerate(names)}
    insert_rows(StepCount, columns, size=len(changes))
