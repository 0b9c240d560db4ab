"""From a feed's new items to the contacts who enter: rss_updated's turn, every minute.

A watch is due once an interval. When its feed was read since, the items that it had not counted are
counted; are they enough, a run tells everyone whom the trigger concerns. A run goes on where it stopped,
in chunks of one transaction each: position and entries are written together, so no contact enters twice.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from automations.conditions.base import Moment
from automations.conditions.tree import contacts_meeting
from automations.engine.match import raise_event
from automations.events import FEED_UPDATED, Event, tells
from automations.models import Feed, FeedItem, FeedRun, FeedWatch
from automations.models.trigger import Turn
from contacts.models import Contact

from .checking import ALIVE

if TYPE_CHECKING:
    from automations.triggers.rss_updated import RssUpdatedTrigger

#: Contacts in one transaction.
CHUNK = 10_000
#: Items that message texts can name.
TOLD = 20
#: A sweep gives the others their turn after this; the run goes on in the next.
MAX_SECONDS = 40.0


def sweep_feed(trigger: "RssUpdatedTrigger", turn: Turn) -> int:
    """Returns how many contacts were told."""
    watch = _watch(trigger, turn)
    run = _open_runs(trigger).first() or _begin(trigger, watch, turn.now)
    if run is None:
        return 0
    started, told = time.monotonic(), 0
    while time.monotonic() - started < MAX_SECONDS:
        part = _chunk(trigger, run.pk, turn)
        if part is None:
            break
        told += part
    return told


def _open_runs(trigger: "RssUpdatedTrigger") -> QuerySet[FeedRun]:
    return FeedRun.objects.filter(
        automation=trigger.automation_id, trigger_key=trigger.key, finished_at=None
    ).order_by("pk")


@transaction.atomic
def _watch(trigger: "RssUpdatedTrigger", turn: Turn) -> FeedWatch:
    """The trigger's place. With another address, or after a pause of its automation, it begins anew."""
    feed, _new = Feed.objects.get_or_create(url=trigger.url)
    same, new = FeedWatch.objects.get_or_create(
        automation_id=trigger.automation_id,
        trigger_key=trigger.key,
        defaults={"feed": feed, "since": turn.active_since, "due_at": turn.now, "seen_at": turn.now},
    )
    # Locked: what another scheduler counts at this moment must not be overwritten.
    watch = FeedWatch.objects.select_for_update().get(pk=same.pk)
    watch.seen_at = turn.now
    # A shorter interval holds at once; a clock that was ahead holds nothing up.
    watch.due_at = min(watch.due_at, turn.now + trigger.interval)
    if watch.feed_id != feed.pk or watch.since < turn.active_since:
        watch.feed, watch.since, watch.cursor, watch.due_at = feed, turn.active_since, None, turn.now
        _open_runs(trigger).update(finished_at=turn.now)
        new = True
    watch.save()
    if new or feed.next_check_at is None:
        _ask(feed, turn.now)
    return watch


def _ask(feed: Feed, now: datetime) -> None:
    """Let the feed be read when the first of its watches is due; a feed with errors keeps its pause."""
    if feed.failures and feed.next_check_at and feed.next_check_at > now:
        return
    alive = FeedWatch.objects.filter(feed=feed, seen_at__gte=now - ALIVE)
    Feed.objects.filter(pk=feed.pk).update(next_check_at=alive.aggregate(first=Min("due_at"))["first"])


@transaction.atomic
def _begin(trigger: "RssUpdatedTrigger", watch: FeedWatch, now: datetime) -> FeedRun | None:
    """Count what is new, if the feed was read since the watch was due. The first time is the baseline."""
    feed = watch.feed
    if feed.read_at is None or feed.read_at < watch.due_at:
        return None
    # Locked: of two schedulers one counts.
    locked = FeedWatch.objects.select_for_update().get(pk=watch.pk)
    if locked.due_at != watch.due_at or locked.cursor != watch.cursor:
        return None
    last = FeedItem.objects.filter(feed=feed).aggregate(last=Max("pk"))["last"] or 0
    fresh = FeedItem.objects.filter(feed=feed, pk__gt=watch.cursor or 0, pk__lte=last)
    count = 0 if watch.cursor is None else fresh.count()
    run = None
    if count >= trigger.minimum:
        newest = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
        items = [item.told() for item in fresh.order_by("-pk")[:TOLD]]
        run = FeedRun.objects.create(
            automation_id=trigger.automation_id, trigger_key=trigger.key, feed=feed,
            items=items, count=count, last_contact=newest, at=now,
        )  # fmt: skip
    locked.cursor = last if run or watch.cursor is None else watch.cursor
    locked.due_at = now + trigger.interval
    locked.save()
    _ask(feed, now)
    return run


@transaction.atomic
def _chunk(trigger: "RssUpdatedTrigger", run_id: int, turn: Turn) -> int | None:
    """Tell the next contacts; how many, or None when all have been told."""
    run = FeedRun.objects.select_for_update(of=("self",)).select_related("feed").get(pk=run_id)
    if run.finished_at is not None:
        return None
    moment = Moment(now=turn.now, zone=turn.zone)
    people = contacts_meeting(trigger.segment, moment).filter(pk__gt=run.position, pk__lte=run.last_contact)
    ids = list(people.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    feed = {"title": run.feed.title, "url": run.feed.url} if run.feed else {}
    data = {"feed": feed, "count": run.count, "run": run.pk, "at": run.at.isoformat()}
    raise_event(Event(FEED_UPDATED, ids, key=trigger.event_key, data=data, at=turn.now))
    run.position = ids[-1] if ids else run.last_contact
    run.contacts += len(ids)
    if len(ids) < CHUNK:
        run.finished_at = turn.now
    run.save(update_fields=["position", "contacts", "finished_at"])
    return len(ids) if run.finished_at is None or ids else None


@lru_cache(maxsize=50)
def _items(run_id: int, at: str) -> list[dict[str, Any]]:
    """A run's items never change. The moment tells it from one that was rolled back."""
    return FeedRun.objects.filter(pk=run_id).values_list("items", flat=True).first() or []


def _told(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"items": _items(int(data.get("run") or 0), str(data.get("at") or ""))}


# Kept once, not with each of perhaps a million enrollments.
tells(FEED_UPDATED, _told)
