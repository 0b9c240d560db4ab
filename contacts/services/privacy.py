"""One person's rights: to have a copy of everything, and to be forgotten."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import AppDelivery, Contact, HeldClick, SentEmail, SubscriptionChange, Suppression
from contacts.selectors.custom_objects import records_of_contact
from contacts.selectors.fields import contact_fields, fields_of
from contacts.signals import person_erasing, person_exporting

from .lists import REFUSED

FORMAT = 1


def export_person(*, contact: Contact) -> dict[str, Any]:
    """Everything that is kept about a person, as JSON-ready data: keys are stable, times ISO 8601."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "exported_at": _time(timezone.now()),
        "contact": _contact(contact),
        "fields": _fields(contact),
        "tags": [
            {"tag": row.tag.name, "since": _time(row.created_at)}
            for row in contact.contact_tags.select_related("tag").order_by("tag__name")
        ],
        "subscriptions": [
            {
                "list": row.list.name,
                "status": row.status,
                "source": row.source,
                "since": _time(row.created_at),
                "status_since": _time(row.changed_at),
            }
            for row in contact.subscriptions.select_related("list").order_by("list__name")
        ],
        "notes": [
            {"text": note.text, "written": _time(note.created_at), "changed": _time(note.updated_at)}
            for note in contact.notes.order_by("created_at")
        ],
        "emails": _emails(contact),
        "replies": [
            {"subject": row.subject, "text": row.text, "from": row.sender, "at": _time(row.at)}
            for row in contact.replies.order_by("at")
        ],
        "scores": [
            {"score": row.score.name, "points": row.points}
            for row in contact.scores.select_related("score").order_by("score__name")
        ],
        "accounts": [
            {"account": row.account.name, "job_title": row.job_title, "since": _time(row.created_at)}
            for row in contact.account_contacts.select_related("account").order_by("pk")
        ],
        "custom_objects": _objects(contact),
        "form_submissions": [
            {
                "form": row.form.name,
                "status": row.status,
                "at": _time(row.at),
                "confirmed": _time(row.confirmed_at) if row.confirmed_at else None,
                "page": row.source_url,
                "values": row.data,
            }
            for row in contact.form_submissions.select_related("form").order_by("pk")
        ],
        "history": _history(contact),
        "browsers": [
            {"first_seen": _time(row.first_seen), "last_seen": _time(row.last_seen), "proven": row.proven}
            for row in contact.visitors.order_by("pk")
        ],
        "app_deliveries": [
            {"received": _time(row.received_at), "outcome": row.outcome, "content": row.body}
            for row in _deliveries(contact).order_by("pk")
        ],
        "suppression": _suppression(contact),
    }
    answers: list[tuple[Any, Any]] = person_exporting.send(sender=Contact, contact=contact)
    for _receiver, sections in answers:
        for name, section in (sections or {}).items():
            if name in data:
                raise ValueError(f"Two sections “{name}” in the export of a person.")
            data[name] = section
    return data


@transaction.atomic
def erase_person(*, contact: Contact) -> None:
    """Delete the contact and whatever names the person; refusals stay as a hash of the address.

    The hash alone lets a later import know that the address must not be written to.
    """
    locked = Contact.objects.select_for_update().filter(pk=contact.pk).first()
    if locked is None:
        raise ValidationError(_("The contact does not exist any more."), code="gone")
    person_erasing.send(sender=Contact, contact=locked)
    HeldClick.objects.filter(email__contact=locked).delete()
    SentEmail.objects.filter(contact=locked).update(address="", subject="", message_id="")
    hashed = locked.address_hash
    # The rows stay: what is sent once more must not bring the person back.
    _deliveries(locked).update(body="", error="", address_hash="", contact=None)
    Suppression.objects.filter(address_hash=hashed).update(address="", detail="", updated_at=timezone.now())
    _keep_refusals_only(locked, hashed)
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Contact), object_id=str(locked.pk)
    ).delete()
    locked.delete()


def _keep_refusals_only(contact: Contact, hashed: str) -> None:
    """Of the subscription history only the last word per list stays, and only where it is a refusal."""
    refused = list(
        contact.subscriptions.filter(status__in=REFUSED).order_by("list_id").values_list("list_id", "status")
    )
    contact.subscription_changes.all().delete()
    SubscriptionChange.objects.bulk_create(
        SubscriptionChange(contact=None, list_id=list_id, old=status, new=status, address_hash=hashed)
        for list_id, status in refused
    )


