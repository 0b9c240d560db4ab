"""Runs due enrollments: claim a batch, run each step for the whole group, write once, commit.

The row locks of the claim are the lease. A crash at any point rolls the whole batch back to
where it was; outside effects are rows of the ledger written in the same transaction.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, connection, transaction

from automations.events import LEFT_AUTOMATION, Event
from automations.models import Enrollment, Step, StepCount, StepLog
from automations.models.enrollment import EnrollmentStatus
from automations.reasons import Exit, Outcome
from automations.steps.base import Move, StepError, StepRun, Visit
from contacts.bulk import insert_rows, update_rows
from contacts.origin import Origin, Source, caused_by
from contacts.services.selection import hold_contacts

from .index import current_index
from .plan import Live, Plan, live_automations

log = logging.getLogger(__name__)

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
MIN_HOPS = 50
CLAIMED = (
    "id", "automation_id", "contact_id", "number", "status", "step_key", "arrived", "visit", "due_at", "limit_at",
    "attempts", "error", "trigger_key", "event", "chain", "entered_at",
)  # fmt: skip
WRITTEN = (
    "status", "step_key", "arrived", "visit", "due_at", "limit_at", "attempts", "error", "ended_at", "exit_reason",
)  # fmt: skip


@dataclass(slots=True)
class _Forgotten:
    """Enrollments that the step being run has ended by a service, and those of them whose rows are gone."""

    ended: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)


_forgotten: ContextVar[_Forgotten | None] = ContextVar("forgotten", default=None)


def forget(ids: Iterable[int], *, deleted: bool = False) -> None:
    """Enrollments that a service has ended just now: a batch that holds them must not write them back.

    Of those whose contacts were deleted nothing can be logged either.
    """
    forgotten = _forgotten.get()
    if forgotten is not None:
        found = set(ids)
        forgotten.ended |= found
        forgotten.deleted |= found if deleted else set()


def run_due(*, now: datetime, limit: int | None = None) -> int:
    """Claim and run one batch of due enrollments; returns how many were claimed (0: nothing is due)."""
    with transaction.atomic():
        visits = claim(now, limit or settings.ENGINE_BATCH_SIZE)
        if visits:
            Batch(now).run(visits)
    return len(visits)


def claim(now: datetime, limit: int) -> list[Visit]:
    """Lock due rows that no other worker holds. On SQLite the transaction itself is the lock."""
    due = Enrollment.objects.filter(status=EnrollmentStatus.ACTIVE, due_at__lte=now).order_by("due_at")
    return _of_contacts_that_stay(read_visits(due.values_list(*CLAIMED)[:limit], skip_locked=True))


def _of_contacts_that_stay(visits: list[Visit]) -> list[Visit]:
    """Without those whose contact is just being deleted: its deletion waits for this batch, not we for it."""
    if not visits or connection.vendor != "postgresql":
        return visits
    held = set(hold_contacts(sorted({visit.contact_id for visit in visits}), wait=False))
    return [visit for visit in visits if visit.contact_id in held]


def read_visits(rows: "object", *, skip_locked: bool) -> list[Visit]:
    """Visits from a `values_list(*CLAIMED)` queryset, locked."""
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=skip_locked)  # type: ignore[attr-defined]  # a queryset
    return [Visit(*row) for row in rows]  # type: ignore[attr-defined]  # a queryset


class Batch:
    """One transaction's work: visits move on until they wait or end, then everything is written at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.zone = current_index(fresh=False).zone
        self.log: list[tuple[int, str, int, str, str]] = []
        self.counts: Counter[tuple[int, str, str]] = Counter()
        self.visits: list[Visit] = []
        self.live: dict[int, Live] = {}
        self.ended: set[int] = set()
        self.deleted: set[int] = set()

    def run(self, visits: Sequence[Visit]) -> None:
        self.visits += visits
        self.live |= live_automations({visit.automation_id for visit in visits})
        frontier = [visit for visit in visits if self._may_run(visit)]
        while frontier:
            ready: list[Visit] = []
            for group in _groups(frontier):
                staying = [visit for visit in group if visit.id not in self.ended]
                ready += self._run_group(staying) if staying else []
            frontier = ready
        self._flush()

    def _may_run(self, visit: Visit) -> bool:
        """False for contacts of an inactive automation: they are held where they stand, once, when due."""
        live = self.live.get(visit.automation_id)
        if live is None or live.plan is None or not live.is_active:
            visit.status = EnrollmentStatus.HELD
            return False
        if not visit.step_key:
            self._finish(visit, Exit.COMPLETED, Outcome.COMPLETED)
            return False
        return True

    def _plan(self, visit: Visit) -> Plan:
        plan = self.live[visit.automation_id].plan
        assert plan is not None  # noqa: S101 `_may_run` has asked
        return plan

    def _run_group(self, group: Sequence[Visit]) -> list[Visit]:
        """Run one step for visits that stand at it; returns those that can go on at once."""
        plan = self._plan(group[0])
        step = plan.steps.get(group[0].step_key)
        if step is None:
            for visit in group:
                self._finish(visit, Exit.STEP_REMOVED, Outcome.STEP_REMOVED)
            return []
        if not step.enabled:
            arm = step.arms()[0].name if step.arms() else ""
            return self._apply(plan, group, {v.id: Move(Outcome.DISABLED, arm=arm) for v in group})
        return self._try(plan, step, group)

    def _try(self, plan: Plan, step: Step, group: Sequence[Visit]) -> list[Visit]:
        """Run in a savepoint. When it fails, halve the group until the one that fails stands alone."""
        run = StepRun(step=step, plan=plan, visits=group, now=self.now, zone=self.zone)
        forgotten = _Forgotten()
        token = _forgotten.set(forgotten)
        try:
            with transaction.atomic(), caused_by(run.origin):
                step.run(run)
        except (InterfaceError, DatabaseError) as error:
            if _whole_batch(error):
                raise
            return self._isolate(plan, step, group, error)
        except Exception as error:
            return self._isolate(plan, step, group, error)
        finally:
            _forgotten.reset(token)
        self.ended |= forgotten.ended
        self.deleted |= forgotten.deleted
        return self._apply(plan, [visit for visit in group if visit.id not in forgotten.ended], run.moves)

    def _isolate(self, plan: Plan, step: Step, group: Sequence[Visit], error: Exception) -> list[Visit]:
        if len(group) == 1:
            self._fail(group[0], error)
            return []
        half = len(group) // 2
        return self._try(plan, step, group[:half]) + self._try(plan, step, group[half:])

    def _fail(self, visit: Visit, error: Exception) -> None:
        if isinstance(error, ValidationError):
            error = StepError(" ".join(error.messages))
        if not isinstance(error, StepError):
            log.exception("Step %s failed for enrollment %s", visit.step_key, visit.id, exc_info=error)
        visit.attempts += 1
        visit.error = (str(error) or type(error).__name__)[:2_000]
        if visit.attempts >= settings.STEP_MAX_ATTEMPTS:
            self._park(visit, Outcome.PARKED)
            return
        visit.due_at = self.now + PAUSES[min(visit.attempts, len(PAUSES)) - 1]
        self._note(visit, Outcome.RETRY, visit.error)

    def _park(self, visit: Visit, outcome: Outcome) -> None:
        visit.status, visit.due_at = EnrollmentStatus.PARKED, None
        self._note(visit, outcome, visit.error)
        self._count(visit, visit.step_key, "failed")

    def _apply(self, plan: Plan, group: Sequence[Visit], moves: dict[int, Move]) -> list[Visit]:
        ready = []
        for visit in group:
            move = moves.get(visit.id) or Move(Outcome.DONE, arm="next")
            if not visit.arrived:
                self._count(visit, visit.step_key, "entered")
            visit.attempts, visit.error = 0, ""
            if self._move(plan, visit, move):
                ready.append(visit)
        return ready

    def _move(self, plan: Plan, visit: Visit, move: Move) -> bool:
        """Carry out one answer; True when the visit can go on now."""
        if move.waits:
            if not visit.arrived:
                self._note(visit, move.outcome, move.detail)
            visit.arrived, visit.due_at, visit.limit_at, visit.hops = True, move.until, move.limit, 0
            return False
        self._note(visit, move.outcome, move.detail)
        self._count(visit, visit.step_key, "left")
        if move.exit_reason:
            self._finish(visit, move.exit_reason, None)
            return False
        if move.arm and move.arm != "next":
            self._count(visit, visit.step_key, f"arm:{move.arm}")
        following = move.jump_to or plan.after(visit.step_key, move.arm)
        if not following:
            self._finish(visit, Exit.COMPLETED, Outcome.COMPLETED)
            return False
        return self._advance(plan, visit, following)

    def _advance(self, plan: Plan, visit: Visit, key: str) -> bool:
        visit.step_key, visit.arrived = key, False
        visit.visit += 1
        visit.hops += 1
        visit.due_at, visit.limit_at = self.now, None
        if visit.hops > max(MIN_HOPS, 3 * len(plan.steps)):
            visit.error = str(Outcome.ENDLESS.label)
            self._park(visit, Outcome.ENDLESS)
            return False
        return True

    def _finish(self, visit: Visit, reason: str, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._note(visit, outcome, "")
        completed = reason == Exit.COMPLETED
        visit.status = EnrollmentStatus.COMPLETED if completed else EnrollmentStatus.EXITED
        visit.exit_reason, visit.ended_at = reason, self.now
        visit.step_key, visit.arrived, visit.due_at, visit.limit_at = "", False, None, None
        self._count(visit, "", "left")

    def _note(self, visit: Visit, outcome: Outcome, detail: str) -> None:
        self.log.append((visit.id, visit.step_key, visit.visit, outcome, detail[:250]))

    def _count(self, visit: Visit, step_key: str, metric: str) -> None:
        self.counts[(visit.automation_id, step_key, metric)] += 1

    def _flush(self) -> None:
        visits = [visit for visit in self.visits if visit.id not in self.ended]
        update_rows(
            Enrollment,
            "id",
            [visit.id for visit in visits],
            {name: [getattr(visit, name) for visit in visits] for name in WRITTEN},
        )
        write_log([row for row in self.log if row[0] not in self.deleted], self.now)
        write_counts(self.counts)
        self._announce()

    def _announce(self) -> None:
        left: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
        if LEFT_AUTOMATION not in current_index(fresh=False).watchers:
            return
        for visit in self.visits:
            if visit.ended_at is not None and visit.id not in self.ended:
                left[(visit.automation_id, tuple(visit.chain))].append(visit.contact_id)
        from .match import raise_event

        for (automation_id, chain), contact_ids in left.items():
            origin = Origin(Source.AUTOMATION, chain=(*chain, automation_id))
            raise_event(Event(LEFT_AUTOMATION, contact_ids, key=automation_id, origin=origin, at=self.now))


def write_log(rows: Sequence[tuple[int, str, int, str, str]], at: datetime) -> None:
    """Rows of (enrollment id, step key, visit, outcome, detail)."""
    names = ("enrollment_id", "step_key", "visit", "outcome", "detail")
    columns = {name: [row[position] for row in rows] for position, name in enumerate(names)}
    insert_rows(StepLog, {**columns, "at": at}, size=len(rows))


def write_counts(counts: "Counter[tuple[int, str, str]]") -> None:
    keys = list(counts)
    insert_rows(
        StepCount,
        {
            "automation_id": [key[0] for key in keys],
            "step_key": [key[1] for key in keys],
            "metric": [key[2] for key in keys],
            "amount": [counts[key] for key in keys],
        },
        size=len(keys),
    )


def _groups(visits: Iterable[Visit]) -> list[list[Visit]]:
    """Visits that one call of a step can serve: same automation, step, and cause."""
    groups: dict[tuple[int, str, tuple[int, ...]], list[Visit]] = defaultdict(list)
    for visit in visits:
        groups[(visit.automation_id, visit.step_key, tuple(visit.chain))].append(visit)
    return list(groups.values())


def _whole_batch(error: Exception) -> bool:
    """Errors that no single contact can be blamed for: lost connection, deadlock, serialization."""
    if isinstance(error, InterfaceError) or connection.connection is None:
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    lost = getattr(connection.connection, "closed", False)
    locked = "locked" in str(error) and connection.vendor == "sqlite"
    return bool(lost or locked or state in ("40001", "40P01", "57P01", "57P02", "57P03", "08006", "08003"))
