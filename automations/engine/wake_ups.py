"""Looks again at contacts to whom something happened: exit criteria, goals, waits for conditions."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from automations.conditions.base import Moment
from automations.events import CONVERSION_OCCURRED, LIST_UNSUBSCRIBED
from automations.models import Automation, Enrollment, Step, StepLog, WakeUp
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Exit, Outcome
from automations.steps.base import Visit
from contacts.bulk import id_set

from .plan import Plan
from .run import CLAIMED, Batch, read_visits


def run_wake_ups(*, now: datetime) -> int:
    """Take one batch of wake-ups and decide them; returns how many were taken."""
    with transaction.atomic():
        rows = WakeUp.objects.order_by("pk").select_for_update(skip_locked=True)
        taken = list(rows[: settings.ENGINE_BATCH_SIZE * 2].values_list("pk", "enrollment_id", "kind", "key"))
        if not taken:
            return 0
        ids = {row[1] for row in taken}
        standing = Enrollment.objects.filter(pk__in=id_set(ids), status=EnrollmentStatus.ACTIVE).order_by("pk")
        visits = read_visits(standing.values_list(*CLAIMED), skip_locked=False)
        left = {row[1]: int(row[3]) for row in taken if row[2] == LIST_UNSUBSCRIBED.name and row[3].isdigit()}
        converted: dict[int, set[int]] = defaultdict(set)
        for _pk, enrollment, kind, key in taken:
            if kind == CONVERSION_OCCURRED.name and key.isdigit():
                converted[enrollment].add(int(key))
        _Waking(now).decide(visits, left, converted)
        WakeUp.objects.filter(pk__in=id_set([row[0] for row in taken]))._raw_delete("default")
    return len(taken)


class _Waking(Batch):
    """A batch that first decides whom the news concerns, then runs those."""

    def decide(self, visits: Sequence[Visit], left: dict[int, int], converted: dict[int, set[int]]) -> None:
        from .plan import live_automations

        self.live = live_automations({visit.automation_id for visit in visits})
        groups: dict[int, list[Visit]] = defaultdict(list)
        for visit in visits:
            live = self.live.get(visit.automation_id)
            if live is not None and live.is_active and live.plan is not None:
                groups[visit.automation_id].append(visit)
        ready: list[Visit] = []
        for automation_id, group in groups.items():
            staying = self._leave(automation_id, group, left)
            staying = self._convert(automation_id, staying, converted)
            ready += self._reach_goals(self._plan(group[0]), staying)
        self.run(ready)

    def _leave(self, automation_id: int, group: Sequence[Visit], left: dict[int, int]) -> list[Visit]:
        """Those who unsubscribed from one of the automation's lists (any, when it has none) leave it."""
        if not self.live[automation_id].exit_on_unsubscribe or not any(visit.id in left for visit in group):
            return list(group)
        through = Automation.lists.through.objects.filter(automation_id=automation_id)
        lists = set(through.values_list("list_id", flat=True))
        gone = {visit.id for visit in group if visit.id in left and (not lists or left[visit.id] in lists)}
        return self._end(group, gone, Exit.UNSUBSCRIBED)

    def _convert(self, automation_id: int, group: Sequence[Visit], converted: dict[int, set[int]]) -> list[Visit]:
        """Those for whom the automation's conversion occurred leave it."""
        wanted = self.live[automation_id].exit_conversion
        gone = {visit.id for visit in group if wanted and wanted in converted.get(visit.id, ())}
        return self._end(group, gone, Exit.CONVERTED)

    def _end(self, group: Sequence[Visit], gone: set[int], reason: Exit) -> list[Visit]:
        """End these; the others stay."""
        for visit in group:
            if visit.id in gone:
                self._note(visit, Outcome.ENDED, str(reason.label))
                self._finish(visit, reason, None)
                self.visits.append(visit)
        return [visit for visit in group if visit.id not in gone]

    def _reach_goals(self, plan: Plan, group: Sequence[Visit]) -> list[Visit]:
        """Who jumps to a goal, or stands in a wait that may be over now."""
        moved: dict[int, Visit] = {}
        for goal in (step for step in plan.steps.values() if step.enabled):
            jumpers = self._jumpers(plan, goal, [visit for visit in group if visit.id not in moved])
            place = plan.place_of(goal.key) if jumpers else ""
            for visit in jumpers:
                self._note(visit, Outcome.JUMPED, place)
                self._count(visit, visit.step_key, "left")
                visit.attempts, visit.error = 0, ""
                self._advance(plan, visit, goal.key)
                moved[visit.id] = visit
        waiting = [v for v in group if v.id not in moved and v.arrived and _listens(plan, v.step_key)]
        return [*moved.values(), *waiting]

    def _jumpers(self, plan: Plan, goal: Step, group: Sequence[Visit]) -> list[Visit]:
        """Visits that the goal draws to it now, and that have not reached it before in this pass."""
        reach = goal.draws_from(plan)
        group = [visit for visit in group if visit.step_key in reach]
        if not group:
            return []
        met = goal.draws(group, Moment(now=self.now, zone=self.zone))
        reached = StepLog.objects.filter(
            enrollment__in=id_set([visit.id for visit in group]),
            step_key=goal.key,
            outcome=Outcome.GOAL_REACHED,
        )
        before = set(reached.values_list("enrollment_id", flat=True)) if met else set()
        return [visit for visit in group if visit.id in met and visit.id not in before]


def _listens(plan: Plan, key: str) -> bool:
    step = plan.steps.get(key)
    return step is not None and bool(step.watches())
