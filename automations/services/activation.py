"""Switching automations on and off. Contacts inside stay where they are meanwhile."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.engine import breaker
from automations.engine.index import touch_index
from automations.engine.plan import plan_of_version
from automations.engine.wake import wake_worker
from automations.models import Account, Automation, Enrollment
from automations.models.enrollment import EnrollmentStatus
from contacts.bulk import chunks, update_rows

STOPPED = (EnrollmentStatus.ACTIVE, EnrollmentStatus.HELD)


@transaction.atomic
def activate(*, automation: Automation, now: datetime | None = None) -> int:
    """Start the published version; returns how many contacts had work that came due meanwhile.

    Late work is released at LATE_RELEASE_PER_MINUTE, oldest first. With a frozen clock every wait
    is prolonged by the pause instead, so that nothing is late.
    """
    now = now or timezone.now()
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if automation.version_id is None:
        raise ValidationError(_("Publish the automation first."), code="not_published")
    _check_plan(automation)
    if automation.is_active:
        return 0
    _thaw(automation, now)
    late = _release(automation, now)
    automation.is_active, automation.activated_at = True, now
    automation.breaker_at, automation.breaker_reason = None, ""
    automation.save()
    breaker.reset(automation.pk)
    touch_index()
    wake_worker()
    return late


@transaction.atomic
def deactivate(*, automation: Automation, now: datetime | None = None) -> None:
    """Stop starting contacts and running steps. What comes due is held where it stands."""
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if automation.is_active:
        automation.is_active, automation.deactivated_at = False, now or timezone.now()
        automation.save()
        touch_index()


def late_work(automation: Automation, now: datetime) -> int:
    """How many contacts have work that would be released at activation."""
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED, due_at__lte=now)
    return 0 if automation.clock == Automation.Clock.FREEZE else rows.count()


def _check_plan(automation: Automation) -> None:
    account = Account.current()
    plan = plan_of_version(automation.version_id or 0)
    parts = (*plan.triggers, *plan.steps.values())
    locked = {part.locked(account.plan, account.addons) for part in parts} - {""}
    if locked:
        raise ValidationError([ValidationError(reason, code="locked") for reason in sorted(locked)])


def _thaw(automation: Automation, now: datetime) -> None:
    stopped = automation.deactivated_at
    if automation.clock != Automation.Clock.FREEZE or stopped is None:
        return
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED)
    rows.filter(due_at__gt=stopped).update(due_at=F("due_at") + (now - stopped))
    rows.filter(limit_at__gt=stopped).update(limit_at=F("limit_at") + (now - stopped))


def _release(automation: Automation, now: datetime) -> int:
    """Spread what is late over the minutes to come; everything held is active again."""
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED)
    late = list(rows.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True))
    rate = settings.LATE_RELEASE_PER_MINUTE
    for minute, part in enumerate(chunks(late, rate)):
        due = now + timedelta(minutes=minute)
        update_rows(Enrollment, "id", part, {"due_at": due, "status": EnrollmentStatus.ACTIVE})
    rows.filter(status=EnrollmentStatus.HELD).update(status=EnrollmentStatus.ACTIVE)
    return len(late)
