from collections.abc import Sequence

from django.utils import timezone

from contacts.bulk import chunks, insert_rows
from contacts.models import Note
from contacts.origin import current_origin

from .selection import Contacts, contact_ids

MAX_LENGTH = Note._meta.get_field("text").max_length


def add_notes(*, contacts: Contacts, text: str) -> int:
    """The same note on each contact; returns how many were written."""
    return write_notes(notes=[(pk, text) for pk in contact_ids(contacts)])


def write_notes(*, notes: Sequence[tuple[int, str]]) -> int:
    """Notes as (contact id, text), each with its own text; returns how many were written."""
    now = timezone.now()
    for chunk in chunks(notes):
        insert_rows(
            Note,
            {
                "contact_id": [pk for pk, _text in chunk],
                "text": [text[:MAX_LENGTH] for _pk, text in chunk],
                "author_id": current_origin().user_id,
                "created_at": now,
                "updated_at": now,
            },
            size=len(chunk),
        )
    return len(notes)
