"""Campaigns and templates as records: written, copied, counted. What sends them is the automations' business."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from contacts.models import Campaign, CampaignCount, EmailTemplate, List
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.values import clean_email

from .records import save_record
from .usage import check_unused

#: What a user writes of a campaign, and what of it a template keeps.
WRITTEN = (
    "name", "subject", "preheader", "html", "text", "from_name", "from_email", "reply_to", "track_opens",
    "track_links", "segment",
)  # fmt: skip
OF_TEMPLATE = ("subject", "preheader", "html", "text")
OPEN = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)


@transaction.atomic
def write_campaign(
    *, campaign: Campaign | None = None, values: Mapping[str, Any], lists: Iterable[List] | None = None
) -> Campaign:
    """Make a draft, or change one that has not started; ValidationError by field. `lists` replaces its lists."""
    record = Campaign() if campaign is None else lock_campaign(campaign)
    check_editable(record)
    unknown = set(values) - set(WRITTEN)
    if unknown:
        raise ValidationError(_("A campaign has no field %s.") % ", ".join(sorted(unknown)))
    save_record(record=record, values=_checked(values))
    if lists is not None:
        record.lists.set(lists)
    return record


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    if any(character in str(checked.get("from_name", "")) for character in '\r\n"<>'):
        raise ValidationError({"from_name": _("The name can't have line breaks, quotes or angle brackets.")})
    for name in ("from_email", "reply_to"):
        if checked.get(name):
            try:
                checked[name] = clean_email(checked[name])
            except ValidationError as error:
                raise ValidationError({name: error.messages}) from None
    return checked


def lock_campaign(campaign: Campaign | int) -> Campaign:
    """The row as it stands, locked until the transaction ends. ValidationError when it is gone."""
    pk = campaign.pk if isinstance(campaign, Campaign) else campaign
    found = Campaign.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise ValidationError(_("The campaign does not exist any more."), code="gone")
    return found


def check_editable(campaign: Campaign) -> None:
    if campaign.kind != CampaignKind.BROADCAST:
        raise ValidationError(
            _("“%s” is an automation's e-mail; it is written in the automation.") % campaign, code="automation"
        )
    if campaign.status not in OPEN:
        text = _("“%(campaign)s” is %(status)s; it can't be changed any more. Duplicate it to send another.")
        about = {"campaign": campaign, "status": campaign.get_status_display()}
        raise ValidationError(text % about, code="started")


@transaction.atomic
def duplicate_campaign(*, campaign: Campaign) -> Campaign:
    """A draft with the same content and recipients. Of an automation's e-mail there is none: it has no text."""
    if campaign.kind != CampaignKind.BROADCAST:
        check_editable(campaign)
    values = {name: getattr(campaign, name) for name in WRITTEN}
    values["name"] = (_("Copy of %s") % campaign.name)[:250]
    return write_campaign(values=values, lists=list(campaign.lists.all()))


@transaction.atomic
def delete_campaign(*, campaign: Campaign) -> None:
    """Delete one that never went out; InUse, naming them, where triggers or conditions name it."""
    locked = lock_campaign(campaign)
    check_editable(locked)
    check_unused(record=locked)
    locked.delete()


def save_template(*, template: EmailTemplate | None = None, values: Mapping[str, Any]) -> EmailTemplate:
    """Make a template, or change one; ValidationError by field."""
    return save_record(record=template or EmailTemplate(), values=values)


def roll_up_counts() -> int:
    """Replace the many rows of a count and hour by one; returns how many rows were saved."""
    names = ("campaign_id", "metric", "at", "link_id")
    groups = CampaignCount.objects.order_by().values_list(*names).annotate(rows=Count("pk")).filter(rows__gt=1)
    saved = 0
    for campaign_id, metric, at, link_id, _rows in list(groups):
        key = {"campaign_id": campaign_id, "metric": metric, "at": at, "link_id": link_id}
        wanted = key if link_id else {**key, "link_id__isnull": True}
        if not link_id:
            del wanted["link_id"]
        with transaction.atomic():
            # Locked and skipped by a second roll-up; rows appended meanwhile stay for the next one.
            found = CampaignCount.objects.filter(**wanted).select_for_update(skip_locked=True)
            ids = list(found.values_list("pk", flat=True))
            amount = CampaignCount.objects.filter(pk__in=ids).aggregate(total=Sum("amount"))["total"] or 0
            CampaignCount.objects.filter(pk__in=ids)._raw_delete("default")
            CampaignCount.objects.create(**key, amount=amount)
            saved += len(ids) - 1
    return saved
