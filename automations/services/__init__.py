"""Keyword-only verbs that change automations and who is in them."""

from .activation import activate, deactivate
from .automations import create_automation, update_automation
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
from .enrollments import add_to_automation, end_enrollments, resume_parked, skip_wait
from .publishing import PublishError, problems_of, publish

__all__ = [
    "PublishError",
    "activate",
    "add_step",
    "add_to_automation",
    "add_trigger",
    "create_automation",
    "deactivate",
    "delete_step",
    "delete_trigger",
    "discard_changes",
    "duplicate_step",
    "end_enrollments",
    "move_step",
    "problems_of",
    "publish",
    "redo",
    "resume_parked",
    "skip_wait",
    "undo",
    "update_automation",
    "update_step",
    "update_trigger",
]
