"""What contacts do with e-mails."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.match import raise_event
from automations.events import (
    EMAIL_FORWARDED,
    EMAIL_LINK_CLICKED,
    EMAIL_OPENED,
    EMAIL_REPLIED,
    EMAIL_SHARED,
    Event,
)
from contacts.models import EmailActivity
from contacts.models.engagement import EmailAction

KINDS = {
    EmailAction.OPEN: EMAIL_OPENED,
    EmailAction.CLICK: EMAIL_LINK_CLICKED,
    EmailAction.SHARE: EMAIL_SHARED,
    EmailAction.FORWARD: EMAIL_FORWARDED,
    EmailAction.REPLY: EMAIL_REPLIED,
}


@receiver(post_save, sender=EmailActivity)
def email_activity(instance: EmailActivity, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """The event's key is the campaign; a machine's doing is no event."""
    kind = KINDS.get(EmailAction(instance.action))
    if kind is None or instance.machine or raw or not created:
        return
    email = instance.email
    data = {
        "email": email.pk,
        "kind": email.kind,
        "campaign": email.campaign_id,
        "lists": email.lists,
        "subject": email.subject,
        "link": instance.link_id,
        "detail": instance.detail,
        "written": instance.link.url if instance.link else "",
        **email.details,
    }
    raise_event(Event(kind, [instance.contact_id], key=email.campaign_id, data=data, at=instance.at))
