"""Tasks, and what they can be."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from deals.models import Task, TaskOutcome, TaskType
from deals.services import complete_tasks


class DoneFilter(admin.SimpleListFilter):
    title = _("done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("to be done")), ("yes", _("done"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(done_at__isnull=value == "no") if value else queryset


@admin.register(Task)
class TaskAdmin(BaseAdmin):
    list_display = ["title", "type", "about", "assignee", "due_at", "done_at", "outcome"]
    list_select_related = ["type", "contact", "deal", "assignee", "outcome"]
    list_filter = [DoneFilter, ("type", RelatedDropdownFilter), ("assignee", RelatedDropdownFilter)]
    search_fields = ["title", "contact__email", "deal__title"]
    autocomplete_fields = ["assignee", "contact", "deal"]
    fieldsets = [
        (None, {"fields": ["title", ("type", "assignee"), ("due_at", "remind_at"), "note"]}),
        (
            _("About"),
            {"fields": [("contact", "deal")], "description": _("One contact or one deal: choose one of the two.")},
        ),
        (_("Done"), {"fields": [("done_at", "outcome")]}),
    ]
    readonly_fields = ["done_at"]
    actions = ["mark_done"]

    @display(description=_("about"))
    def about(self, task: Task) -> str:
        return str(task.deal or task.contact)

    @admin.action(description=_("Mark as done"), permissions=["change"])
    def mark_done(self, request: HttpRequest, queryset: Any) -> None:
        done = complete_tasks(tasks=queryset)
        self.message_user(request, _("%d tasks were completed.") % len(done))


class OutcomeInline(TabularInline):
    model = TaskOutcome
    fields = ["name", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0


@admin.register(TaskType)
class TaskTypeAdmin(BaseAdmin):
    list_display = ["name", "icon"]
    search_fields = ["name"]
    fields = ["name", "icon"]
    inlines = [OutcomeInline]
    ordering_field = "position"
    hide_ordering_field = True


@admin.register(TaskOutcome)
class TaskOutcomeAdmin(BaseAdmin):
    list_display = ["name", "type"]
    list_select_related = ["type"]
    list_filter = ["type"]
    search_fields = ["name"]
    fields = ["name", "type", "position"]
