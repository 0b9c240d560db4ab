"""What django-anymail makes of providers' webhooks, in our terms. Connected when the app is ready."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from anymail.signals import EventType, RejectReason, inbound, tracking
from django.dispatch import receiver

from contacts.models.engagement import EmailAction
from contacts.origin import Origin, Source, caused_by
from contacts.services.inbound import receive_mail
from contacts.services.provider_notices import Notice, receive_notice

# What the provider refuses because it has bounced, complained or unsubscribed there before.
REFUSED = {
    RejectReason.BOUNCED: (EmailAction.BOUNCE, True),
    RejectReason.INVALID: (EmailAction.BOUNCE, True),
    RejectReason.SPAM: (EmailAction.COMPLAINT, False),
    RejectReason.UNSUBSCRIBED: (EmailAction.UNSUBSCRIBE, False),
}
ACTIONS = {
    EventType.DELIVERED: EmailAction.DELIVERED,
    EventType.COMPLAINED: EmailAction.COMPLAINT,
    EventType.UNSUBSCRIBED: EmailAction.UNSUBSCRIBE,
    EventType.OPENED: EmailAction.OPEN,
    EventType.CLICKED: EmailAction.CLICK,
}
SOURCES = {EmailAction.BOUNCE: Source.BOUNCE, EmailAction.COMPLAINT: Source.BOUNCE}
# anymail calls hard and soft bounces alike; which it is stands in the provider's own words.
HARD: dict[str, Callable[[Any], bool]] = {
    "Amazon SES": lambda e: e["bounce"]["bounceType"] == "Permanent",
    "Brevo": lambda e: e["event"] != "soft_bounce",
    "MailerSend": lambda e: "soft" not in e["data"]["type"],
    "Mailgun": lambda e: e["event-data"]["severity"] == "permanent",
    "Mailjet": lambda e: bool(e["hard_bounce"]),
    "Mandrill": lambda e: e["event"] != "soft_bounce",
    "Postmark": lambda e: e["Type"] in ("HardBounce", "BadEmailAddress"),
    "SendGrid": lambda e: e.get("type", "bounce") == "bounce",
    "SparkPost": lambda e: str(e["bounce_class"]) in ("10", "30", "90"),
}
#: A full mailbox, a message too large, or “try again”, whatever the provider calls it.
SOFT_STATUS = re.compile(r"\b(4\.\d{1,3}\.\d{1,3}|5\.2\.2|5\.3\.4)\b")


@receiver(tracking)
def tracked(event: Any, esp_name: str, **kwargs: Any) -> None:
    notice = notice_of(event, esp_name)
    if notice is not None:
        with caused_by(Origin(source=SOURCES.get(notice.action, Source.CONTACT))):
            receive_notice(notice=notice)


@receiver(inbound)
def came_in(event: Any, esp_name: str, **kwargs: Any) -> None:
    with caused_by(Origin(source=Source.CONTACT)):
        receive_mail(message=event.message)


def notice_of(event: Any, provider: str) -> Notice | None:
    """None for what means nothing here: queued, sent, deferred, answered by a machine."""
    action, hard = _action(event, provider)
    if action is None:
        return None
    texts = (event.mta_response, event.description, event.reject_reason)
    return Notice(
        provider=provider,
        key=_key(event),
        action=action,
        message_id=str(event.message_id or ""),
        sent_email=_our_id(event.metadata),
        recipient=str(event.recipient or ""),
        at=event.timestamp,
        detail=_storable(next((str(text) for text in texts if text), provider)),
        hard=hard,
        url=_storable(str(event.click_url or "")),
        agent=_storable(str(event.user_agent or "")),
    )


def _action(event: Any, provider: str) -> tuple[EmailAction | None, bool]:
    if event.event_type in ACTIONS:
        return ACTIONS[event.event_type], False
    if event.event_type == EventType.BOUNCED:
        return EmailAction.BOUNCE, _is_hard(event, provider)
    if event.event_type == EventType.REJECTED:
        return REFUSED.get(event.reject_reason, (EmailAction.BOUNCE, False))
    return None, False


def _is_hard(event: Any, provider: str) -> bool:
    if SOFT_STATUS.search(str(event.mta_response or "")):
        return False
    own = HARD.get(provider)
    if own is not None:
        try:
            return own(event.esp_event)
        except (KeyError, TypeError, AttributeError):
            pass
    return event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)


def _key(event: Any) -> str:
    """The provider's id of the notice; where it gives none, a hash of what it says."""
    parts = [event.event_type, event.message_id, event.recipient, event.click_url]
    parts.append(event.event_id or str(event.timestamp))
    return hashlib.sha256(json.dumps([str(part or "") for part in parts]).encode()).hexdigest()


def _our_id(metadata: Any) -> int | None:
    text = str(metadata.get("sent_email", "")) if isinstance(metadata, dict) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:500]
