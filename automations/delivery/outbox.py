"""The ledger's two sides: steps write rows, senders claim and hand them over.

    pending -> claimed (lease) -> sending -> sent | skipped | failed | pending again, later
       |          |                  |
      held    lease over:        lease over: uncertain (EMAIL_UNCERTAIN_POLICY decides: a person,
              pending again      or sent again); the provider may have it

`held`: the automation is inactive (holding.py). `sending` is committed before the hand-over and
its result after it, row by row: a crash leaves at most one row a sender uncertain, loses none and
repeats none. A claim is known by the moment its lease ends, an attempt by its number; who has lost
either changes nothing any more.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Any, Protocol

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from automations.delivery.holding import only_active
from automations.models import Delivery, SenderState, StepLog
from automations.models.delivery import DeliveryStatus, Lane
from automations.reasons import Outcome, Skip
from automations.registry import Registry
from automations.steps.base import StepRun, Visit
from contacts.bulk import id_set, insert_rows

from .tally import Outcomes, count_outcomes

log = logging.getLogger(__name__)

CLAIM = 50
PAUSES = (60, 300, 1_800, 7_200, 21_600, 43_200)  # seconds, by attempt
LONGEST_PAUSE = timedelta(minutes=30)
MAX_ATTEMPTS = 8
SERVED = (Lane.SINGLE, Lane.MASS)
FINAL = (DeliveryStatus.SENT, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED)


@dataclass(frozen=True, slots=True)
class DeliveryDraft:
    """An outside effect that a step wants. `once`: one to an enrollment and step, whatever the visits."""

    visit: Visit
    channel: str
    target: str
    subject: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    once: bool = False


class _ChannelError(Exception):
    """`channel_down`: the next message would meet the same, so the channel pauses."""

    def __init__(self, message: str, *, channel_down: bool = False) -> None:
        super().__init__(message)
        self.channel_down = channel_down


class Temporary(_ChannelError):
    """Nothing was delivered, and it is worth trying again."""


class Unclear(_ChannelError):
    """The other side may or may not have taken it."""


class Permanent(Exception):
    """Refused for good; nothing was delivered."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row, ready: `send()` hands it over, or `skip` says why it must not go.

    With neither it is put off for a minute, untried: what it is meant for has just failed.
    """

    delivery: Delivery
    send: Callable[[], str] | None = None
    skip: str = ""


class Channel(Protocol):
    """How one kind of effect leaves. `open` is entered once for a claimed batch and yields `prepare`:

    prepare(deliveries) gives a Parcel for each, in any order; a parcel's `send` returns the
    provider's id ("" if none) or raises Temporary, Permanent or Unclear. `open` itself may raise
    Temporary: then the channel pauses. What is wrong with one delivery must come out of its
    `send`; an error of `prepare` pauses the whole channel.
    """

    slug: str
    #: Rows a minute over all workers; 0: no limit.
    rate: int
    #: The other side recognises a repetition, so nothing ever has to stay uncertain.
    repeatable: bool

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
            "lane": Lane.SINGLE,
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


def lease() -> timedelta:
    """How long a sender may hold a row without a sign of life."""
    return timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


def _deliver(channel: Channel, now: Callable[[], datetime]) -> int:
    claimed = _claim(channel, now())
    if not claimed:
        return 0
    token = claimed[0].lease_until
    erased = [row for row in claimed if _is_erased(row)]
    for row in erased:
        _dismiss(row, Skip.CONTACT_GONE, now())
    left = [row for row in claimed if row not in erased]
    if not left:
        return len(claimed)
    try:
        with channel.open() as prepare:
            _hand_over(channel, prepare(left), now)
    except _ChannelError as error:
        _pause(channel, error, now())
    except (OperationalError, InterfaceError):
        raise  # the database's trouble is not the channel's
    except Exception as error:
        # Wrong settings of one channel must not stop the others.
        log.exception("Channel %s failed", channel.slug)
        _pause(channel, error, now())
    finally:
        _give_back(claimed, token)
    return len(claimed)


def _is_erased(delivery: Delivery) -> bool:
    """Nothing is left to send of a row whose person was erased; a crash, or somebody, made it pending again."""
    return delivery.contact_id is None and not delivery.target and not delivery.payload


def _hand_over(channel: Channel, parcels: Iterator[Parcel], now: Callable[[], datetime]) -> None:
    """Stops at half of the lease: with a slow provider the rest is given back before anyone takes it over."""
    started = now()
    recovered = False
    for parcel in parcels:
        delivery = parcel.delivery
        if now() - started > lease() / 2:
            return
        if parcel.send is None:
            _dismiss(delivery, parcel.skip, now())
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
            _left_open(channel, delivery, error, now())
            if isinstance(error, Unclear) and error.channel_down:
                raise
        else:
            _settle(delivery, now(), status=DeliveryStatus.SENT, message_id=message_id, sent_at=now(), error="")
            if not recovered:
                _recover(channel)
            recovered = True


def _claim(channel: Channel, now: datetime) -> list[Delivery]:
    """Lease due rows. The channel's state row is the lock that makes the rate one for all workers."""
    due = Delivery.objects.filter(channel=channel.slug, status=DeliveryStatus.PENDING, due_at__lte=now)
    due = due.filter(lane__in=SERVED)
    if not due.exists():
        return []
    until = now + lease()
    with transaction.atomic():
        SenderState.objects.get_or_create(channel=channel.slug)
        state = SenderState.objects.select_for_update().get(channel=channel.slug)
        if _paused(state, now):
            return []
        room = max(min(CLAIM, _room(channel, now)), 0)
        claimed, more = only_active(_in_turns(due, room))
        while more and not claimed:
            claimed, more = only_active(_in_turns(due, room))
        Delivery.objects.filter(pk__in=id_set([row.pk for row in claimed])).update(
            status=DeliveryStatus.CLAIMED, lease_until=until
        )
    for row in claimed:
        row.lease_until = until
    return claimed


