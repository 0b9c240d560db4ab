"""A standard or custom field of the contact, or of another record, compared as its type asks."""

from typing import Any, ClassVar

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
    field_choices,
    field_label,
    field_of,
    field_references,
    shown_value,
)
from automations.forms import SettingsForm
from contacts.entities import StandardField
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
BY_TYPE = {"checkbox": ("is", "not_empty"), "user": ("is", "not_empty")}
MAX_DAYS = 36_500


def choices() -> list[Any]:
    """Every field but the owner, who has a condition with a choice of users."""
    standard, *custom = field_choices()
    label, fields = standard
    return [(label, [field for field in fields if field[0] != "owner"]), *custom]


class FieldForm(SettingsForm):
    """A subclass names another scope, and its own FieldChoice of that scope."""

    scope: ClassVar[str] = "contact"
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

    def whose(self) -> str:
        """The scope; a form that asks for it looks at what was chosen."""
        return self.scope

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        key, op = data.get("field"), data.get("op")
        field = field_of(key, self.whose()) if key else None
        if field is None or not key or not op or self.errors:
            return data
        if NEGATED.get(op, op) not in _ops(field):
            names = {"op": OPS[op], "field": field.label}
            raise ValidationError({"op": _("“%(op)s” doesn't fit the field “%(field)s”.") % names})
        try:
            data["value"] = _value(field, op, data.get("value") or "", self.whose())
        except ValidationError as error:
            self.add_error("value", error)
        return data


class FieldQuestion(Condition):
    """A field of whatever its form's scope says, compared as its type asks."""

    Form: ClassVar[type[FieldForm]] = FieldForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op: str = settings["op"]
        value = settings.get("value") or ""
        found = compile_field(settings["field"], NEGATED.get(op, op), value, moment, cls.Form.scope)
        return ~found if op in NEGATED else found

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return settings["op"] in TIMED

    @classmethod
    def describe(cls, settings: Settings) -> str:
        value = settings.get("value")
        if value and settings["op"] not in TIMED:
            value = quoted(shown_value(settings["field"], value, cls.Form.scope))
        text = _("has a field “%(field)s” that %(op)s %(value)s") % {
            "field": field_label(settings["field"], cls.Form.scope),
            "op": OPS[settings["op"]],
            "value": value or "",
        }
        return text.rstrip()

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        return field_references(settings["field"], cls.Form.scope)


@CONDITIONS.register
class FieldCondition(FieldQuestion):
    slug = "field"
    label = gettext_lazy("Contact field")
    listens_to = (FIELD_CHANGED, CONTACT_CREATED)


def _ops(field: StandardField | CustomField) -> tuple[str, ...]:
    if isinstance(field, StandardField) and field.of_users:
        return BY_TYPE["user"]
    return BY_TYPE.get(field.kind.slug) or BY_COLUMN[field.kind.column]


def _value(field: StandardField | CustomField, op: str, value: str, scope: str) -> str:
    """The value as it is compared: canonical where the type has such a form; ValidationError if it can't be."""
    if op in WITHOUT_VALUE:
        return ""
    if not value:
        raise ValidationError(_("Give a value to compare with."))
    if op in TIMED:
        return _days(value)
    column = field.kind.column
    if column in ("date", "datetime"):
        return _date(value)
    if column == "number" and field.kind.slug != "checkbox":
        return Number().to_text(Number().parse(value, []))
    if op not in ("is", "is_not"):
        return value
    found = canonical(field.key, value, scope)
    if field.kind.multiple and "\n" in found:
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
