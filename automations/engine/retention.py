"""Keeps tables small: counts rolled up, old logs deleted in batches."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from automations.models import DateEntry, EntryRefusal, FeedRun, StepCount, StepLog
from contacts.bulk import id_set

BATCH = 10_000


def roll_up_counts() -> int:
    """Replace the many rows of a count by one; returns how many rows were saved."""
    groups = (
        StepCount.objects.order_by()
        .values_list("automation_id", "step_key", "metric")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
    )
    saved = 0
    for automation_id, step_key, metric, _rows in list(groups):
        with transaction.atomic():
            rows = StepCount.objects.filter(automation_id=automation_id, step_key=step_key, metric=metric)
            # Locked and skipped by a second roll-up; rows appended meanwhile stay for the next one.
            ids = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
            taken = StepCount.objects.filter(pk__in=id_set(ids))
            amount = taken.aggregate(total=Sum("amount"))["total"] or 0
            taken._raw_delete("default")
            StepCount.objects.create(automation_id=automation_id, step_key=step_key, metric=metric, amount=amount)
            saved += len(ids) - 1
    return saved


def delete_old(*, now: datetime) -> int:
    """Delete log, refusals, dates' occurrences and runs of feeds older than LOG_RETENTION_DAYS; returns how many.

    An occurrence that is past what the sweep catches up with is not looked for again.
    """
    before = now - timedelta(days=settings.LOG_RETENTION_DAYS)
    deleted = 0
    for model in (StepLog, EntryRefusal, DateEntry, FeedRun):
        while True:
            ids = list(model.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not ids:
                break
            model.objects.filter(pk__in=ids)._raw_delete("default")
            deleted += len(ids)
    return deleted
