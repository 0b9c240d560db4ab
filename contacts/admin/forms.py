"""Building forms, and what was sent with them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import SELECT_CLASSES

from contacts.models import Contact, Form, FormSubmission
from contacts.models.forms import MAX_FIELDS, STANDARD_FIELDS
from contacts.selectors.fields import contact_fields
from contacts.selectors.forms import form_url, script_url

from .base import BaseAdmin
from .labels import count_of

BLANK_ROWS = 4


class FieldRows(forms.Widget):
    """One row a field: which, its own label, and whether it is needed. Empty rows are left out."""

    template_name = "admin/contacts/form_rows.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        names = {key: str(Contact._meta.get_field(key).verbose_name) for key in STANDARD_FIELDS}  # type: ignore[union-attr]  # no relation from elsewhere
        choices = names | {key: field.label for key, field in contact_fields().items()}
        return context | {"rows": [*rows, *[{}] * BLANK_ROWS], "choices": choices, "select": SELECT_CLASSES}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for number in range(MAX_FIELDS + BLANK_ROWS):
            if key := data.get(f"{name}-{number}-field"):
                label = data.get(f"{name}-{number}-label", "")
                rows.append({"field": key, "label": label, "required": f"{name}-{number}-required" in data})
        return rows

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-field" not in data


class RowsField(forms.Field):
    """What is valid is the model's business."""

    widget = FieldRows

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


class FormForm(forms.ModelForm):
    rows = RowsField(label=gettext_lazy("Fields"), required=False)

    class Meta:
        model = Form
        fields = [
            "name", "is_active", "title", "description", "button", "lists", "tags", "thank_you", "redirect_url",
            "double_opt_in", "confirm_subject", "confirm_text",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rows" in self.fields:
            self.fields["rows"].initial = self.instance.fields

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "rows" in cleaned:
            self.instance.fields = cleaned["rows"]
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """The model's errors at `fields` belong to the rows."""
        if hasattr(error, "error_dict") and "fields" in error.error_dict:
            error.error_dict["rows"] = error.error_dict.pop("fields")
        super().add_error(field, error)


@admin.register(Form)
class FormAdmin(BaseAdmin):
    form = FormForm
    list_display = ["name", "is_active", "double_opt_in", "submission_count", "page", "updated_at"]
    list_filter = ["is_active", "double_opt_in"]
    search_fields = ["name", "title"]
    autocomplete_fields = ["lists", "tags"]
    readonly_fields = ["page", "embed"]
    fieldsets = [
        (None, {"fields": ["name", "is_active", "page", "embed"]}),
        (gettext_lazy("Page"), {"fields": ["title", "description", "rows", "button"]}),
        (gettext_lazy("What it does"), {"fields": ["lists", "tags", "thank_you", "redirect_url"]}),
        (gettext_lazy("Double opt-in"), {"fields": ["double_opt_in", "confirm_subject", "confirm_text"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(n=count_of(FormSubmission.objects.all(), "form"))

    @display(description=gettext_lazy("submissions"))
    def submission_count(self, form: Any) -> int:
        return int(form.n)

    @display(description=gettext_lazy("address"))
    def page(self, form: Form) -> str:
        if not form.pk:
            return _("The form gets its address when it is saved.")
        return format_html('<a href="{0}" target="_blank" rel="noopener">{0}</a>', form_url(form))

    @display(description=gettext_lazy("embed code"))
    def embed(self, form: Form) -> str:
        if not form.pk:
            return "–"
        return format_html("<code>{}</code>", f'<script src="{script_url(form)}"></script>')


@admin.register(FormSubmission)
class FormSubmissionAdmin(BaseAdmin):
    list_display = ["form", "contact", "status", "mail_status", "at", "confirmed_at"]
    list_select_related = ["form", "contact"]
    list_filter = [("form", RelatedDropdownFilter), ("status", ChoicesDropdownFilter)]
    search_fields = ["contact__email"]
    fields = ["form", "contact", "status", "at", "confirmed_at", "data", "source_url", "mail_status", "mail_error"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
