"""django-q2's pages in the admin's theme: what runs in the background, and what failed.

A schedule names a function that workers call, so whoever could write that would run what they like
on the machine. When it runs may be changed, what it runs may not; a failed task can be run again.
"""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django_q import admin as q_admin
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

from contacts.admin.base import ShownOnly


class ScheduleAdmin(q_admin.ScheduleAdmin, ModelAdmin):
    """Schedules are made by migrations: without one of them something would silently stop."""

    list_display = ["name", "minutes", "next_run", "get_success", "func"]
    list_display_links = ["name"]
    fields = ["name", "func", "minutes", "next_run", "repeats"]
    readonly_fields = ["name", "func"]
    actions = ["run_now"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Run at once"), permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.update(next_run=timezone.now())
        text = ngettext(
            "%s schedule runs as soon as a worker looks.", "%s schedules run as soon as a worker looks.", count
        )
        self.message_user(request, text % count, messages.SUCCESS)


class SuccessAdmin(ShownOnly, q_admin.TaskAdmin, ModelAdmin):
    show_full_result_count = False


class FailureAdmin(ShownOnly, q_admin.FailAdmin, ModelAdmin):
    show_full_result_count = False


class QueueAdmin(ShownOnly, q_admin.QueueAdmin, ModelAdmin):
    show_full_result_count = False


PAGES: list[tuple[Any, Any]] = [
    (Schedule, ScheduleAdmin),
    (Success, SuccessAdmin),
    (Failure, FailureAdmin),
    (OrmQ, QueueAdmin),
]
for _model, _page in PAGES:
    # The queue's table has a page only where the database is the broker.
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
        admin.site.register(_model, _page)
