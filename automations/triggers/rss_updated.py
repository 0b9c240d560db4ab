"""A feed has new items (spec: rss_updated). The clock tells: see `feeds.checking` and `feeds.runs`."""

from collections.abc import Hashable, Iterable
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.availability import PLUS_AND_UP, Availability
from automations.events import FEED_UPDATED
from automations.forms import SettingsForm
from automations.models import Trigger, Turn
from contacts.outgoing.addresses import check_url

from .base import TRIGGERS

INTERVALS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
EVERY = {
    "15m": gettext_lazy("every 15 minutes"),
    "1h": gettext_lazy("every hour"),
    "6h": gettext_lazy("every 6 hours"),
    "day": gettext_lazy("every day"),
    "week": gettext_lazy("every week"),
}
MAX_URL = 500
#: How many of the feed's latest items a person is shown.
SHOWN = 5


@TRIGGERS.register
class RssUpdatedTrigger(Trigger):
    slug = "rss_updated"
    label = gettext_lazy("Feed has new items")
    summary = gettext_lazy("An RSS or Atom feed, of a blog for example, has new items.")
    family = "dates"
    icon = "rss_feed"
    synonyms = (gettext_lazy("RSS"), gettext_lazy("Atom"), gettext_lazy("blog"), gettext_lazy("news"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = FEED_UPDATED
    # Only the sweep of an automation raises the event.
    suits_rules = False
    probe_label = gettext_lazy("Check the feed")
    probe_alone = True

    url = models.CharField(gettext_lazy("address"), max_length=MAX_URL, blank=True)
    every = models.CharField(max_length=4, default="day")
    minimum = models.PositiveIntegerField(default=1)

    class Form(SettingsForm):
        url = forms.CharField(
            label=gettext_lazy("Address of the feed"),
            max_length=MAX_URL,
            widget=forms.URLInput(attrs={"placeholder": "https://"}),
            help_text=gettext_lazy("What the feed has at the first check is not new."),
        )
        every = forms.ChoiceField(
            label=gettext_lazy("Check"), choices=list(EVERY.items()), initial="day", required=False
        )
        minimum = forms.IntegerField(
            label=gettext_lazy("At least so many new items"),
            min_value=1,
            max_value=100,
            initial=1,
            required=False,
            help_text=gettext_lazy("Fewer are kept until there are enough."),
        )

        def clean_url(self) -> str:
            url = str(self.cleaned_data["url"])
            if any(character.isspace() for character in url):
                raise ValidationError(_("An address has no spaces."))
            check_url(url)
            return url

        def clean_every(self) -> str:
            return self.cleaned_data["every"] or "day"

        def clean_minimum(self) -> int:
            return self.cleaned_data["minimum"] or 1

    @property
    def interval(self) -> timedelta:
        return INTERVALS[self.every]

    @property
    def event_key(self) -> Hashable:
        """Keys of triggers are the automation's own."""
        return (self.automation_id, self.key)

    def index_keys(self) -> Iterable[Hashable]:
        return [self.event_key]

    def sweep(self, turn: Turn) -> int:
        from automations.feeds.runs import sweep_feed

        return sweep_feed(self, turn) if self.url else 0

    def probe(self, text: str) -> tuple[bool, str]:
        """Read the feed now: its title and its latest items, or what is wrong with it."""
        from automations.feeds.reading import FeedError, read_feed

        if not self.url:
            return False, _("Give the address of the feed.")
        try:
            found = read_feed(self.url)
        except FeedError as error:
            return False, str(error)
        items = found.items or []
        count = ngettext("%d item", "%d items", len(items)) % len(items)
        latest = " · ".join(item.title or item.link for item in items[:SHOWN])
        return True, f"{found.title or self.url}: {count}. {latest}".strip()

    def describe(self) -> str:
        if not self.url:
            return _("A feed has new items (not chosen yet)")
        shown = self.url if len(self.url) <= 100 else f"{self.url[:99]}…"
        text = ngettext(
            "The feed %(url)s has %(count)d new item, looked at %(every)s",
            "The feed %(url)s has %(count)d new items, looked at %(every)s",
            self.minimum,
        )
        return text % {"url": shown, "count": self.minimum, "every": EVERY[self.every]}
