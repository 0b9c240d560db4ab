"""The task that an event is about."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from contacts.bulk import id_set
from contacts.models import Contact
from deals.models import DealContact, Task

from .base import RECORDS, RecordKind

NAMES = ("title", "note", "type", "outcome", "due", "done", "assignee.name", "assignee.email")


def _contacts(tasks: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    """Of a task about a contact that contact, of one about a deal those who take part in it."""
    deals = DealContact.objects.filter(deal__in=tasks.filter(deal__isnull=False).values("deal_id"))
    own = tasks.filter(contact__isnull=False).values("contact_id")
    return Contact.objects.filter(Q(pk__in=own) | Q(pk__in=deals.values("contact_id"))).order_by().values("pk")


def _values(ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
    tasks = Task.objects.select_related("type", "outcome", "assignee").in_bulk(list(ids))
    return {
        pk: {
            "id": pk,
            "title": task.title,
            "note": task.note,
            "type": task.type.name,
            "outcome": task.outcome.name if task.outcome else "",
            "due": task.due_at,
            "done": task.done_at,
            "assignee": {
                "name": task.assignee.get_full_name() or task.assignee.get_username(),
                "email": task.assignee.email,
            }
            if task.assignee
            else {},
        }
        for pk, task in tasks.items()
    }


def _names() -> Sequence[str]:
    return NAMES


def _related(ids: Collection[int]) -> dict[int, dict[str, int]]:
    rows = Task.objects.filter(pk__in=id_set(ids), deal__isnull=False)
    return {task: {"deal": int(deal or 0)} for task, deal in rows.values_list("pk", "deal_id")}


TASK = RECORDS.register(
    RecordKind(
        name="task",
        model=Task,
        label=gettext_lazy("Task"),
        that=gettext_lazy("has a task that %s"),
        triggering=gettext_lazy("entered with a task that %s"),
        any_of=gettext_lazy("any task of the contact"),
        contacts=_contacts,
        values=_values,
        names=_names,
        related=_related,
    )
)
