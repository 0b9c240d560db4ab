"""Writes the fact of a change. Called by models (one) and by services (many)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from contacts.bulk import insert_rows
from contacts.entities import entity_of, entity_of_model
from contacts.facts import ContactsCreated, FormSubmitted, SubscriptionChanged, TagChanged
from contacts.models import SubscriptionChange, TagChange
from contacts.origin import current_origin
from contacts.signals import facts_recorded, listeners_requested

if TYPE_CHECKING:
    from contacts.models import Subscription
    from contacts.models.tracked import Tracked


def record_changes(*, record: "Tracked", before: Mapping[str, Any]) -> None:
    """One fact for each tracked attribute of `record` that differs from `before`."""
    if not before:
        return
    entity = entity_of_model(type(record))
    for name, old in before.items():
        new = getattr(record, name)
        if old != new:
            key = name.removesuffix("_id")
            field = entity.standard[key]
            texts = {"field": key, "old": field.to_text(old), "new": field.to_text(new)}
            entity.facts(**{entity.owner: record}, **texts, **current_facts()).save(force_insert=True)


def record_tag(*, contact_id: int, tag_id: int, added: bool) -> None:
    TagChange(contact_id=contact_id, tag_id=tag_id, added=added, **current_facts()).save(force_insert=True)


def record_subscription(*, subscription: "Subscription", old: str) -> None:
    SubscriptionChange(
        contact_id=subscription.contact_id,
        list_id=subscription.list_id,
        old=old,
        new=subscription.status,
        address_hash=subscription.contact.address_hash,
        **current_facts(),
    ).save(force_insert=True)


def record_tags(*, contact_ids: Sequence[int], tag_id: int, added: bool) -> None:
    """The bulk form: one insert, one signal."""
    insert_rows(
        TagChange,
        {
            "contact_id": list(contact_ids),
            "tag_id": tag_id,
            "added": added,
            "at": timezone.now(),
            **current_facts(),
        },
        size=len(contact_ids),
    )
    announce(TagChanged(tag_id=tag_id, added=added, contact_ids=contact_ids))


def record_subscriptions(
    *, list_id: int, new: str, old: Mapping[int, str], hashes: Mapping[int, str], reason: str = ""
) -> None:
    ids = list(old)
    insert_rows(
        SubscriptionChange,
        {
            "contact_id": ids,
            "list_id": list_id,
            "old": list(old.values()),
            "new": new,
            "address_hash": [hashes[pk] for pk in ids],
            "reason": reason[:250],
            "at": timezone.now(),
            **current_facts(),
        },
        size=len(ids),
    )
    announce(SubscriptionChanged(list_id=list_id, new=new, old=old))


def record_field(*, scope: str, field: str, changes: Mapping[int, tuple[str, str]]) -> None:
    """The facts of one field of many records, and their batch."""
    if not changes:
        return
    entity = entity_of(scope)
    insert_rows(
        entity.facts,
        {
            entity.owner_id: list(changes),
            "field": field,
            "old": [old for old, _new in changes.values()],
            "new": [new for _old, new in changes.values()],
            "at": timezone.now(),
            **current_facts(),
        },
        size=len(changes),
    )
    announce(entity.batch(scope, field, changes))


def announce_created(*, contact_ids: Sequence[int]) -> None:
    if contact_ids:
        announce(ContactsCreated(contact_ids=contact_ids))


def announce_submitted(*, form_id: int, submission_id: int, contact_id: int, lists: Sequence[int]) -> None:
    announce(FormSubmitted(form_id, submission_id, [contact_id], tuple(lists)))


def announce(batch: object) -> None:
    """Tell whoever listens of facts that set-based SQL wrote."""
    facts_recorded.send(sender=type(batch), batch=batch)


def is_awaited(kind: type) -> bool:
    """Whether anybody listens to facts of this kind; costs no query, and may be a second behind."""
    return any(answer for _receiver, answer in listeners_requested.send(sender=kind))


def current_facts() -> dict[str, Any]:
    """Who causes what is being written now: the columns every fact has for it."""
    origin = current_origin()
    return {"source": origin.source, "user_id": origin.user_id}
