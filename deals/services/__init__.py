"""Keyword-only verbs that write. Each leaves its facts behind, in the same transaction."""

from .changes import together
from .deals import (
    DealDraft,
    Moved,
    assign_in_turn,
    create_deal,
    create_deals,
    delete_deals,
    first_stage,
    move_deal,
    move_deals,
    set_status,
    update_deal,
    update_deals,
    write_deals,
)
from .notes import add_deal_notes, write_deal_notes
from .participants import add_deal_contacts, remove_deal_contacts, set_primary_contact, set_role
from .scores import add_deal_points, adjust_deal_scores, set_deal_scores
from .tasks import TaskDraft, add_task, add_tasks, complete_tasks, delete_tasks, reopen_tasks, update_task

__all__ = [
    "DealDraft",
    "Moved",
    "TaskDraft",
    "add_deal_contacts",
    "add_deal_notes",
    "add_deal_points",
    "add_task",
    "add_tasks",
    "adjust_deal_scores",
    "assign_in_turn",
    "complete_tasks",
    "create_deal",
    "create_deals",
    "delete_deals",
    "delete_tasks",
    "first_stage",
    "move_deal",
    "move_deals",
    "remove_deal_contacts",
    "reopen_tasks",
    "set_deal_scores",
    "set_primary_contact",
    "set_role",
    "set_status",
    "together",
    "update_deal",
    "update_deals",
    "update_task",
    "write_deal_notes",
    "write_deals",
]
