"""Sets, clears, increments a contact field, or does date arithmetic on it (spec: update a field)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import personalise, validate_template
from automations.fields import (
    STANDARD,
    FieldChoice,
    Follows,
    canonical,
    contact_fields,
    field_choices,
    field_label,
    field_references,
    parse_value,
)
from automations.forms import SettingsForm
from automations.models import Step
from contacts.bulk import id_set
from contacts.field_types import Number
from contacts.models import Contact, CustomField
from contacts.quotes import quoted
from contacts.services import set_field

from .base import STEPS, StepError, StepRun, Visit

OPS = {
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "increment": gettext_lazy("increase by"),
    "date_now": gettext_lazy("set to the current date plus days"),
    "date_add": gettext_lazy("move the date by days"),
}
MAX_DAYS = 36_500
COLUMNS = {"increment": ("number",), "date_now": ("date", "datetime"), "date_add": ("date", "datetime")}


@STEPS.register
class UpdateFieldStep(Step):
    slug = "update_field"
    label = gettext_lazy("Update a field")
    summary = gettext_lazy("Sets, clears or calculates a field of the contact.")
    family = "contacts"
    icon = "edit"

    field = models.CharField(gettext_lazy("field"), max_length=64, blank=True)
    op = models.CharField(max_length=10, default="set")
    value = models.CharField(max_length=500, blank=True)

    class Form(SettingsForm):
        # A value may be personalised, so it stays a text to which the choices are only offered.
        follows = {"value": Follows("field", op="op", number=tuple(COLUMNS), suggest=True)}
        depends = {"value": ("op", ("set", "increment", "date_now", "date_add"))}

        field = FieldChoice(label=gettext_lazy("Field"), choices=field_choices)
        op = forms.ChoiceField(label=gettext_lazy("What to do"), choices=list(OPS.items()), initial="set")
        value = forms.CharField(
            label=gettext_lazy("Value"), required=False, max_length=500, validators=[validate_template]
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if self.errors:
                return data
            try:
                _check(data)
            except ValidationError as error:
                self.add_error("value" if _fits(data) else "op", error)
            return data

    def run(self, run: StepRun) -> None:
        custom = None if self.field in STANDARD else contact_fields().get(self.field)
        if self.field not in STANDARD and custom is None:
            raise StepError(_("The contact field “%s” does not exist any more.") % self.field)
        if custom is not None and self.op in CALCULATIONS:
            values = self._calculate(run, custom)
        elif self.op == "set" and "{" in self.value:
            texts = {visit.contact_id: self._personal(run, visit) for visit in run.visits}
            parsed = {text: self._parse(text, custom) for text in set(texts.values())}
            values = {pk: parsed[text] for pk, text in texts.items()}
        else:
            empty = None if custom or self.field == "owner" else ""
            value = empty if self.op == "clear" else self._parse(self.value, custom)
            values = dict.fromkeys(run.contact_ids, value)
        run.go_all(set_field(field=custom or self.field, values=values))

    def _calculate(self, run: StepRun, custom: CustomField) -> dict[int, Any]:
        """New values from the present ones. The lock keeps two workers from counting from the same number."""
        rows = Contact.objects.filter(pk__in=id_set(run.contact_ids)).select_for_update(no_key=True)
        list(rows.order_by("pk").values("pk"))
        values: dict[int, Any] = {}
        for visit in run.visits:
            # A contact can stand here twice, in two passes: each counts.
            current = values.get(visit.contact_id, run.contacts[visit.contact_id].custom_values.get(self.field))
            result = CALCULATIONS[self.op](current, self.value, run)
            text = custom.kind.to_text(result) if isinstance(result, tuple) else result
            values[visit.contact_id] = custom.kind.parse(text, custom.options)
        return values

    def _personal(self, run: StepRun, visit: Visit) -> str:
        return personalise(self.value, run.contacts[visit.contact_id], visit.event, html=False)

    def _parse(self, text: str, custom: CustomField | None) -> Any:
        return custom.kind.parse(text, custom.options) if custom else parse_value(self.field, text)

    def references(self) -> set[tuple[str, int]]:
        return field_references(self.field)

    def describe(self) -> str:
        if not self.field:
            return _("Update a field (not chosen yet)")
        text = _("Field “%(field)s”: %(op)s %(value)s") % {
            "field": field_label(self.field),
            "op": OPS.get(self.op, self.op),
            "value": "" if self.op == "clear" else quoted(self.value) if self.op == "set" else self.value or "0",
        }
        return text.rstrip()


def _fits(data: dict[str, Any]) -> bool:
    """Whether the operation is one for the field's type."""
    custom, columns = contact_fields().get(data["field"]), COLUMNS.get(data["op"])
    if data["field"] == "email" and data["op"] == "clear":
        return False
    return columns is None or (custom is not None and custom.kind.column in columns and custom.type != "checkbox")


def _check(data: dict[str, Any]) -> None:
    """Whether operation and value fit the field; a personalised value can be checked only later."""
    key, op, value = data["field"], data["op"], data["value"]
    if key == "email" and op == "clear":
        raise ValidationError(_("A contact must keep an e-mail address."))
    if not _fits(data):
        raise ValidationError(_("“%(op)s” doesn't fit this field.") % {"op": OPS[op]})
    if op == "set":
        if not value:
            raise ValidationError(_("Give a value, or choose “clear”."))
        if "{" not in value:
            canonical(key, value)
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
