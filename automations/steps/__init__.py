"""Step types. Import a type's module below and it exists everywhere."""

from . import send_email, send_sms, site_message, notify  # isort: skip
from . import wait, if_else, split, goal, go_to, start_automation, end_automation, webhook  # isort: skip
from . import add_tag, remove_tag, subscribe, unsubscribe, update_field, add_note, delete_contact  # isort: skip
from . import adjust_score, record_conversion  # isort: skip
from . import send_personal_email  # isort: skip
from . import update_account_field, add_to_account, remove_from_account  # isort: skip
from . import add_deal, update_deal, update_deal_field, rotate_deal_owner  # isort: skip
from . import add_deal_note, adjust_deal_score, add_task, complete_tasks  # isort: skip
from . import create_record, update_record  # isort: skip
from . import add_spreadsheet_row  # isort: skip
from .base import FAMILIES, STEPS

__all__ = [
    "FAMILIES",
    "STEPS",
    "add_deal",
    "add_deal_note",
    "add_note",
    "add_spreadsheet_row",
    "add_tag",
    "add_task",
    "add_to_account",
    "adjust_deal_score",
    "adjust_score",
    "complete_tasks",
    "create_record",
    "delete_contact",
    "end_automation",
    "go_to",
    "goal",
    "if_else",
    "notify",
    "record_conversion",
    "remove_from_account",
    "remove_tag",
    "rotate_deal_owner",
    "send_email",
    "send_personal_email",
    "send_sms",
    "site_message",
    "split",
    "start_automation",
    "subscribe",
    "unsubscribe",
    "update_account_field",
    "update_deal",
    "update_deal_field",
    "update_field",
    "update_record",
    "wait",
    "webhook",
]
