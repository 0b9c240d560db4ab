"""Creating, updating and deleting contacts, one or many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Contact
from contacts.selectors.fields import contact_fields

from .changes import announce_created
from .fielded import create_fielded, update_fielded
from .fields import set_custom_values, set_field
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
    values = {"email": email, **standard}
    return create_fielded(record=Contact(), scope="contact", standard=values, custom=custom)


def update_contact(*, contact: Contact | int, custom: Mapping[str, Any] | None = None, **standard: Any) -> Contact:
    """Change one contact from raw values; ValidationError by field. What is not named stays as it is."""
    return update_fielded(record=contact, scope="contact", standard=standard, custom=custom)


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
        custom = {pk: by_email[email].custom for email, pk in touched.items()}
        changed = set_custom_values(values=custom, fields=fields)
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