def _deliveries(contact: Contact) -> QuerySet[AppDelivery]:
    return AppDelivery.objects.filter(Q(contact=contact) | Q(address_hash=contact.address_hash))


def _contact(contact: Contact) -> dict[str, Any]:
    owner = contact.owner
    return {
        "id": contact.pk,
        **{
            name: getattr(contact, name)
            for name in ("email", "phone", "first_name", "last_name", "time_zone", "language")
        },
        "owner": owner.get_username() if owner else None,
        "created": _time(contact.created_at),
        "changed": _time(contact.updated_at),
    }


def _fields(contact: Contact) -> list[dict[str, Any]]:
    values = contact.custom_values
    return [
        {"key": key, "label": field.label, "type": field.type, "value": field.kind.to_text(values[key])}
        for key, field in contact_fields().items()
        if key in values
    ]


def _objects(contact: Contact) -> list[dict[str, Any]]:
    """The records that the person is related to, whole: they are about the person."""
    found = []
    records = list(records_of_contact(contact).order_by("pk"))
    for record in records:
        fields = fields_of(record.scope)
        values = {key: fields[key].to_text(value) for key, value in record.custom_values.items() if key in fields}
        found.append({"object": record.type.label, "title": record.title, "values": values})
    return found


def _emails(contact: Contact) -> list[dict[str, Any]]:
    """What was sent; what was done with it is in the history."""
    rows = contact.emails.filter(sent_at__isnull=False).order_by("sent_at", "pk")
    return [
        {"sent": _time(row.sent_at), "kind": row.kind, "address": row.address, "subject": row.subject}
        for row in rows
    ]


def _history(contact: Contact) -> list[dict[str, Any]]:
    entries = [
        *_facts("tag", contact.tag_changes.select_related("tag"), lambda f: {"tag": f.tag.name, "added": f.added}),
        *_facts("field", contact.field_changes.all(), lambda f: {"field": f.field, "old": f.old, "new": f.new}),
        *_facts(
            "subscription",
            contact.subscription_changes.select_related("list"),
            lambda f: {"list": f.list.name, "old": f.old, "new": f.new, "reason": f.reason},
        ),
        *_facts(
            "account",
            contact.account_changes.select_related("account"),
            lambda f: {"account": f.account.name, "added": f.added},
        ),
        *_facts(
            "event",
            contact.event_records.select_related("event"),
            lambda f: {"event": f.event.name, "value": f.value},
        ),
        *_facts(
            "page_visit",
            contact.page_visits.all(),
            lambda f: {"url": f.url, "title": f.title, "referrer": f.referrer},
        ),
        *_facts(
            "site_message",
            contact.site_message_facts.select_related("message"),
            lambda f: {"message": f.message.title, "action": f.action, "view": f.view},
        ),
        *_facts(
            "conversion",
            contact.conversions.select_related("conversion"),
            lambda f: {
                "conversion": f.conversion.name,
                "value": str(f.value),
                "currency": f.currency,
                "detail": f.detail,
                "first_touch": f.first_touch,
                "last_touch": f.last_touch,
            },
        ),
        *_facts(
            "score",
            contact.score_changes.select_related("score"),
            lambda f: {"score": f.score.name, "old": f.old, "new": f.new, "reason": f.reason},
        ),
        *_facts(
            "app",
            contact.app_receipts.select_related("app_source__connection"),
            lambda f: {"app": f.app_source.connection.app, "about": f.app_source.name, "data": f.data},
        ),
        *_facts(
            "e-mail",
            contact.email_activity.select_related("email"),
            lambda f: {
                "action": f.action,
                "subject": f.email.subject,
                "address": f.email.address,
                "detail": f.detail,
                "machine": f.machine,
            },
        ),
    ]
    # Of one moment each kind stays in its order; the hour that comes twice in autumn is no order of texts.
    return sorted(entries, key=lambda entry: datetime.fromisoformat(entry["at"]))


def _facts(kind: str, facts: Iterable[Any], values: Any) -> list[dict[str, Any]]:
    in_order = sorted(facts, key=lambda fact: fact.pk)
    return [{"kind": kind, "at": _time(fact.at), "source": fact.source, **values(fact)} for fact in in_order]


def _suppression(contact: Contact) -> dict[str, Any] | None:
    row = Suppression.objects.filter(address_hash=contact.address_hash).first()
    if row is None:
        return None
    return {"reason": row.reason, "detail": row.detail, "since": _time(row.created_at)}


def _time(value: Any) -> str:
    return str(value.astimezone(timezone.get_default_timezone()).isoformat())
