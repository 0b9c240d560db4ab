"""Messages of an automation that is switched off wait in the ledger as `held`, out of the senders' index.

Deactivating holds what is pending. What becomes pending afterwards (a claim that is given back, a
retry, a person who sends it again) is held when a sender comes upon it.
"""

from collections.abc import Sequence
from datetime import datetime

from automations.models import Automation, Delivery
from automations.models.delivery import DeliveryStatus


def hold(*, automation_id: int) -> int:
    """Hold what waits to be sent; returns how many. What a sender has in hand goes out."""
    rows = Delivery.objects.filter(automation_id=automation_id, status=DeliveryStatus.PENDING)
    return rows.update(status=DeliveryStatus.HELD)


def held(*, automation_id: int, due: datetime) -> list[int]:
    """Ids of held messages that were due by then, oldest first; locked, so that nobody cancels one meanwhile."""
    rows = Delivery.objects.filter(automation_id=automation_id, status=DeliveryStatus.HELD, due_at__lte=due)
    return list(rows.order_by("due_at", "pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def count_held(*, automation_id: int) -> int:
    return Delivery.objects.filter(automation_id=automation_id, status=DeliveryStatus.HELD).count()


def only_active(rows: Sequence[Delivery]) -> tuple[list[Delivery], bool]:
    """(those that may go, whether others were held): to be asked with the rows locked.

    The automation is locked before its messages are held, so that one that is being activated
    can't leave some behind; where someone else has that lock, the rows stay as they are till the
    next turn.
    """
    ids = {row.automation_id for row in rows if row.automation_id}
    off = set(Automation.objects.filter(pk__in=ids, is_active=False).values_list("pk", flat=True))
    if not off:
        return list(rows), False
    locked = Automation.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    found = [hold(automation_id=row.pk) for row in locked.filter(pk__in=off, is_active=False).order_by("pk")]
    return [row for row in rows if row.automation_id not in off], bool(found)
