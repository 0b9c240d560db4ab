"""/stores/ and /store-deliveries/: connected stores, and what they sent. Secrets go in and never come out."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ReadOnlyViewSet, RecordViewSet
from contacts.api.strict import StrictModelSerializer, StrictSerializer
from contacts.models import List
from ecommerce.connectors import STORES
from ecommerce.models import Store, WebhookDelivery
from ecommerce.services import replay_delivery, save_store, webhook_address


class StoreSerializer(StrictModelSerializer):
    kind = serializers.ChoiceField(choices=STORES.choices())
    secret = serializers.CharField(
        write_only=True, required=False, max_length=200,
        help_text="What deliveries are verified with: Shopify's signing key, WooCommerce's secret (made here "
        "where it is left out), PayPal's webhook ID. Never shown.",
    )  # fmt: skip
    has_secret = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField(
        help_text="Where the store has to deliver; empty where it sends nothing."
    )
    lists = serializers.PrimaryKeyRelatedField(many=True, queryset=List.objects.all(), required=False)

    class Meta:
        model = Store
        fields = [
            "id", "kind", "name", "domain", "is_active", "secret", "has_secret", "address", "abandonment",
            "abandonment_hours", "lists", "created_at", "updated_at",
        ]  # fmt: skip
        validators: list[Any] = []  # the model's own check names the field

    def get_has_secret(self, store: Store) -> bool:
        return bool(store.secret)

    def get_address(self, store: Store) -> str:
        return webhook_address(store)


class StoreFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=STORES.choices)

    class Meta:
        model = Store
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Connected stores, newest first"),
    retrieve=extend_schema(summary="One store"),
    create=extend_schema(summary="Connect a store"),
    partial_update=extend_schema(summary="Change a store; its kind stays"),
    destroy=extend_schema(summary="Delete a store with all it holds; 409 while an automation uses it"),
)
class StoreViewSet(RecordViewSet):
    queryset = Store.objects.prefetch_related("lists")
    serializer_class = StoreSerializer
    filterset_class = StoreFilter

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = self._save(Store(), serializer)

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        store: Any = serializer.instance
        serializer.instance = self._save(store, serializer)

    def _save(self, store: Store, serializer: serializers.BaseSerializer[Any]) -> Store:
        values = self.values(serializer)
        lists = values.pop("lists", None)
        save_store(store=store, values=values, lists=lists)
        return Store.objects.get(pk=store.pk)


class OfStoreFilter(django_filters.FilterSet):
    store = django_filters.ModelChoiceFilter(
        queryset=Store.objects.all(),
        help_text="A store's id.",
        error_messages={"invalid_choice": gettext_lazy("There is no store %(value)s.")},
    )


class StoreDeliverySerializer(serializers.ModelSerializer):
    replayable = serializers.BooleanField(read_only=True, help_text="It can be taken in again.")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "store",
            "external_id",
            "topic",
            "received_at",
            "outcome",
            "error",
            "contact",
            "replayable",
        ]
        read_only_fields = fields


class DeliveryFilter(OfStoreFilter):
    class Meta:
        model = WebhookDelivery
        fields = ["outcome", "topic"]


class StoreReplayedSerializer(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=WebhookDelivery.Outcome.choices)


class EmptySerializer(StrictSerializer):
    pass


@extend_schema_view(
    list=extend_schema(summary="What stores delivered, newest first"),
    retrieve=extend_schema(summary="One delivery"),
)
class StoreDeliveryViewSet(ReadOnlyViewSet):
    queryset = WebhookDelivery.objects.all()
    serializer_class = StoreDeliverySerializer
    filterset_class = DeliveryFilter
    action_permissions = {"replay": ["ecommerce.change_webhookdelivery"]}

    @extend_schema(
        summary="Take in again what failed or came while the store was off",
        request=EmptySerializer,
        responses={200: StoreReplayedSerializer},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        return Response({"outcome": replay_delivery(delivery=self.get_object())})
