"""Orders and carts: to be looked at only."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from ecommerce.models import Cart, Order, OrderDiscount, OrderItem, OrderStatusChange

from .base import ReadOnly


class ItemInline(ReadOnly, TabularInline):
    model = OrderItem
    fields = ["name", "sku", "quantity", "price", "product"]
    readonly_fields = fields
    extra = 0


class DiscountInline(ReadOnly, TabularInline):
    model = OrderDiscount
    fields = ["name", "kind", "amount"]
    readonly_fields = fields
    extra = 0


class StatusInline(ReadOnly, TabularInline):
    model = OrderStatusChange
    fields = ["at", "old", "new", "store_status", "source"]
    readonly_fields = fields
    extra = 0


class _Orders(ReadOnly, BaseAdmin):
    list_select_related = ["store", "contact"]
    search_fields = ["number", "external_id", "checkout_id", "email"]
    ordering = ["-id"]
    list_filter: Any = [("store", RelatedDropdownFilter)]

    @display(description=_("total"), ordering="total")
    def amount(self, order: Order) -> str:
        return f"{order.total} {order.currency}"

    @display(description=_("order"), ordering="number")
    def name(self, order: Order) -> str:
        return str(order)


@admin.register(Order)
class OrderAdmin(_Orders):
    list_display = ["name", "store", "contact", "amount", "status", "placed_at"]
    list_filter = [("store", RelatedDropdownFilter), ("status", ChoicesDropdownFilter), "historical"]
    fields = [
        "store", "external_id", "number", "status", "store_status", "contact", "customer", "email", "amount",
        "shipping", "tax", "discount", "url", "placed_at", "historical",
    ]  # fmt: skip
    inlines = [ItemInline, DiscountInline, StatusInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(external_id="")


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"
    STATES = {
        "open": Q(external_id="", abandoned_at=None),
        "abandoned": Q(external_id="", abandoned_at__isnull=False),
        "recovered": Q(recovered_at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("abandoned", _("abandoned")), ("recovered", _("recovered"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = self.STATES.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(wanted)


@admin.register(Cart)
class CartAdmin(_Orders):
    list_display = ["contact", "store", "amount", "shown_state", "active_at", "abandoned_at", "recovered_at"]
    list_display_links = ["contact", "amount"]
    list_filter = [("store", RelatedDropdownFilter), StateFilter]
    fields = [
        "store", "checkout_id", "shown_state", "contact", "customer", "email", "amount", "url", "placed_at",
        "active_at", "abandoned_at", "recovered_at",
    ]  # fmt: skip
    inlines = [ItemInline]

    @display(description=_("state"))
    def shown_state(self, cart: Cart) -> str:
        return cart.state