def _in_turns(due: QuerySet[Delivery], room: int) -> list[Delivery]:
    """The oldest of each lane, as many of the one as of the other; what a lane leaves free the other takes.

    A single e-mail so never waits behind the thousands of a campaign, nor a campaign for ever.
    """
    queues = [
        list(due.filter(lane=lane).order_by("due_at", "pk").select_for_update(skip_locked=True)[:room])
        for lane in SERVED
    ]
    turns = chain.from_iterable(zip_longest(*queues))
    return [row for row in turns if row is not None][:room]


def _room(channel: Channel, now: datetime) -> int:
    if not channel.rate:
        return CLAIM
    recent = Q(sent_at__gt=now - timedelta(minutes=1)) | Q(
        status__in=[DeliveryStatus.CLAIMED, DeliveryStatus.SENDING]
    )
    return channel.rate - Delivery.objects.filter(recent, channel=channel.slug).count()


def _begin(delivery: Delivery, now: datetime) -> bool:
    """From here on the provider may have it. False when the claim was lost, or the row held, meanwhile.

    One row changes from claimed to sending in one statement, and only for the claim's own lease:
    of two senders who both believe they hold a row, one begins.
    """
    held = Delivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.CLAIMED, lease_until=delivery.lease_until, lane__in=SERVED
    ).filter(lease_until__gt=now)
    until = now + lease()
    if not held.update(status=DeliveryStatus.SENDING, lease_until=until, attempts=F("attempts") + 1):
        return False
    delivery.attempts += 1
    delivery.lease_until = until
    return True


@transaction.atomic
def _settle(delivery: Delivery, now: datetime, **values: Any) -> None:
    """Write what became of an attempt, even when it took longer than the lease.

    The truth that comes late still counts (a row may have been called uncertain meanwhile, and
    has no lease then), but not against a later attempt's, nor against a final state.
    """
    held = Q(lease_until=delivery.lease_until) | Q(lease_until=None)
    mine = Delivery.objects.filter(held, pk=delivery.pk, attempts=delivery.attempts).exclude(status__in=FINAL)
    if not mine.update(lease_until=None, **values):
        log.warning("Delivery %s: came too late to say %s", delivery.pk, values["status"])
    elif values["status"] in FINAL:
        count_outcomes([Outcomes.of(delivery, str(values["status"]))], at=now)


