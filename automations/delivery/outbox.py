"""The ledger's two sides: steps write rows, senders claim and hand them over.

    pending -> claimed (lease) -> sending -> sent | skipped | failed | pending again, later
                  |                  |
              lease over:        lease over: uncertain (EMAIL_UNCERTAIN_POLICY decides: a person,
              pending again      or sent again); the provider may have it

`sending` is committed before the hand-over and its result after it, row by row: a crash leaves
at most one row a sender uncertain, loses none and repeats none.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from automations.models import Delivery, SenderState, StepCount
from automations.models.delivery import DeliveryStatus
from automations.registry import Registry
from automations.steps.base import StepRun, Visit
from contacts.bulk import id_set, insert_rows

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
CLAIM = 50
PAUSES = (60, 300, 1_800, 7_200, 21_600, 43_200)  # seconds, by attempt
MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class DeliveryDraft:
    """An outside effect that a step wants. `once`: one to an enrollment and step, whatever the visits."""

    visit: Visit
    channel: str
    target: str
    subject: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    once: bool = False


class Temporary(Exception):
    """Nothing was delivered, and it is worth trying again. `channel_down`: no use trying others now."""

    def __init__(self, message: str, *, channel_down: bool = False) -> None:
        super().__init__(message)
        self.channel_down = channel_down


class Permanent(Exception):
    """Refused for good; nothing was delivered."""


class Unclear(Exception):
    """The other side may or may not have taken it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row, ready: `send()` hands it over, or `skip` says why it must not go."""

    delivery: Delivery
    send: Callable[[], str] | None
    skip: str = ""


class Channel(Protocol):
    """How one kind of effect leaves. `open` is entered once for a claimed batch and yields `prepare`:

    prepare(deliveries) gives a Parcel for each, in any order; a parcel's `send` returns the
    provider's id ("" if none) or raises Temporary, Permanent or Unclear. `open` itself may raise
    Temporary: then the channel pauses.
    """

    slug: str
    #: Rows a minute over all workers; 0: no limit.
    rate: int

    def open(self) -> AbstractContextManager["Callable[[Sequence[Delivery]], Iterator[Parcel]]"]: ...


CHANNELS: Registry[Any] = Registry("channel", required=("open",))


def enqueue(*, drafts: Sequence[DeliveryDraft], run: StepRun) -> set[int]:
    """Write rows; returns the enrollments whose row is new (the others were served before)."""
    rows = insert_rows(
        Delivery,
        {
            "channel": [draft.channel for draft in drafts],
            "automation_id": run.plan.automation_id,
            "version_id": run.plan.version_id,
            "enrollment_id": [draft.visit.id for draft in drafts],
            "contact_id": [draft.visit.contact_id for draft in drafts],
            "step_key": run.step.key,
            "visit": [0 if draft.once else draft.visit.visit for draft in drafts],
            "target": [draft.target for draft in drafts],
            "subject": [draft.subject[:250] for draft in drafts],
            "payload": [draft.payload for draft in drafts],
            "status": DeliveryStatus.PENDING,
            "skip_reason": "",
            "error": "",
            "attempts": 0,
            "message_id": "",
            "created_at": run.now,
            "due_at": run.now,
        },
        size=len(drafts),
        ignore_conflicts=True,
        returning=["enrollment_id"],
    )
    return {row[0] for row in rows}


def deliver_due(*, now: Callable[[], datetime]) -> int:
    """Deliver one batch of each channel; returns how many rows were dealt with."""
    return sum(_deliver(channel(), now) for channel in CHANNELS)


def _deliver(channel: Channel, now: Callable[[], datetime]) -> int:
    claimed = _claim(channel, now())
    if not claimed:
        return 0
    try:
        with channel.open() as prepare:
            _hand_over(channel, prepare(claimed), now)
    except Temporary as error:
        _pause(channel, error, now())
    _give_back(claimed)
    return len(claimed)


def _hand_over(channel: Channel, parcels: Iterator[Parcel], now: Callable[[], datetime]) -> None:
    for parcel in parcels:
        delivery = parcel.delivery
        if parcel.send is None:
            _settle(delivery, now(), status=DeliveryStatus.SKIPPED, skip_reason=parcel.skip)
            continue
        if not _begin(delivery, now()):
            continue
        try:
            message_id = parcel.send()
        except Temporary as error:
            _try_later(delivery, error, now())
            if error.channel_down:
                raise
        except Permanent as error:
            _settle(delivery, now(), status=DeliveryStatus.FAILED, error=str(error))
        except Exception as error:
            if not isinstance(error, Unclear):
                log.exception("Delivery %s: its fate is not known", delivery.pk)
            _settle(delivery, now(), status=DeliveryStatus.UNCERTAIN, error=str(error) or type(error).__name__)
        else:
            _settle(delivery, now(), status=DeliveryStatus.SENT, message_id=message_id, sent_at=now(), error="")
            _recover(channel)


def _claim(channel: Channel, now: datetime) -> list[Delivery]:
    """Lease due rows. The channel's state row is the lock that makes the rate one for all workers."""
    due = Delivery.objects.filter(channel=channel.slug, status=DeliveryStatus.PENDING, due_at__lte=now)
    if not due.exists():
        return []
    with transaction.atomic():
        SenderState.objects.get_or_create(channel=channel.slug)
        state = SenderState.objects.select_for_update().get(channel=channel.slug)
        if state.paused_until and state.paused_until > now:
            return []
        room = min(CLAIM, _room(channel, now))
        locked = due.order_by("due_at", "pk").select_for_update(skip_locked=True)[: max(room, 0)]
        claimed = list(locked)
        Delivery.objects.filter(pk__in=id_set([row.pk for row in claimed])).update(
            status=DeliveryStatus.CLAIMED, lease_until=now + LEASE
        )
    return claimed


