"""What contacts do on sites and in applications."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import EVENT_RECORDED, PAGE_VISITED, Event
from contacts.facts import EventRecorded, PageVisited
from contacts.models import EventRecord, PageVisit
from contacts.pages import host_of
from contacts.signals import facts_recorded


@receiver(facts_recorded, sender=EventRecorded)
def events_recorded(batch: EventRecorded, **kwargs: Any) -> None:
    data = {"event": batch.event_id, "value": batch.value}
    raise_event(Event(EVENT_RECORDED, batch.contact_ids, key=batch.event_id, data=data))


@receiver(post_save, sender=EventRecord)
def event_recorded(instance: EventRecord, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        events_recorded(EventRecorded(instance.event_id, instance.value, [instance.contact_id]))


@receiver(facts_recorded, sender=PageVisited)
def pages_visited(batch: PageVisited, **kwargs: Any) -> None:
    data = {"url": batch.url, "title": batch.title}
    raise_event(Event(PAGE_VISITED, batch.contact_ids, key=host_of(batch.url), data=data, happened=batch.happened))


@receiver(post_save, sender=PageVisit)
def page_visited(instance: PageVisit, created: bool, raw: bool = False, **kwargs: Any) -> None:
    # Visits of nobody are told when the visitor becomes known.
    if created and not raw and instance.contact_id is not None:
        pages_visited(PageVisited(instance.url, instance.title, [instance.contact_id]))
