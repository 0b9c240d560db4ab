"""Contacts in automations, and those who were turned away."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from automations import services
from automations.engine.plan import plan_of_version
from automations.models import Enrollment, EntryRefusal, StepLog
from automations.models.enrollment import EnrollmentStatus
from automations.names import remembered_names

from .base import ReadOnlyAdmin

LOG_SHOWN = 200
COLOURS = {
    EnrollmentStatus.ACTIVE: "info",
    EnrollmentStatus.HELD: "warning",
    EnrollmentStatus.PARKED: "danger",
    EnrollmentStatus.COMPLETED: "success",
}


class ByContactAdmin(ReadOnlyAdmin):
    """Searched by whole address: a part of one would read every row."""

    search_fields = ["contact__email__exact"]
    search_help_text = gettext_lazy("Search by the whole e-mail address")
    list_select_related = ["automation", "contact"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("automation", "contact")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found: tuple[Any, bool] = super().get_search_results(request, queryset, search_term.casefold())
        return found


@admin.register(Enrollment)
class EnrollmentAdmin(ByContactAdmin):
    list_display = ["contact", "automation", "status_label", "step_key", "due_at", "entered_at", "ended_at"]
    list_filter = [("status", ChoicesDropdownFilter), ("automation", AutocompleteSelectFilter)]
    fields = [
        "contact", "automation", "number", "status", "exit_reason", "step", "due_at", "attempts", "error",
        "entered_at", "ended_at", "log",
    ]  # fmt: skip
    readonly_fields = ["step", "log"]
    actions = ["retry", "skip", "end"]

    @display(description=gettext_lazy("status"), label=COLOURS)
    def status_label(self, enrollment: Enrollment) -> tuple[str, str]:
        return enrollment.status, enrollment.get_status_display()

    @display(description=gettext_lazy("stands at"))
    def step(self, enrollment: Enrollment) -> str:
        if not enrollment.step_key:
            return "-"
        return _titles(enrollment, [enrollment.step_key])[enrollment.step_key]

    @display(description=gettext_lazy("log"))
    def log(self, enrollment: Enrollment) -> str:
        entries = list(enrollment.log.order_by("-pk")[:LOG_SHOWN])
        if not entries:
            return _("nothing yet")
        titles = _titles(enrollment, {entry.step_key for entry in entries})
        rows = format_html_join(
            "", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", (_row(e, titles) for e in entries)
        )
        return format_html(
            '<table class="c-log"><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>{}</table>',
            _("At"), _("Step"), _("Outcome"), _("Detail"), rows,
        )  # fmt: skip

    @admin.action(description=gettext_lazy("Try the parked step again"), permissions=["decide"])
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        self._tell(request, services.resume_parked(enrollments=queryset))

    @admin.action(description=gettext_lazy("Go on behind the parked step"), permissions=["decide"])
    def skip(self, request: HttpRequest, queryset: Any) -> None:
        self._tell(request, services.resume_parked(enrollments=queryset, skip=True))

    @admin.action(description=gettext_lazy("End for these contacts"), permissions=["decide"])
    def end(self, request: HttpRequest, queryset: Any) -> None:
        self._tell(request, len(services.end_passes(enrollments=queryset.values_list("pk", flat=True))))

    def _tell(self, request: HttpRequest, count: int) -> None:
        if not count:
            self.message_user(request, _("None of these is in a state for that."), messages.WARNING)
            return
        text = ngettext("%d contact changed.", "%d contacts changed.", count) % count
        self.message_user(request, text, messages.SUCCESS)


def _titles(enrollment: Enrollment, keys: Iterable[str]) -> dict[str, str]:
    """What the steps do, as far as the version that runs now has them; else their keys."""
    version = enrollment.automation.version_id
    plan = plan_of_version(version) if version else None
    with remembered_names():
        return {key: plan.place_of(key) if plan else key for key in keys}


def _row(entry: StepLog, titles: dict[str, str]) -> tuple[Any, ...]:
    at = formats.date_format(timezone.localtime(entry.at), "SHORT_DATETIME_FORMAT")
    return at, titles[entry.step_key] or "-", entry.get_outcome_display(), entry.told


@admin.register(EntryRefusal)
class EntryRefusalAdmin(ByContactAdmin):
    list_display = ["contact", "automation", "reason", "event_kind", "at"]
    list_filter = [("reason", ChoicesDropdownFilter), ("automation", AutocompleteSelectFilter)]
    fields = ["contact", "automation", "reason", "record", "event_kind", "trigger_key", "at"]
