"""What stores delivered, as it came. To be looked at, and taken in again where it failed."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin, messages_of
from ecommerce.models import WebhookDelivery
from ecommerce.services import replay_delivery

from .base import ReadOnly


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, BaseAdmin):
    list_display = ["received_at", "store", "topic", "outcome", "short_error", "contact"]
    list_select_related = ["store", "contact"]
    list_filter = [("store", RelatedDropdownFilter), ("outcome", ChoicesDropdownFilter)]
    search_fields = ["external_id", "topic", "contact__email"]
    ordering = ["-id"]
    fields = ["store", "external_id", "topic", "received_at", "outcome", "error", "contact", "content"]
    actions = ["take_in_again"]

    @admin.action(description=gettext_lazy("Take in again"), permissions=["replay"])
    def take_in_again(self, request: HttpRequest, queryset: Any) -> None:
        tell_replay(self, request, list(queryset.order_by("pk")[:1_000]))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ecommerce.change_webhookdelivery")

    @display(description=gettext_lazy("error"))
    def short_error(self, delivery: WebhookDelivery) -> str:
        return delivery.error if len(delivery.error) <= 80 else f"{delivery.error[:79]}…"

    @display(description=gettext_lazy("content"))
    def content(self, delivery: WebhookDelivery) -> str:
        return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', delivery.body or "–")


def tell_replay(page: BaseAdmin, request: HttpRequest, deliveries: list[WebhookDelivery]) -> None:
    """Take deliveries in again and say what became of them."""
    good = 0
    for delivery in deliveries:
        try:
            outcome = replay_delivery(delivery=delivery)
        except ValidationError as error:
            page.message_user(request, f"{delivery}: {' '.join(messages_of(error))}", messages.ERROR)
            continue
        if outcome == WebhookDelivery.Outcome.FAILED:
            delivery.refresh_from_db()
            page.message_user(request, f"{delivery}: {delivery.error}", messages.ERROR)
        else:
            good += 1
    if good:
        text = ngettext("%d delivery was taken in.", "%d deliveries were taken in.", good) % good
        page.message_user(request, text, messages.SUCCESS)
