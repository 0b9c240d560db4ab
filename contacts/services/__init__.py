"""Keyword-only verbs that write. Each leaves its facts behind, in the same transaction."""

from .contacts import ContactDraft, SaveResult, create_contact, delete_contacts, save_contacts, update_contact
from .fields import set_field
from .forms import confirm_submission, save_form, submit_form
from .lists import SubscribeResult, subscribe_contacts, unsubscribe_contacts
from .notes import add_notes, write_notes
from .records import save_record
from .suppression import suppress_address
from .tags import get_or_create_tags, tag_contacts, untag_contacts
from .tracking import UnknownEvent, find_event, receive_event, record_event
from .upsert import RowResult, upsert_contacts
from .usage import InUse, check_unused, delete_unused

__all__ = [
    "ContactDraft",
    "InUse",
    "RowResult",
    "SaveResult",
    "SubscribeResult",
    "UnknownEvent",
    "add_notes",
    "check_unused",
    "confirm_submission",
    "create_contact",
    "delete_contacts",
    "delete_unused",
    "find_event",
    "get_or_create_tags",
    "receive_event",
    "record_event",
    "save_contacts",
    "save_form",
    "save_record",
    "set_field",
    "submit_form",
    "subscribe_contacts",
    "suppress_address",
    "tag_contacts",
    "unsubscribe_contacts",
    "untag_contacts",
    "update_contact",
    "upsert_contacts",
    "write_notes",
]
