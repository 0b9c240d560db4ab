"""Subscribing and unsubscribing. A refusal once given is kept until the person takes it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Contact, List, Subscription, SubscriptionChange
from contacts.models.lists import SubscriptionStatus
from contacts.origin import current_origin
from contacts.values import address_hash

from .changes import record_subscriptions
from .selection import Contacts, contact_ids, hold_contacts

REFUSED = (SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.BOUNCED)


@dataclass(slots=True)
class SubscribeResult:
    """Ids whose status changed, and ids left alone because they had refused or bounced."""

    changed: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


@transaction.atomic
def subscribe_contacts(
    *,
    contacts: Contacts,
    list: List | int,
    status: str = SubscriptionStatus.ACTIVE,
    resubscribe: bool = False,
) -> SubscribeResult:
    """Make contacts active on a list (or unconfirmed, while a double opt-in is pending).

    Those who unsubscribed or bounced stay so unless `resubscribe`, which only the person's own
    act or a user's explicit choice should set. An address that unsubscribed before its contact
    was deleted counts as refused too.
    """
    list_id = list.pk if isinstance(list, List) else list
    result = SubscribeResult()
    for chunk in chunks(contact_ids(contacts)):
        current, hashes = _state(chunk, list_id)
        refused = [] if resubscribe else _refused(chunk, current, hashes, list_id)
        kept = set(refused)
        old = {
            pk: current.get(pk, "")
            for pk in hashes
            if pk not in kept and current.get(pk) not in (status, SubscriptionStatus.ACTIVE)
        }
        _write(list_id, status, old, hashes)
        result.changed += old
        result.refused += refused
    return result


@transaction.atomic
def unsubscribe_contacts(
    *,
    contacts: Contacts,
    list: List | int,
    status: str = SubscriptionStatus.UNSUBSCRIBED,
    reason: str = "",
) -> "Sequence[int]":
    """End contacts' subscriptions to a list; return the ids of those who were active or unconfirmed."""
    list_id = list.pk if isinstance(list, List) else list
    changed: Sequence[int] = []
    for chunk in chunks(contact_ids(contacts)):
        current, hashes = _state(chunk, list_id)
        old = {pk: state for pk, state in current.items() if state not in REFUSED}
        _write(list_id, status, old, hashes, reason)
        changed = [*changed, *old]
    return changed


def _state(ids: Sequence[int], list_id: int) -> tuple[dict[int, str], dict[int, str]]:
    """Current status by contact (locked), and the address hash of each contact that exists."""
    hold_contacts(ids)
    rows = Subscription.objects.filter(list_id=list_id, contact__in=id_set(ids)).order_by("contact_id")
    current = dict(rows.select_for_update().values_list("contact_id", "status"))
    emails = Contact.objects.filter(pk__in=id_set(ids)).order_by("pk").values_list("pk", "email")
    return current, {pk: address_hash(email) for pk, email in emails}


def _refused(
    ids: Sequence[int], current: Mapping[int, str], hashes: Mapping[int, str], list_id: int
) -> "Sequence[int]":
    refused = [pk for pk in ids if current.get(pk) in REFUSED]
    unknown = {hashes[pk]: pk for pk in ids if pk not in current and pk in hashes}
    if not unknown:
        return refused
    forgotten = SubscriptionChange.objects.filter(contact=None, list_id=list_id, address_hash__in=unknown)
    latest = dict(forgotten.order_by("at", "pk").values_list("address_hash", "new"))
    return refused + [unknown[key] for key, state in latest.items() if state in REFUSED]


def _write(list_id: int, status: str, old: Mapping[int, str], hashes: Mapping[int, str], reason: str = "") -> None:
    if not old:
        return
    now = timezone.now()
    insert_rows(
        Subscription,
        {
            "contact_id": [*old],
            "list_id": list_id,
            "status": status,
            "source": current_origin().source,
            "created_at": now,
            "changed_at": now,
        },
        size=len(old),
        update_on=(["contact", "list"], ["status", "changed_at"]),
    )
    record_subscriptions(list_id=list_id, new=status, old=old, hashes=hashes, reason=reason)
