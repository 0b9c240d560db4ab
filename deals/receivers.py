"""What deals do about things that happen elsewhere, and about deletions."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import ngettext

from contacts.models import Contact
from contacts.services.usage import check_unused
from contacts.signals import contacts_merging, person_exporting, usage_requested
from deals.models import Deal, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services.participants import move_participations


@receiver(contacts_merging)
def _move_rows(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    move_participations(keep=keep.pk, drop=drop.pk)
    Task.objects.filter(contact=drop).update(contact=keep)


@receiver(person_exporting)
def _export(contact: Contact, **kwargs: Any) -> dict[str, Any]:
    deals = contact.participations.select_related("deal__stage").order_by("pk")
    tasks = Task.objects.filter(contact=contact).select_related("type", "outcome").order_by("pk")
    return {
        "deals": [
            {
                "title": row.deal.title, "role": row.role, "primary": row.is_primary,
                "stage": row.deal.stage.name, "status": row.deal.status,
                "value": str(row.deal.value), "currency": row.deal.currency,
            }
            for row in deals
        ],
        "tasks": [
            {
                "title": task.title, "note": task.note, "type": task.type.name, "due": task.due_at.isoformat(),
                "done": task.done_at.isoformat() if task.done_at else None,
                "outcome": task.outcome.name if task.outcome else None,
            }
            for task in tasks
        ],
    }  # fmt: skip


@receiver(pre_delete, sender=Pipeline)
@receiver(pre_delete, sender=Stage)
@receiver(pre_delete, sender=TaskType)
@receiver(pre_delete, sender=TaskOutcome)
def _refuse_if_used(instance: Any, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(usage_requested, sender=Pipeline)
@receiver(usage_requested, sender=Stage)
def _deals_inside(record: Pipeline | Stage, **kwargs: Any) -> list[str]:
    field = "pipeline" if isinstance(record, Pipeline) else "stage"
    count = Deal.objects.filter(**{field: record}).count()
    return [ngettext("its %d deal", "its %d deals", count) % count] if count else []


@receiver(usage_requested, sender=TaskType)
def _tasks_of_type(record: TaskType, **kwargs: Any) -> list[str]:
    count = Task.objects.filter(type=record).count()
    return [ngettext("its %d task", "its %d tasks", count) % count] if count else []
