"""Building forms, and what was sent with them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES

from contacts.models import Contact, Form, FormSubmission
from contacts.models.forms import MAX_FIELDS, STANDARD_FIELDS
from contacts.selectors.fields import contact_fields
from contacts.selectors.forms import embed_code, form_url, html_code, questions
from contacts.services.forms import check_opposites

from .base import BaseAdmin, ShownOnly
from .labels import count_of

BLANK_ROWS = 3
STYLES = {"select": SELECT_CLASSES, "input": INPUT_CLASSES, "checkbox": CHECKBOX_CLASSES}


class FieldRows(forms.Widget):
    """One row a field: which, its own label, and whether it is needed. Empty rows are left out."""

    template_name = "admin/contacts/form_rows.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        names = {key: str(Contact._meta.get_field(key).verbose_name) for key in STANDARD_FIELDS}  # type: ignore[union-attr]  # no relation from elsewhere
        names = {key: name[:1].upper() + name[1:] for key, name in names.items()}
        choices = names | {key: field.label for key, field in contact_fields().items()}
        return context | {"rows": [*rows, *[{}] * BLANK_ROWS], "choices": choices, **STYLES}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for number in range(MAX_FIELDS + BLANK_ROWS):
            if key := data.get(f"{name}-{number}-field"):
                label = data.get(f"{name}-{number}-label", "")
                rows.append({"field": key, "label": label, "required": f"{name}-{number}-required" in data})
        return rows

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-field" not in data


class ValueRows(FieldRows):
    """One row a field: which, and the value it gets."""

    template_name = "admin/contacts/form_values.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        items = value.items() if isinstance(value, dict) else ()
        rows = [{"field": key, "value": _as_text(raw)} for key, raw in items]
        context = super().get_context(name, rows, attrs)
        context["choices"].pop("email")
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        values = {}
        for number in range(MAX_FIELDS + BLANK_ROWS):
            if key := data.get(f"{name}-{number}-field"):
                values[key] = data.get(f"{name}-{number}-value", "").strip()
        return values


def _as_text(raw: Any) -> str:
    return "\n".join(map(str, raw)) if isinstance(raw, list) else str(raw)


class RowsField(forms.Field):
    """What is valid is the model's business."""

    widget = FieldRows

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != data)


class FormForm(forms.ModelForm):
    rows = RowsField(label=gettext_lazy("Fields"), required=False)
    set_values = RowsField(
        label=gettext_lazy("Set fields"),
        widget=ValueRows,
        required=False,
        help_text=gettext_lazy("Values that every contact who submits it gets, whatever was typed."),
    )

    class Meta:
        model = Form
        fields = [
            "name", "is_active", "title", "description", "button", "lists", "tags", "leave_lists", "remove_tags",
            "set_values", "notify_submitted", "notify_confirmed", "thank_you", "redirect_url",
            "double_opt_in", "confirm_subject", "confirm_text",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("description", "thank_you", "confirm_text"):
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = 4
        if "rows" in self.fields:
            self.fields["rows"].initial = self.instance.fields

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "rows" in cleaned:
            self.instance.fields = cleaned["rows"]
        links = {name: cleaned.get(name, ()) for name in ("lists", "leave_lists", "tags", "remove_tags")}
        try:
            check_opposites(**links)
        except ValidationError as error:
            self.add_error(None, error)
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
    autocomplete_fields = ["lists", "tags", "leave_lists", "remove_tags"]
    readonly_fields = ["page", "embed", "html"]
    fieldsets = [
        (None, {"fields": ["name", "is_active"]}),
        (gettext_lazy("Page"), {"fields": ["title", "description", "rows", "button"]}),
        (gettext_lazy("Double opt-in"), {"fields": ["double_opt_in", "confirm_subject", "confirm_text"]}),
        (
            gettext_lazy("When it is submitted"),
            {
                "fields": ["notify_submitted", "thank_you", "redirect_url"],
                "description": gettext_lazy("With double opt-in the page asks to look for the e-mail instead."),
            },
        ),
        (
            gettext_lazy("When it is confirmed"),
            {
                "fields": ["lists", "tags", "leave_lists", "remove_tags", "set_values", "notify_confirmed"],
                "description": gettext_lazy(
                    "With double opt-in by the link in the e-mail; without, at once when it is submitted."
                ),
            },
        ),
        (gettext_lazy("Put it on your site"), {"fields": ["page", "embed", "html"]}),
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
        return _code(embed_code(form))

    @display(description=gettext_lazy("plain HTML"))
    def html(self, form: Form) -> str:
        if not form.pk:
            return "–"
        about = _("For pages that style it themselves. Copy it again when you change the fields.")
        return format_html('<p class="mb-2">{}</p>{}', about, _code(html_code(form)))


def _code(text: str) -> str:
    return format_html('<pre class="form-code"><code>{}</code></pre>', text)


@admin.register(FormSubmission)
class FormSubmissionAdmin(ShownOnly, BaseAdmin):
    list_display = ["form", "contact", "status", "mail_status", "at", "confirmed_at"]
    list_select_related = ["form", "contact"]
    list_filter = [("form", RelatedDropdownFilter), ("status", ChoicesDropdownFilter)]
    search_fields = ["contact__email"]
    fields = [
        "form", "contact", "status", "at", "confirmed_at", "values", "source_url", "mail_status", "mail_error",
    ]  # fmt: skip
    readonly_fields = fields

    @display(description=gettext_lazy("values"))
    def values(self, submission: FormSubmission) -> str:
        labels = {question.key: question.label for question in questions(submission.form)}
        rows = [(labels.get(key, key), _as_text(value)) for key, value in submission.data.items()]
        return format_html("<dl class='form-values'>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))
