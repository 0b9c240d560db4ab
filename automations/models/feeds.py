"""Feeds that rss_updated watches. A feed is read once for all triggers with its address."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.base import Timestamped

from .automation import Automation


class Feed(Timestamped):
    """What is known of a feed. `read_at` is the last time that it could be read, `checked_at` the last try."""

    url = models.URLField(_("address"), max_length=500, unique=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    etag = models.CharField(max_length=250, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    checked_at = models.DateTimeField(_("last check"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    # Null: nobody asks for it.
    next_check_at = models.DateTimeField(_("next check"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)
    #: A process reads it now, or died over it.
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_check_at"], name="feed_next_check")]

    STATES = {
        "new": _("not read yet"),
        "good": _("read"),
        "failing": _("can't be read"),
        "unwatched": _("nobody watches it"),
    }

    def __str__(self) -> str:
        return self.title or self.url

    @property
    def state(self) -> str:
        """A key of STATES."""
        if self.next_check_at is None:
            return "unwatched"
        if self.failures:
            return "failing"
        return "good" if self.read_at else "new"

    @property
    def state_text(self) -> Any:
        return self.STATES[self.state]


class FeedItem(models.Model):
    """An item as it was when it was first seen. Its id says what is newer."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="items", verbose_name=_("feed"))
    #: SHA-256 of what identifies it within the feed: see `feeds.reading`.
    key = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=300, blank=True)
    link = models.CharField(_("link"), max_length=500, blank=True)
    summary = models.CharField(_("summary"), max_length=500, blank=True)
    published = models.DateTimeField(_("published"), null=True, blank=True)
    found_at = models.DateTimeField(_("found"))
    #: When the feed still had it; to the day.
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("feed item")
        verbose_name_plural = _("feed items")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="feed_item_once")]
        indexes = [models.Index(fields=["seen_at"], name="feed_item_seen")]

    def __str__(self) -> str:
        return self.title or self.link or self.key

    def told(self) -> dict[str, str]:
        """As message texts name it."""
        published = self.published.isoformat() if self.published else ""
        return {"title": self.title, "link": self.link, "summary": self.summary, "published": published}


class FeedWatch(models.Model):
    """A trigger's place in a feed: items up to `cursor` have counted; null until the first check."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="+")
    trigger_key = models.CharField(max_length=12)
    feed = models.ForeignKey(Feed, models.CASCADE, related_name="watches")
    #: Since when the automation listens: after a pause it begins with a new baseline.
    since = models.DateTimeField()
    cursor = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    #: When the trigger last asked; one that is gone asks no more.
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("feed watch")
        constraints = [models.UniqueConstraint(fields=["automation", "trigger_key"], name="feed_watch_once")]

    def __str__(self) -> str:
        return f"{self.automation_id}: {self.feed_id}"


class FeedRun(models.Model):
    """New items, told to everyone whom the trigger concerns: chunk by chunk, `position` is the last contact."""

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="+", verbose_name=_("automation"))
    trigger_key = models.CharField(max_length=12)
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, related_name="runs", verbose_name=_("feed"))
    #: The newest items, as `FeedItem.told`; `count` is how many there were.
    items = models.JSONField(_("items"), default=list)
    count = models.PositiveIntegerField(_("new items"))
    position = models.BigIntegerField(default=0)
    #: Contacts that came later hear of the next items.
    last_contact = models.BigIntegerField()
    contacts = models.PositiveIntegerField(_("contacts told"), default=0)
    at = models.DateTimeField(_("at"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("feed run")
        verbose_name_plural = _("feed runs")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["automation", "trigger_key"],
                condition=models.Q(finished_at__isnull=True),
                name="feed_run_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}: {self.count}"
