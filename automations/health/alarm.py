"""Tells the managers by e-mail when something is wrong for a while, and when it is over.

A check must be bad on RAISE_AFTER looks in a row to raise its alarm, and good on CLEAR_AFTER to end it: what
comes and goes at the limit makes one message, not one for each look. Workers that are all dead can't tell
of it; that is what /readyz, /metrics and `manage.py check_health` are for.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from automations.models import HealthAlarm

from .checks import CHECKS, ERROR, Result, look

log = logging.getLogger(__name__)
RAISE_AFTER, CLEAR_AFTER = 2, 3
REMIND_AFTER = timedelta(days=1)


def watch(*, now: datetime) -> int:
    """One look; returns how many messages' worth of news there was."""
    news = [alarm for result in look(now=now) if (alarm := _follow(result, now)) is not None]
    if news and tell_managers(alarms=news):
        for alarm in news:
            HealthAlarm.objects.filter(pk=alarm.pk).update(told_raised=alarm.raised_at is not None, told_at=now)
    return len(news)


@transaction.atomic
def _follow(result: Result, now: datetime) -> HealthAlarm | None:
    """Count the look; returns the alarm where the managers must be told."""
    HealthAlarm.objects.get_or_create(check_name=result.name)
    alarm = HealthAlarm.objects.select_for_update().get(check_name=result.name)
    bad = result.finding.state == ERROR
    alarm.bad, alarm.good = (alarm.bad + 1, 0) if bad else (0, alarm.good + 1)
    if bad:
        alarm.text = result.finding.text
    if alarm.raised_at is None and alarm.bad >= RAISE_AFTER:
        alarm.raised_at = now
    elif alarm.raised_at is not None and alarm.good >= CLEAR_AFTER:
        alarm.raised_at = None
    alarm.save()
    return alarm if _is_news(alarm, now) else None


def _is_news(alarm: HealthAlarm, now: datetime) -> bool:
    raised = alarm.raised_at is not None
    if raised != alarm.told_raised:
        return True
    return raised and alarm.told_at is not None and now - alarm.told_at >= REMIND_AFTER


def managers() -> list[str]:
    """Addresses of active managers and superusers."""
    users = get_user_model()._default_manager.filter(is_active=True).exclude(email="")
    wanted = users.filter(Q(is_superuser=True) | Q(groups__name="manager"))
    return sorted(set(wanted.values_list("email", flat=True)))


def tell_managers(*, alarms: Sequence[HealthAlarm]) -> bool:
    """Whether the message went out (to nobody, where there is nobody: then the page is all there is)."""
    recipients = managers()
    if not recipients:
        return True
    raised = [alarm for alarm in alarms if alarm.raised_at is not None]
    subject = _("Something is wrong") if raised else _("All is well again")
    lines = [_line(alarm) for alarm in alarms]
    address = settings.SITE_URL + reverse("health:page")
    try:
        send_mail(subject, "\n".join([*lines, "", address]), settings.SERVER_EMAIL, recipients)
    except OSError as error:  # smtplib's errors are such too
        log.error("The managers can't be told: %s", error)
        return False
    return True


def _line(alarm: HealthAlarm) -> str:
    label = str(CHECKS[alarm.check_name][0]) if alarm.check_name in CHECKS else alarm.check_name
    return f"{label}: {alarm.text if alarm.raised_at else _('over')}"
