"""What is looked at. A check is a function of the moment; it reads, and says how things stand in one sentence.

Each costs a fixed number of indexed queries, however many contacts wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_q.brokers import get_broker
from django_q.models import Failure

from automations.models import (
    Automation,
    Delivery,
    Enrollment,
    SenderState,
    Step,
    Trigger,
    TriggerUse,
    WorkerBeat,
)
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import EnrollmentStatus
from automations.registry import Registry
from automations.steps.base import STEPS
from automations.triggers.base import TRIGGERS

from .schedules import schedule_states

OK, WARNING, ERROR = "ok", "warning", "error"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` is the figure behind it (seconds, rows), for whoever draws curves."""

    state: str
    value: float
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    label: str
    finding: Finding


Check = Callable[[datetime], Finding]
CHECKS: dict[str, tuple[object, Check]] = {}


def check(name: str, label: object) -> Callable[[Check], Check]:
    def register(function: Check) -> Check:
        CHECKS[name] = (label, function)
        return function

    return register


def look(*, now: datetime) -> list[Result]:
    return [Result(name, str(label), function(now)) for name, (label, function) in CHECKS.items()]


def worst(results: list[Result]) -> str:
    states = {result.finding.state for result in results}
    return next((state for state in (ERROR, WARNING) if state in states), OK)


