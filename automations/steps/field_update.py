"""What the steps that update a field share: set, clear, increase, date arithmetic; of any record with fields."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import validate_template
from automations.fields import (
    FieldChoice,
    Follows,
    canonical,
    field_label,
    field_of,
    field_references,
    parse_value,
)
from automations.forms import SettingsForm
from automations.models import Step
from automations.reasons import Outcome
from contacts.bulk import id_set
from contacts.entities import StandardField, entity_of
from contacts.field_types import Number
from contacts.models import CustomField
from contacts.quotes import quoted
from contacts.selectors.fields import values_of
from contacts.services import set_field

from .base import StepError, StepRun

OPS = {
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "increment": gettext_lazy("increase by"),
    "date_now": gettext_lazy("set to the current date plus days"),
    "date_add": gettext_lazy("move the date by days"),
}
MAX_DAYS = 36_500
COLUMNS = {"increment": ("number",), "date_now": ("date", "datetime"), "date_add": ("date", "datetime")}


class FieldUpdateForm(SettingsForm):
    """A subclass names another scope, and its own FieldChoice of that scope."""

    scope: ClassVar[str] = "contact"
    # A value may be personalised, so it stays a text to which the choices are only offered.
    follows = {"value": Follows("field", op="op", number=tuple(COLUMNS), suggest=True)}
    depends = {"value": ("op", ("set", "increment", "date_now", "date_add"))}

    field = FieldChoice(label=gettext_lazy("Field"))
    op = forms.ChoiceField(label=gettext_lazy("What to do"), choices=list(OPS.items()), initial="set")
    value = forms.CharField(
        label=gettext_lazy("Value"), required=False, max_length=500, validators=[validate_template]
    )

    def whose(self) -> str:
        """The scope; a form that asks for it looks at what was chosen."""
        return self.scope

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        field = field_of(data.get("field") or "", self.whose())
        if field is None or self.errors:
            return data
        try:
            _check(field, data, self.whose())
        except ValidationError as error:
            self.add_error("value" if _fits(field, data["op"]) else "op", error)
        return data


class FieldUpdateStep(Step):
    """`records_to_update` says whose field; the rest is the same for every kind of record."""

    scope: ClassVar[str] = "contact"
    #: Said of a contact for whom there is no record.
    no_target: ClassVar[Any] = ""

    field = models.CharField(gettext_lazy("field"), max_length=64, blank=True)
    op = models.CharField(max_length=10, default="set")
    value = models.CharField(max_length=500, blank=True)

    class Meta(Step.Meta):
        abstract = True
        constraints: ClassVar[list[Any]] = []

    def whose(self) -> str:
        """The scope; a type that asks for it looks at its settings."""
        return self.scope

    def records_to_update(self, run: StepRun) -> Mapping[int, Sequence[int]]:
        """{visit id: ids of the records whose field is updated}; a fixed number of queries."""
        return {visit.id: [visit.contact_id] for visit in run.visits}

    def run(self, run: StepRun) -> None:
        field = field_of(self.field, self.whose())
        if field is None:
            raise StepError(_("The field “%s” does not exist any more.") % self.field)
        targets = self.records_to_update(run)
        changed = set_field(field=_stored(field), values=self._values(run, field, targets), scope=self.whose())
        for visit in run.visits:
            if any(pk in changed for pk in targets.get(visit.id, ())):
                run.go(visit)
            else:
                detail = "" if targets.get(visit.id) else str(self.no_target)
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=detail)

    def _values(
        self, run: StepRun, field: StandardField | CustomField, targets: Mapping[int, Sequence[int]]
    ) -> dict[int, Any]:
        """{record id: its new value}. Where several visits are about one record the last one counts."""
        if isinstance(field, CustomField) and self.op in CALCULATIONS:
            return self._calculate(run, field, targets)
        records = {pk for ids in targets.values() for pk in ids}
        if self.op == "clear":
            return dict.fromkeys(records, None if isinstance(field, CustomField) else field.empty)
        if self.op == "set" and "{" in self.value:
            made = run.personalised(self.value)
            texts = {pk: made[visit.id] for visit in run.visits for pk in targets.get(visit.id, ())}
            parsed = {text: self._parse(field, text) for text in set(texts.values())}
            return {pk: parsed[text] for pk, text in texts.items()}
        return dict.fromkeys(records, self._parse(field, self.value)) if records else {}

    def _parse(self, field: StandardField | CustomField, text: str) -> Any:
        # A custom field is at hand; only a standard one may be a user, by name.
        return field.parse(text) if isinstance(field, CustomField) else parse_value(self.field, text, self.whose())

    def _calculate(
        self, run: StepRun, custom: CustomField, targets: Mapping[int, Sequence[int]]
    ) -> dict[int, Any]:
        """New values from the present ones. The lock keeps two workers from counting from the same number."""
        records = {pk for ids in targets.values() for pk in ids}
        model = entity_of(self.whose()).model
        rows = model._default_manager.filter(pk__in=id_set(records)).select_for_update(no_key=True).order_by("pk")
        list(rows.values_list("pk", flat=True))
        current = values_of(records, [custom], scope=self.whose())
        values: dict[int, Any] = {}
        for visit in run.visits:
            for pk in targets.get(visit.id, ()):
                # A record can stand here twice, for two passes or contacts: each counts.
                before = values.get(pk, current.get(pk, {}).get(self.field))
                result = CALCULATIONS[self.op](before, self.value, run)
                values[pk] = custom.parse(custom.to_text(result) if isinstance(result, tuple) else result)
        return values

    def references(self) -> set[tuple[str, int]]:
        return super().references() | field_references(self.field, self.whose())

    def describe(self) -> str:
        if not self.field:
            return str(_("Update a field (not chosen yet)"))
        text = _("Field “%(field)s”: %(op)s %(value)s") % {
            "field": field_label(self.field, self.whose()),
            "op": OPS.get(self.op, self.op),
            "value": "" if self.op == "clear" else quoted(self.value) if self.op == "set" else self.value or "0",
        }
        return text.rstrip()


def _stored(field: StandardField | CustomField) -> str | CustomField:
    """As `set_field` takes it."""
    return field if isinstance(field, CustomField) else field.key


def _fits(field: StandardField | CustomField, op: str) -> bool:
    """Whether the operation is one for the field's type."""
    if op == "clear" and field.required:
        return False
    if isinstance(field, StandardField):
        return op in ("set", "clear")
    columns = COLUMNS.get(op)
    return columns is None or (field.kind.column in columns and field.type != "checkbox")


