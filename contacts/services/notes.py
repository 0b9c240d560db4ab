from django.utils import timezone

from contacts.bulk import chunks, insert_rows
from contacts.models import Note
from contacts.origin import current_origin

from .selection import Contacts, contact_ids


def add_notes(*, contacts: Contacts, text: str) -> int:
    """The same note on each contact; returns how many were written."""
    ids = contact_ids(contacts)
    now = timezone.now()
    for chunk in chunks(ids):
        insert_rows(
            Note,
            {
                "contact_id": list(chunk),
                "text": text,
                "author_id": current_origin().user_id,
                "created_at": now,
                "updated_at": now,
            },
            size=len(chunk),
        )
    return len(ids)
