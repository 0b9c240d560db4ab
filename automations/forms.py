"""The form that validates a type's settings, for builder, admin and API alike."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

#: A record that a saved setting names and that is gone.
MISSING = {
    "invalid_choice": _("it does not exist (any more); choose another."),
    "invalid_pk_value": _("it does not exist (any more); choose another."),
}


class SettingsForm(forms.Form):
    """Base of every settings form. `owner` is the trigger or step (maybe unsaved) it belongs to.

    Form field names are setting names; a model choice's setting is the record's id.
    """

    def __init__(self, *args: Any, owner: Any = None, **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                field.error_messages |= MISSING

    def cleaned_settings(self) -> dict[str, Any]:
        """The validated settings as JSON-able values."""
        return {name: jsonable(value) for name, value in self.cleaned_data.items()}

    @classmethod
    def validate(cls, settings: Mapping[str, Any], owner: Any = None) -> dict[str, Any]:
        """Clean settings given as JSON (the API, a condition tree, a snapshot); ValidationError by field."""
        form = cls(form_data(settings), owner=owner)
        unknown = sorted(set(settings) - set(form.fields))
        if unknown:
            known = ", ".join(form.fields) or "-"
            raise ValidationError({name: [f"Unknown setting; known ones: {known}."] for name in unknown})
        if not form.is_valid():
            raise ValidationError({name: errors.as_data() for name, errors in form.errors.items()})
        return form.cleaned_settings()


def form_data(settings: Mapping[str, Any]) -> QueryDict:
    """JSON settings as the data a browser would post: lists repeated, null and false left out."""
    data = QueryDict(mutable=True)
    for name, value in settings.items():
        if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
            data.setlist(name, [str(item) for item in value])
        elif isinstance(value, dict | list):
            data[name] = json.dumps(value)
        elif value is not None and value is not False:
            data[name] = str(value)
    return data


def jsonable(value: Any) -> Any:
    """A cleaned value as JSON: records as ids, dates as ISO 8601, decimals as text."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet):
        return sorted(value.values_list("pk", flat=True))
    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    if isinstance(value, Iterable):
        return [jsonable(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def form_references(form: forms.BaseForm, settings: Mapping[str, Any]) -> set[tuple[str, int]]:
    """("app_label.model", id) of the records that a form's model choice fields name."""
    found: set[tuple[str, int]] = set()
    for name, field in form.fields.items():
        value = settings.get(name)
        if not isinstance(field, forms.ModelChoiceField) or value in (None, "", []):
            continue
        assert field.queryset is not None  # noqa: S101 a model choice without one cannot validate
        values = value if isinstance(value, list) else [value]
        found |= {(field.queryset.model._meta.label_lower, int(item)) for item in values}
    return found
