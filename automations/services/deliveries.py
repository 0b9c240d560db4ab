"""What a person can do with rows of the ledger that a sender won't move on by itself."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from automations.engine.wake import wake_worker
from automations.models import Delivery, StepCount
from automations.models.delivery import DeliveryStatus
from automations.reasons import Skip
from contacts.bulk import id_set

OPEN = (DeliveryStatus.UNCERTAIN, DeliveryStatus.FAILED)
UNSENT = (DeliveryStatus.PENDING, DeliveryStatus.UNCERTAIN, DeliveryStatus.FAILED)


def mark_sent(*, deliveries: Collection[int]) -> int:
    """Take uncertain ones as delivered (the provider's log says so); returns how many there were."""
    return _resolve(
        deliveries, (DeliveryStatus.UNCERTAIN,), status=DeliveryStatus.SENT, error="", sent_at=timezone.now()
    )


@transaction.atomic
def send_again(*, deliveries: Collection[int]) -> int:
    """Try uncertain and failed ones anew; returns how many.

    Attempts go on counting (one is known by its number), so what had used up its tries gets one more.
    """
    moved = _resolve(deliveries, OPEN, status=DeliveryStatus.PENDING, due_at=timezone.now(), error="")
    wake_worker()
    return moved


def cancel(*, deliveries: Collection[int]) -> int:
    """Send them no more; what a sender holds at this moment is not touched. Returns how many."""
    return _resolve(deliveries, UNSENT, status=DeliveryStatus.SKIPPED, skip_reason=Skip.CANCELLED)


@transaction.atomic
def _resolve(deliveries: Collection[int], states: Collection[str], **values: object) -> int:
    """Counts of the old state stay: they say what happened, not what stands now."""
    rows = Delivery.objects.filter(pk__in=id_set(deliveries), status__in=states).select_for_update()
    found = list(rows.values_list("pk", "automation_id", "step_key"))
    Delivery.objects.filter(pk__in=id_set([pk for pk, *_rest in found])).update(**values)
    if values["status"] != DeliveryStatus.PENDING:
        StepCount.objects.bulk_create(
            StepCount(automation_id=automation, step_key=key, metric=str(values["status"]), amount=1)
            for _pk, automation, key in found
            if automation
        )
    return len(found)