def _check(field: StandardField | CustomField, data: dict[str, Any], scope: str) -> None:
    """Whether operation and value fit the field; a personalised value can be checked only later."""
    op, value = data["op"], data["value"]
    if op == "clear" and field.required:
        raise ValidationError(_("“%s” can't be empty.") % field.label)
    if not _fits(field, op):
        raise ValidationError(_("“%(op)s” doesn't fit this field.") % {"op": OPS[op]})
    if op == "set":
        if not value:
            raise ValidationError(_("Give a value, or choose “clear”."))
        if "{" not in value:
            canonical(field.key, value, scope)
    elif op == "increment":
        _number(value)
    elif op == "clear":
        data["value"] = ""
    else:
        _days(value or ("0" if op == "date_now" else ""))


def _number(value: str) -> None:
    if not value:
        raise ValidationError(_("Give the number to add."))
    Number().parse(value, [])


def _days(value: str) -> None:
    digits = value.removeprefix("-").removeprefix("+")
    if not digits.isdecimal() or int(digits[:9]) > MAX_DAYS:
        raise ValidationError(_("Give a whole number of days, at most %d.") % MAX_DAYS)


def _increment(current: Any, value: str, run: StepRun) -> Any:
    if isinstance(current, tuple):  # money keeps its currency
        return current[0] + Decimal(value), current[1]
    return (current or Decimal(0)) + Decimal(value)


def _date_now(current: Any, value: str, run: StepRun) -> Any:
    return run.now.astimezone(ZoneInfo(run.zone)) + timedelta(days=int(value or "0"))


def _date_add(current: Any, value: str, run: StepRun) -> Any:
    """A date and time keeps its wall time; a contact without a date keeps none."""
    if isinstance(current, datetime):
        return current.astimezone(ZoneInfo(run.zone)) + timedelta(days=int(value))
    return current + timedelta(days=int(value)) if isinstance(current, date) else None


CALCULATIONS: dict[str, Callable[[Any, str, StepRun], Any]] = {
    "increment": _increment,
    "date_now": _date_now,
    "date_add": _date_add,
}
