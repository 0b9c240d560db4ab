"""/fields/, /segments/, /subscriptions/ and /suppressions/."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, CustomField, List, Segment, Subscription, Suppression
from contacts.models.lists import SubscriptionStatus
from contacts.services import suppress_address
from contacts.values import address_hash, clean_email

from .base import ReadOnlyViewSet, RecordViewSet
from .filters import MomentFilter
from .strict import StrictModelSerializer, StrictSerializer

FIXED = ("entity", "object_type", "key", "type")


class FieldSerializer(StrictModelSerializer):
    options = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=500,
        help_text="The choices of a dropdown, radio or multi-select field; a money field's currency.",
    )

    class Meta:
        model = CustomField
        fields = [
            "id", "entity", "object_type", "key", "label", "type", "options", "required", "position",
            "created_at", "updated_at",
        ]  # fmt: skip
        # The model's own check names the key.
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            return attrs
        changed = [name for name in FIXED if name in attrs and attrs[name] != getattr(self.instance, name)]
        if changed:
            text = _("It can't be changed later; make a new field.")
            raise serializers.ValidationError({name: [text] for name in changed})
        return attrs


class FieldFilter(django_filters.FilterSet):
    class Meta:
        model = CustomField
        fields = ["entity", "object_type", "key", "type"]


@extend_schema_view(
    list=extend_schema(summary="Custom fields, newest first"),
    retrieve=extend_schema(summary="One custom field"),
    create=extend_schema(summary="Make a custom field"),
    partial_update=extend_schema(summary="Change a custom field's label, options or position"),
    destroy=extend_schema(summary="Delete a custom field and its values; 409 while something uses it"),
)
class FieldViewSet(RecordViewSet):
    queryset = CustomField.objects.all()
    serializer_class = FieldSerializer
    filterset_class = FieldFilter


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ConditionsField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Give an object: a tree of conditions."))
        return super().to_internal_value(data)


class SegmentSerializer(StrictModelSerializer):
    conditions = ConditionsField(required=False, help_text="The tree of conditions; {} means everybody.")

    class Meta:
        model = Segment
        fields = ["id", "name", "description", "conditions", "created_at", "updated_at"]


class SegmentFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")

    class Meta:
        model = Segment
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Segments, newest first"),
    retrieve=extend_schema(summary="One segment"),
    create=extend_schema(summary="Make a segment"),
    partial_update=extend_schema(summary="Change a segment"),
    destroy=extend_schema(summary="Delete a segment; 409 while something uses it"),
)
class SegmentViewSet(RecordViewSet):
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilter


class SubscriptionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Subscription
        fields = ["id", "contact", "list", "status", "source", "created_at", "changed_at"]
        read_only_fields = fields


class SubscriptionFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    list = django_filters.ModelChoiceFilter(
        queryset=List.objects.all(),
        help_text="A list's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no list %(value)s.")},
    )
    status = django_filters.MultipleChoiceFilter(choices=SubscriptionStatus.choices)
    changed_from = MomentFilter(field_name="changed_at", lookup_expr="gte")
    changed_to = MomentFilter(field_name="changed_at", lookup_expr="lt", help_text="Before this moment.")

    class Meta:
        model = Subscription
        fields: "list[str]" = []


@extend_schema_view(
    list=extend_schema(
        summary="Subscriptions, newest first",
        description="Change them at `/contacts/{id}/lists/` or `/lists/{id}/contacts/`.",
    ),
    retrieve=extend_schema(summary="One subscription"),
)
class SubscriptionViewSet(ReadOnlyViewSet):
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionSerializer
    filterset_class = SubscriptionFilter


class SuppressionSerializer(StrictModelSerializer):
    class Meta:
        model = Suppression
        fields = ["id", "address", "reason", "detail", "created_at", "updated_at"]


class SuppressionInputSerializer(StrictSerializer):
    address = serializers.CharField(max_length=254)
    reason = serializers.ChoiceField(choices=Suppression.Reason.choices, default=Suppression.Reason.MANUAL.value)
    detail = serializers.CharField(required=False, default="", allow_blank=True, max_length=250)

    def validate_address(self, value: str) -> str:
        return clean_email(value)


class SuppressionFilter(django_filters.FilterSet):
    address = django_filters.CharFilter(method="by_address", help_text="The whole address, in any case.")
    reason = django_filters.ChoiceFilter(choices=Suppression.Reason.choices)

    class Meta:
        model = Suppression
        fields: list[str] = []

    def by_address(self, queryset: Any, name: str, value: str) -> Any:
        """By the hash: an address whose person was erased is found too."""
        return queryset.filter(address_hash=address_hash(value))


@extend_schema_view(
    list=extend_schema(summary="Addresses that no e-mail may go to, newest first"),
    retrieve=extend_schema(summary="One suppressed address"),
    destroy=extend_schema(summary="Allow e-mail to an address again"),
)
class SuppressionViewSet(mixins.DestroyModelMixin, ReadOnlyViewSet):
    queryset = Suppression.objects.all()
    serializer_class = SuppressionSerializer
    filterset_class = SuppressionFilter

    @extend_schema(
        summary="Suppress an address",
        description="Ends the subscriptions of the contact who has it, unless the reason is `manual`. "
        "200 with the entry there is, if the address was suppressed already.",
        request=SuppressionInputSerializer,
        responses={201: SuppressionSerializer, 200: SuppressionSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = SuppressionInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        known = Suppression.objects.filter(
            address_hash=address_hash(serializer.validated_data["address"])
        ).exists()
        suppression = suppress_address(**serializer.validated_data)
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        return Response(SuppressionSerializer(suppression).data, status=code)
