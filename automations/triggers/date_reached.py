"""A date field's day comes, with an offset (spec: date_reached). The clock tells: see `engine.date_sweep`."""

from collections.abc import Hashable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

import automations.deal_dates  # noqa: F401 its fields can be chosen
from automations.availability import PLUS_AND_UP, Availability
from automations.date_fields import CREATED, date_field, date_field_choices, split_key
from automations.engine.dates import DateRule
from automations.events import DATE_REACHED
from automations.fields import FieldChoice, field_references
from automations.forms import SettingsForm
from automations.models import Trigger, Turn

from .base import TRIGGERS

UNITS = {
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
    "months": gettext_lazy("months"),
}
LENGTHS = {
    "hours": lambda count: ngettext("%d hour", "%d hours", count) % count,
    "days": lambda count: ngettext("%d day", "%d days", count) % count,
    "weeks": lambda count: ngettext("%d week", "%d weeks", count) % count,
    "months": lambda count: ngettext("%d month", "%d months", count) % count,
}
#: Ten years, in each unit.
LIMITS = {"hours": 87_600, "days": 3_650, "weeks": 520, "months": 120}


class DateReachedForm(SettingsForm):
    depends = dict.fromkeys(("amount", "unit"), ("when", ("before", "after")))

    field = FieldChoice(label=gettext_lazy("Date"), choices=date_field_choices)
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[
            ("before", gettext_lazy("before it")),
            ("on", gettext_lazy("when it comes")),
            ("after", gettext_lazy("after it")),
        ],
        initial="on",
        required=False,
    )
    amount = forms.IntegerField(label=gettext_lazy("How long"), min_value=1, required=False, initial=1)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=list(UNITS.items()), required=False, initial="days"
    )
    clock = forms.TimeField(
        label=gettext_lazy("Time of day"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=gettext_lazy("Empty: at the date's own time, or as its day begins where it has none."),
    )
    every = forms.ChoiceField(
        label=gettext_lazy("Year"),
        choices=[
            ("once", gettext_lazy("in the year of the date")),
            ("year", gettext_lazy("every year, as a birthday")),
        ],
        initial="once",
        required=False,
        help_text=gettext_lazy("29 February is 28 February in other years."),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[("account", gettext_lazy("the account's")), ("contact", gettext_lazy("the contact's"))],
        help_text=gettext_lazy("Of a deal: its primary contact's. The account's, where the contact has none."),
        initial="account",
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, default in (("when", "on"), ("every", "once"), ("zone", "account")):
            if name in data:
                data[name] = data[name] or default
        if data.get("when") == "on":
            data["amount"], data["unit"] = 1, "days"
        elif "when" in data:
            self._check_offset(data)
        return data

    def _check_offset(self, data: dict[str, Any]) -> None:
        data["unit"] = unit = data.get("unit") or "days"
        amount = data.get("amount")
        if amount is None and "amount" not in self.errors:
            self.add_error("amount", ValidationError(_("Give how long before or after it."), code="required"))
        elif amount is not None and amount > LIMITS[unit]:
            text = _("At most ten years: %(limit)d %(unit)s.") % {"limit": LIMITS[unit], "unit": UNITS[unit]}
            self.add_error("amount", text)
        if unit != "hours":
            return
        field = date_field(data.get("field") or "")
        if field is not None and not field.timed:
            self.add_error("unit", _("“%s” has no time of day: choose days, weeks or months.") % field.label)
        if data.get("clock"):
            self.add_error("clock", _("Hours are counted from the date's own time: leave it empty."))


@TRIGGERS.register
class DateReachedTrigger(Trigger):
    slug = "date_reached"
    label = gettext_lazy("Date is reached")
    summary = gettext_lazy("The day of a date field comes, or a time before or after it.")
    family = "dates"
    icon = "event"
    synonyms = (gettext_lazy("birthday"), gettext_lazy("anniversary"), gettext_lazy("reminder"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = DATE_REACHED
    # Of a deal's date; a contact's own concerns that contact.
    record = "deal"
    multi_contact = True
    # Only the sweep of an automation raises the event.
    suits_rules = False

    field = models.CharField(gettext_lazy("field"), max_length=64, blank=True)
    when = models.CharField(max_length=6, default="on")
    amount = models.PositiveIntegerField(default=1)
    unit = models.CharField(max_length=6, default="days")
    clock = models.TimeField(null=True, blank=True)
    every = models.CharField(max_length=4, default="once")
    zone = models.CharField(max_length=7, default="account")

    Form = DateReachedForm

    @property
    def rule(self) -> DateRule:
        signs = {"before": -1, "on": 0, "after": 1}
        return DateRule(self.amount * signs[self.when], self.unit, self.clock, self.every == "year")

    @property
    def event_key(self) -> Hashable:
        """Keys of triggers are the automation's own."""
        return (self.automation_id, self.key)

    def index_keys(self) -> Iterable[Hashable]:
        return [self.event_key]

    def sweep(self, turn: Turn) -> int:
        from automations.engine.date_sweep import sweep_dates

        field = date_field(self.field)
        return sweep_dates(self, field, turn) if field else 0

    def references(self) -> set[tuple[str, int]]:
        scope, name = split_key(self.field)
        return set() if name == CREATED or date_field(self.field) is None else field_references(name, scope)

    def problems(self) -> list[str]:
        field = date_field(self.field)
        if self.record_segment and field is not None and field.records is None:
            return [*super().problems(), _("Conditions on the deal need a date of a deal; clear them.")]
        return super().problems()

    def describe(self) -> str:
        if not self.field:
            return _("A date is reached (not chosen yet)")
        parts = [self._when(self._name())]
        if self.every == "year":
            parts.append(_("every year"))
        if self.clock:
            parts.append(_("at %s") % time_format(self.clock, "H:i"))
        text = ", ".join(parts)
        return _("%s in the contact's time zone") % text if self.zone == "contact" else text

    def _name(self) -> str:
        field = date_field(self.field)
        return field.label if field else _("(deleted field “%s”)") % self.field

    def _when(self, name: str) -> str:
        texts = {
            "before": _("%(length)s before “%(field)s”"),
            "on": _("“%(field)s” is reached"),
            "after": _("%(length)s after “%(field)s”"),
        }
        return texts[self.when] % {"length": LENGTHS[self.unit](self.amount), "field": name}
