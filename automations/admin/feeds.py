"""The feeds that automations watch: when they were read, what is wrong with them, what they told."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.decorators import display

from automations import services
from automations.models import Feed, FeedRun

from .base import ReadOnlyAdmin, automation_link

#: Of what is new first.
SHOWN = 20
COLOURS = {"new": "info", "good": "success", "failing": "danger", "unwatched": "default"}


class FailingFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("can't be read")), ("no", _("without errors"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = {"yes": queryset.filter(failures__gt=0), "no": queryset.filter(failures=0)}
        return wanted.get(self.value() or "", queryset)


@admin.register(Feed)
class FeedAdmin(ReadOnlyAdmin):
    list_display = ["name", "state_label", "read_at", "checked_at", "next_check_at", "short_error"]
    list_filter = [FailingFilter]
    search_fields = ["url", "title"]
    fields = [
        "title", "link", "state_label", "error", "failures", "read_at", "checked_at", "next_check_at",
        "watched_by", "latest_items", "latest_runs",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["check_now"]

    @admin.action(description=gettext_lazy("Check now"), permissions=["decide"])
    def check_now(self, request: HttpRequest, queryset: Any) -> None:
        asked = len(services.ask_for_check(feeds=queryset.order_by("pk")[:1_000]))
        if not asked:
            self.message_user(request, _("No active automation watches any of these."), messages.WARNING)
            return
        text = ngettext("%d feed is checked in a minute.", "%d feeds are checked in a minute.", asked) % asked
        self.message_user(request, text, messages.SUCCESS)

    @display(description=gettext_lazy("feed"), ordering="title")
    def name(self, feed: Feed) -> str:
        return str(feed)

    @display(description=gettext_lazy("address"))
    def link(self, feed: Feed) -> str:
        return format_html('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>', feed.url)

    @display(description=gettext_lazy("state"), label=COLOURS)
    def state_label(self, feed: Feed) -> tuple[str, str]:
        return feed.state, str(feed.state_text)

    @display(description=gettext_lazy("error"))
    def short_error(self, feed: Feed) -> str:
        return feed.error if len(feed.error) <= 80 else f"{feed.error[:79]}…"

    @display(description=gettext_lazy("watched by"))
    def watched_by(self, feed: Feed) -> str:
        rows = feed.watches.select_related("automation").order_by("automation_id")[:SHOWN]
        return format_html_join(", ", "{}", ((automation_link(row.automation),) for row in rows)) or "-"

    @display(description=gettext_lazy("latest items"))
    def latest_items(self, feed: Feed) -> str:
        return format_html_join("", "<div>{}</div>", ((_item(item),) for item in feed.items.all()[:SHOWN])) or "-"

    @display(description=gettext_lazy("told"))
    def latest_runs(self, feed: Feed) -> str:
        rows = feed.runs.select_related("automation")[:SHOWN]
        texts = (
            (automation_link(run.automation), _("%(items)d new, %(contacts)d contacts") % {
                "items": run.count, "contacts": run.contacts
            })
            for run in rows
        )  # fmt: skip
        return format_html_join("", "<div>{}: {}</div>", texts) or "-"


def _item(item: Any) -> str:
    text = item.title or item.link or item.key
    if not item.link:
        return str(text)
    return format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', item.link, text)


@admin.register(FeedRun)
class FeedRunAdmin(ReadOnlyAdmin):
    """Each time that a feed's new items were told: to how many so far, and whether to all."""

    list_display = ["at", "feed", "automation", "count", "contacts", "finished_at"]
    list_select_related = ["feed", "automation"]
    list_filter = [("automation", AutocompleteSelectFilter), ("feed", RelatedDropdownFilter)]
    fields = ["at", "feed", "automation", "count", "contacts", "finished_at", "told_items"]
    readonly_fields = fields

    @display(description=gettext_lazy("items"))
    def told_items(self, run: FeedRun) -> str:
        items = ((item.get("title") or item.get("link") or "",) for item in run.items)
        return format_html_join("", "<div>{}</div>", items) or "-"
