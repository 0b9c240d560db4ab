"""Keyword-only verbs that write. Each leaves its facts behind, in the same transaction."""

from .accounts import (
    add_account_note,
    add_to_account,
    change_account_contact,
    create_account,
    delete_accounts,
    remove_from_account,
    set_primary_contact,
    update_account,
    upsert_accounts,
)
from .apps import (
    delete_old_deliveries,
    learn_source,
    receive_delivery,
    refresh_sources,
    replay_delivery,
    save_connection,
    subscribe_app,
    webhook_address,
)
from .contacts import ContactDraft, SaveResult, create_contact, delete_contacts, save_contacts, update_contact
from .conversions import record_conversion
from .custom_objects import create_record, delete_records, update_record, upsert_records
from .fields import set_field
from .forms import confirm_submission, save_form, submit_form
from .lists import SubscribeResult, subscribe_contacts, unsubscribe_contacts
from .notes import add_notes, write_notes
from .records import save_record
from .scores import add_points, adjust_scores, expire_points, forget_score_changes, set_scores
from .site import clean_page, get_visitor, identify_visitor, record_visit, record_visits
from .site_messages import show_site_message
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
    "add_account_note",
    "add_notes",
    "add_points",
    "add_to_account",
    "adjust_scores",
    "change_account_contact",
    "check_unused",
    "clean_page",
    "confirm_submission",
    "create_account",
    "create_contact",
    "create_record",
    "delete_accounts",
    "delete_contacts",
    "delete_old_deliveries",
    "delete_records",
    "delete_unused",
    "expire_points",
    "find_event",
    "forget_score_changes",
    "get_or_create_tags",
    "get_visitor",
    "identify_visitor",
    "learn_source",
    "receive_delivery",
    "receive_event",
    "record_conversion",
    "record_event",
    "record_visit",
    "record_visits",
    "refresh_sources",
    "remove_from_account",
    "replay_delivery",
    "save_connection",
    "save_contacts",
    "save_form",
    "save_record",
    "set_field",
    "set_primary_contact",
    "set_scores",
    "show_site_message",
    "submit_form",
    "subscribe_app",
    "subscribe_contacts",
    "suppress_address",
    "tag_contacts",
    "unsubscribe_contacts",
    "untag_contacts",
    "update_account",
    "update_contact",
    "update_record",
    "upsert_accounts",
    "upsert_contacts",
    "upsert_records",
    "webhook_address",
    "write_notes",
]
