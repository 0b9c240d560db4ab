"""Automations with the figures that lists of them show."""

from collections import defaultdict
from typing import Any

from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from automations.models import Automation, Delivery, Enrollment, StepCount
from automations.models.enrollment import INSIDE


def automations_with_figures() -> QuerySet[Automation]:
    """With `entered`, `left` and `inside`; counted only for the rows that are read."""
    return (
        Automation.objects.select_related("version")
        .defer("version__snapshot")
        .annotate(entered=_sum("entered"), left=_sum("left"), inside=_inside())
    )


def _sum(metric: str) -> Coalesce:
    rows = StepCount.objects.filter(automation=OuterRef("pk"), step_key="", metric=metric)
    total = rows.order_by().values("automation").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def _inside() -> Coalesce:
    rows = Enrollment.objects.filter(automation=OuterRef("pk"), status__in=INSIDE)
    total = rows.order_by().values("automation").annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def figures_of(automation: Automation) -> dict[str, Any]:
    """{"entered", "left", "inside", "steps": {key: {"inside", and each metric that was counted}},
    "deliveries": {status: count}}; three queries."""
    steps: dict[str, dict[str, int]] = defaultdict(dict)
    sums = StepCount.objects.filter(automation=automation).order_by().values_list("step_key", "metric")
    for key, metric, total in sums.annotate(total=Sum("amount")):
        steps[key][metric] = total
    inside = Enrollment.objects.filter(automation=automation, status__in=INSIDE).order_by()
    total_inside = 0
    for key, count in inside.values_list("step_key").annotate(count=Count("pk")):
        steps[key]["inside"] = count
        total_inside += count
    deliveries = Delivery.objects.filter(automation=automation).order_by().values_list("status")
    own = steps.pop("", {})
    return {
        "entered": own.get("entered", 0),
        "left": own.get("left", 0),
        "inside": total_inside,
        "steps": {key: {"inside": 0, **metrics} for key, metrics in steps.items()},
        "deliveries": dict(deliveries.annotate(count=Count("pk"))),
    }
