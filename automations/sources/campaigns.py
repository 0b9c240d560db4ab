"""What follows from e-mails and their campaigns: links that are known early, ledger rows that are settled late."""

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.delivery.campaigns import note_links
from automations.models import Delivery
from automations.models.delivery import DeliveryStatus
from automations.services.deliveries import mark_deliveries_sent
from contacts.models import Campaign, SentEmail
from contacts.models.campaigns import CampaignKind
from contacts.signals import email_arrived


@receiver(post_save, sender=Campaign)
def campaign_saved(
    instance: Campaign, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    """Its links; those of an automation's e-mail are noted when it is published."""
    if raw or instance.kind != CampaignKind.BROADCAST:
        return
    if update_fields is None or {"html", "text"} & set(update_fields):
        note_links(instance)


@receiver(email_arrived)
def settle_uncertain(email: SentEmail, **kwargs: Any) -> None:
    """Somebody has it, so it was sent: the doubt that a crash left is over."""
    uncertain = Delivery.objects.filter(status=DeliveryStatus.UNCERTAIN, pk__in=[email.reference])
    mark_deliveries_sent(deliveries=list(uncertain))
