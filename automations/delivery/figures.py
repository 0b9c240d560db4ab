"""Why e-mails were not sent, counted."""

from collections import defaultdict

from django.db.models import Sum

from automations.models import Automation, StepCount
from automations.reasons import Skip

PREFIX = "skip:"


def skip_reasons(automation: Automation) -> dict[str, dict[Skip, int]]:
    """{step key: {reason: how many}}; one query for any number of steps and e-mails."""
    rows = StepCount.objects.filter(automation=automation, metric__startswith=PREFIX)
    found: dict[str, dict[Skip, int]] = defaultdict(dict)
    totals = rows.order_by().values_list("step_key", "metric").annotate(total=Sum("amount"))
    for key, metric, amount in totals:
        found[key][Skip(metric.removeprefix(PREFIX))] = amount
    return dict(found)
