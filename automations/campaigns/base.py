"""What the campaign pages share: which campaign, in which words, in whose time."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from automations.models import Account
from contacts.models import Campaign, Contact
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.services.campaigns import OPEN

VIEW, ADD = "contacts.view_campaign", "contacts.add_campaign"
CHANGE, DELETE = "contacts.change_campaign", "contacts.delete_campaign"
TONES = {
    CampaignStatus.SCHEDULED: "changed",
    CampaignStatus.SENDING: "changed",
    CampaignStatus.PAUSED: "stopped",
    CampaignStatus.SENT: "on",
}


def get_campaign(pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("segment").prefetch_related("lists"), pk=pk)


def is_open(campaign: Campaign) -> bool:
    """Whether it can still be written."""
    return campaign.kind == CampaignKind.BROADCAST and campaign.status in OPEN


def state_of(campaign: Campaign) -> tuple[str, str]:
    """(tone, words) of its state."""
    return TONES.get(CampaignStatus(campaign.status), "draft"), campaign.get_status_display()


def page_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    tone, words = state_of(campaign)
    return {
        "campaign": campaign,
        "title": campaign.name,
        "tone": tone,
        "state": words,
        "zone": Account.current().zone,
        "is_open": is_open(campaign),
        "can_edit": request.user.has_perm(CHANGE),
        "can_add": request.user.has_perm(ADD),
        "can_delete": request.user.has_perm(DELETE),
    }


def contact_to_show(address: str) -> Contact:
    """The contact with that address; without one the newest, or one that is made up."""
    rows = Contact.objects.select_related("owner")
    if address.strip():
        found = rows.filter(email=address.strip().lower()).first()
        if found is None:
            raise ValidationError({"contact": _("There is no contact with the address “%s”.") % address[:100]})
        return found
    newest = rows.order_by("-pk").first()
    if newest is not None:
        return newest
    sample = Contact(email="ada@example.com", first_name="Ada", last_name="Lovelace")
    sample.custom_values = {}
    return sample
