"""Site messages, with how many were chosen to see them and what they did."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from contacts.models import SiteMessage, SiteMessageFact, SiteMessageTarget
from contacts.services.site_messages import clean_message

from .base import BaseAdmin
from .labels import count_of


@admin.register(SiteMessage)
class SiteMessageAdmin(BaseAdmin):
    list_display = ["title", "position", "ends_at", "chosen", "seen", "closed", "clicked"]
    search_fields = ["title"]
    fields = ["title", "html", "preview", "button_text", "button_url", "position", "ends_at"]
    readonly_fields = ["preview"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each figure counts contacts' showings: a message that is shown again counts again when closed."""
        facts = SiteMessageFact.objects.all()
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_chosen=count_of(SiteMessageTarget.objects.all(), "message"),
                n_seen=count_of(facts.filter(action="shown", view=1), "message"),
                n_closed=count_of(facts.filter(action="dismissed"), "message"),
                n_clicked=count_of(facts.filter(action="clicked"), "message"),
            )
        )

    @display(description=_("chosen"))
    def chosen(self, message: Any) -> int:
        return int(message.n_chosen)

    @display(description=_("seen"))
    def seen(self, message: Any) -> int:
        return int(message.n_seen)

    @display(description=_("closed"))
    def closed(self, message: Any) -> int:
        return int(message.n_closed)

    @display(description=_("clicked"))
    def clicked(self, message: Any) -> int:
        return int(message.n_clicked)

    @display(description=_("As it is shown"))
    def preview(self, message: SiteMessage) -> SafeString | str:
        # Cleaned as for the sites themselves.
        return mark_safe(clean_message(message.html)) if message.html else "–"
