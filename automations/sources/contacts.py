"""Facts about contacts: single saves through `post_save`, bulk writes through `facts_recorded`."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import (
    CONTACT_CREATED,
    FIELD_CHANGED,
    LIST_SUBSCRIBED,
    LIST_UNSUBSCRIBED,
    TAG_ADDED,
    TAG_REMOVED,
    Event,
)
from contacts.facts import ContactsCreated, FieldChanged, SubscriptionChanged, TagChanged
from contacts.models import Contact, FieldChange, SubscriptionChange, TagChange
from contacts.models.lists import SubscriptionStatus
from contacts.signals import facts_recorded

ACTIVE = SubscriptionStatus.ACTIVE


@receiver(facts_recorded, sender=TagChanged)
def tags_changed(batch: TagChanged, **kwargs: Any) -> None:
    kind = TAG_ADDED if batch.added else TAG_REMOVED
    raise_event(Event(kind, batch.contact_ids, key=batch.tag_id, data={"tag": batch.tag_id}))


@receiver(post_save, sender=TagChange)
def tag_changed(instance: TagChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        tags_changed(TagChanged(instance.tag_id, instance.added, [instance.contact_id]))


@receiver(facts_recorded, sender=SubscriptionChanged)
def subscriptions_changed(batch: SubscriptionChanged, **kwargs: Any) -> None:
    """Becoming active, and ceasing to be active, are events; a pending confirmation is neither."""
    data = {"list": batch.list_id, "status": batch.new}
    if batch.new == ACTIVE:
        raise_event(Event(LIST_SUBSCRIBED, list(batch.old), key=batch.list_id, data=data))
        return
    were_active = [contact for contact, old in batch.old.items() if old == ACTIVE]
    raise_event(Event(LIST_UNSUBSCRIBED, were_active, key=batch.list_id, data=data))


@receiver(post_save, sender=SubscriptionChange)
def subscription_changed(instance: SubscriptionChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw and instance.contact_id:
        old = {instance.contact_id: instance.old}
        subscriptions_changed(SubscriptionChanged(instance.list_id, instance.new, old))


@receiver(facts_recorded, sender=FieldChanged)
def fields_changed(batch: FieldChanged, **kwargs: Any) -> None:
    changes = {contact: (old, new) for contact, (old, new) in batch.changes.items() if old != new}
    raise_event(Event(FIELD_CHANGED, list(changes), key=batch.field, changes=changes, data={"field": batch.field}))


@receiver(post_save, sender=FieldChange)
def field_changed(instance: FieldChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        fields_changed(FieldChanged(instance.field, {instance.contact_id: (instance.old, instance.new)}))


@receiver(facts_recorded, sender=ContactsCreated)
def contacts_created(batch: ContactsCreated, **kwargs: Any) -> None:
    raise_event(Event(CONTACT_CREATED, batch.contact_ids))


@receiver(post_save, sender=Contact)
def contact_saved(instance: Contact, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        contacts_created(ContactsCreated([instance.pk]))
