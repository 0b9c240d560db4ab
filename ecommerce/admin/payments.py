"""Recurring payments: to be looked at only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from contacts.admin.base import BaseAdmin
from ecommerce.models import PaymentStatusChange, RecurringPayment

from .base import ReadOnly


class StatusInline(ReadOnly, TabularInline):
    model = PaymentStatusChange
    fields = ["at", "old", "new", "store_status", "source"]
    readonly_fields = fields
    extra = 0


@admin.register(RecurringPayment)
class RecurringPaymentAdmin(ReadOnly, BaseAdmin):
    list_display = ["shown", "store", "contact", "price", "status", "next_at"]
    list_select_related = ["store", "contact"]
    list_filter = [("store", RelatedDropdownFilter), ("status", ChoicesDropdownFilter)]
    search_fields = ["external_id", "name", "email"]
    ordering = ["-id"]
    fields = [
        "store", "external_id", "name", "product", "status", "store_status", "contact", "customer", "email",
        "price", "every", "unit", "started_at", "next_at", "ended_at", "historical",
    ]  # fmt: skip
    inlines = [StatusInline]

    @display(description=_("recurring payment"), ordering="name")
    def shown(self, payment: RecurringPayment) -> str:
        return str(payment)

    @display(description=_("amount"), ordering="amount")
    def price(self, payment: RecurringPayment) -> str:
        return f"{payment.amount} {payment.currency}"
