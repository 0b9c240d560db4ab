"""Step types. Import a type's module below and it exists everywhere."""

from . import send_email, send_sms, site_message, notify  # isort: skip
from . import wait, if_else, split, goal, go_to, start_automation, end_automation, webhook  # isort: skip
from . import add_tag, remove_tag, subscribe, unsubscribe, update_field, add_note, delete_contact  # isort: skip
from . import adjust_score, record_conversion  # isort: skip
from . import send_personal_email  # isort: skip
from . import update_account_field, add_to_account, remove_from_account  # isort: skip
from .base import FAMILIES, STEPS

__all__ = [
    "FAMILIES",
    "STEPS",
    "add_note",
    "add_tag",
    "add_to_account",
    "adjust_score",
    "delete_contact",
    "end_automation",
    "go_to",
    "goal",
    "if_else",
    "notify",
    "record_conversion",
    "remove_from_account",
    "remove_tag",
    "send_email",
    "send_personal_email",
    "send_sms",
    "site_message",
    "split",
    "start_automation",
    "subscribe",
    "unsubscribe",
    "update_account_field",
    "update_field",
    "wait",
    "webhook",
]
