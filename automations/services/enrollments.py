"""What people do with contacts in automations by hand, and steps on their behalf."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.engine.by_hand import enroll_by_hand
from automations.engine.match import raise_event
from automations.engine.run import forget, write_counts, write_log
from automations.engine.wake import wake_worker
from automations.events import LEFT_AUTOMATION, Event
from automations.models import Automation, Enrollment
from automations.models.enrollment import INSIDE, EnrollmentStatus
from automations.reasons import Entry, Exit, Outcome
from contacts.bulk import chunks, id_set, update_rows
from contacts.services.selection import Contacts, contact_ids


@transaction.atomic
def add_to_automation(
    *,
    automation: Automation | int,
    contacts: Contacts,
    carried: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, Entry]:
    """Add contacts by hand or by a step; {contact id: entered, or why not}.

    The entry policy holds, run rules of triggers don't. Into an inactive automation they are
    added too, and held until it is active; one that was never published refuses them. `carried`
    are the events by contact that a step hands on, so that “the triggering deal” is known there too.
    """
    pk = automation.pk if isinstance(automation, Automation) else automation
    found = Automation.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError(_("There is no automation %s.") % pk)
    reasons: dict[int, Entry] = {}
    for chunk in chunks(contact_ids(contacts)):
        reasons |= enroll_by_hand(automation=found, contact_ids=chunk, now=timezone.now(), carried=carried)
    return reasons


@transaction.atomic
def end_enrollments(
    *,
    automation: Automation | int,
    contacts: Contacts,
    reason: str = Exit.BY_HAND,
    now: datetime | None = None,
) -> list[int]:
    """End every open pass of the contacts; returns the ids of contacts who were inside."""
    pk = automation.pk if isinstance(automation, Automation) else automation
    ended: list[int] = []
    for chunk in chunks(contact_ids(contacts)):
        rows = Enrollment.objects.filter(automation_id=pk, contact__in=id_set(chunk))
        ended += [row[1] for row in _end_inside(rows, reason, now or timezone.now())]
    return ended


@transaction.atomic
def end_passes(
    *, enrollments: Iterable[Enrollment | int], reason: str = Exit.BY_HAND, now: datetime | None = None
) -> list[int]:
    """End single passes, of any automations; returns the ids of those that were open."""
    ids = [row.pk if isinstance(row, Enrollment) else row for row in enrollments]
    ended: list[int] = []
    for chunk in chunks(ids):
        rows = Enrollment.objects.filter(pk__in=id_set(chunk))
        ended += [row[0] for row in _end_inside(rows, reason, now or timezone.now())]
    return ended


def _end_inside(rows: QuerySet[Enrollment], reason: str, now: datetime) -> list[tuple[int, int, int, str, int]]:
    """End those of `rows` that are open: (id, contact, automation, step key, visit) of each."""
    columns = ("pk", "contact_id", "automation_id", "step_key", "visit")
    inside = list(rows.filter(status__in=INSIDE).select_for_update().order_by("pk").values_list(*columns))
    _end([row[0] for row in inside], reason, now)
    forget(row[0] for row in inside)
    label = str(Exit(reason).label)
    write_log([(row[0], row[3], row[4], Outcome.ENDED, label) for row in inside], now)
    counts = Counter((row[2], row[3], "left") for row in inside if row[3])
    counts.update((row[2], "", "left") for row in inside)
    write_counts(counts)
    left: dict[int, set[int]] = defaultdict(set)
    for row in inside:
        left[row[2]].add(row[1])
    for automation_id, contacts in left.items():
        raise_event(Event(LEFT_AUTOMATION, sorted(contacts), key=automation_id))
    return inside


def _end(ids: list[int], reason: str, now: datetime) -> None:
    update_rows(
        Enrollment,
        "id",
        ids,
        {
            "status": EnrollmentStatus.EXITED,
            "exit_reason": reason,
            "ended_at": now,
            "due_at": None,
            "limit_at": None,
            "step_key": "",
            "arrived": False,
        },
    )


@transaction.atomic
def resume_parked(*, enrollments: Iterable[Enrollment], skip: bool = False) -> int:
    """Try parked contacts' steps again, or go on behind them; returns how many."""
    rows = Enrollment.objects.filter(pk__in=[row.pk for row in enrollments], status=EnrollmentStatus.PARKED)
    parked = list(rows.select_for_update().order_by("pk").select_related("automation"))
    for enrollment in parked:
        if skip:
            _step_over(enrollment)
        else:
            write_log(
                [(enrollment.pk, enrollment.step_key, enrollment.visit, Outcome.RETRIED_BY_HAND, "")],
                timezone.now(),
            )
        enrollment.status, enrollment.attempts, enrollment.error = EnrollmentStatus.ACTIVE, 0, ""
        enrollment.due_at = timezone.now()
        enrollment.save()
    wake_worker()
    return len(parked)


@transaction.atomic
def skip_wait(*, enrollment: Enrollment) -> bool:
    """Let one contact go on behind the step it waits at; False when it doesn't wait."""
    locked = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    if locked.status != EnrollmentStatus.ACTIVE or not locked.arrived:
        return False
    _step_over(locked)
    locked.due_at = timezone.now()
    locked.save()
    wake_worker()
    return True


def _step_over(enrollment: Enrollment) -> None:
    from automations.engine.plan import plan_of_version

    plan = plan_of_version(enrollment.automation.version_id or 0)
    step = plan.steps.get(enrollment.step_key)
    arm = step.arms()[0].name if step is not None and step.arms() else "next"
    write_log(
        [(enrollment.pk, enrollment.step_key, enrollment.visit, Outcome.SKIPPED_BY_HAND, "")], timezone.now()
    )
    write_counts(Counter({(enrollment.automation_id, enrollment.step_key, "left"): 1}))
    enrollment.step_key = plan.after(enrollment.step_key, arm)
    enrollment.visit += 1
    enrollment.arrived, enrollment.limit_at = False, None
