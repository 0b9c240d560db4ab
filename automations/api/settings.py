"""From a type's form to JSON Schema and to a serializer: no type needs an API of its own.

The form stays the one validator. What is generated here knows the shape of each setting (a text,
an id, a list of ids, a tree of conditions), so that a value of another JSON type is refused by
name before the form would read it as text.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext as _
from rest_framework import serializers

from automations.conditions.fields import ConditionsField
from automations.forms import SettingsForm

Schema = dict[str, Any]

NUMBER = (int, float, str)
TREE: Schema = {
    "type": "object",
    "additionalProperties": {},
    "description": 'A tree of conditions: {"match": "all" or "any", "conditions": [...]}; {} for none. '
    "Each condition is {type, settings…} as in /condition-types/, or a group again.",
}


def setting_schema(field: forms.Field) -> Schema:
    """JSON Schema of one setting, from its form field."""
    schema: Schema = {**_shape(field)}
    if field.label:
        schema["title"] = str(field.label)
    if field.help_text:
        schema["description"] = " ".join(filter(None, [str(field.help_text), schema.get("description")]))
    if isinstance(field.initial, str | int | bool):
        schema["default"] = field.initial
    return schema


def settings_schema(form: type[SettingsForm]) -> Schema:
    """JSON Schema of all settings of a type, for the catalogue."""
    fields = form.base_fields
    return {
        "type": "object",
        "properties": {name: _json_schema(setting_schema(field)) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
        "additionalProperties": False,
    }


def _json_schema(schema: Schema) -> Schema:
    """OpenAPI 3.0's dialect as plain JSON Schema."""
    found: Schema = _renamed(schema)
    if found.pop("nullable", False):
        found["type"] = [found["type"], "null"]
    return found


def _shape(field: forms.Field) -> Schema:
    own: Schema | None = getattr(field, "json_schema", None)
    if own is not None:
        return own
    for kind, shape in SHAPES:
        if isinstance(field, kind):
            return shape(field)
    return {"type": "string"}


def _number(kind: str) -> Callable[[Any], Schema]:
    def shape(field: Any) -> Schema:
        bounds = {"minimum": field.min_value, "maximum": field.max_value}
        found = {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}
        return found if field.required else {**found, "nullable": True}

    return shape


def _text(form: str = "") -> Callable[[Any], Schema]:
    def shape(field: Any) -> Schema:
        longest = getattr(field, "max_length", None)
        # A draft's settings may be empty, whatever the form asks for before it is published.
        schema: Schema = {"type": "string", **({"anyOf": [{"format": form}, {"maxLength": 0}]} if form else {})}
        return {**schema, **({"maxLength": longest} if longest else {})}

    return shape


def _when(form: str) -> Callable[[Any], Schema]:
    return lambda field: {"type": "string", "format": form, **({} if field.required else {"nullable": True})}


def _record(field: Any) -> Schema:
    schema: Schema = {"type": "integer", "minimum": 1, "x-model": field.queryset.model._meta.label_lower}
    return schema if field.required else {**schema, "nullable": True}


def _records(field: Any) -> Schema:
    return {"type": "array", "items": {"type": "integer", "minimum": 1},
            "x-model": field.queryset.model._meta.label_lower}  # fmt: skip


def _choice(field: Any) -> Schema:
    """Choices made at run time (the contact's fields) are not part of a document that stays the same."""
    if isinstance(field.choices, CallableChoiceIterator) or not field.choices:
        return {"type": "string"}
    pairs = [(str(value), str(label)) for value, label in field.choices]
    return {
        "type": "string",
        # Renamed to “enum” by `inline_enums`, after the generator has looked for enums to give names to.
        "x-enum": [value for value, _label in pairs],
        "x-enum-labels": dict(pairs),
    }


def _choices(field: Any) -> Schema:
    return {"type": "array", "items": _choice(field)}


SHAPES: list[tuple[type[forms.Field], Callable[[Any], Schema]]] = [
    (forms.ModelMultipleChoiceField, _records),
    (forms.ModelChoiceField, _record),
    (forms.MultipleChoiceField, _choices),
    (forms.ChoiceField, _choice),
    (ConditionsField, lambda field: {**TREE}),
    (forms.BooleanField, lambda field: {"type": "boolean"}),
    # Both are IntegerFields in Django.
    (forms.FloatField, _number("number")),
    (forms.DecimalField, lambda field: {"type": "string", "format": "decimal"}),
    (forms.IntegerField, _number("integer")),
    (forms.DateTimeField, _when("date-time")),
    (forms.DateField, _when("date")),
    (forms.TimeField, _when("time")),
    (forms.URLField, _text("uri")),
    (forms.EmailField, _text("email")),
    (forms.CharField, _text()),
]


class SettingField(serializers.Field):
    """A setting as JSON. Its type is checked here, everything else by the form."""

    def __init__(self, schema: Schema, **kwargs: Any) -> None:
        self.schema = schema
        self._spectacular_annotation = {"field": schema}
        super().__init__(required=False, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """null empties a setting; whether it may be empty is the form's business."""
        return (True, None) if data is None else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Any:
        if not fits(data, self.schema["type"]):
            raise serializers.ValidationError(WRONG[self.schema["type"]](), code="wrong_type")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


WRONG: dict[str, Callable[[], str]] = {
    "string": lambda: _("Give a text."),
    "integer": lambda: _("Give a whole number."),
    "number": lambda: _("Give a number."),
    "boolean": lambda: _("Give true or false."),
    "array": lambda: _("Give a list of ids or texts."),
    "object": lambda: _("Give an object."),
}


def fits(value: Any, kind: str) -> bool:
    """Whether a JSON value can stand for a setting of this JSON type; numbers may be texts."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "array":
        return isinstance(value, list) and all(fits(item, "integer") or fits(item, "string") for item in value)
    kinds: Mapping[str, tuple[type, ...]] = {
        "string": (str, int, float),
        "integer": (int, str),
        "number": NUMBER,
        "object": (dict,),
    }
    return isinstance(value, kinds.get(kind, ()))


def setting_fields(form: type[SettingsForm], base: type[serializers.Serializer], name: str) -> dict[str, Any]:
    """A serializer field for each setting; ImproperlyConfigured where one has the name of a fixed field."""
    fixed = set(base._declared_fields)
    taken = sorted(fixed & set(form.base_fields))
    if taken:
        raise ImproperlyConfigured(f"{name}: the API has fields called {', '.join(taken)} already; rename.")
    return {key: SettingField(setting_schema(field)) for key, field in form.base_fields.items()}


def inline_enums(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: enums of settings stay where they are."""
    renamed: dict[str, Any] = _renamed(result)
    return renamed


def _renamed(node: Any) -> Any:
    if isinstance(node, dict):
        return {"enum" if key == "x-enum" else key: _renamed(value) for key, value in node.items()}
    return [_renamed(item) for item in node] if isinstance(node, list) else node
