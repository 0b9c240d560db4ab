"""Who may get marketing e-mail now (spec: Send eligibility). Asked when it is sent, not when it is planned."""

from collections.abc import Collection, Sequence

from automations.models import Automation
from automations.reasons import Skip
from contacts.bulk import id_set
from contacts.models import Contact, Subscription, Suppression
from contacts.models.lists import SubscriptionStatus
from contacts.values import address_hash

#: The least final reason first: what keeps a contact from the list that came closest.
ORDER = {
    SubscriptionStatus.UNCONFIRMED: Skip.UNCONFIRMED,
    SubscriptionStatus.UNSUBSCRIBED: Skip.UNSUBSCRIBED,
    SubscriptionStatus.BOUNCED: Skip.BOUNCED,
}


def lists_of_automation(automation_id: int | None) -> list[int]:
    """The automation's lists; empty means that any list will do."""
    through = Automation.lists.through.objects.filter(automation_id=automation_id)
    return list(through.values_list("list_id", flat=True))


def refusals(contacts: Collection[Contact], lists: Sequence[int]) -> dict[int, Skip]:
    """{contact id: why not} for those who may not get it; two queries for any number."""
    hashes = {address_hash(contact.email): contact.pk for contact in contacts}
    rows = Suppression.objects.filter(address_hash__in=hashes)
    suppressed = {hashes[value] for value in rows.values_list("address_hash", flat=True)}
    states: dict[int, set[str]] = {contact.pk: set() for contact in contacts}
    subscriptions = Subscription.objects.filter(contact__in=id_set(list(states)))
    if lists:
        subscriptions = subscriptions.filter(list__in=lists)
    for contact_id, status in subscriptions.values_list("contact_id", "status"):
        states[contact_id].add(status)
    found: dict[int, Skip] = {}
    for contact_id, seen in states.items():
        if contact_id in suppressed:
            found[contact_id] = Skip.SUPPRESSED
        elif SubscriptionStatus.ACTIVE not in seen:
            found[contact_id] = next((skip for state, skip in ORDER.items() if state in seen), Skip.NO_LIST)
    return found
