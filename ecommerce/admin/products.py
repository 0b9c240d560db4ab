"""Products, which stores keep, and their categories."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from contacts.admin.labels import count_of
from ecommerce.models import Category, OrderItem, Product

from .base import ReadOnly


@admin.register(Product)
class ProductAdmin(ReadOnly, BaseAdmin):
    list_display = ["name", "store", "sku", "sold", "updated_at"]
    list_select_related = ["store"]
    list_filter = [("store", RelatedDropdownFilter), ("categories", AutocompleteSelectFilter)]
    search_fields = ["name", "sku", "external_id"]
    fields = ["store", "external_id", "name", "sku", "categories", "url", "image_url"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(OrderItem.objects.all(), "product"))

    @display(description=_("in orders and carts"))
    def sold(self, product: Any) -> str:
        return f"{product.n}"


@admin.register(Category)
class CategoryAdmin(BaseAdmin):
    list_display = ["name", "products_n"]
    search_fields = ["name"]
    fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(n=count_of(Product.categories.through.objects.all(), "category"))
        )

    @display(description=_("products"))
    def products_n(self, category: Any) -> str:
        return f"{category.n}"
