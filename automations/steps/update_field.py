"""Sets, clears, increments a contact field, or does date arithmetic on it (spec: update a field)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import personalise, validate_template
from automations.fields import (
    STANDARD,
    FieldChoice,
    canonical,
    contact_fields,
    field_choices,
    field_label,
    field_references,
)
from automations.forms import SettingsForm
from automations.models import Step
from contacts.models import Contact, CustomField
from contacts.services import set_field
from contacts.services.fields import parse_standard

from .base import STEPS, StepError, StepRun, Visit

OPS = {
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "increment": gettext_lazy("increase by"),
    "date_now": gettext_lazy("set to the current date plus days"),
    "date_add": gettext_lazy("move the date by days"),
}
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
                self.add_error("value" if data["op"] == "set" else "op", error)
            return data

    def run(self, run: StepRun) -> None:
        custom = None if self.field in STANDARD else contact_fields().get(self.field)
        if self.field not in STANDARD and custom is None:
            raise StepError(_("The contact field “%s” does not exist any more.") % self.field)
        values = {visit.contact_id: self._value(run, visit, custom) for visit in run.visits}
        run.go_all(set_field(field=custom or self.field, values=values))

    def _value(self, run: StepRun, visit: Visit, custom: CustomField | None) -> Any:
        if self.op == "clear":
            return None if custom or self.field == "owner" else ""
        if custom is not None and self.op != "set":
            contact = run.contacts[visit.contact_id]
            result = CALCULATIONS[self.op](contact.custom_values.get(self.field), self.value, run)
            return result if isinstance(result, tuple) else custom.kind.parse(result, custom.options)
        return self._parse(run, visit, custom)

    def _parse(self, run: StepRun, visit: Visit, custom: CustomField | None) -> Any:
        raw = self.value
        if "{" in raw:
            contact: Contact = run.contacts[visit.contact_id]
            raw = personalise(raw, contact, visit.event, html=False)
        try:
            return custom.kind.parse(raw, custom.options) if custom else parse_standard(self.field, raw)
        except ValidationError as error:
            raise StepError(" ".join(error.messages)) from error

    def references(self) -> set[tuple[str, int]]:
        return field_references(self.field)

    def describe(self) -> str:
        if not self.field:
            return _("Update a field (not chosen yet)")
        return _("Field “%(field)s”: %(op)s %(value)s") % {
            "field": field_label(self.field),
            "op": OPS.get(self.op, self.op),
            "value": "" if self.op == "clear" else f"“{self.value}”" if self.op == "set" else self.value,
        }


def _check(data: dict[str, Any]) -> None:
    """Whether operation and value fit the field; a personalised value can be checked only later."""
    key, op, value = data["field"], data["op"], data["value"]
    custom = contact_fields().get(key)
    if op in COLUMNS and (custom is None or custom.kind.column not in COLUMNS[op] or custom.type == "checkbox"):
        raise ValidationError(_("“%(op)s” doesn't fit this field.") % {"op": OPS[op]})
    if key == "email" and op == "clear":
        raise ValidationError(_("A contact must keep an e-mail address."))
    if op == "set":
        if not value:
            raise ValidationError(_("Give a value, or choose “clear”."))
        if "{" not in value:
            canonical(key, value)
    elif op != "clear":
        _amount(value or "0")


def _amount(value: str) -> Decimal:
    try:
        return Decimal(value)
    except ArithmeticError:
        raise ValidationError(_("“%s” is not a number.") % value) from None


def _increment(current: Any, value: str, run: StepRun) -> Any:
    if isinstance(current, tuple):  # money keeps its currency
        return current[0] + Decimal(value), current[1]
    return (current or Decimal(0)) + Decimal(value)


def _date_now(current: Any, value: str, run: StepRun) -> Any:
    return run.now.astimezone(ZoneInfo(run.zone)) + timedelta(days=int(Decimal(value or "0")))


def _date_add(current: Any, value: str, run: StepRun) -> Any:
    if not isinstance(current, date | datetime):
        return None
    return current + relativedelta(days=int(Decimal(value)))


CALCULATIONS: dict[str, Callable[[Any, str, StepRun], Any]] = {
    "increment": _increment,
    "date_now": _date_now,
    "date_add": _date_add,
}
