"""What contacts do on sites and in applications."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.index import current_index
from automations.engine.match import raise_event
from automations.events import EVENT_RECORDED, PAGE_VISITED, SITE_MESSAGE, Event
from contacts.facts import EventRecorded, PageVisited, SiteMessageActed
from contacts.models import EventRecord, PageVisit
from contacts.pages import host_of
from contacts.signals import facts_recorded, listeners_requested


@receiver(listeners_requested, sender=EventRecorded)
def anybody_for_events(**kwargs: Any) -> bool:
    return current_index(fresh=False).awaits(EVENT_RECORDED)


@receiver(listeners_requested, sender=PageVisited)
def anybody_for_pages(**kwargs: Any) -> bool:
    return current_index(fresh=False).awaits(PAGE_VISITED)


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


@receiver(facts_recorded, sender=SiteMessageActed)
def site_message_acted(batch: SiteMessageActed, **kwargs: Any) -> None:
    data = {"message": batch.message_id, "action": str(batch.action), "view": batch.view}
    raise_event(Event(SITE_MESSAGE, batch.contact_ids, key=batch.message_id, data=data))
