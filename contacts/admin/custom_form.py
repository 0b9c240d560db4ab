"""Forms of records that have custom fields: one form field for each."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from contacts.models import CustomField
from contacts.selectors.fields import fields_of
from contacts.services import set_field

PREFIX = "custom_"

YES_NO: list[tuple[str, Any]] = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]

WIDGETS: dict[str, Any] = {
    "textarea": lambda field: widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    "number": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    "money": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"placeholder": "12.50 EUR"}),
    "date": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    "datetime": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    "dropdown": lambda field: widgets.UnfoldAdminSelectWidget(choices=_choices(field)),
    "radio": lambda field: widgets.UnfoldAdminSelectWidget(choices=_choices(field)),
    "multiselect": lambda field: widgets.UnfoldAdminCheckboxSelectMultipleWidget(choices=_choices(field)[1:]),
    "checkbox": lambda field: widgets.UnfoldAdminSelectWidget(choices=YES_NO),
    "url": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "url"}),
    "email": lambda field: widgets.UnfoldAdminEmailInputWidget(),
    "phone": lambda field: widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "tel"}),
}


class CustomFormField(forms.Field):
    """Validated by the custom field's own type: the same rules as in an import or over the API."""

    def __init__(self, custom: CustomField) -> None:
        self.custom = custom
        make = WIDGETS.get(custom.type, lambda field: widgets.UnfoldAdminTextInputWidget())
        super().__init__(label=custom.label, required=False, widget=make(custom))

    def clean(self, value: Any) -> Any:
        return self.custom.kind.parse(value or None, self.custom.options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            parsed = self.clean(data)
        except ValidationError:
            return True
        before = self.custom.kind.parse(initial or None, self.custom.options)
        return self.custom.kind.to_text(before) != self.custom.kind.to_text(parsed)

    def shown(self, value: Any) -> Any:
        """A stored value as the widget takes it."""
        if value is None or self.custom.kind.multiple:
            return value
        if self.custom.type == "datetime":
            return localtime(value).strftime("%Y-%m-%dT%H:%M")
        return self.custom.kind.to_text(value)


class WithCustomFields(forms.ModelForm):
    """A form of a `Tracked` model. `with_fields` adds a form field for each custom field there is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            return
        values = self.instance.custom_values
        for name, field in self.custom_fields().items():
            self.initial[name] = field.shown(values.get(field.custom.key))

    def custom_fields(self) -> dict[str, CustomFormField]:
        return {name: field for name, field in self.fields.items() if isinstance(field, CustomFormField)}

    def save_custom(self) -> None:
        """Write the custom fields that were changed, each with its fact."""
        for name, field in self.custom_fields().items():
            if name in self.changed_data:
                set_field(field=field.custom, values={self.instance.pk: self.cleaned_data[name]})


def with_fields(form: type[WithCustomFields], scope: str) -> type[WithCustomFields]:
    """The form with a field for each custom field of the scope that there is now."""
    declared: dict[str, Any] = {PREFIX + key: CustomFormField(field) for key, field in fields_of(scope).items()}
    return type(f"{form.__name__}WithFields", (form,), declared)


def custom_fieldset(fields: Mapping[str, CustomField]) -> list[Any]:
    """The part of `fieldsets` with the custom fields, two a line; empty where there are none."""
    names = [PREFIX + key for key in fields]
    pairs = [tuple(names[n : n + 2]) for n in range(0, len(names), 2)]
    return [(_("Custom fields"), {"fields": pairs})] if pairs else []


def _choices(field: CustomField) -> list[tuple[str, str]]:
    return [("", "—"), *((option, option) for option in field.options)]
