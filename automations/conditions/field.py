"""A standard or custom field of the contact, compared as its type asks."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import CONTACT_CREATED, FIELD_CHANGED
from automations.fields import (
    FieldChoice,
    Follows,
    canonical,
    contact_fields,
    field_choices,
    field_label,
    field_references,
)
from automations.forms import SettingsForm
from contacts.field_types import Date, Number
from contacts.models import CustomField
from contacts.quotes import quoted

from .base import CONDITIONS, Condition, Moment, Settings
from .field_lookups import compile_field

OPS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "contains_not": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("starts with"),
    "ends_with": gettext_lazy("ends with"),
    "empty": gettext_lazy("is empty"),
    "not_empty": gettext_lazy("is not empty"),
    "greater": gettext_lazy("is greater than"),
    "less": gettext_lazy("is less than"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "last_days": gettext_lazy("is within the last days:"),
    "next_days": gettext_lazy("is within the next days:"),
}
NEGATED = {"is_not": "is", "contains_not": "contains", "empty": "not_empty"}
WITHOUT_VALUE = ("empty", "not_empty")
TIMED = ("last_days", "next_days")
DATES = ("is", "before", "after", *TIMED, "not_empty")
BY_COLUMN = {
    "text": ("is", "contains", "starts_with", "ends_with", "not_empty"),
    "long_text": ("contains", "starts_with", "ends_with", "not_empty"),
    "number": ("is", "greater", "less", "not_empty"),
    "date": DATES,
    "datetime": DATES,
}
BY_TYPE = {"checkbox": ("is", "not_empty")}
MAX_DAYS = 36_500


def choices() -> list[Any]:
    """Every field but the owner, who has a condition with a choice of users."""
    standard, *custom = field_choices()
    label, fields = standard
    return [(label, [field for field in fields if field[0] != "owner"]), *custom]


class FieldForm(SettingsForm):
    follows = {
        "value": Follows(
            "field",
            op="op",
            text=("contains", "contains_not", "starts_with", "ends_with"),
            number=TIMED,
            instead={"datetime": "date", "amount": "number"},
            one_of_many=True,
        )
    }
    depends = {"value": ("op", tuple(op for op in OPS if op not in ("empty", "not_empty")))}

    field = FieldChoice(label=gettext_lazy("Field"), choices=choices)
    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="is")
    value = forms.CharField(label=gettext_lazy("Value"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        key, op = data.get("field"), data.get("op")
        if not key or not op or self.errors:
            return data
        custom = contact_fields().get(key)
        if NEGATED.get(op, op) not in _ops(custom):
            names = {"op": OPS[op], "field": field_label(key)}
            raise ValidationError({"op": _("“%(op)s” doesn't fit the field “%(field)s”.") % names})
        try:
            data["value"] = _value(key, op, data.get("value") or "", custom)
        except ValidationError as error:
            self.add_error("value", error)
        return data


@CONDITIONS.register
class FieldCondition(Condition):
    slug = "field"
    label = gettext_lazy("Contact field")
    Form = FieldForm
    listens_to = (FIELD_CHANGED, CONTACT_CREATED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op: str = settings["op"]
        found = compile_field(settings["field"], NEGATED.get(op, op), settings.get("value") or "", moment)
        return ~found if op in NEGATED else found

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return settings["op"] in TIMED

    @classmethod
    def describe(cls, settings: Settings) -> str:
        value = settings.get("value")
        if value and settings["op"] not in TIMED:
            value = quoted(value)
        text = _("has a field “%(field)s” that %(op)s %(value)s") % {
            "field": field_label(settings["field"]),
            "op": OPS[settings["op"]],
            "value": value or "",
        }
        return text.rstrip()

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        return field_references(settings["field"])


def _ops(custom: CustomField | None) -> tuple[str, ...]:
    if custom is None:
        return BY_COLUMN["text"]
    return BY_TYPE.get(custom.type) or BY_COLUMN[custom.kind.column]


def _value(key: str, op: str, value: str, custom: CustomField | None) -> str:
    """The value as it is compared: canonical where the type has such a form; ValidationError if it can't be."""
    if op in WITHOUT_VALUE:
        return ""
    if not value:
        raise ValidationError(_("Give a value to compare with."))
    if op in TIMED:
        return _days(value)
    column = custom.kind.column if custom else "text"
    if column in ("date", "datetime"):
        return _date(value)
    if column == "number" and (custom is None or custom.type != "checkbox"):
        return Number().to_text(Number().parse(value, []))
    if op not in ("is", "is_not"):
        return value
    found = canonical(key, value)
    if custom is not None and custom.kind.multiple and "\n" in found:
        raise ValidationError(_("Compare with one option; add a condition for each."))
    return found


def _days(value: str) -> str:
    if not value.isdecimal() or len(value) > 5 or not 0 < int(value) <= MAX_DAYS:
        raise ValidationError(_("Give a number of days from 1 to %d.") % MAX_DAYS)
    return str(int(value))


def _date(value: str) -> str:
    day = Date().parse(value, [])
    if not 1 < day.year < 9999:
        raise ValidationError(_("“%s” is out of the calendar's range.") % value[:50])
    return str(day.isoformat())
