"""Addresses that no e-mail may go to."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from contacts.models import Suppression
from contacts.services import suppress_address
from contacts.values import address_hash, clean_email

from .base import BaseAdmin


class SuppressionForm(forms.ModelForm):
    class Meta:
        model = Suppression
        fields = ["address", "reason", "detail"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "address" in self.fields:
            self.fields["address"].required = True

    def clean_address(self) -> str:
        address = clean_email(self.cleaned_data["address"])
        if Suppression.objects.filter(address_hash=address_hash(address)).exists():
            raise ValidationError(_("This address is suppressed already."))
        return address


@admin.register(Suppression)
class SuppressionAdmin(BaseAdmin):
    form = SuppressionForm
    list_display = ["shown", "reason", "detail", "created_at"]
    list_filter = [("reason", ChoicesDropdownFilter)]
    search_fields = ["address"]
    search_help_text = _("Finds addresses, also those of erased people when you give the whole address.")
    fields = ["address", "reason", "detail"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["address", "reason"] if obj else []

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if "@" in search_term:
            found |= queryset.filter(address_hash=address_hash(search_term))
        return found, duplicates

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = suppress_address(address=obj.address, reason=obj.reason, detail=obj.detail)
        obj.pk, obj.address_hash = made.pk, made.address_hash

    @display(description=_("address"), ordering="address")
    def shown(self, suppression: Suppression) -> str:
        return suppression.address or str(_("erased (%s…)") % suppression.address_hash[:12])
