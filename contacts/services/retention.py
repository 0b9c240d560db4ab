"""Keeps the tables of what people did small: with e-mails, in other systems, and in this one."""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet

from contacts.models import EmailActivity, EmailForward, EmailReply, EventRecord, TrackingSettings

BATCH = 10_000
LOGINS = timedelta(days=180)


def delete_old_engagement(*, now: datetime) -> int:
    """Delete activity older than ENGAGEMENT_RETENTION_DAYS, in batches; returns how many rows. Figures stay."""
    return _delete_older(EmailActivity.objects.all(), now, settings.ENGAGEMENT_RETENTION_DAYS)


def delete_old_replies(*, now: datetime) -> int:
    """Answers, and the hashes of friends' addresses, go with the activity they belong to."""
    days = settings.ENGAGEMENT_RETENTION_DAYS
    return sum(_delete_older(model.objects.all(), now, days) for model in (EmailReply, EmailForward))


def delete_old_events(*, now: datetime) -> int:
    """Custom events older than the tracking settings keep them (0: for ever); returns how many."""
    return _delete_older(EventRecord.objects.all(), now, TrackingSettings.current().event_days)


def delete_old_logins(*, now: datetime) -> int:
    """Who logged in, and who tried to."""
    rows = [model._default_manager.filter(attempt_time__lt=now - LOGINS) for model in (AccessAttempt, AccessLog)]
    return sum(found.delete()[0] for found in rows)


def delete_old_changes(*, now: datetime) -> int:
    """Who changed what, older than AUDIT_RETENTION_DAYS (0 keeps it for ever)."""
    days = settings.AUDIT_RETENTION_DAYS
    return LogEntry.objects.filter(action_time__lt=now - timedelta(days=days)).delete()[0] if days else 0


def _delete_older(rows: QuerySet[Any], now: datetime, days: int) -> int:
    if not days:
        return 0
    deleted = 0
    old = rows.filter(at__lt=now - timedelta(days=days)).order_by("pk")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=ids)._raw_delete("default")
    return deleted
