"""What contacts did in connected apps."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import APP_RECEIVED, Event
from contacts.models import AppReceipt


@receiver(post_save, sender=AppReceipt)
def app_received(instance: AppReceipt, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        source = instance.app_source
        data = {**instance.data, "app": source.connection.app, "source": source.name}
        raise_event(Event(APP_RECEIVED, [instance.contact_id], key=source.pk, data=data))
