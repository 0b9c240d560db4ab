"""Forms that contacts submit. With double opt-in, the confirmation is the submission."""

from typing import Any

from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import FORM_SUBMITTED, Event
from contacts.facts import FormSubmitted
from contacts.signals import facts_recorded


@receiver(facts_recorded, sender=FormSubmitted)
def form_submitted(batch: FormSubmitted, **kwargs: Any) -> None:
    data = {"form": batch.form_id, "submission": batch.submission_id, "lists": list(batch.lists)}
    raise_event(Event(FORM_SUBMITTED, batch.contact_ids, key=batch.form_id, data=data))
