"""How many contacts came to a step, stand there, went on; and who they are."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from automations.delivery.campaigns import email_counts
from automations.models import Automation, Delivery, Enrollment, StepCount, StepLog
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE, EnrollmentStatus
from automations.reasons import Outcome

#: Log entries that don't say that the contact is through with the step.
NOT_DONE = (Outcome.WAITING, Outcome.RETRY, Outcome.PARKED, Outcome.ENDLESS, Outcome.RETRIED_BY_HAND)
FIRST_TIMES = {"open_first": "opened", "click_first": "clicked"}
UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.HELD, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)


@dataclass(slots=True)
class Figures:
    """Of one step, since it exists. `arms` counts the path taken; the deliveries are its messages by status."""

    entered: int = 0
    left: int = 0
    failed: int = 0
    arms: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=dict)
    #: Of an e-mail: by how many it was opened, and clicked.
    opened: int = 0
    clicked: int = 0

    @property
    def waiting(self) -> int:
        return max(self.entered - self.left, 0)

    def share(self, arm: str) -> int | None:
        """Percent of those who took any path that took this one; None before anyone did."""
        total = sum(self.arms.values())
        return round(self.arms.get(arm, 0) * 100 / total) if total else None

    @property
    def sent(self) -> int:
        return self.deliveries.get(DeliveryStatus.SENT, 0)

    @property
    def skipped(self) -> int:
        return self.deliveries.get(DeliveryStatus.SKIPPED, 0)

    @property
    def unsent(self) -> int:
        """Failed for good, or of uncertain fate."""
        return self.deliveries.get(DeliveryStatus.FAILED, 0) + self.deliveries.get(DeliveryStatus.UNCERTAIN, 0)

    @property
    def pending(self) -> int:
        return sum(self.deliveries.get(status, 0) for status in UNFINISHED)


def step_figures(automation: Automation) -> dict[str, Figures]:
    """{step key: Figures}, the automation's own under ""; three queries for any number of steps."""
    found: dict[str, Figures] = {}
    counts = StepCount.objects.filter(automation=automation).order_by().values_list("step_key", "metric")
    for key, metric, amount in counts.annotate(total=Sum("amount")):
        figures = found.setdefault(key, Figures())
        if metric.startswith("arm:"):
            figures.arms[metric.removeprefix("arm:")] = amount
        elif metric in ("entered", "left", "failed"):
            setattr(figures, metric, amount)
    rows = Delivery.objects.filter(automation=automation).order_by().values_list("step_key", "status")
    for key, status, amount in rows.annotate(total=Count("pk")):
        found.setdefault(key, Figures()).deliveries[status] = amount
    for key, metric, amount in email_counts(automation.pk, FIRST_TIMES):
        setattr(found.setdefault(key, Figures()), FIRST_TIMES[metric], amount)
    return found


def automation_figures(automation_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """{automation id: (contacts inside now, entries ever)} in two queries."""
    inside = dict(
        Enrollment.objects.filter(automation__in=automation_ids, status__in=INSIDE)
        .order_by()
        .values_list("automation_id")
        .annotate(count=Count("pk"))
    )
    entered = dict(
        StepCount.objects.filter(automation__in=automation_ids, step_key="", metric="entered")
        .order_by()
        .values_list("automation_id")
        .annotate(total=Sum("amount"))
    )
    return {pk: (inside.get(pk, 0), entered.get(pk, 0)) for pk in automation_ids}


def enrollments_behind(automation: Automation, step_key: str, metric: str) -> QuerySet[Enrollment]:
    """The passes that a figure counts, newest first.

    `metric`: entered, waiting, left, failed, or a delivery status; an empty `step_key` means the
    whole automation. The log is kept for a while, so older entries may be missing from entered
    and left. Raises KeyError for a metric that does not exist.
    """
    rows = Enrollment.objects.filter(automation=automation).select_related("contact").order_by("-pk")
    if metric in DeliveryStatus.values:
        sent = Delivery.objects.filter(enrollment=OuterRef("pk"), step_key=step_key, status=metric)
        return rows.filter(Exists(sent))
    return FILTERS[metric](rows, step_key)


def _entered(rows: QuerySet[Enrollment], key: str) -> QuerySet[Enrollment]:
    return rows.filter(_logged(key)) if key else rows


def _waiting(rows: QuerySet[Enrollment], key: str) -> QuerySet[Enrollment]:
    rows = rows.filter(status__in=INSIDE)
    return rows.filter(step_key=key) if key else rows


def _left(rows: QuerySet[Enrollment], key: str) -> QuerySet[Enrollment]:
    if not key:
        return rows.exclude(status__in=INSIDE)
    return rows.filter(_logged(key, done=True))


def _failed(rows: QuerySet[Enrollment], key: str) -> QuerySet[Enrollment]:
    rows = rows.filter(status=EnrollmentStatus.PARKED)
    return rows.filter(step_key=key) if key else rows


FILTERS = {"entered": _entered, "waiting": _waiting, "left": _left, "failed": _failed}


def _logged(key: str, *, done: bool = False) -> Exists:
    log = StepLog.objects.filter(enrollment=OuterRef("pk"), step_key=key)
    return Exists(log.exclude(outcome__in=NOT_DONE) if done else log)
