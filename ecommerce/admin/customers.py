"""Customers of stores with their figures: to be looked at only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from ecommerce.models import Customer

from .base import ReadOnly


@admin.register(Customer)
class CustomerAdmin(ReadOnly, BaseAdmin):
    list_display = ["shown", "store", "contact", "orders_count", "spent", "last_order_at"]
    list_select_related = ["store", "contact"]
    list_filter = [("store", RelatedDropdownFilter), "accepts_marketing"]
    search_fields = ["email", "external_id", "last_name"]
    ordering = ["-id"]
    fields = [
        "store", "external_id", "contact", "email", "first_name", "last_name", "accepts_marketing", "orders_count",
        "spent", "first_order_at", "last_order_at",
    ]  # fmt: skip

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related("spending")
        return changelist

    @display(description=_("customer"), ordering="email")
    def shown(self, customer: Customer) -> str:
        return str(customer)

    @display(description=_("total spent"))
    def spent(self, customer: Customer) -> str:
        return ", ".join(str(row) for row in customer.spending.all()) or "–"
