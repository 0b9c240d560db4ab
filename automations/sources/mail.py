"""Files that contacts fetch, and the sentiment of what they write about deals."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models.signals import post_save
from django.dispatch import receiver

from automations.engine.index import current_index
from automations.engine.match import raise_event
from automations.events import FILE_DOWNLOADED, SENTIMENT_CHANGED, Event
from deals.models import Deal, DealContact, FileDownload, PersonalEmail, SentimentChange

DEAL = Deal._meta.label_lower


@receiver(post_save, sender=FileDownload)
def file_downloaded(instance: FileDownload, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """About the deal that the file was sent from, where it was sent from one. `date` is the account's."""
    if raw or not created:
        return
    email = instance.email
    zone = ZoneInfo(current_index(fresh=False).zone)
    data = {
        "file": instance.file_name,
        "date": instance.at.astimezone(zone).date().isoformat(),
        "by": instance.contact_id,
        "sent_from": email.sent_from if email else "",
        "mailbox": _mailbox(email),
        "email": email.email_id if email else None,
    }
    deal_id = email.deal_id if email else None
    contacts, primary = _contacts(deal_id) if deal_id else ([], None)
    event = Event(
        FILE_DOWNLOADED,
        [instance.contact_id, *(pk for pk in contacts if pk != instance.contact_id)],
        record=(DEAL, deal_id) if deal_id else None,
        primary=primary,
        data=data,
        at=instance.at,
    )
    raise_event(event)


def _mailbox(email: PersonalEmail | None) -> int | None:
    """The one it left by, though it may be gone by now."""
    return email.email.details.get("mailbox") if email is not None and email.email is not None else None


@receiver(post_save, sender=SentimentChange)
def sentiment_changed(instance: SentimentChange, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if raw or not created:
        return
    contacts, primary = _contacts(instance.deal_id)
    event = Event(
        SENTIMENT_CHANGED,
        contacts,
        record=(DEAL, instance.deal_id),
        primary=primary,
        change=(instance.old, instance.new),
        data={"old": instance.old, "new": instance.new},
        at=instance.at,
    )
    raise_event(event)


def _contacts(deal_id: int) -> tuple[list[int], int | None]:
    """(ids of the deal's contacts, its primary one's)."""
    rows = list(DealContact.objects.filter(deal=deal_id).values_list("contact_id", "is_primary"))
    return [pk for pk, _primary in rows], next((pk for pk, primary in rows if primary), None)
