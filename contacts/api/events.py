"""/event-types/ are the names of events; /events/ is what contacts did."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, CustomEvent, EventRecord
from contacts.selectors.references import contacts_by_reference
from contacts.services import record_event
from contacts.services.tracking import MAX_VALUE
from contacts.values import fold_email

from .base import ReadOnlyViewSet, RecordViewSet
from .labels import MAX_CONTACTS, LabelFilter
from .strict import IdField, StrictModelSerializer, StrictSerializer


class EventTypeSerializer(StrictModelSerializer):
    class Meta:
        model = CustomEvent
        fields = ["id", "name", "description", "unknown_contacts", "created_at", "updated_at"]
        read_only_fields = ["unknown_contacts"]


@extend_schema_view(
    list=extend_schema(summary="Names of events, newest first"),
    retrieve=extend_schema(summary="One name"),
    create=extend_schema(summary="Add an event"),
    partial_update=extend_schema(summary="Change an event's name or description"),
    destroy=extend_schema(summary="Delete an event and what was recorded of it; 409 while something uses it"),
)
class EventTypeViewSet(RecordViewSet):
    queryset = CustomEvent.objects.all()
    serializer_class = EventTypeSerializer
    filterset_class = LabelFilter


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = EventRecord
        fields = ["id", "contact", "event", "value", "source", "at"]
        read_only_fields = fields


class EventInputSerializer(StrictSerializer):
    """Contacts by id, by address, or both; 10,000 at most."""

    event = serializers.PrimaryKeyRelatedField(queryset=CustomEvent.objects.all())
    value = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_VALUE)
    ids = serializers.ListField(child=IdField(), required=False, default=list, max_length=MAX_CONTACTS)
    emails = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, default=list, max_length=MAX_CONTACTS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not 1 <= len(attrs["ids"]) + len(attrs["emails"]) <= MAX_CONTACTS:
            raise serializers.ValidationError(_("Name 1 to %d contacts in “ids” and “emails”.") % MAX_CONTACTS)
        return attrs


class RecordedSerializer(serializers.Serializer):
    recorded = serializers.IntegerField(help_text="Contacts for whom the event was recorded.")


class EventFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    event = django_filters.ModelChoiceFilter(
        queryset=CustomEvent.objects.all(),
        help_text="The id of an event's name.",
        error_messages={"invalid_choice": gettext_lazy("There is no event %(value)s.")},
    )

    class Meta:
        model = EventRecord
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="What contacts did, newest first"),
    retrieve=extend_schema(summary="One recorded event"),
)
class EventViewSet(ReadOnlyViewSet):
    queryset = EventRecord.objects.all()
    serializer_class = EventSerializer
    filterset_class = EventFilter

    @extend_schema(
        summary="Record an event for up to 10,000 contacts",
        description="Unknown contacts are an error that names them; then nothing is recorded.",
        request=EventInputSerializer,
        responses={201: RecordedSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = EventInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        ids = contacts_by_reference(ids=given["ids"], emails=[fold_email(address) for address in given["emails"]])
        recorded = record_event(contacts=ids, event=given["event"], value=given["value"])
        return Response({"recorded": len(recorded)}, status=status.HTTP_201_CREATED)
