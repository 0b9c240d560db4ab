"""Feeds, as people deal with them: the worker does the rest."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from automations.models import Feed, FeedWatch


@transaction.atomic
def ask_for_check(*, feeds: Iterable[Feed], now: datetime | None = None) -> list[int]:
    """Let the worker read them within the minute, though they are not due or pause after an error.

    New items count as at any other check. Returns the ids of those that an active automation watches;
    nobody asks for the others.
    """
    now = now or timezone.now()
    ids = [feed.pk for feed in feeds]
    watches = FeedWatch.objects.filter(feed__in=ids, automation__is_active=True)
    watched = sorted(set(watches.values_list("feed_id", flat=True)))
    FeedWatch.objects.filter(feed__in=watched).update(due_at=now)
    Feed.objects.filter(pk__in=watched).update(next_check_at=now)
    return watched
