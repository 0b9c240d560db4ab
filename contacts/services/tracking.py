"""Recording what contacts do: events with a name and a value."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, insert_rows
from contacts.facts import EventRecorded
from contacts.models import Contact, CustomEvent, EventRecord, TrackingSettings
from contacts.values import check_text, clean_email

from .changes import announce, current_facts, is_awaited
from .contacts import ContactDraft, save_contacts
from .selection import Contacts, contact_ids

MAX_VALUE = 1_000
MAX_NAME = 100


class UnknownEvent(ValidationError):
    """No event has this name, and new ones are not taken."""


@transaction.atomic
def record_event(*, contacts: Contacts, event: CustomEvent | int, value: str = "") -> list[int]:
    """Record that contacts did `event`; return their ids. Two statements for each 10,000 contacts."""
    event_id = event.pk if isinstance(event, CustomEvent) else event
    text = clean_value(value)
    ids = contact_ids(contacts)
    for chunk in chunks(ids):
        columns = {"contact_id": list(chunk), "event_id": event_id, "value": text, "at": timezone.now()}
        insert_rows(EventRecord, {**columns, **current_facts()}, size=len(chunk))
        announce(EventRecorded(event_id=event_id, value=text, contact_ids=list(chunk)))
    return ids


def receive_event(*, settings: TrackingSettings, email: str, event: str, value: str = "") -> bool:
    """What came in from outside, by name and address; False where the address is no contact's.

    ValidationError by field; UnknownEvent where the name is unknown and `settings` take no new ones.
    """
    address, text = _field("email", clean_email, email), _field("value", clean_value, value)
    name = _field("event", check_text, event.strip())
    if not is_awaited(EventRecorded) and _insert_event(address, name, text):
        return True
    return _receive(settings, address, event, text)


def _insert_event(address: str, event: str, value: str) -> bool:
    """One statement where nobody listens; False where contact or event is unknown."""
    facts = current_facts()
    sql = (
        "INSERT INTO contacts_eventrecord (contact_id, event_id, value, at, source, user_id)"
        " SELECT contact.id, event.id, %s, %s, %s, %s FROM contacts_contact contact, contacts_customevent event"
        " WHERE contact.email = %s AND event.name = %s"
    )
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [value, at, facts["source"], facts["user_id"], address, event])
        return bool(cursor.rowcount)


@transaction.atomic
def _receive(settings: TrackingSettings, address: str, event: str, text: str) -> bool:
    kind = find_event(name=event, create=settings.allow_new_events)
    contact = Contact.objects.filter(email=address).values_list("pk", flat=True).first()
    if contact is None and settings.create_contacts:
        contact = save_contacts(drafts=[ContactDraft(address)], update_existing=False).ids[address]
    if contact is None:
        CustomEvent.objects.filter(pk=kind.pk).update(unknown_contacts=F("unknown_contacts") + 1)
        return False
    record_event(contacts=[contact], event=kind, value=text)
    return True


def find_event(*, name: str, create: bool) -> CustomEvent:
    """The event of this name, made where `create`; ValidationError or UnknownEvent otherwise."""
    text = _field("event", check_text, name.strip())
    if not 1 <= len(text) <= MAX_NAME:
        raise ValidationError({"event": _("Give the event's name, of up to %d characters.") % MAX_NAME})
    found = CustomEvent.objects.filter(name=text).first()
    if found is None and not create:
        raise UnknownEvent(
            {"event": _("There is no event “%s”; add it first, or let new events be taken.") % text}
        )
    return found or CustomEvent.objects.get_or_create(name=text)[0]


def clean_value(value: str) -> str:
    """ValidationError where it is too long or can't be stored."""
    text = check_text(value.strip())
    if len(text) > MAX_VALUE:
        raise ValidationError(_("The value has more than %d characters.") % MAX_VALUE)
    return text


def _field(name: str, check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except ValidationError as error:
        raise ValidationError({name: error}) from None
