from collections.abc import Sequence

from django.utils import timezone

from contacts.bulk import chunks, insert_rows
from contacts.origin import current_origin
from deals.models import DealNote

from .selection import Deals, deal_ids

MAX_LENGTH = DealNote._meta.get_field("text").max_length


def add_deal_notes(*, deals: Deals, text: str) -> int:
    """The same note on each deal; returns how many were written."""
    return write_deal_notes(notes=[(pk, text) for pk in deal_ids(deals)])


def write_deal_notes(*, notes: Sequence[tuple[int, str]]) -> int:
    """Notes as (deal id, text), each with its own text; returns how many were written."""
    now = timezone.now()
    for chunk in chunks(notes):
        insert_rows(
            DealNote,
            {
                "deal_id": [pk for pk, _text in chunk],
                "text": [text[:MAX_LENGTH] for _pk, text in chunk],
                "author_id": current_origin().user_id,
                "created_at": now,
                "updated_at": now,
            },
            size=len(chunk),
        )
    return len(notes)
