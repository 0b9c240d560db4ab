"""/segments/, with what the conditions mean: a sentence, a live count, and the contacts."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations.conditions.tree import clean_tree
from automations.names import remembered_names
from automations.selectors.segments import contacts_in, sentence_of
from contacts.api.base import Handler
from contacts.api.contact_serializers import ContactSerializer, contact_queryset
from contacts.api.filters import refuse_unknown
from contacts.api.records import ConditionsField
from contacts.api.records import SegmentSerializer as PlainSegmentSerializer
from contacts.api.records import SegmentViewSet as PlainSegmentViewSet
from contacts.api.strict import StrictSerializer
from contacts.models import Segment

from .settings import TREE


@extend_schema_field(TREE)
class TreeField(ConditionsField):
    """A tree, each condition of it checked by its form."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return clean_tree(super().to_internal_value(data))
        except DjangoValidationError as error:
            details = [ErrorDetail(message, code="invalid") for message in error.messages]
            raise ValidationError(details) from None


class SegmentSerializer(PlainSegmentSerializer):
    conditions = TreeField(required=False)
    sentence = serializers.SerializerMethodField(help_text="The conditions in words.")

    class Meta(PlainSegmentSerializer.Meta):
        fields = [*PlainSegmentSerializer.Meta.fields, "sentence"]

    def get_sentence(self, segment: Segment) -> str:
        return sentence_of(segment.conditions)


class SegmentPreviewInputSerializer(StrictSerializer):
    conditions = TreeField()


class SegmentPreviewSerializer(serializers.Serializer):
    count = serializers.IntegerField(help_text="Contacts who meet the conditions now.")
    sentence = serializers.CharField()


VIEW = ["contacts.view_segment", "contacts.view_contact"]


@extend_schema_view(
    list=extend_schema(summary="Segments, newest first"),
    retrieve=extend_schema(summary="One segment"),
    create=extend_schema(summary="Make a segment"),
    partial_update=extend_schema(summary="Change a segment"),
    destroy=extend_schema(summary="Delete a segment; 409 while something uses it"),
)
class SegmentViewSet(PlainSegmentViewSet):
    serializer_class = SegmentSerializer
    action_permissions = {"count": VIEW, "preview": VIEW, "contacts": VIEW}

    def answer(self, request: Request, handler: Handler) -> HttpResponseBase:
        with remembered_names():
            return super().answer(request, handler)

    @extend_schema(summary="How many contacts are in a segment now", responses=SegmentPreviewSerializer)
    @action(detail=True)
    def count(self, request: Request, pk: str) -> Response:
        return Response(_preview(self.get_object().conditions))

    @extend_schema(
        summary="How many contacts would meet conditions that are not saved",
        request=SegmentPreviewInputSerializer,
        responses={200: SegmentPreviewSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def preview(self, request: Request) -> Response:
        serializer = SegmentPreviewInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(_preview(serializer.validated_data["conditions"]))

    @extend_schema(
        summary="The contacts in a segment now, newest first",
        responses=ContactSerializer(many=True),
        filters=False,
    )
    @action(detail=True, filterset_class=None)
    def contacts(self, request: Request, pk: str) -> Response:
        refuse_unknown(given=request.query_params, known={"cursor", "page_size"})
        found = contacts_in(self.get_object().conditions)
        rows = contact_queryset().filter(pk__in=found.values("pk"))
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(ContactSerializer(page, many=True).data)


def _preview(tree: dict[str, Any]) -> dict[str, Any]:
    return {"count": contacts_in(tree).count(), "sentence": sentence_of(tree)}
