"""/object-types/, /object-relations/ and /object-records/: custom objects."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Account, Contact, ObjectLink, ObjectRecord, ObjectRelation, ObjectType
from contacts.selectors.custom_objects import links_of
from contacts.services import create_record, delete_records, update_record, upsert_records

from .base import ReadOnlyViewSet, RecordViewSet
from .bulk_answers import KeyedBulkResultSerializer, bulk_answer
from .contact_serializers import MAX_BULK, RowsField
from .custom import custom_values, prefetch_values
from .strict import IdField, StrictModelSerializer, StrictSerializer
from .timeline import TimelinePageSerializer, timeline_page

TYPE_ERRORS = {"invalid_choice": gettext_lazy("There is no custom object %(value)s.")}


class FixedSerializer(StrictModelSerializer):
    """Some fields can't be changed later: texts, imports and automations rely on them."""

    fixed: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        changed = [
            name
            for name in self.fixed
            if self.instance is not None and name in attrs and attrs[name] != getattr(self.instance, name)
        ]
        if changed:
            text = _("It can't be changed later; make a new one.")
            raise serializers.ValidationError({name: [text] for name in changed})
        return attrs


class ObjectTypeSerializer(FixedSerializer):
    fixed = ("key",)

    class Meta:
        model = ObjectType
        fields = [
            "id", "key", "label", "plural", "description", "icon", "origin", "app", "unique_titles",
            "created_at", "updated_at",
        ]  # fmt: skip


class ObjectTypeFilter(django_filters.FilterSet):
    class Meta:
        model = ObjectType
        fields = ["key", "origin"]


@extend_schema_view(
    list=extend_schema(
        summary="Custom objects, newest first",
        description="Their fields are at `/fields/?object_type=`, their relations at `/object-relations/`.",
    ),
    retrieve=extend_schema(summary="One custom object"),
    create=extend_schema(summary="Define a custom object"),
    partial_update=extend_schema(summary="Change a custom object; its key stays"),
    destroy=extend_schema(summary="Delete a custom object and its records; 409 while something uses it"),
)
class ObjectTypeViewSet(RecordViewSet):
    queryset = ObjectType.objects.all()
    serializer_class = ObjectTypeSerializer
    filterset_class = ObjectTypeFilter


class ObjectRelationSerializer(FixedSerializer):
    fixed = ("type", "key", "target")

    class Meta:
        model = ObjectRelation
        fields = ["id", "type", "key", "label", "target", "many", "position", "created_at", "updated_at"]
        # The model's own check names the key.
        validators: list[Any] = []


class ObjectRelationFilter(django_filters.FilterSet):
    type = django_filters.ModelChoiceFilter(
        queryset=ObjectType.objects.all(), help_text="A custom object's id.", error_messages=TYPE_ERRORS
    )

    class Meta:
        model = ObjectRelation
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Relations of custom objects, newest first"),
    retrieve=extend_schema(summary="One relation"),
    create=extend_schema(summary="Relate a custom object to contacts, accounts or deals"),
    partial_update=extend_schema(summary="Change a relation's label, position, or whether it is to several"),
    destroy=extend_schema(summary="Delete a relation; 409 while something uses it"),
)
class ObjectRelationViewSet(RecordViewSet):
    queryset = ObjectRelation.objects.all()
    serializer_class = ObjectRelationSerializer
    filterset_class = ObjectRelationFilter


class ObjectRecordSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    object_type = serializers.IntegerField(source="type_id")
    title = serializers.CharField()
    external_id = serializers.CharField()
    fields = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field called “fields”
        "custom", help_text="Values by key. Numbers are texts, exact; money is {amount, currency}."
    )
    links = serializers.SerializerMethodField(help_text="Ids of what it is related to, by the relation's key.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def custom(self, record: ObjectRecord) -> dict[str, Any]:
        return custom_values(record)

    @extend_schema_field(
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}
    )
    def get_links(self, record: ObjectRecord) -> dict[str, list[int]]:
        return record.linked


class ObjectRecordInputSerializer(StrictSerializer):
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    external_id = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="By which your system knows it."
    )
    fields = serializers.DictField(  # type: ignore[assignment]  # a field called “fields”
        required=False, help_text="Values by key; null empties one. Those not named stay as they are."
    )
    links = serializers.DictField(
        required=False,
        help_text="What it is related to, by the relation's key: ids, or addresses of contacts. "
        "Relations that are named get just these.",
    )


class ObjectRecordCreateSerializer(ObjectRecordInputSerializer):
    object_type = IdField(help_text="A custom object's id.")


