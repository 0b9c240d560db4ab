"""Custom objects: records that are made, fields that change, contacts that are related to them."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from automations.engine.index import current_index, touch_index
from automations.engine.match import raise_event
from automations.events import OBJECT_CREATED, OBJECT_LINKS_CHANGED, OBJECT_UPDATED, Event
from contacts.facts import ObjectFieldChanged, ObjectLinksChanged, ObjectRecordsCreated
from contacts.models import ObjectFieldChange, ObjectRecord, ObjectType
from contacts.selectors.custom_objects import contacts_of_records
from contacts.signals import facts_recorded

KEY = ObjectRecord._meta.label_lower


@receiver([post_save, post_delete], sender=ObjectType)
def types_changed(**kwargs: Any) -> None:
    """What texts can name goes with the index (`automations.records.custom_object`)."""
    touch_index()


@receiver(facts_recorded, sender=ObjectRecordsCreated)
def records_created(batch: ObjectRecordsCreated, **kwargs: Any) -> None:
    """An event for each record; whose contacts are asked once for all, and only where somebody listens."""
    if not current_index(fresh=len(batch.record_ids) > 1).hears(_created(batch.type_id, 0, [])):
        return
    people = contacts_of_records(batch.record_ids)
    for record in batch.record_ids:
        raise_event(_created(batch.type_id, record, people.get(record, [])))


def _created(type_id: int, record: int, contacts: list[int]) -> Event:
    return Event(
        OBJECT_CREATED,
        contacts,
        key=type_id,
        record=(KEY, record),
        primary=contacts[0] if contacts else None,
        data={"object_type": type_id},
    )


@receiver(facts_recorded, sender=ObjectFieldChanged)
def fields_changed(batch: ObjectFieldChanged, **kwargs: Any) -> None:
    changes = {pk: change for pk, change in batch.changes.items() if change[0] != change[1]}
    silent = _changed(batch, 0, [], ("", ""))
    if not changes or not current_index(fresh=len(changes) > 1).hears(silent):
        return
    people = contacts_of_records(changes)
    for record, change in changes.items():
        raise_event(_changed(batch, record, people.get(record, []), change))


def _changed(batch: ObjectFieldChanged, record: int, contacts: list[int], change: tuple[str, str]) -> Event:
    old, new = change
    return Event(
        OBJECT_UPDATED,
        contacts,
        key=f"{batch.type_id}:{batch.field}",
        record=(KEY, record),
        primary=contacts[0] if contacts else None,
        change=change,
        data={"object_type": batch.type_id, "field": batch.field, "old": old[:500], "new": new[:500]},
    )


@receiver(post_save, sender=ObjectFieldChange)
def field_changed(instance: ObjectFieldChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        changes = {instance.record_id: (instance.old, instance.new)}
        fields_changed(ObjectFieldChanged(instance.record.type_id, instance.field, changes))


@receiver(facts_recorded, sender=ObjectLinksChanged)
def links_changed(batch: ObjectLinksChanged, **kwargs: Any) -> None:
    raise_event(Event(OBJECT_LINKS_CHANGED, batch.contact_ids, key=batch.type_id))
