"""/deliveries/: the ledger of e-mails, webhooks and notifications."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.delivery.outbox import CHANNELS
from automations.models import Automation, Delivery
from automations.models.delivery import DeliveryStatus
from contacts.api.base import ReadOnlyViewSet
from contacts.api.errors import Conflict
from contacts.models import Contact


class DeliverySerializer(serializers.ModelSerializer):
    step = serializers.CharField(source="step_key", help_text="The key of the step that wanted it.")
    to = serializers.CharField(source="target", help_text="Address or URL; of an e-mail, once it was made.")

    class Meta:
        model = Delivery
        fields = [
            "id", "channel", "status", "skip_reason", "automation", "enrollment", "contact", "step", "to",
            "subject", "error", "attempts", "message_id", "created_at", "due_at", "sent_at",
        ]  # fmt: skip
        read_only_fields = fields


class DeliveryFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=DeliveryStatus.choices)
    channel = django_filters.ChoiceFilter(choices=lambda: [(channel.slug, channel.slug) for channel in CHANNELS])
    automation = django_filters.ModelChoiceFilter(
        queryset=Automation.objects.all(),
        help_text="An automation's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no automation %(value)s.")},
    )
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    enrollment = django_filters.NumberFilter(min_value=1, max_value=2**63 - 1, help_text="An enrollment's id.")
    step = django_filters.CharFilter(field_name="step_key", max_length=12, help_text="A step's key.")

    class Meta:
        model = Delivery
        fields: list[str] = []


CHANGE = ["automations.change_delivery"]


@extend_schema_view(
    list=extend_schema(summary="Deliveries, newest first"), retrieve=extend_schema(summary="One delivery")
)
class DeliveryViewSet(ReadOnlyViewSet):
    queryset = Delivery.objects.defer("payload")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    action_permissions = dict.fromkeys(("resend", "mark_sent", "cancel"), CHANGE)

    @extend_schema(
        summary="Deliver a failed or uncertain one again",
        description="An uncertain one may have arrived: then the person gets it twice.",
        request=None,
        responses=DeliverySerializer,
    )
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        return self._done(services.resend_deliveries(deliveries=[self.get_object()]))

    @extend_schema(
        summary="Note that a failed or uncertain one did arrive", request=None, responses=DeliverySerializer
    )
    @action(detail=True, methods=["post"], url_path="mark-sent")
    def mark_sent(self, request: Request, pk: str) -> Response:
        return self._done(services.mark_deliveries_sent(deliveries=[self.get_object()]))

    @extend_schema(
        summary="Give up a pending, failed or uncertain one", request=None, responses=DeliverySerializer
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._done(services.cancel_deliveries(deliveries=[self.get_object()]))

    def _done(self, done: list[int]) -> Response:
        delivery: Any = self.get_object()
        if not done:
            text = _("A delivery that is “%s” can't be changed so.") % delivery.get_status_display()
            raise Conflict(text, code="state")
        return Response(DeliverySerializer(delivery).data)
