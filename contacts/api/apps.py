"""/app-connections/, /app-sources/ and /app-deliveries/: connected apps. Secrets go in and never come out."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.connectors import CONNECTORS
from contacts.models import AppConnection, AppDelivery, AppSource, List, Tag
from contacts.services import (
    refresh_sources,
    replay_delivery,
    save_connection,
    subscribe_app,
    webhook_address,
)

from .base import ReadOnlyViewSet, RecordViewSet
from .strict import StrictModelSerializer, StrictSerializer

CHANGE = ["contacts.change_appconnection"]


@extend_schema_serializer(component_name="AppConnection")
class ConnectionSerializer(StrictModelSerializer):
    app = serializers.ChoiceField(choices=CONNECTORS.choices())
    secret = serializers.CharField(
        write_only=True,
        max_length=200,
        help_text="What deliveries are verified with; 16 characters or more. Set it in the app too. Never shown.",
    )
    token = serializers.CharField(
        write_only=True, required=False, max_length=4_000, help_text="The app's API token. Never shown."
    )
    has_token = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField(
        help_text="Where the app has to deliver. “SECRET” stands for the secret, where that is a part of it."
    )
    lists = serializers.PrimaryKeyRelatedField(many=True, queryset=List.objects.all(), required=False)
    tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all(), required=False)

    class Meta:
        model = AppConnection
        fields = [
            "id", "app", "name", "is_active", "secret", "token", "has_token", "address", "lists", "tags",
            "created_at", "updated_at",
        ]  # fmt: skip
        validators: list[Any] = []  # the model's own check names the field

    def get_has_token(self, connection: AppConnection) -> bool:
        return bool(connection.token)

    def get_address(self, connection: AppConnection) -> str:
        return webhook_address(connection, secret="SECRET")  # noqa: S106 a placeholder


class CountSerializer(serializers.Serializer):
    sources = serializers.IntegerField(help_text="How many meeting types or forms the app has.")


class OutcomeSerializer(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=AppDelivery.Outcome.choices)


class NothingSerializer(StrictSerializer):
    pass


class ConnectionFilter(django_filters.FilterSet):
    app = django_filters.ChoiceFilter(choices=CONNECTORS.choices)

    class Meta:
        model = AppConnection
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Connected apps, newest first"),
    retrieve=extend_schema(summary="One connection"),
    create=extend_schema(summary="Connect an app"),
    partial_update=extend_schema(summary="Change a connection; its app stays"),
    destroy=extend_schema(summary="Delete a connection with what it received; 409 while an automation uses it"),
)
class AppConnectionViewSet(RecordViewSet):
    queryset = AppConnection.objects.prefetch_related("lists", "tags")
    serializer_class = ConnectionSerializer
    filterset_class = ConnectionFilter
    action_permissions = {"refresh": CHANGE, "subscribe": CHANGE}

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = self._save(AppConnection(), serializer)

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        connection: Any = serializer.instance
        serializer.instance = self._save(connection, serializer)

    def _save(self, connection: AppConnection, serializer: serializers.BaseSerializer[Any]) -> AppConnection:
        values = self.values(serializer)
        lists, tags = values.pop("lists", None), values.pop("tags", None)
        save_connection(connection=connection, values=values, lists=lists, tags=tags)
        return AppConnection.objects.get(pk=connection.pk)

    @extend_schema(
        summary="Read the meeting types or forms from the app",
        request=NothingSerializer,
        responses={200: CountSerializer},
    )
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, pk: str) -> Response:
        return Response({"sources": refresh_sources(connection=self.get_object())})

    @extend_schema(
        summary="Let the app deliver here, where its API can be told to (Calendly)",
        request=NothingSerializer,
        responses={204: None},
    )
    @action(detail=True, methods=["post"])
    def subscribe(self, request: Request, pk: str) -> Response:
        subscribe_app(connection=self.get_object())
        return Response(status=204)


class AppSourceSerializer(StrictModelSerializer):
    connection = serializers.PrimaryKeyRelatedField(queryset=AppConnection.objects.all())

    class Meta:
        model = AppSource
        fields = ["id", "connection", "external_id", "name", "created_at", "updated_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        fixed = [name for name in ("connection", "external_id") if name in attrs]
        changed = [name for name in fixed if self.instance and attrs[name] != getattr(self.instance, name)]
        if changed:
            text = gettext_lazy("It can't be changed later.")
            raise serializers.ValidationError({name: [text] for name in changed})
        return attrs


class OfConnectionFilter(django_filters.FilterSet):
    connection = django_filters.ModelChoiceFilter(
        queryset=AppConnection.objects.all(),
        help_text="A connection's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no connection %(value)s.")},
    )


class AppSourceFilter(OfConnectionFilter):
    class Meta:
        model = AppSource
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Meeting types, forms and pages, newest first"),
    retrieve=extend_schema(summary="One meeting type, form or page"),
    create=extend_schema(summary="Add a meeting type, form or page before its first delivery"),
    partial_update=extend_schema(summary="Rename a meeting type, form or page"),
    destroy=extend_schema(summary="Delete it with what was received of it; 409 while an automation uses it"),
)
class AppSourceViewSet(RecordViewSet):
    queryset = AppSource.objects.all()
    serializer_class = AppSourceSerializer
    filterset_class = AppSourceFilter


class AppDeliverySerializer(serializers.ModelSerializer):
    replayable = serializers.BooleanField(read_only=True, help_text="It can be taken in again.")

    class Meta:
        model = AppDelivery
        fields = ["id", "connection", "external_id", "received_at", "outcome", "error", "contact", "replayable"]
        read_only_fields = fields


class AppDeliveryFilter(OfConnectionFilter):
    class Meta:
        model = AppDelivery
        fields = ["outcome"]


@extend_schema_view(
    list=extend_schema(summary="What apps delivered, newest first"),
    retrieve=extend_schema(summary="One delivery"),
)
class AppDeliveryViewSet(ReadOnlyViewSet):
    queryset = AppDelivery.objects.all()
    serializer_class = AppDeliverySerializer
    filterset_class = AppDeliveryFilter
    action_permissions = {"replay": ["contacts.change_appdelivery"]}

    @extend_schema(
        summary="Take in again what failed or came while the connection was off",
        request=NothingSerializer,
        responses={200: OutcomeSerializer},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        return Response({"outcome": replay_delivery(delivery=self.get_object())})
