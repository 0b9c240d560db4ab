"""What a service accepts as deals or tasks."""

from collections.abc import Iterable

from django.db.models import QuerySet

from deals.models import Deal, Task

Deals = QuerySet[Deal] | Iterable[Deal | int] | Deal
Tasks = QuerySet[Task] | Iterable[Task | int] | Task


def deal_ids(deals: Deals) -> list[int]:
    """Sorted distinct ids: the order in which every bulk write locks."""
    if isinstance(deals, Deal):
        return [deals.pk]
    if isinstance(deals, QuerySet):
        return sorted(set(deals.order_by().values_list("pk", flat=True)))
    return sorted({item.pk if isinstance(item, Deal) else int(item) for item in deals})


def task_ids(tasks: Tasks) -> list[int]:
    if isinstance(tasks, Task):
        return [tasks.pk]
    if isinstance(tasks, QuerySet):
        return sorted(set(tasks.order_by().values_list("pk", flat=True)))
    return sorted({item.pk if isinstance(item, Task) else int(item) for item in tasks})
