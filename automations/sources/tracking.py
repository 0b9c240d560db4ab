"""What contacts do on sites and in applications."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import EVENT_RECORDED, Event
from contacts.facts import EventRecorded
from contacts.models import EventRecord
from contacts.signals import facts_recorded


@receiver(facts_recorded, sender=EventRecorded)
def events_recorded(batch: EventRecorded, **kwargs: Any) -> None:
    data = {"event": batch.event_id, "value": batch.value}
    raise_event(Event(EVENT_RECORDED, batch.contact_ids, key=batch.event_id, data=data))


@receiver(post_save, sender=EventRecord)
def event_recorded(instance: EventRecord, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        events_recorded(EventRecorded(instance.event_id, instance.value, [instance.contact_id]))
