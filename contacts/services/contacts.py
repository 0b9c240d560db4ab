"""Creating, updating and deleting contacts, one or many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Contact, CustomField
from contacts.selectors.fields import contact_fields

from .changes import announce_created
from .fields import set_field
from .parsing import parse_contact
from .selection import Contacts, contact_ids, hold_for_deletion


@dataclass(slots=True)
class ContactDraft:
    """A contact to be saved: parsed standard fields by name, parsed custom values by key."""

    email: str
    standard: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class SaveResult:
    """Contact ids by folded e-mail, and which of them were created or changed."""

    ids: dict[str, int] = field(default_factory=dict)
    created: list[int] = field(default_factory=list)
    updated: set[int] = field(default_factory=set)


def create_contact(*, email: str, custom: Mapping[str, Any] | None = None, **standard: Any) -> Contact:
    """Create one contact from raw values; ValidationError by field (also where the address is taken)."""
    fields = contact_fields()
    values, parsed = parse_contact(standard={"email": email, **standard}, custom=custom or {}, fields=fields)
    contact = Contact(**{_attribute(name): value for name, value in values.items()})
    contact.full_clean()
    with transaction.atomic():
        contact.save()
        _set_custom_values({contact.pk: parsed}, fields)
    return contact


@transaction.atomic
def update_contact(*, contact: Contact | int, custom: Mapping[str, Any] | None = None, **standard: Any) -> Contact:
    """Change one contact from raw values; ValidationError by field. What is not named stays as it is."""
    pk = contact.pk if isinstance(contact, Contact) else contact
    fields = contact_fields()
    values, parsed = parse_contact(standard=standard, custom=custom or {}, fields=fields)
    stored = Contact.objects.select_for_update(no_key=True).get(pk=pk)
    attributes = {_attribute(name): value for name, value in values.items()}
    changed = [name for name, value in attributes.items() if getattr(stored, name) != value]
    for name in changed:
        setattr(stored, name, attributes[name])
    if changed:
        stored.full_clean()
    if _set_custom_values({pk: parsed}, fields) or changed:
        stored.save(update_fields=[*changed, "updated_at"])
    return stored


@transaction.atomic
def save_contacts(*, drafts: Sequence[ContactDraft], update_existing: bool = True) -> SaveResult:
    """Create the unknown addresses and update the known, set-based: statements per chunk, not per contact.

    A later draft of the same address wins. Values that are absent from a draft stay as they are.
    """
    result = SaveResult()
    by_email = {draft.email: draft for draft in drafts}
    fields = contact_fields()
    for chunk in chunks(sorted(by_email)):
        known = dict(Contact.objects.filter(email__in=chunk).values_list("email", "pk"))
        new = _insert([by_email[email] for email in chunk if email not in known])
        if len(known) + len(new) < len(chunk):
            # Someone else created the others a moment ago: they are known by now.
            taken = Contact.objects.filter(email__in=set(chunk) - known.keys() - new.keys())
            known |= dict(taken.values_list("email", "pk"))
        result.created += new.values()
        result.ids |= known | new
        if update_existing:
            result.updated |= _update({known[e]: by_email[e] for e in known})
        touched = known | new if update_existing else new
        changed = _set_custom_values({pk: by_email[email].custom for email, pk in touched.items()}, fields)
        result.updated |= changed - set(result.created)
        announce_created(contact_ids=sorted(new.values()))
    return result


def delete_contacts(*, contacts: Contacts) -> int:
    """Delete contacts and what belongs to them. Their refusals stay, by address hash."""
    deleted = 0
    for chunk in chunks(contact_ids(contacts), 1_000):
        with transaction.atomic():
            there = hold_for_deletion(chunk)
            Contact.objects.filter(pk__in=id_set(there)).delete()
            deleted += len(there)
    return deleted


def _attribute(name: str) -> str:
    return "owner_id" if name == "owner" else name


def _insert(drafts: Sequence[ContactDraft]) -> dict[str, int]:
    names = ("phone", "first_name", "last_name", "time_zone", "language")
    now = timezone.now()
    rows = insert_rows(
        Contact,
        {
            "email": [draft.email for draft in drafts],
            "owner_id": [draft.standard.get("owner") for draft in drafts],
            **{name: [draft.standard.get(name, "") for draft in drafts] for name in names},
            "created_at": now,
            "updated_at": now,
        },
        size=len(drafts),
        ignore_conflicts=True,
        returning=["email", "id"],
    )
    return dict(rows)


def _update(drafts: Mapping[int, ContactDraft]) -> set[int]:
    names = {name for draft in drafts.values() for name in draft.standard}
    changed: set[int] = set()
    for name in sorted(names):
        values = {pk: draft.standard[name] for pk, draft in drafts.items() if name in draft.standard}
        changed |= set_field(field=name, values=values).keys()
    return changed


def _set_custom_values(values: Mapping[int, Mapping[str, Any]], fields: Mapping[str, CustomField]) -> set[int]:
    keys: Collection[str] = {key for row in values.values() for key in row}
    changed: set[int] = set()
    for key in sorted(keys):
        part = {pk: row[key] for pk, row in values.items() if key in row}
        changed |= set_field(field=fields[key], values=part).keys()
    return changed