@transaction.atomic
def _dismiss(delivery: Delivery, skip: str, now: datetime) -> None:
    """Not sent now: put off, or (counted under its reason, and told in the contact's log) not at all."""
    mine = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.CLAIMED, lease_until=delivery.lease_until)
    if not skip:
        later = now + timedelta(seconds=PAUSES[0])
        mine.update(status=DeliveryStatus.PENDING, due_at=later, lease_until=None)
        return
    if not mine.update(status=DeliveryStatus.SKIPPED, skip_reason=skip, lease_until=None, error=""):
        return
    count_outcomes([Outcomes.of(delivery, str(DeliveryStatus.SKIPPED), f"skip:{skip}")], at=now)
    if delivery.enrollment_id:
        StepLog.objects.create(
            enrollment_id=delivery.enrollment_id,
            step_key=delivery.step_key,
            visit=delivery.visit,
            outcome=Outcome.NOT_ELIGIBLE,
            detail=str(Skip(skip).label),
            at=now,
        )


def _try_later(delivery: Delivery, error: Exception, now: datetime) -> None:
    if delivery.attempts >= MAX_ATTEMPTS:
        _settle(delivery, now, status=DeliveryStatus.FAILED, error=str(error))
        return
    pause = timedelta(seconds=PAUSES[min(delivery.attempts, len(PAUSES)) - 1])
    _settle(delivery, now, status=DeliveryStatus.PENDING, due_at=now + pause, error=str(error))


def _left_open(channel: Channel, delivery: Delivery, error: Exception, now: datetime) -> None:
    """The hand-over ended without an answer: policy decides, as after a crash."""
    if not isinstance(error, Unclear):
        log.exception("Delivery %s: its fate is not known", delivery.pk)
    if channel.repeatable or settings.EMAIL_UNCERTAIN_POLICY == "resend":
        _try_later(delivery, error, now)
    else:
        _settle(delivery, now, status=DeliveryStatus.UNCERTAIN, error=str(error) or type(error).__name__)


def _pause(channel: Channel, error: Exception, now: datetime) -> None:
    """The provider is down: everyone waits a little, and longer each time, instead of failing row by row.

    Senders that meet the same failure at the same time count once.
    """
    with transaction.atomic():
        state = SenderState.objects.select_for_update().get(channel=channel.slug)
        if _paused(state, now):
            return
        pause = min(timedelta(seconds=10 * 2 ** min(state.failures, 8)), LONGEST_PAUSE)
        state.failures += 1
        state.paused_until, state.error = now + pause, str(error)[:2_000]
        state.save()
    log.warning("Channel %s is paused for %s: %s", channel.slug, pause, error)


def _paused(state: SenderState, now: datetime) -> bool:
    """A pause longer than any that is given comes from a clock that has been set back: it doesn't count."""
    return bool(state.paused_until and now < state.paused_until <= now + LONGEST_PAUSE)


def _recover(channel: Channel) -> None:
    SenderState.objects.filter(channel=channel.slug, failures__gt=0).update(
        failures=0, paused_until=None, error=""
    )


def _give_back(claimed: Sequence[Delivery], token: datetime | None) -> None:
    """Rows that were not reached go back to the queue as they were; those of another claim stay."""
    Delivery.objects.filter(
        pk__in=id_set([row.pk for row in claimed]),
        status=DeliveryStatus.CLAIMED,
        lease_until=token,
    ).update(status=DeliveryStatus.PENDING, lease_until=None)


def reap_leases(*, now: datetime) -> int:
    """Settle what crashed senders left behind; returns how many rows.

    A lease that ends later than two leases from now was given by a clock that has been set back since. It would
    hold its row until then; twice, because the clocks of two machines may differ.
    """
    over = Delivery.objects.filter(Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * lease()))
    back = over.filter(status=DeliveryStatus.CLAIMED).update(status=DeliveryStatus.PENDING, lease_until=None)
    left = over.filter(status=DeliveryStatus.SENDING)
    if settings.EMAIL_UNCERTAIN_POLICY == "resend":
        repeatable = Q()
    else:
        repeatable = Q(channel__in=[channel.slug for channel in CHANNELS if channel.repeatable])
    # One that takes its sender down each time isn't repeated for ever.
    again = left.filter(repeatable, attempts__lt=MAX_ATTEMPTS).update(
        status=DeliveryStatus.PENDING, lease_until=None, error=_("The sender was interrupted; tried again.")
    )
    open_ = left.update(
        status=DeliveryStatus.UNCERTAIN,
        lease_until=None,
        error=_("The sender was interrupted while it handed the message over."),
    )
    if open_:
        log.warning("%s deliveries are uncertain after a crash", open_)
    return back + again + open_
