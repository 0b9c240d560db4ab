"""Keyword-only verbs that change automations and who is in them."""

from .account import update_account
from .activation import activate, deactivate
from .automations import delete_automation, save_automation
from .backfill import backfill, backfill_count
from .campaigns import (
    cancel_campaign,
    pause_campaign,
    problems_of_campaign,
    resume_campaign,
    save_campaign,
    schedule_campaign,
    send_test,
    start_campaign,
)
from .deliveries import cancel_deliveries, mark_deliveries_sent, resend_deliveries
from .drafts import (
    add_step,
    add_trigger,
    delete_step,
    delete_trigger,
    discard_changes,
    duplicate_step,
    move_step,
    redo,
    undo,
    update_step,
    update_trigger,
)
from .enrollments import add_to_automation, end_enrollments, end_passes, resume_parked, skip_wait
from .feeds import ask_for_check
from .publishing import PublishError, problems_of, publish
from .rules import give_now, give_now_count, save_score_rule
from .spreadsheets import save_spreadsheet, spreadsheet_lines, try_spreadsheet

__all__ = [
    "PublishError",
    "activate",
    "add_step",
    "add_to_automation",
    "add_trigger",
    "ask_for_check",
    "backfill",
    "backfill_count",
    "cancel_campaign",
    "cancel_deliveries",
    "deactivate",
    "delete_automation",
    "delete_step",
    "delete_trigger",
    "discard_changes",
    "duplicate_step",
    "end_enrollments",
    "end_passes",
    "give_now",
    "give_now_count",
    "mark_deliveries_sent",
    "move_step",
    "pause_campaign",
    "problems_of",
    "problems_of_campaign",
    "publish",
    "redo",
    "resend_deliveries",
    "resume_campaign",
    "resume_parked",
    "save_automation",
    "save_campaign",
    "save_score_rule",
    "save_spreadsheet",
    "schedule_campaign",
    "send_test",
    "skip_wait",
    "spreadsheet_lines",
    "start_campaign",
    "try_spreadsheet",
    "undo",
    "update_account",
    "update_step",
    "update_trigger",
]
