"""Who changed what, and who logged in: wrong passwords are counted against a limit."""

from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from .base import ShownOnly


class _ReadOnly(ShownOnly, ModelAdmin):
    show_full_result_count = False


@admin.register(AccessAttempt)
class AccessAttemptAdmin(_ReadOnly):
    """Deleting a row lets its user try again at once."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent", "path_info", "failures_since_start"]
    ordering = ["-attempt_time"]


@admin.register(AccessLog)
class AccessLogAdmin(_ReadOnly):
    list_display = ["attempt_time", "username", "ip_address", "logout_time"]
    search_fields = ["username", "ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent", "path_info", "logout_time"]
    ordering = ["-attempt_time"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LogEntry)
class LogEntryAdmin(_ReadOnly):
    """Changes that people made to what others build on, wherever they made them."""

    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag", "change_message"]
    list_filter = ["action_flag", ("content_type", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "change_message", "user__username"]
    fields = ["action_time", "user", "content_type", "object_id", "object_repr", "action_flag", "change_message"]
    ordering = ["-action_time", "-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
