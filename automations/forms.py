"""The form that validates a type's settings, for builder, admin and API alike."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from automations.fields import Follows
from automations.masks import MaskedField
from automations.names import is_remembering, record_of

#: As Django says it for a choice among records.
NOT_CHOSEN = "---------"

#: Names that a text box suggests.
SUGGESTED = 200

#: A record that a saved setting names and that is gone.
MISSING = {
    "invalid_choice": _("it does not exist (any more); choose another."),
    "invalid_pk_value": _("it does not exist (any more); choose another."),
}


class RecordsField(forms.ModelMultipleChoiceField):
    """Several records. Ids that no column could hold are unknown ones, not a crash of the database driver."""

    def _check_values(self, value: Any) -> Any:
        for pk in value:
            if len(str(pk)) > 18:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": str(pk)[:30]}
                )
        return super()._check_values(value)  # type: ignore[misc]  # Django's, not in the stubs


class WholeNumbersField(forms.CharField):
    """Numbers in one line; as JSON a list. `json_schema` tells the API what the type of a field can't."""

    json_schema: ClassVar[dict[str, Any]] = {"type": "array", "items": {"type": "integer"}}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value


class Suggestions(forms.TextInput):
    """Any text, with those that are known to choose from; they are looked up when it is drawn."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self.known = known

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        list_id = f"{(attrs or {}).get('id', name)}_known"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.known()))
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, options)


class NamedRecordField(forms.ModelChoiceField):
    """One record of a model that may have very many: typed by its name, with suggestions, instead of chosen
    from a list of all. As JSON it is the record's id; a name is taken as well."""

    def __init__(self, queryset: "QuerySet[Any]", *, name: str = "name", **kwargs: Any) -> None:
        self.name = name
        super().__init__(queryset, widget=Suggestions(self._known), **kwargs)
        self.error_messages |= MISSING

    def _known(self) -> Iterable[str]:
        assert self.queryset is not None  # noqa: S101 given above
        return self.queryset.order_by(self.name).values_list(self.name, flat=True)[:SUGGESTED]

    def prepare_value(self, value: Any) -> Any:
        record = self._find(value)
        return getattr(record, self.name) if record else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        record = self._find(value)
        if record is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return record

    def _find(self, value: Any) -> Any:
        """By id, and else by name."""
        if value in self.empty_values or isinstance(value, Model):
            return value or None
        assert self.queryset is not None  # noqa: S101 given above
        text = str(value).strip()
        by_id = record_of(self.queryset, int(text)) if text.isdecimal() and len(text) <= 18 else None
        return by_id or self.queryset.filter(**{f"{self.name}__iexact": text}).first()


