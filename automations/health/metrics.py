"""What Prometheus reads: the figures of this web server, and those of the health checks."""

import os
from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from automations.models import Delivery, Enrollment
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE

from .checks import ERROR, OK, WARNING, look
from .schedules import schedule_states

LEVELS = {OK: 0, WARNING: 1, ERROR: 2}
#: Final states only grow; what is on its way is counted by an index.
ON_THE_WAY = (
    DeliveryStatus.PENDING,
    DeliveryStatus.HELD,
    DeliveryStatus.CLAIMED,
    DeliveryStatus.SENDING,
    DeliveryStatus.UNCERTAIN,
)


def exposition() -> tuple[bytes, str]:
    """(text, content type). Of several web processes only with PROMETHEUS_MULTIPROC_DIR set all are summed up."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its stubs lack it
    ours = CollectorRegistry()
    ours.register(Installation())
    return generate_latest(registry) + generate_latest(ours), CONTENT_TYPE_LATEST


class Installation:
    """Read from the database at each scrape, so that every web server says the same."""

    def collect(self) -> Iterator[Any]:
        now = timezone.now()
        state = GaugeMetricFamily("automation_check_state", "0 ok, 1 warning, 2 error", labels=["check"])
        value = GaugeMetricFamily("automation_check_value", "The figure behind the check", labels=["check"])
        for result in look(now=now):
            state.add_metric([result.name], LEVELS[result.finding.state])
            value.add_metric([result.name], result.finding.value)
        yield state
        yield value
        lag = GaugeMetricFamily("automation_schedule_lag_seconds", "How late", labels=["schedule"])
        for schedule in schedule_states(now=now):
            lag.add_metric([schedule.name], schedule.lag.total_seconds())
        yield lag
        yield _by_status("automation_enrollments", "Contacts inside", Enrollment, INSIDE)
        yield _by_status("automation_deliveries", "Messages on their way", Delivery, ON_THE_WAY)


def _by_status(name: str, text: str, model: Any, statuses: Any) -> Any:
    family = GaugeMetricFamily(name, text, labels=["status"])
    rows = model.objects.filter(status__in=statuses).order_by().values_list("status")
    found = dict(rows.annotate(count=Count("pk")))
    for status in statuses:
        family.add_metric([str(status)], found.get(status, 0))
    return family
