"""Event tracking: the key, the events' names, and what was recorded."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.models import CustomEvent, EventRecord, TrackedDomain, TrackingSettings

from .base import BaseAdmin, ShownOnly
from .labels import count_of


def _code(text: str) -> str:
    return format_html('<pre class="c-code">{}</pre>', text)


@admin.register(TrackingSettings)
class TrackingSettingsAdmin(BaseAdmin):
    """One page. The key is shown to those alone who may change it."""

    SECRET = ("key", "example", "proof")
    fieldsets = [
        (_("Account"), {"fields": ["account_number", "key"]}),
        (
            _("Site tracking"),
            {
                "fields": [
                    "snippet",
                    "wait_for_consent",
                    "identify_calls",
                    "proof",
                    "earlier_visits_days",
                    "visit_days",
                ]
            },
        ),
        (_("Event tracking"), {"fields": ["example", "allow_new_events", "create_contacts", "event_days"]}),
    ]
    readonly_fields = ["account_number", "key", "example", "snippet", "proof"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.to_change(TrackingSettings.current().pk)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        secret = () if self.has_change_permission(request) else self.SECRET
        return [
            (title, {"fields": [name for name in options["fields"] if name not in secret]})
            for title, options in self.fieldsets or ()
        ]

    @display(description=_("Send an event"))
    def example(self, row: TrackingSettings) -> str:
        url = settings.SITE_URL + reverse("contacts:track_event")
        body = {"key": row.key, "event": "Bought", "email": "ann@example.com", "value": "a chair"}
        command = f"curl {url} -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        return _code(command)

    @display(description=_("Code for your pages"))
    def snippet(self, row: TrackingSettings) -> str:
        script = settings.SITE_URL + reverse("contacts:site_script")
        code = (
            "<script>window.sitetrack=window.sitetrack||function(){(sitetrack.q=sitetrack.q||[]).push(arguments)}"
            f'</script>\n<script async src="{script}" data-account="{row.account_number}"></script>'
        )
        sites = TrackedDomain.objects.count()
        count = ngettext("%d site may report visits.", "%d sites may report visits.", sites) % sites
        url = reverse("admin:contacts_trackeddomain_changelist")
        return format_html(
            '{}<p class="c-code-note">{} <a class="c-link" href="{}">{}</a></p>',
            _code(code),
            count,
            url,
            _("Sites"),
        )

    @display(description=_("Proof of an address"))
    def proof(self, row: TrackingSettings) -> str:
        return _code(f"printf %s ann@example.com | openssl dgst -sha256 -hmac {row.key}")

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
class EventRecordAdmin(ShownOnly, BaseAdmin):
    """Facts: to be looked at only."""

    list_display = ["event", "contact", "value", "at", "source"]
    list_select_related = ["event", "contact"]
    list_filter = [("event", RelatedDropdownFilter)]
    search_fields = ["contact__email", "value"]
    ordering = ["-id"]
    fields = ["event", "contact", "value", "at", "source"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
