"""Event tracking: the key, the events' names, and what was recorded."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.models import CustomEvent, EventRecord, TrackingSettings

from .base import BaseAdmin
from .labels import count_of


@admin.register(TrackingSettings)
class TrackingSettingsAdmin(BaseAdmin):
    """One page. The key is shown to those alone who may change it."""

    fields = ["account_number", "key", "allow_new_events", "create_contacts", "example"]
    readonly_fields = ["account_number", "key", "example"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.to_change(TrackingSettings.current().pk)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        secret = () if self.has_change_permission(request) else ("key", "example")
        return [name for name in self.fields or () if name not in secret]

    @display(description=_("Send an event"))
    def example(self, row: TrackingSettings) -> str:
        url = settings.SITE_URL + reverse("contacts:track_event")
        body = {"key": row.key, "event": "Bought", "email": "ann@example.com", "value": "a chair"}
        command = f"curl {url} -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', command)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CustomEvent)
class CustomEventAdmin(BaseAdmin):
    list_display = ["name", "description", "recorded", "unknown_contacts", "created_at"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "unknown_contacts"]
    readonly_fields = ["unknown_contacts"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(EventRecord.objects.all(), "event"))

    @display(description=_("recorded"))
    def recorded(self, event: Any) -> str:
        if not event.n:
            return "0"
        url = reverse("admin:contacts_eventrecord_changelist")
        return format_html('<a href="{}?event__id__exact={}">{}</a>', url, event.pk, event.n)


@admin.register(EventRecord)
class EventRecordAdmin(BaseAdmin):
    """Facts: to be looked at only."""

    list_display = ["event", "contact", "value", "at", "source"]
    list_select_related = ["event", "contact"]
    list_filter = [("event", RelatedDropdownFilter)]
    search_fields = ["contact__email", "value"]
    ordering = ["-id"]
    fields = ["event", "contact", "value", "at", "source"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
