"""/products/ and /product-categories/. Products of Shopify and WooCommerce are kept by their webhooks."""

from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.base import ReadOnlyViewSet, RecordViewSet
from contacts.api.strict import StrictModelSerializer, StrictSerializer
from ecommerce.connectors import STORES
from ecommerce.drafts import ProductDraft
from ecommerce.models import Category, Product, Store
from ecommerce.services import save_products

from .stores import OfStoreFilter


class CategorySerializer(StrictModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "created_at", "updated_at"]


@extend_schema_view(
    list=extend_schema(summary="Product categories, newest first"),
    retrieve=extend_schema(summary="One category"),
    create=extend_schema(summary="Add a category before its first product"),
    partial_update=extend_schema(summary="Rename a category"),
    destroy=extend_schema(summary="Delete a category; 409 while an automation uses it"),
)
class CategoryViewSet(RecordViewSet):
    queryset = Category.objects.all()
    serializer_class = CategorySerializer


class ProductSerializer(serializers.ModelSerializer):
    categories: Any = serializers.SlugRelatedField("name", many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id", "store", "external_id", "name", "sku", "url", "image_url", "categories", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ProductInputSerializer(StrictSerializer):
    store = serializers.PrimaryKeyRelatedField(queryset=Store.objects.all())
    external_id = serializers.CharField(max_length=255, help_text="The shop's own id.")
    name = serializers.CharField(max_length=250)
    sku = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    url = serializers.URLField(max_length=2_000, required=False, default="", allow_blank=True)
    image_url = serializers.URLField(max_length=2_000, required=False, default="", allow_blank=True)
    categories = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list, max_length=50,
        help_text="Names; exactly these from now on.",
    )  # fmt: skip

    def validate_store(self, store: Store) -> Store:
        if not STORES[store.kind].api_orders:
            raise serializers.ValidationError(_("The products of this store come by its webhooks."))
        return store


class ProductFilter(OfStoreFilter):
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")
    external_id = django_filters.CharFilter(help_text="The store's id.")

    class Meta:
        model = Product
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="Products, newest first"),
    retrieve=extend_schema(summary="One product"),
)
class ProductViewSet(ReadOnlyViewSet):
    queryset = Product.objects.prefetch_related("categories")
    serializer_class = ProductSerializer
    filterset_class = ProductFilter

    @extend_schema(
        summary="Add or change a product of a shop that speaks to the API",
        description="The same `store` and `external_id` is the same product.",
        request=ProductInputSerializer,
        responses={200: ProductSerializer},
    )
    def create(self, request: Request) -> Response:
        serializer = ProductInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(serializer.validated_data)
        store = given.pop("store")
        draft = ProductDraft(version=timezone.now(), **{**given, "categories": tuple(given["categories"])})
        (pk,) = save_products(store=store, drafts=[draft]).values()
        return Response(ProductSerializer(self.get_queryset().get(pk=pk)).data, status=status.HTTP_200_OK)
