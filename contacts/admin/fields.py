"""Custom fields."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from contacts.field_types import field_type_choices
from contacts.models import CustomField

from .base import BaseAdmin


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class CustomFieldForm(forms.ModelForm):
    options = LinesField(
        required=False, label=_("Options"),
        help_text=_("One a line, for fields to choose from. For a money field: its usual currency."),
    )  # fmt: skip

    class Meta:
        model = CustomField
        fields = ["entity", "object_type", "label", "key", "type", "options", "required", "position"]


class TypeFilter(DropdownFilter):
    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return field_type_choices()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(CustomField)
class CustomFieldAdmin(BaseAdmin):
    form = CustomFieldForm
    list_display = ["label", "key", "type", "entity", "object_type", "position"]
    list_select_related = ["object_type"]
    list_filter = [("entity", ChoicesDropdownFilter), TypeFilter]
    search_fields = ["label", "key"]
    fieldsets = [
        (
            None,
            {"fields": [("entity", "object_type"), ("label", "key"), "type", "options", "required", "position"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Templates, imports, segments and stored values rely on them.
        return ["entity", "object_type", "key", "type"] if obj else []
