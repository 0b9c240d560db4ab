"""Making, completing and deleting tasks, one or many."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.origin import current_origin
from contacts.services.records import save_record
from deals.facts import TasksCompleted
from deals.models import Task, TaskOutcome

from .changes import announce
from .selection import Tasks, task_ids


@dataclass(slots=True)
class TaskDraft:
    """A task to be made about a contact or a deal; its values are checked already."""

    title: str
    type_id: int
    due_at: datetime
    contact_id: int | None = None
    deal_id: int | None = None
    assignee_id: int | None = None
    note: str = ""
    remind_at: datetime | None = None


def add_task(**values: Any) -> Task:
    """Make one task from its fields' values; ValidationError by field."""
    return save_record(record=Task(), values=values)


def update_task(*, task: Task, **values: Any) -> Task:
    """Change one task; ValidationError by field. What is not named stays as it is."""
    return save_record(record=task, values=values)


def add_tasks(*, drafts: Sequence[TaskDraft]) -> int:
    """Make many tasks; returns how many."""
    now = timezone.now()
    for chunk in chunks(drafts):
        insert_rows(
            Task,
            {
                "title": [draft.title for draft in chunk],
                "note": [draft.note for draft in chunk],
                "type_id": [draft.type_id for draft in chunk],
                "due_at": [draft.due_at for draft in chunk],
                "assignee_id": [draft.assignee_id for draft in chunk],
                "contact_id": [draft.contact_id for draft in chunk],
                "deal_id": [draft.deal_id for draft in chunk],
                "remind_at": [draft.remind_at for draft in chunk],
                "reminder_attempts": 0,
                "created_at": now,
                "updated_at": now,
            },
            size=len(chunk),
        )
    return len(drafts)


@transaction.atomic
def complete_tasks(
    *, tasks: Tasks, outcome: TaskOutcome | int | None = None, at: datetime | None = None
) -> list[int]:
    """Mark tasks as done; the ids of those that were open. ValidationError where the outcome suits not all."""
    done: list[int] = []
    chosen = TaskOutcome.objects.filter(pk=outcome).first() if isinstance(outcome, int) else outcome
    if outcome is not None and chosen is None:
        raise ValidationError({"outcome": _("There is no outcome %s.") % outcome}, code="does_not_exist")
    for chunk in chunks(task_ids(tasks)):
        rows = Task.objects.filter(pk__in=id_set(chunk), done_at=None).select_for_update().order_by("pk")
        open_tasks = dict(rows.values_list("pk", "type_id"))
        _check_outcome(chosen, set(open_tasks.values()))
        now = timezone.now()
        Task.objects.filter(pk__in=id_set(list(open_tasks))).update(
            done_at=at or now, done_by_id=current_origin().user_id, outcome=chosen, updated_at=now
        )
        done += open_tasks
    if done:
        announce(TasksCompleted(task_ids=done))
    return done


def _check_outcome(outcome: TaskOutcome | None, types: Collection[int]) -> None:
    if outcome is not None and not all(outcome.suits(type_id) for type_id in types):
        raise ValidationError(
            {"outcome": _("The outcome “%s” belongs to another type of task.") % outcome}, code="outcome"
        )


@transaction.atomic
def reopen_tasks(*, tasks: Tasks) -> int:
    """Mark tasks as not done, without an outcome; returns how many were done."""
    rows = Task.objects.filter(pk__in=id_set(task_ids(tasks)), done_at__isnull=False)
    return rows.update(done_at=None, done_by=None, outcome=None, updated_at=timezone.now())


def delete_tasks(*, tasks: Tasks) -> int:
    deleted = 0
    for chunk in chunks(task_ids(tasks)):
        deleted += Task.objects.filter(pk__in=id_set(chunk)).delete()[0]
    return deleted
