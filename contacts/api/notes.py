"""/notes/: notes on contacts."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from contacts.models import Contact, Note

from .base import RecordViewSet
from .strict import StrictModelSerializer, StrictSerializer


class NoteSerializer(StrictModelSerializer):
    class Meta:
        model = Note
        fields = ["id", "contact", "text", "author", "created_at", "updated_at"]
        read_only_fields = ["author"]


class NoteTextSerializer(StrictSerializer):
    text = serializers.CharField(max_length=10_000)


class NoteFilter(django_filters.FilterSet):
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )

    class Meta:
        model = Note
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Notes, newest first"),
    retrieve=extend_schema(summary="One note"),
    create=extend_schema(summary="Write a note on a contact"),
    partial_update=extend_schema(summary="Change a note's text", request=NoteTextSerializer(partial=True)),
    destroy=extend_schema(summary="Delete a note"),
)
class NoteViewSet(RecordViewSet):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    filterset_class = NoteFilter

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer: Any = super().get_serializer(*args, **kwargs)
        if self.action == "partial_update":
            serializer.fields["contact"].read_only = True
        return serializer

    def values(self, serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
        values = super().values(serializer)
        return values if serializer.instance is not None else {**values, "author": self.request.user}
