"""Addresses that no e-mail may go to."""

from django.db import transaction

from contacts.models import Contact, List, Suppression
from contacts.models.lists import SubscriptionStatus
from contacts.values import address_hash, clean_email

from .lists import unsubscribe_contacts


@transaction.atomic
def suppress_address(*, address: str, reason: str, detail: str = "") -> Suppression:
    """Suppress an address, and end the subscriptions of the contact who has it."""
    folded = clean_email(address)
    suppression, _created = Suppression.objects.get_or_create(
        address_hash=address_hash(folded),
        defaults={"address": folded, "reason": reason, "detail": detail[:250]},
    )
    contact = Contact.objects.filter(email=folded).first()
    if contact is not None and reason != Suppression.Reason.MANUAL:
        bounced = reason == Suppression.Reason.BOUNCED
        status = SubscriptionStatus.BOUNCED if bounced else SubscriptionStatus.UNSUBSCRIBED
        for mailing_list in List.objects.filter(subscriptions__contact=contact):
            unsubscribe_contacts(contacts=contact, list=mailing_list, status=status, reason=detail)
    return suppression
