"""task_completed: (conditions on the task) -> who entered, or why not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from automations.reasons import Entry
from deals.models import Deal, TaskOutcome, TaskType
from deals.services import add_task, complete_tasks
from tests.automations.conftest import passes, reasons

from .conftest import ANN, BOTH, build, the, tree

pytestmark = pytest.mark.django_db


TASKS: list[tuple[Callable[[], dict[str, Any]], bool]] = [
    (dict, True),
    (lambda: tree({"type": "task_about", "about": "deal"}), True),
    (lambda: tree({"type": "task_about", "about": "contact"}), False),
    (lambda: tree({"type": "task_title", "op": "is", "value": "ring ann"}), True),
    (lambda: tree({"type": "task_title", "op": "is", "value": "Ring"}), False),
    (lambda: tree({"type": "task_title", "op": "not_contains", "value": "Ann"}), False),
    (lambda: tree({"type": "task_type", "op": "is", "task_type": the(TaskType, "Call")}), True),
    (lambda: tree({"type": "task_type", "op": "is", "task_type": the(TaskType, "Meeting")}), False),
    (lambda: tree({"type": "task_type", "op": "is_not", "task_type": the(TaskType, "Call")}), False),
    (lambda: tree({"type": "task_outcome", "op": "is", "outcome": the(TaskOutcome, "Reached")}), True),
    (lambda: tree({"type": "task_outcome", "op": "is", "outcome": the(TaskOutcome, "No answer")}), False),
    (lambda: tree({"type": "task_outcome", "op": "is_not", "outcome": the(TaskOutcome, "No answer")}), True),
    (lambda: tree({"type": "task_outcome", "op": "none"}), False),
]


@pytest.mark.parametrize(("segment", "enter"), TASKS)
def test_task_completed(deal: Deal, segment: Callable[[], dict[str, Any]], enter: bool) -> None:
    reached = TaskOutcome.objects.create(name="Reached")
    TaskOutcome.objects.create(name="No answer")
    task = add_task(title="Ring Ann", type_id=the(TaskType, "Call"), due_at=timezone.now(), deal=deal)
    automation = build("task_completed", {}, record_segment=segment())
    complete_tasks(tasks=task, outcome=reached)
    assert passes(automation) == (BOTH if enter else [])
    assert reasons(automation) == ([] if enter else [Entry.OUTSIDE_RECORD] * 2)
    complete_tasks(tasks=task)
    assert passes(automation) == (BOTH if enter else [])


def test_a_task_about_a_contact_concerns_that_contact(people: list[Any]) -> None:
    automation = build("task_completed", {}, text="{{ task.title }}, {{ task.type }}")
    task = add_task(title="Write", type_id=the(TaskType, "E-mail"), due_at=timezone.now(), contact=people[0])
    task.done_at = timezone.now()
    task.save()
    assert passes(automation) == [ANN]
