"""Finds contacts who meet a goal though nothing told of it: by time alone, or while their automation was off."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from automations.conditions.base import Moment
from automations.models import Automation, Enrollment, Step, StepLog, WakeUp
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Outcome
from contacts.bulk import insert_rows

from .index import current_index
from .plan import Plan, live_automations
from .wake import wake_worker

KIND = "goal_met"


@transaction.atomic
def wake_for_goals(*, now: datetime, automations: Collection[int] | None = None) -> int:
    """Wake those who should be drawn to a goal now; returns how many. One statement for each goal in question.

    Without `automations`: of all active ones the goals that time can meet (every 15 minutes). With
    them: every goal, because what happened while they were off has woken nobody.
    """
    zone = current_index(fresh=True).zone
    found: list[int] = []
    for plan, goal in _goals(automations):
        found += _drawn(plan, goal, Moment(now=now, zone=zone)).values_list("pk", flat=True)
    insert_rows(WakeUp, {"enrollment_id": found, "kind": KIND, "key": "", "at": now}, size=len(found))
    if found:
        wake_worker()
    return len(found)


def _goals(automations: Collection[int] | None) -> Iterator[tuple[Plan, Step]]:
    everyone = Automation.objects.filter(is_active=True).values_list("pk", flat=True)
    for live in live_automations(list(everyone) if automations is None else automations).values():
        plan = live.plan
        if plan is None:
            continue
        for step in plan.steps.values():
            if step.enabled and (automations is not None or step.met_by_time()):
                yield plan, step


def _drawn(plan: Plan, goal: Step, moment: Moment) -> QuerySet[Enrollment]:
    """Those who stand where the goal draws from, meet it, and have not reached it before in this pass."""
    meeting = goal.meeting(moment)
    if meeting is None:
        return Enrollment.objects.none()
    reached = StepLog.objects.filter(enrollment=OuterRef("pk"), step_key=goal.key, outcome=Outcome.GOAL_REACHED)
    return Enrollment.objects.filter(
        ~Exists(reached),
        automation=plan.automation_id,
        status=EnrollmentStatus.ACTIVE,
        step_key__in=goal.draws_from(plan),
        contact__in=meeting.order_by().values("pk"),
    ).order_by("pk")
