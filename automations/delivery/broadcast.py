"""One-off campaigns on their way: recipients chosen at the start, put into the ledger batch by batch.

    draft -> scheduled -> sending (due: the pump starts it) -> sent (nothing of it is left to do)
                             |  |
                        paused  cancelled

Each batch is one transaction that moves the campaign's watermark with the rows it writes: a crash
rolls both back, and `delivery_once_a_campaign` would refuse a row written twice.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from automations.conditions.base import Moment
from automations.conditions.segment import saved_trees, segments_below
from automations.conditions.tree import contacts_meeting
from automations.engine.index import current_index
from automations.models import Delivery
from automations.models.delivery import DeliveryStatus, Lane
from contacts.bulk import insert_rows
from contacts.models import Campaign, Contact, Subscription
from contacts.models.campaigns import CampaignStatus
from contacts.models.lists import SubscriptionStatus

log = logging.getLogger(__name__)

UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)


def recipients(lists: Sequence[int], segment: int | None, now: datetime) -> QuerySet[Contact]:
    """Who would get it: active on one of the lists (none: on any), and inside the segment now."""
    return _recipients(lists, freeze(segment), now)


def freeze(segment: int | None) -> dict[str, Any]:
    """The segment's conditions, and those of the segments they name, as they are now; JSON-able."""
    if segment is None:
        return {}
    trees = saved_trees()
    return {"segment": segment, "trees": [[pk, trees[pk]] for pk in sorted(segments_below(segment, trees))]}


def _recipients(lists: Sequence[int], audience: Mapping[str, Any], now: datetime) -> QuerySet[Contact]:
    active = Subscription.objects.filter(contact=OuterRef("pk"), status=SubscriptionStatus.ACTIVE)
    active = active.filter(list__in=lists) if lists else active
    people: QuerySet[Contact] = Contact.objects.all()
    if audience:
        trees = dict(audience["trees"])
        moment = Moment(now=now, zone=current_index(fresh=False).zone, trees=trees)
        people = contacts_meeting(_inside(audience["segment"]), moment)
    return people.filter(Exists(active))


def _inside(segment: int) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": "segment", "op": "in", "segment": segment}]}


def begin(campaign: Campaign, now: datetime) -> None:
    """From here on it is being sent: recipients and content stay as they are. `campaign` is locked and sound."""
    campaign.status = CampaignStatus.SENDING
    campaign.started_at = now
    campaign.scheduled_at = min(campaign.scheduled_at or now, now)
    campaign.audience = freeze(campaign.segment_id)
    campaign.ceiling = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    campaign.problem = ""
    campaign.save()


def run_campaigns(*, now: datetime) -> int:
    """Start what is due, put a batch of each into the ledger, finish what is through; returns how many contacts
    (or campaigns) were dealt with. One query when nothing is due."""
    due = Campaign.objects.filter(status__in=[CampaignStatus.SCHEDULED, CampaignStatus.SENDING])
    ids = list(due.filter(scheduled_at__lte=now).order_by("scheduled_at").values_list("pk", flat=True))
    return sum(_advance(pk, now) for pk in ids)


@transaction.atomic
def _advance(pk: int, now: datetime) -> int:
    campaign = Campaign.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if campaign is None or (campaign.scheduled_at or now) > now:
        return 0
    if campaign.status == CampaignStatus.SCHEDULED:
        return _start_due(campaign, now)
    if campaign.status != CampaignStatus.SENDING:
        return 0
    return _expand(campaign, now) if campaign.expanded_at is None else _finish(campaign, now)


def _start_due(campaign: Campaign, now: datetime) -> int:
    """What has become unsound since it was scheduled goes back to the draft, with the reason."""
    from automations.services.campaigns import check_sendable

    try:
        check_sendable(campaign=campaign)
    except ValidationError as error:
        campaign.status, campaign.problem = CampaignStatus.DRAFT, " ".join(error.messages)
        campaign.save()
        log.warning("Campaign %s could not start: %s", campaign.pk, campaign.problem)
        return 1
    begin(campaign, now)
    return 1


def _expand(campaign: Campaign, now: datetime) -> int:
    lists = list(campaign.lists.values_list("pk", flat=True))
    people = _recipients(lists, campaign.audience, campaign.started_at or now)
    people = people.filter(pk__gt=campaign.watermark, pk__lte=campaign.ceiling).order_by("pk")
    ids = list(people.values_list("pk", flat=True)[: settings.CAMPAIGN_BATCH_SIZE])
    if ids:
        campaign.recipients += _write(campaign, ids, now)
        campaign.watermark = ids[-1]
    if len(ids) < settings.CAMPAIGN_BATCH_SIZE:
        campaign.expanded_at = now
    campaign.save(update_fields=["recipients", "watermark", "expanded_at"])
    return len(ids) or 1


def _write(campaign: Campaign, ids: list[int], now: datetime) -> int:
    rows = insert_rows(
        Delivery,
        {
            "channel": "email",
            "campaign_id": campaign.pk,
            "contact_id": ids,
            "lane": Lane.MASS,
            "step_key": "",
            "visit": 0,
            "target": "",
            "subject": campaign.subject,
            "payload": {},
            "status": DeliveryStatus.PENDING,
            "skip_reason": "",
            "error": "",
            "attempts": 0,
            "message_id": "",
            "created_at": now,
            "due_at": now,
        },
        size=len(ids),
        ignore_conflicts=True,
        returning=["contact_id"],
    )
    return len(rows)


def _finish(campaign: Campaign, now: datetime) -> int:
    if Delivery.objects.filter(campaign=campaign, status__in=UNFINISHED).exists():
        return 0
    campaign.status, campaign.finished_at = CampaignStatus.SENT, now
    campaign.save(update_fields=["status", "finished_at"])
    return 1


def hold(campaign: Campaign) -> int:
    """Keep back what has not left; a sender that has claimed some of it finds it held. Returns how many."""
    return _waiting(campaign).update(lane=Lane.PAUSED)


def release(campaign: Campaign) -> int:
    return _waiting(campaign).filter(lane=Lane.PAUSED).update(lane=Lane.MASS)


def _waiting(campaign: Campaign) -> QuerySet[Delivery]:
    return Delivery.objects.filter(campaign=campaign, status__in=UNFINISHED)


def drop(campaign: Campaign, **values: Any) -> int:
    """Give up what has not left; what is being handed over this very moment may still arrive,
    but isn't tried a second time."""
    hold(campaign)
    waiting = (DeliveryStatus.PENDING, DeliveryStatus.CLAIMED)
    return Delivery.objects.filter(campaign=campaign, status__in=waiting).update(lease_until=None, **values)
