"""/conversions/ are what is hoped for; /conversion-records/ are who converted."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, Conversion, ConversionRecord
from contacts.services import record_conversion

from .base import ReadOnlyViewSet, RecordViewSet
from .labels import ContactsInputSerializer, LabelFilter
from .strict import StrictModelSerializer


class ConversionSerializer(StrictModelSerializer):
    class Meta:
        model = Conversion
        fields = [
            "id", "name", "description", "counts", "value_from", "value", "currency", "created_at", "updated_at",
        ]  # fmt: skip


class ConvertSerializer(ContactsInputSerializer):
    value = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True, default=None,
        help_text="Left out: the conversion's own.",
    )  # fmt: skip
    currency = serializers.CharField(required=False, allow_blank=True, default="", max_length=3)
    detail = serializers.CharField(required=False, allow_blank=True, default="", max_length=250)


class ConvertedSerializer(serializers.Serializer):
    recorded = serializers.IntegerField(help_text="Contacts for whom it counted.")
    ignored = serializers.IntegerField(help_text="Contacts for whom it had counted, where it counts once.")


@extend_schema_view(
    list=extend_schema(summary="Conversions, newest first"),
    retrieve=extend_schema(summary="One conversion"),
    create=extend_schema(summary="Define a conversion"),
    partial_update=extend_schema(summary="Change a conversion; what is recorded stays as it is"),
    destroy=extend_schema(summary="Delete a conversion with its records; 409 while something uses it"),
)
class ConversionViewSet(RecordViewSet):
    queryset = Conversion.objects.all()
    serializer_class = ConversionSerializer
    filterset_class = LabelFilter
    action_permissions = {"contacts": ["contacts.add_conversionrecord"]}

    @extend_schema(
        summary="Record the conversion for up to 10,000 contacts",
        description="Unknown contacts are an error that names them; then nothing is recorded.",
        request=ConvertSerializer,
        responses={201: ConvertedSerializer},
    )
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        serializer = ConvertSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids, given = serializer.contact_ids(), serializer.validated_data
        counted = record_conversion(
            contacts=ids, conversion=self.get_object(), value=given["value"],
            currency=given["currency"], detail=given["detail"],
        )  # fmt: skip
        answer = {"recorded": len(counted), "ignored": len(ids) - len(counted)}
        return Response(answer, status=status.HTTP_201_CREATED)


class ConversionRecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = ConversionRecord
        fields = [
            "id", "contact", "conversion", "value", "currency", "detail", "first_touch", "first_touch_at",
            "last_touch", "last_touch_at", "source", "at",
        ]  # fmt: skip
        read_only_fields = fields


class ConversionRecordFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    conversion = django_filters.ModelChoiceFilter(
        queryset=Conversion.objects.all(),
        help_text="A conversion's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no conversion %(value)s.")},
    )

    class Meta:
        model = ConversionRecord
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Recorded conversions, newest first"),
    retrieve=extend_schema(summary="One recorded conversion"),
)
class ConversionRecordViewSet(ReadOnlyViewSet):
    queryset: Any = ConversionRecord.objects.all()
    serializer_class = ConversionRecordSerializer
    filterset_class = ConversionRecordFilter
