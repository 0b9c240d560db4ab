"""Reads the feeds that are due, side by side, and keeps what is new.

Only the reading happens in threads; what they find is written here. A claim keeps two schedulers from
reading the same feed at once.
"""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from automations.models import Feed, FeedItem, FeedWatch
from contacts.bulk import id_set, insert_rows

from .reading import LONGEST_PAUSE, FeedError, Item, Reading, read_feed

#: A trigger asks every minute; one that has not for so long is gone, or its automation inactive.
ALIVE = timedelta(minutes=10)
SHORTEST_PAUSE = timedelta(minutes=15)
DAY = timedelta(days=1)
#: After this an item that the feed has no more, and a feed that nobody watches, are forgotten.
KEPT = timedelta(days=90)
GONE = timedelta(days=7)
BATCH = 10_000
#: The rest of the feeds that are due waits for the next minute.
MAX_SECONDS = 45.0


def check_feeds(*, now: datetime) -> int:
    """Read whatever is due; returns how many feeds were checked, with or without success."""
    started, checked = time.monotonic(), 0
    with ThreadPoolExecutor(settings.FEED_THREADS, thread_name_prefix="feed") as pool:
        while time.monotonic() - started < MAX_SECONDS:
            feeds = _claim(now)
            if not feeds:
                break
            for feed, found in zip(feeds, pool.map(_read, feeds), strict=True):
                _keep(feed, found, now)
            checked += len(feeds)
    return checked


def _claim(now: datetime) -> Sequence[Feed]:
    """As many feeds as there are threads, held for a little longer than a reading takes."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    asked = FeedWatch.objects.filter(seen_at__gte=now - ALIVE, due_at__lte=now).values("feed")
    due = Feed.objects.filter(free, next_check_at__lte=now, pk__in=asked).order_by("next_check_at", "pk")
    until = now + timedelta(seconds=settings.FEED_TIMEOUT + 60)
    return [
        feed
        for feed in due[: settings.FEED_THREADS]
        if Feed.objects.filter(free, pk=feed.pk, next_check_at__lte=now).update(claimed_until=until)
    ]


def _read(feed: Feed) -> Reading | FeedError:
    try:
        return read_feed(feed.url, etag=feed.etag, last_modified=feed.last_modified)
    except FeedError as error:
        return error


@transaction.atomic
def _keep(feed: Feed, found: Reading | FeedError, now: datetime) -> None:
    feed.checked_at, feed.claimed_until = now, None
    if isinstance(found, FeedError):
        feed.failures += 1
        feed.error = str(found)[:500]
        feed.next_check_at = now + max(pause_after(feed.failures), found.pause or SHORTEST_PAUSE)
    else:
        feed.failures, feed.error, feed.read_at = 0, "", now
        feed.etag, feed.last_modified = found.etag, found.last_modified
        # Whoever watches it says when next: `runs`.
        feed.next_check_at = now + SHORTEST_PAUSE
        if found.items is not None:
            feed.title = found.title
            keep_items(feed=feed, items=found.items, now=now)
    feed.save()


def pause_after(failures: int) -> timedelta:
    """A quarter of an hour, doubled with each failure, a day at the longest."""
    times: int = 2 ** min(failures - 1, 10)
    return min(SHORTEST_PAUSE * times, LONGEST_PAUSE)


def keep_items(*, feed: Feed, items: Iterable[Item], now: datetime) -> int:
    """Write the items that are new, the oldest first; returns how many."""
    rows = list(items)[::-1]
    written = insert_rows(
        FeedItem,
        {
            "feed_id": feed.pk,
            "key": [item.key for item in rows],
            "title": [item.title for item in rows],
            "link": [item.link for item in rows],
            "summary": [item.summary for item in rows],
            "published": [item.published for item in rows],
            "found_at": now,
            "seen_at": now,
        },
        size=len(rows),
        ignore_conflicts=True,
        returning=["id"],
    )
    still = FeedItem.objects.filter(feed=feed, key__in=[item.key for item in rows])
    still.filter(seen_at__lt=now - DAY).update(seen_at=now)
    return len(written)


def forget_old(*, now: datetime) -> int:
    """Once a day: places of triggers that are gone, what feeds have no more, feeds that nobody watches."""
    FeedWatch.objects.filter(seen_at__lt=now - GONE).delete()
    asked = FeedWatch.objects.filter(seen_at__gte=now - DAY).values("feed")
    Feed.objects.filter(next_check_at__isnull=False).exclude(pk__in=asked).update(next_check_at=None)
    unwatched = Feed.objects.filter(watches=None, updated_at__lt=now - KEPT)
    deleted = 0
    for rows in (FeedItem.objects.filter(seen_at__lt=now - KEPT), FeedItem.objects.filter(feed__in=unwatched)):
        while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
            deleted += FeedItem.objects.filter(pk__in=id_set(ids)).delete()[0]
    return deleted + unwatched.delete()[0]
