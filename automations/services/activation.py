"""Switching automations on and off. Contacts inside stay where they are meanwhile."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.availability import why_locked
from automations.delivery.holding import count_held, held, hold
from automations.engine import breaker
from automations.engine.goals import wake_for_goals
from automations.engine.index import touch_index
from automations.engine.plan import plan_of_version
from automations.engine.wake import wake_worker
from automations.models import Account, Automation, Delivery, Enrollment
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import EnrollmentStatus
from contacts.bulk import update_rows

STOPPED = (EnrollmentStatus.ACTIVE, EnrollmentStatus.HELD)


class LateWork(NamedTuple):
    """What is released at activation: contacts whose work came due, and messages that were held."""

    contacts: int
    messages: int


@transaction.atomic
def activate(*, automation: Automation, now: datetime | None = None) -> LateWork:
    """Start the published version; returns what had been held up meanwhile.

    Late work is released at LATE_RELEASE_PER_MINUTE, oldest first: held messages, then
    contacts. With a frozen clock every wait is prolonged by the pause instead, so that no contact is late.
    """
    now = now or timezone.now()
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if automation.version_id is None:
        raise ValidationError(_("Publish the automation first."), code="not_published")
    _check_plan(automation)
    if automation.is_active:
        return LateWork(0, 0)
    _thaw(automation, now)
    late = _release(automation, now)
    automation.is_active, automation.activated_at = True, now
    automation.breaker_at, automation.breaker_reason = None, ""
    automation.save()
    breaker.reset(automation.pk)
    touch_index()
    wake_for_goals(now=now, automations=[automation.pk])
    wake_worker()
    return late


@transaction.atomic
def deactivate(*, automation: Automation, now: datetime | None = None) -> None:
    """Stop starting contacts and running steps. What comes due, and what is not sent yet, is held."""
    automation = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if automation.is_active:
        automation.is_active, automation.deactivated_at = False, now or timezone.now()
        automation.save()
        hold(automation_id=automation.pk)
        touch_index()


def late_work(automation: Automation, now: datetime) -> LateWork:
    """What would be released at activation."""
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED, due_at__lte=now)
    contacts = 0 if automation.clock == Automation.Clock.FREEZE else rows.count()
    return LateWork(contacts, count_held(automation_id=automation.pk))


def _check_plan(automation: Automation) -> None:
    account = Account.current()
    plan = plan_of_version(automation.version_id or 0)
    reasons = {why_locked(part, account) for part in (*plan.triggers, *plan.steps.values())} - {""}
    if reasons:
        raise ValidationError([ValidationError(reason, code="locked") for reason in sorted(reasons)])


def _thaw(automation: Automation, now: datetime) -> None:
    stopped = automation.deactivated_at
    if automation.clock != Automation.Clock.FREEZE or stopped is None:
        return
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED)
    rows.filter(due_at__gt=stopped).update(due_at=F("due_at") + (now - stopped))
    rows.filter(limit_at__gt=stopped).update(limit_at=F("limit_at") + (now - stopped))


def _release(automation: Automation, now: datetime) -> LateWork:
    """Spread what is late over the minutes to come; everything held is active again."""
    messages = held(automation_id=automation.pk, due=now)
    rows = Enrollment.objects.filter(automation=automation, status__in=STOPPED)
    contacts = list(rows.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True))
    for due, part in _paced(messages, now):
        update_rows(Delivery, "id", part, {"due_at": due, "status": DeliveryStatus.PENDING})
    for due, part in _paced(contacts, now, before=len(messages)):
        update_rows(Enrollment, "id", part, {"due_at": due, "status": EnrollmentStatus.ACTIVE})
    rows.filter(status=EnrollmentStatus.HELD).update(status=EnrollmentStatus.ACTIVE)
    # Those between two tries keep the moment of the next.
    waiting = Delivery.objects.filter(automation=automation, status=DeliveryStatus.HELD)
    later = waiting.update(status=DeliveryStatus.PENDING)
    return LateWork(len(contacts), len(messages) + later)


def _paced(ids: list[int], now: datetime, before: int = 0) -> Iterator[tuple[datetime, list[int]]]:
    """(when, ids), at most LATE_RELEASE_PER_MINUTE of them a minute, after `before` others."""
    rate = settings.LATE_RELEASE_PER_MINUTE
    minute, taken = divmod(before, rate)
    start = 0
    while start < len(ids):
        part = ids[start : start + rate - taken]
        yield now + timedelta(minutes=minute), part
        start, minute, taken = start + len(part), minute + 1, 0
