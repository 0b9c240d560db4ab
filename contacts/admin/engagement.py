"""E-mails that were sent, and what was done with them: to be looked at only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter

from contacts.models import EmailActivity, SentEmail

from .base import BaseAdmin, ShownOnly


class _Facts(ShownOnly):
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActivityInline(_Facts, TabularInline):
    model = EmailActivity
    fields = ["at", "action", "link", "detail", "machine"]
    readonly_fields = fields
    ordering = ["at", "id"]
    extra = 0


@admin.register(SentEmail)
class SentEmailAdmin(_Facts, BaseAdmin):
    list_display = ["subject", "contact", "campaign", "sent_at", "opened_at", "clicked_at", "bounced_at"]
    list_select_related = ["contact", "campaign"]
    list_filter = ["kind", ("campaign", RelatedDropdownFilter)]
    search_fields = ["subject", "address", "contact__email"]
    ordering = ["-id"]
    fields = [
        "subject", "address", "contact", "campaign", "kind", "sent_at", "opened_at", "clicked_at", "replied_at",
        "bounced_at",
    ]  # fmt: skip
    inlines = [ActivityInline]


@admin.register(EmailActivity)
class EmailActivityAdmin(_Facts, BaseAdmin):
    list_display = ["action", "contact", "email", "link", "detail", "machine", "at"]
    list_select_related = ["contact", "email", "link"]
    list_filter = ["action", "machine", ("campaign", RelatedDropdownFilter)]
    search_fields = ["contact__email", "detail"]
    ordering = ["-id"]
    fields = ["action", "contact", "email", "campaign", "link", "detail", "machine", "at", "source"]
