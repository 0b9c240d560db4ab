"""Changes of contacts' points, and their conversions."""

from typing import Any

from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import CONVERSION_OCCURRED, SCORE_CHANGED, Event
from contacts.facts import ConversionRecorded, ScoreChanged
from contacts.signals import facts_recorded


@receiver(facts_recorded, sender=ScoreChanged)
def scores_changed(batch: ScoreChanged, **kwargs: Any) -> None:
    changes = {contact: (str(old), str(new)) for contact, (old, new) in batch.changes.items() if old != new}
    data = {"score": batch.score_id}
    raise_event(Event(SCORE_CHANGED, list(changes), key=batch.score_id, changes=changes, data=data))


@receiver(facts_recorded, sender=ConversionRecorded)
def conversions_recorded(batch: ConversionRecorded, **kwargs: Any) -> None:
    data = {"conversion": batch.conversion_id, "value": batch.value, "currency": batch.currency}
    raise_event(Event(CONVERSION_OCCURRED, batch.contact_ids, key=batch.conversion_id, data=data))