class SettingsForm(forms.Form):
    """Base of every settings form. `owner` is the trigger or step (maybe unsaved) it belongs to.

    Form field names are setting names; a model choice's setting is the record's id.
    """

    #: {field: (other field, its values)}: the field matters, and is shown, only while the other has one
    #: of the values ("on" is a ticked box).
    depends: ClassVar[Mapping[str, tuple[str, Iterable[str]]]] = {}
    #: {field: those whose choices are made by its value}: after a change of it the form is drawn anew.
    refreshes: ClassVar[Mapping[str, Iterable[str]]] = {}

    #: {field: whose control depends on the contact field that another setting names}.
    follows: ClassVar[Mapping[str, Follows]] = {}

    def __init__(self, *args: Any, owner: Any = None, **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(*args, **kwargs)
        for name, (other, values) in self.depends.items():
            attrs = self.fields[name].widget.attrs
            attrs["data-depends"] = self.add_prefix(other)
            attrs["data-when"] = " ".join(values)
        for name in self.refreshes:
            self.fields[name].widget.attrs["data-refreshes"] = "on"
        for name, rule in self.follows.items():
            rules = {
                **asdict(rule),
                "field": self.add_prefix(rule.field),
                "op": rule.op and self.add_prefix(rule.op),
            }
            self.fields[name].widget.attrs["data-follows"] = json.dumps(rules)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                field.error_messages |= MISSING
        masked = {name: field for name, field in self.fields.items() if isinstance(field, MaskedField)}
        if masked and owner is not None:
            stored = owner.settings()
            for name, field in masked.items():
                field.kept = stored.get(name, "")
        if is_remembering():
            for field in self.fields.values():
                _look_up_once(field)

    def show_what_is_not_chosen(self) -> None:
        """Let a select without a value say so, for pages that save at each change: a browser would show the
        first choice as the chosen one, and choosing that one would be no change."""
        for name, field in self.fields.items():
            if type(field.widget) is forms.Select and not self[name].value():
                choices: Any = partial(_with_none, field.widget.choices)
                field.widget.choices = choices

    def chosen(self, name: str) -> int | None:
        """The id that the data gives a choice of records; None for none, or no id."""
        text = str(self.data.get(self.add_prefix(name)) or self.initial.get(name) or "")
        return int(text) if text.isdecimal() and len(text) <= 18 else None

    def sorted_errors(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """(missing, wrong): messages by field of what is still to be filled in, and of what is bad."""
        missing: dict[str, list[str]] = {}
        wrong: dict[str, list[str]] = {}
        for name, errors in self.errors.as_data().items():
            only_missing = all(error.code == "required" for error in errors)
            (missing if only_missing else wrong)[name] = [text for error in errors for text in error.messages]
        return missing, wrong

    def cleaned_settings(self) -> dict[str, Any]:
        """The validated settings as JSON-able values."""
        return {name: jsonable(value) for name, value in self.cleaned_data.items()}

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        """The settings that nobody may read again; they are stored encrypted."""
        return frozenset(name for name, field in cls.base_fields.items() if isinstance(field, MaskedField))

    @classmethod
    def shown(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings as people may see them, and as they may leave the system: secrets are masked."""
        masked = {name: field for name, field in cls.base_fields.items() if isinstance(field, MaskedField)}
        return {**settings, **{name: masked[name].shown(settings[name]) for name in masked if name in settings}}

    @classmethod
    def validate(cls, settings: Mapping[str, Any], owner: Any = None) -> dict[str, Any]:
        """Clean settings given as JSON (the API, a condition tree, a snapshot); ValidationError by field.

        A box that the form shows ticked counts as ticked where it is not named: a browser can't leave it out.
        """
        boxes = {
            name: True
            for name, field in cls.base_fields.items()
            if isinstance(field, forms.BooleanField) and field.initial is True
        }
        form = cls(form_data({**boxes, **settings}), owner=owner)
        unknown = sorted(set(settings) - set(form.fields))
        if unknown:
            known = ", ".join(form.fields) or "-"
            raise ValidationError({name: [f"Unknown setting; known ones: {known}."] for name in unknown})
        if not form.is_valid():
            raise ValidationError({name: errors.as_data() for name, errors in form.errors.items()})
        return form.cleaned_settings()

    @classmethod
    def validate_draft(cls, settings: Mapping[str, Any], owner: Any = None) -> dict[str, Any]:
        """As `validate`, but what is required may still be missing; its names are left out of the answer."""
        form = cls(form_data({name: settings[name] for name in settings if name in cls.base_fields}), owner=owner)
        _missing, wrong = form.sorted_errors()
        if wrong:
            raise ValidationError(wrong)
        return form.cleaned_settings()


def _look_up_once(field: forms.Field) -> None:
    """Let a model choice take its records from memory: a page validates many forms with the same lists."""
    if not isinstance(field, forms.ModelChoiceField) or isinstance(field, NamedRecordField):
        return

    def find(value: Any) -> Any:
        assert field.queryset is not None  # noqa: S101 a model choice without one cannot validate
        pk = getattr(value, "pk", value)
        record = record_of(field.queryset, int(pk)) if str(pk).isdigit() else None
        if record is None:
            code = "invalid_choice"
            raise ValidationError(field.error_messages[code], code=code, params={"value": value, "pk": value})
        return record

    def clean_one(value: Any) -> Any:
        field.validate(value)
        return None if value in field.empty_values else find(value)

    def clean_many(values: Any) -> Any:
        field.validate(values)
        return [find(value) for value in values or []]

    many = isinstance(field, forms.ModelMultipleChoiceField)
    setattr(field, "clean", clean_many if many else clean_one)  # noqa: B010 the field is this form's own copy


def _with_none(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    listed = list(choices)
    return listed if any(value in ("", None) for value, _label in listed) else [("", NOT_CHOSEN), *listed]


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
