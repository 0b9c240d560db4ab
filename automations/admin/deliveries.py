"""The ledger of e-mails, webhooks and notifications."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
)
from unfold.decorators import display

from automations import services
from automations.models import Delivery, SenderState
from automations.models.delivery import DeliveryStatus

from .base import ReadOnlyAdmin
from .enrollments import ByContactAdmin

COLOURS = {
    DeliveryStatus.PENDING: "info",
    DeliveryStatus.HELD: "warning",
    DeliveryStatus.CLAIMED: "info",
    DeliveryStatus.SENDING: "info",
    DeliveryStatus.SENT: "success",
    DeliveryStatus.FAILED: "danger",
    DeliveryStatus.UNCERTAIN: "warning",
}


@admin.register(Delivery)
class DeliveryAdmin(ByContactAdmin):
    list_display = ["subject_or_channel", "to", "automation", "status_label", "attempts", "created_at", "sent_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("automation", AutocompleteSelectFilter),
        ("skip_reason", ChoicesDropdownFilter),
    ]
    fields = [
        "channel", "status", "skip_reason", "automation", "contact", "target", "subject", "error", "attempts",
        "message_id", "created_at", "due_at", "sent_at",
    ]  # fmt: skip
    actions = ["resend", "mark_sent", "cancel"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload")

    @display(description=gettext_lazy("what"))
    def subject_or_channel(self, delivery: Delivery) -> str:
        return delivery.subject or delivery.channel

    @display(description=gettext_lazy("to"))
    def to(self, delivery: Delivery) -> str:
        return delivery.target or str(delivery.contact or "-")

    @display(description=gettext_lazy("status"), label=COLOURS)
    def status_label(self, delivery: Delivery) -> tuple[str, str]:
        text = delivery.get_status_display()
        if delivery.skip_reason:
            text = f"{text}: {delivery.get_skip_reason_display()}"
        return delivery.status, text

    @admin.action(description=gettext_lazy("Deliver again (failed or uncertain)"), permissions=["decide"])
    def resend(self, request: HttpRequest, queryset: Any) -> None:
        self._decide(request, queryset, services.resend_deliveries)

    @admin.action(description=gettext_lazy("Mark as sent (failed or uncertain)"), permissions=["decide"])
    def mark_sent(self, request: HttpRequest, queryset: Any) -> None:
        self._decide(request, queryset, services.mark_deliveries_sent)

    @admin.action(description=gettext_lazy("Give up (pending, failed or uncertain)"), permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: Any) -> None:
        self._decide(request, queryset, services.cancel_deliveries)

    def _decide(self, request: HttpRequest, queryset: Any, service: Callable[..., list[int]]) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True))
        done = len(service(deliveries=ids))
        if not done:
            self.message_user(request, _("None of these is in a state for that."), messages.WARNING)
            return
        text = ngettext(
            "%(done)d of %(chosen)d delivery changed.", "%(done)d of %(chosen)d deliveries changed.", len(ids)
        ) % {"done": done, "chosen": len(ids)}
        self.message_user(request, text, messages.SUCCESS)


@admin.register(SenderState)
class SenderStateAdmin(ReadOnlyAdmin):
    list_display = ["channel", "paused_until", "failures", "error"]
    list_filter = [("channel", AllValuesCheckboxFilter)]
    fields = ["channel", "paused_until", "failures", "error"]