def _room(channel: Channel, now: datetime) -> int:
    if not channel.rate:
        return CLAIM
    recent = Q(sent_at__gt=now - timedelta(minutes=1)) | Q(
        status__in=[DeliveryStatus.CLAIMED, DeliveryStatus.SENDING]
    )
    return channel.rate - Delivery.objects.filter(recent, channel=channel.slug).count()


def _begin(delivery: Delivery, now: datetime) -> bool:
    """From here on the provider may have it. False when the lease was lost meanwhile."""
    held = Delivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.CLAIMED, attempts=delivery.attempts, lease_until__gt=now
    )
    return bool(held.update(status=DeliveryStatus.SENDING, lease_until=now + LEASE, attempts=F("attempts") + 1))


@transaction.atomic
def _settle(delivery: Delivery, now: datetime, **values: Any) -> None:
    status = values["status"]
    Delivery.objects.filter(pk=delivery.pk).update(lease_until=None, **values)
    if delivery.automation_id and status in (
        DeliveryStatus.SENT,
        DeliveryStatus.SKIPPED,
        DeliveryStatus.FAILED,
    ):
        StepCount.objects.create(
            automation_id=delivery.automation_id, step_key=delivery.step_key, metric=str(status), amount=1
        )


def _try_later(delivery: Delivery, error: Temporary, now: datetime) -> None:
    attempt = delivery.attempts + 1
    if attempt >= MAX_ATTEMPTS:
        _settle(delivery, now, status=DeliveryStatus.FAILED, error=str(error))
        return
    pause = timedelta(seconds=PAUSES[min(attempt, len(PAUSES)) - 1])
    _settle(delivery, now, status=DeliveryStatus.PENDING, due_at=now + pause, error=str(error))


def _pause(channel: Channel, error: Temporary, now: datetime) -> None:
    """The provider is down: everyone waits a little, and longer each time, instead of failing row by row."""
    state, _created = SenderState.objects.get_or_create(channel=channel.slug)
    pause = timedelta(seconds=min(10 * 2 ** min(state.failures, 8), 1_800))
    SenderState.objects.filter(pk=state.pk).update(
        failures=F("failures") + 1, paused_until=now + pause, error=str(error)[:2_000]
    )
    log.warning("Channel %s is paused for %s: %s", channel.slug, pause, error)


def _recover(channel: Channel) -> None:
    SenderState.objects.filter(channel=channel.slug, failures__gt=0).update(
        failures=0, paused_until=None, error=""
    )


def _give_back(claimed: Sequence[Delivery]) -> None:
    """Rows that were not reached go back to the queue as they were."""
    Delivery.objects.filter(pk__in=id_set([row.pk for row in claimed]), status=DeliveryStatus.CLAIMED).update(
        status=DeliveryStatus.PENDING, lease_until=None
    )


def reap_leases(*, now: datetime) -> int:
    """Settle what crashed senders left behind; returns how many rows."""
    over = Delivery.objects.filter(lease_until__lt=now)
    back = over.filter(status=DeliveryStatus.CLAIMED).update(status=DeliveryStatus.PENDING, lease_until=None)
    resend = settings.EMAIL_UNCERTAIN_POLICY == "resend"
    status = DeliveryStatus.PENDING if resend else DeliveryStatus.UNCERTAIN
    left = over.filter(status=DeliveryStatus.SENDING).update(status=status, lease_until=None)
    return back + left
