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


class _Overtaken(Exception):
    """A row that was not there has been written by somebody else."""


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
        part: SubscribeResult | None = None
        while part is None:
            part = _subscribe(chunk, list_id, status, resubscribe)
        result.changed += part.changed
        result.refused += part.refused
    return result


def _subscribe(ids: Sequence[int], list_id: int, status: str, resubscribe: bool) -> SubscribeResult | None:
    """None: somebody else has put one of them on the list since it was looked; nothing is written.

    Rows that are there are locked in the order of contacts, rows that are not can't be. Whoever waited
    for such a row while holding others could wait in a circle, so all is let go and done again.
    """
    try:
        with transaction.atomic():
            current, hashes = _state(ids, list_id)
            refused = [] if resubscribe else _refused(ids, current, hashes, list_id)
            on_it = {pk for pk, state in current.items() if state in (status, SubscriptionStatus.ACTIVE)}
            kept = on_it.union(refused)
            old = {pk: current.get(pk, "") for pk in hashes if pk not in kept}
            if old:
                _add([pk for pk in old if pk not in current], list_id, status)
                _change([pk for pk in old if pk in current], list_id, status)
                record_subscriptions(list_id=list_id, new=status, old=old, hashes=hashes)
    except _Overtaken:
        return None
    return SubscribeResult([*old], [*refused])


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
        if old:
            _change([*old], list_id, status)
            record_subscriptions(list_id=list_id, new=status, old=old, hashes=hashes, reason=reason)
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


def _add(ids: Sequence[int], list_id: int, status: str) -> None:
    now = timezone.now()
    added = insert_rows(
        Subscription,
        {
            "contact_id": [*ids],
            "list_id": list_id,
            "status": status,
            "source": current_origin().source,
            "created_at": now,
            "changed_at": now,
        },
        size=len(ids),
        ignore_conflicts=True,
        returning=["contact_id"],
    )
    if len(added) < len(ids):
        raise _Overtaken


def _change(ids: Sequence[int], list_id: int, status: str) -> None:
    if ids:
        rows = Subscription.objects.filter(list_id=list_id, contact__in=id_set(ids))
        rows.update(status=status, changed_at=timezone.now())
