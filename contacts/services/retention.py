"""Keeps the tables of what people did with e-mails small."""

from datetime import datetime, timedelta

from django.conf import settings

from contacts.models import EmailActivity

BATCH = 10_000


def delete_old_engagement(*, now: datetime) -> int:
    """Delete activity older than ENGAGEMENT_RETENTION_DAYS, in batches; returns how many rows. Figures stay."""
    days = settings.ENGAGEMENT_RETENTION_DAYS
    if not days:
        return 0
    deleted = 0
    old = EmailActivity.objects.filter(at__lt=now - timedelta(days=days)).order_by("pk")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        deleted += EmailActivity.objects.filter(pk__in=ids)._raw_delete("default")
    return deleted
