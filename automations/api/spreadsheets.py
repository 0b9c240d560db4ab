"""/spreadsheets/: where steps add rows; /spreadsheet-rows/: the rows of those that are kept here."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.models import Spreadsheet, SpreadsheetRow
from automations.spreadsheets import backend_of
from automations.spreadsheets.base import kinds
from contacts.api.base import ReadOnlyViewSet, RecordViewSet
from contacts.api.engagement import by_contact
from contacts.api.strict import StrictModelSerializer
from contacts.encryption import is_set


class SpreadsheetSerializer(StrictModelSerializer):
    kind = serializers.CharField(
        max_length=20, required=False, help_text=f"{', '.join(kinds())}; of a new one only. Without it: csv."
    )
    key = serializers.CharField(
        write_only=True, required=False, max_length=20_000,
        help_text="Of Google Sheets: the JSON key of a service account. Never shown; left out it stays.",
    )  # fmt: skip
    has_key = serializers.SerializerMethodField()
    guest = serializers.SerializerMethodField(
        help_text="Whom to share the spreadsheet with, as an editor; empty where nobody has to be let in."
    )

    class Meta:
        model = Spreadsheet
        fields = [
            "id", "name", "kind", "document", "tab", "key", "has_key", "guest", "columns",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["columns"]
        extra_kwargs = {
            "document": {"help_text": "Of Google Sheets: the spreadsheet's address or id."},
            "tab": {"help_text": "Of Google Sheets: the tab's name; empty for the first one."},
            "columns": {"help_text": "The headings of one that is kept here."},
        }

    def get_has_key(self, spreadsheet: Spreadsheet) -> bool:
        return is_set(spreadsheet.key)

    def get_guest(self, spreadsheet: Spreadsheet) -> str:
        return backend_of(spreadsheet).guest(spreadsheet)


class TriedSerializer(serializers.Serializer):
    works = serializers.BooleanField()
    message = serializers.CharField(help_text="What was found there, or what is wrong and how to mend it.")


@extend_schema_view(
    list=extend_schema(summary="Spreadsheets that steps add rows to, newest first"),
    retrieve=extend_schema(summary="One spreadsheet"),
    create=extend_schema(summary="Add a spreadsheet"),
    partial_update=extend_schema(summary="Change a spreadsheet"),
    destroy=extend_schema(
        summary="Delete a spreadsheet, and its rows that are kept here",
        description="409 while an automation uses it.",
    ),
)
class SpreadsheetViewSet(RecordViewSet):
    queryset = Spreadsheet.objects.all()
    serializer_class = SpreadsheetSerializer
    action_permissions = {"try_out": ["automations.change_spreadsheet"]}

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = services.save_spreadsheet(spreadsheet=Spreadsheet(), values=self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        spreadsheet: Any = serializer.instance
        serializer.instance = services.save_spreadsheet(spreadsheet=spreadsheet, values=self.values(serializer))

    @extend_schema(summary="See whether rows can be added", request=None, responses=TriedSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_out(self, request: Request, pk: str) -> Response:
        try:
            answer = {"works": True, "message": services.try_spreadsheet(spreadsheet=self.get_object())}
        except ValidationError as error:
            answer = {"works": False, "message": " ".join(error.messages)}
        return Response(TriedSerializer(answer).data)


class SpreadsheetRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = SpreadsheetRow
        fields = ["id", "spreadsheet", "contact", "cells", "created_at"]
        read_only_fields = fields
        extra_kwargs = {"cells": {"help_text": "{heading: text}"}}


class SpreadsheetRowFilter(django_filters.FilterSet):
    spreadsheet = django_filters.ModelChoiceFilter(
        queryset=Spreadsheet.objects.all(),
        help_text="A spreadsheet's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no spreadsheet %(value)s.")},
    )
    contact = by_contact()

    class Meta:
        model = SpreadsheetRow
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Rows of spreadsheets that are kept here, newest first"),
    retrieve=extend_schema(summary="One row"),
)
class SpreadsheetRowViewSet(ReadOnlyViewSet):
    queryset = SpreadsheetRow.objects.all()
    serializer_class = SpreadsheetRowSerializer
    filterset_class = SpreadsheetRowFilter
