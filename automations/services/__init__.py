"""Keyword-only verbs that change automations and who is in them."""

from .activation import activate, deactivate
from .drafts import (
    add_step,
    add_trigger,
    delete_step,
    delete_trigger,
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
    "deactivate",
    "delete_step",
    "delete_trigger",
    "end_enrollments",
    "problems_of",
    "publish",
    "redo",
    "resume_parked",
    "skip_wait",
    "undo",
    "update_step",
    "update_trigger",
]