def _admin(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


@check("workers", gettext_lazy("Workers"))
def workers(now: datetime) -> Finding:
    since = now - timedelta(minutes=settings.HEALTH_WORKER_MINUTES)
    alive = WorkerBeat.objects.filter(at__gt=since).count()
    if alive:
        text = ngettext("%(count)s worker is at work.", "%(count)s workers are at work.", alive)
        return Finding(OK, alive, text % {"count": alive})
    return Finding(ERROR, 0, _("No worker has given a sign of life lately: nothing is sent, and nobody moves on."))


@check("due", gettext_lazy("Due work"))
def due_work(now: datetime) -> Finding:
    rows = Enrollment.objects.filter(status=EnrollmentStatus.ACTIVE, due_at__lte=now)
    return _lag(rows.aggregate(first=Min("due_at"))["first"], now, _admin("automations_enrollment"))


@check("deliveries", gettext_lazy("Messages waiting"))
def waiting_deliveries(now: datetime) -> Finding:
    """A queue that is long because of the rate is no fault; one that nobody touches is the workers'."""
    if settings.EMAIL_RATE_PER_MINUTE:
        count = Delivery.objects.filter(status=DeliveryStatus.PENDING, due_at__lte=now).count()
        return Finding(OK, count, _("%s wait for their turn within the rate.") % count)
    rows = Delivery.objects.filter(status=DeliveryStatus.PENDING, due_at__lte=now)
    return _lag(rows.aggregate(first=Min("due_at"))["first"], now, _admin("automations_delivery"))


def _lag(first: datetime | None, now: datetime, link: str) -> Finding:
    late = (now - first).total_seconds() if first else 0.0
    limit = settings.HEALTH_LATE_MINUTES * 60
    if late <= limit:
        return Finding(OK, late, _("Nothing is late."))
    text = _("The oldest has been due for %s minutes.") % round(late / 60)
    return Finding(ERROR if late > 4 * limit else WARNING, late, text, link)


@check("stuck", gettext_lazy("Contacts that are stuck"))
def stuck(now: datetime) -> Finding:
    """Inside, not waiting in their step, and yet without a time at which they go on."""
    count = Enrollment.objects.filter(status=EnrollmentStatus.ACTIVE, due_at=None, arrived=False).count()
    return _none_or(count, ERROR, _("%s contacts will never go on by themselves."), "automations_enrollment")


@check("parked", gettext_lazy("Contacts parked after errors"))
def parked(now: datetime) -> Finding:
    count = Enrollment.objects.filter(status=EnrollmentStatus.PARKED).count()
    link = "?status__exact=parked"
    return _none_or(count, WARNING, _("%s contacts wait for a person."), "automations_enrollment", link)


@check("uncertain", gettext_lazy("Messages of uncertain fate"))
def uncertain(now: datetime) -> Finding:
    count = Delivery.objects.filter(status=DeliveryStatus.UNCERTAIN).count()
    text = _("Of %s messages nobody knows whether they were sent; a person decides.")
    return _none_or(count, WARNING, text, "automations_delivery", "?status__exact=uncertain")


@check("failed", gettext_lazy("Messages that failed in the last 24 hours"))
def failed(now: datetime) -> Finding:
    count = Delivery.objects.filter(status=DeliveryStatus.FAILED, due_at__gt=now - DAY).count()
    text = _("%s messages failed for good.")
    return _none_or(count, WARNING, text, "automations_delivery", "?status__exact=failed")


@check("channels", gettext_lazy("Ways out"))
def channels(now: datetime) -> Finding:
    paused = list(SenderState.objects.filter(failures__gt=2).order_by("channel").values_list("channel", "error"))
    if not paused:
        return Finding(OK, 0, _("No way out is blocked."))
    text = "; ".join(f"{name}: {error[:200]}" for name, error in paused)
    return Finding(ERROR, len(paused), text)


@check("queue", gettext_lazy("Queue of background tasks"))
def queue(now: datetime) -> Finding:
    size = get_broker().queue_size()
    text = ngettext("%(count)s task waits.", "%(count)s tasks wait.", size) % {"count": size}
    return Finding(ERROR if size > settings.HEALTH_QUEUE_LIMIT else OK, size, text)


@check("tasks", gettext_lazy("Background tasks that failed in the last 24 hours"))
def tasks(now: datetime) -> Finding:
    count = Failure.objects.filter(stopped__gt=now - DAY).count()
    return _none_or(count, WARNING, _("%s tasks failed."), "django_q_failure")


@check("schedules", gettext_lazy("Schedules"))
def schedules(now: datetime) -> Finding:
    states = schedule_states(now=now)
    late = [state for state in states if state.is_late]
    wrong = [state for state in states if state.error]
    if late:
        names = ", ".join(state.name for state in late[:5])
        return Finding(ERROR, states[0].lag.total_seconds(), _("Late: %s.") % names, _admin("django_q_schedule"))
    if wrong:
        names = ", ".join(state.name for state in wrong[:5])
        text = _("The last run ended with an error: %s.") % names
        return Finding(WARNING, len(wrong), text, _admin("django_q_failure"))
    return Finding(OK, 0, _("All run on time."))


@check("silent", gettext_lazy("Silent triggers"))
def silent(now: datetime) -> Finding:
    """Active for longer than the limit, and nobody came through in that time."""
    since = now - timedelta(days=settings.HEALTH_SILENT_DAYS)
    active = Automation.objects.filter(is_active=True, version__isnull=False, activated_at__lt=since)
    used = set(TriggerUse.objects.filter(last_at__gte=since).values_list("automation_id", "trigger_key"))
    names = [
        automation.name
        for automation in active.select_related("version").order_by("name")
        if any((automation.pk, trigger["key"]) not in used for trigger in automation.version.snapshot["triggers"])  # type: ignore[union-attr]  # filtered
    ]
    if not names:
        return Finding(OK, 0, _("None."))
    text = _("For %(days)s days nobody came through a trigger of: %(names)s.")
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return Finding(WARNING, len(names), text % {"days": settings.HEALTH_SILENT_DAYS, "names": shown})


@check("types", gettext_lazy("Rows of types that are gone"))
def types(now: datetime) -> Finding:
    """Rows whose type has no code any more vanish from lists without an error; here they are counted."""
    gone = _of_no_type(Trigger, TRIGGERS) + _of_no_type(Step, STEPS)
    if not gone:
        return Finding(OK, 0, _("None."))
    return Finding(ERROR, gone, _("%s triggers and steps are of a type that this installation lacks.") % gone)


def _of_no_type(base: type[Trigger] | type[Step], registry: Registry[Step] | Registry[Trigger]) -> int:
    known = ContentType.objects.get_for_models(*registry, for_concrete_models=False).values()
    rows = base.objects.non_polymorphic()
    gone = rows.exclude(polymorphic_ctype__in=[kind.pk for kind in known])
    return int(gone.aggregate(found=Count("pk", filter=Q(pk__isnull=False)))["found"])


def _none_or(count: int, state: str, text: str, page: str, query: str = "") -> Finding:
    if not count:
        return Finding(OK, 0, _("None."))
    return Finding(state, count, text % count, _admin(page, query))
