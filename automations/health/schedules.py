"""The schedules as a person asks after them: when last, when next, how late, and how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django_q.models import Schedule, Task

# The scheduler looks twice a minute; what is due between two looks isn't late.
GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ScheduleState:
    pk: int
    name: str
    last_run: datetime | None
    next_run: datetime | None
    #: How long it should have run ago.
    lag: timedelta
    #: What its last run ended with, where that was an error.
    error: str

    @property
    def lag_seconds(self) -> float:
        return self.lag.total_seconds()

    @property
    def is_late(self) -> bool:
        return self.lag > max(GRACE, timedelta(minutes=settings.HEALTH_LATE_MINUTES))


def schedule_states(*, now: datetime) -> list[ScheduleState]:
    """All that run, the latest first; two queries."""
    rows = list(Schedule.objects.exclude(repeats=0).order_by("name"))
    last = {task.id: task for task in Task.objects.filter(id__in=[row.task for row in rows if row.task])}
    states = [_state(row, last.get(row.task or ""), now) for row in rows]
    return sorted(states, key=lambda state: (-state.lag.total_seconds(), state.name))


def _state(row: Schedule, task: Task | None, now: datetime) -> ScheduleState:
    overdue = now - row.next_run if row.next_run else timedelta()
    return ScheduleState(
        pk=row.pk,
        name=row.name or row.func,
        last_run=task.stopped if task else None,
        next_run=row.next_run,
        lag=max(overdue, timedelta()),
        error="" if task is None or task.success else str(task.result).strip().splitlines()[-1][:300],
    )
