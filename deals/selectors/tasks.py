"""Reads of tasks."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from deals.models import Task, TaskOutcome

DONE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Section:
    """Tasks that are due about the same time."""

    slug: str
    title: str
    tasks: list[Task]


def agenda(tasks: QuerySet[Task]) -> list[Section]:
    """Open tasks by when they are due, sections without a task left out. One query."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time()))
    tomorrow, week = midnight + timedelta(days=1), midnight + timedelta(days=8)
    parts: dict[str, list[Task]] = {"overdue": [], "today": [], "week": [], "later": []}
    titles = {
        "overdue": _("Overdue"),
        "today": _("Today"),
        "week": _("Next 7 days"),
        "later": _("Later"),
    }
    now = timezone.now()
    for task in tasks.filter(done_at=None).select_related("type", "contact", "deal", "assignee"):
        due = task.due_at
        slug = "overdue" if due < now else "today" if due < tomorrow else "week" if due < week else "later"
        parts[slug].append(task)
    return [Section(slug, titles[slug], found) for slug, found in parts.items() if found]


def done_lately(tasks: QuerySet[Task]) -> list[Task]:
    rows = tasks.filter(done_at__isnull=False).select_related("type", "contact", "deal", "outcome", "assignee")
    return list(rows.order_by("-done_at", "-pk")[:DONE_SHOWN])


def outcomes_by_type() -> dict[int | None, list[TaskOutcome]]:
    """{task type's id (None: for every type): its outcomes}."""
    found: dict[int | None, list[TaskOutcome]] = {}
    for outcome in TaskOutcome.objects.order_by("position", "pk"):
        found.setdefault(outcome.type_id, []).append(outcome)
    return found


def with_outcomes(tasks: list[Task]) -> list[tuple[Task, list[Any]]]:
    """Each task with the outcomes that suit it; one query for all."""
    outcomes = outcomes_by_type() if tasks else {}
    return [(task, [*outcomes.get(task.type_id, []), *outcomes.get(None, [])]) for task in tasks]