@extend_schema_field(ObjectRecordInputSerializer(many=True))
class RecordRowsField(RowsField):
    pass


class ObjectRecordBulkSerializer(StrictSerializer):
    object_type = IdField(help_text="A custom object's id.")
    records = RecordRowsField(min_length=1, max_length=MAX_BULK)
    update_existing = serializers.BooleanField(
        default=True, help_text="Off: records whose external id is known are left alone."
    )


class ObjectRecordFilter(django_filters.FilterSet):
    object_type = django_filters.ModelChoiceFilter(
        field_name="type",
        queryset=ObjectType.objects.all(),
        help_text="A custom object's id.",
        error_messages=TYPE_ERRORS,
    )
    external_id = django_filters.CharFilter(help_text="The whole external id.")
    search = django_filters.CharFilter(method="by_text", max_length=100, help_text="A part of the title or id.")
    contact = django_filters.ModelChoiceFilter(
        queryset=Contact.objects.all(),
        method="by_link",
        help_text="A contact's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no contact %(value)s.")},
    )
    account = django_filters.ModelChoiceFilter(
        queryset=Account.objects.all(),
        method="by_link",
        help_text="An account's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no account %(value)s.")},
    )

    class Meta:
        model = ObjectRecord
        fields: list[str] = []

    def by_text(self, queryset: QuerySet[ObjectRecord], name: str, value: str) -> QuerySet[ObjectRecord]:
        return queryset.filter(Q(title__icontains=value) | Q(external_id__icontains=value))

    def by_link(self, queryset: QuerySet[ObjectRecord], name: str, value: Any) -> QuerySet[ObjectRecord]:
        return queryset.filter(pk__in=ObjectLink.objects.filter(**{name: value}).values("record"))


@extend_schema_view(
    list=extend_schema(summary="Records of custom objects, newest first"),
    retrieve=extend_schema(summary="One record"),
)
class ObjectRecordViewSet(ReadOnlyViewSet):
    queryset = ObjectRecord.objects.prefetch_related(prefetch_values("object"))
    serializer_class = ObjectRecordSerializer
    filterset_class = ObjectRecordFilter
    action_permissions = {
        "bulk": ["contacts.add_objectrecord", "contacts.change_objectrecord"],
        "timeline": ["contacts.view_objectrecord"],
    }

    def paginate_queryset(self, queryset: Any) -> Any:
        page: Any = super().paginate_queryset(queryset)
        links = links_of([record.pk for record in page or ()])
        for record in page or ():
            record.linked = links.get(record.pk, {})
        return page

    @extend_schema(
        summary="Make a record",
        request=ObjectRecordCreateSerializer,
        responses={201: ObjectRecordSerializer},
    )
    def create(self, request: Request) -> Response:
        given = _valid(ObjectRecordCreateSerializer(data=request.data))
        record = create_record(type=_type(given.pop("object_type")), **_arguments(given))
        return Response(self._shown(record.pk), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a record",
        request=ObjectRecordInputSerializer(partial=True),
        responses=ObjectRecordSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        record = self.get_object()
        given = _valid(ObjectRecordInputSerializer(data=request.data, partial=True))
        update_record(record=record, **_arguments(given))
        return Response(self._shown(record.pk))

    @extend_schema(summary="Delete a record", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        delete_records(records=ObjectRecord.objects.filter(pk=self.get_object().pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Create or update up to 1,000 records",
        description="Records are known by their external id; rows without one make new records. Each row is "
        "saved whole or not at all, and has its own result. The answer is 200 also if rows had errors.",
        request=ObjectRecordBulkSerializer,
        responses={200: KeyedBulkResultSerializer},
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        given = _valid(ObjectRecordBulkSerializer(data=request.data))
        results = upsert_records(
            type=_type(given["object_type"]), rows=given["records"], update_existing=given["update_existing"]
        )
        return Response(bulk_answer(results))

    @extend_schema(
        summary="Everything that happened to a record, newest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From the `next` of the page before."),
            OpenApiParameter("page_size", int, description="At most 500; 50 unless told."),
        ],
        responses={200: TimelinePageSerializer},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        return Response(timeline_page(request, self.get_object()))

    def _shown(self, pk: int) -> Any:
        return ObjectRecordSerializer(self.get_queryset().get(pk=pk)).data


def _type(pk: int) -> ObjectType:
    found = ObjectType.objects.filter(pk=pk).first()
    if found is None:
        raise serializers.ValidationError(
            {"object_type": [_("There is no custom object %d.") % pk]}, code="does_not_exist"
        )
    return found


def _valid(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the services for a record's input."""
    return {"custom" if name == "fields" else name: value for name, value in values.items()}
