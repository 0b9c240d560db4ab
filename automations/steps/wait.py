"""Waits: for a period, until a date, until conditions are met, until a weekday or time (spec: wait)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.conditions.fields import ConditionsField
from automations.conditions.tree import (
    describe_tree,
    tree_changes_with_time,
    tree_events,
    tree_references,
)
from automations.engine.clock import add_period, at_wall_time, next_wall_time
from automations.events import EventKind
from automations.fields import FieldChoice, contact_fields, field_label, field_references
from automations.forms import SettingsForm
from automations.models import Step
from automations.reasons import Outcome

from .base import STEPS, StepRun, Visit

UNITS = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
    "months": gettext_lazy("months"),
}
LENGTHS = {
    "minutes": lambda count: ngettext("%d minute", "%d minutes", count) % count,
    "hours": lambda count: ngettext("%d hour", "%d hours", count) % count,
    "days": lambda count: ngettext("%d day", "%d days", count) % count,
    "weeks": lambda count: ngettext("%d week", "%d weeks", count) % count,
    "months": lambda count: ngettext("%d month", "%d months", count) % count,
}
MODES = {
    "period": gettext_lazy("for a period"),
    "date": gettext_lazy("until a date"),
    "field": gettext_lazy("until a date field of the contact"),
    "conditions": gettext_lazy("until conditions are met"),
    "weekday": gettext_lazy("until a day of the week or time of day"),
}
# Conditions wake up through events; this is for those on time, and a net below the rest.
RECHECK = timedelta(hours=6)
RECHECK_TIMED = timedelta(minutes=15)


def date_fields() -> list[tuple[str, str]]:
    fields = contact_fields().values()
    return [("", "---"), *((f.key, f.label) for f in fields if f.kind.column in ("date", "datetime"))]


class WaitForm(SettingsForm):
    mode = forms.ChoiceField(label=gettext_lazy("Wait"), choices=list(MODES.items()), initial="period")
    amount = forms.IntegerField(
        label=gettext_lazy("How long"), min_value=1, max_value=10_000, required=False, initial=1
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=list(UNITS.items()), required=False, initial="days"
    )
    on_date = forms.DateField(
        label=gettext_lazy("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    field = FieldChoice(label=gettext_lazy("Date field"), choices=date_fields, required=False)
    offset_days = forms.IntegerField(
        label=gettext_lazy("Days after it (negative: before)"),
        min_value=-3650,
        max_value=3650,
        required=False,
        initial=0,
    )
    conditions = ConditionsField(label=gettext_lazy("Conditions"), required=False)
    limited = forms.BooleanField(label=gettext_lazy("At the longest for the period given"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    clock = forms.TimeField(
        label=gettext_lazy("Time of day"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[("account", gettext_lazy("the account's")), ("contact", gettext_lazy("the contact's"))],
        initial="account",
        required=False,
    )

    depends = {
        "amount": ("mode", ("period", "conditions")),
        "unit": ("mode", ("period", "conditions")),
        "on_date": ("mode", ("date",)),
        "field": ("mode", ("field",)),
        "offset_days": ("mode", ("field",)),
        "conditions": ("mode", ("conditions",)),
        "limited": ("mode", ("conditions",)),
        "weekdays": ("mode", ("weekday",)),
        "clock": ("mode", ("period", "date", "field", "weekday")),
    }
    NEEDED = {"period": "amount", "date": "on_date", "field": "field", "conditions": "conditions"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        mode = data.get("mode")
        needed = self.NEEDED.get(mode or "")
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, ValidationError(_("This wait needs it."), code="required"))
        if mode == "conditions" and data.get("limited") and not data.get("amount"):
            self.add_error("amount", ValidationError(_("Give the longest time."), code="required"))
        if mode == "weekday" and not data.get("weekdays") and not data.get("clock"):
            self.add_error("weekdays", ValidationError(_("Choose days, a time, or both."), code="required"))
        for name, default in (("amount", 1), ("unit", "days"), ("offset_days", 0), ("zone", "account")):
            data[name] = data.get(name) or default
        return data


@STEPS.register
class WaitStep(Step):
    slug = "wait"
    label = gettext_lazy("Wait")
    summary = gettext_lazy("Holds the contact for a period, until a date, or until conditions are met.")
    family = "flow"
    icon = "hourglass_top"
    synonyms = (gettext_lazy("delay"), gettext_lazy("pause"))
    waits = True

    mode = models.CharField(max_length=10, default="period")
    amount = models.PositiveIntegerField(default=1)
    unit = models.CharField(max_length=10, default="days")
    on_date = models.DateField(null=True, blank=True)
    field = models.CharField(max_length=64, blank=True)
    offset_days = models.IntegerField(default=0)
    conditions = models.JSONField(default=dict, blank=True)
    limited = models.BooleanField(default=False)
    weekdays = models.JSONField(default=list, blank=True)
    clock = models.TimeField(null=True, blank=True)
    zone = models.CharField(max_length=10, default="account")

    Form = WaitForm

    def run(self, run: StepRun) -> None:
        if self.mode == "conditions":
            self._until_conditions(run)
            return
        for visit in run.visits:
            # `limit_at` is the end of this wait. A contact that came here to wait for conditions, before
            # the step was changed, has none or another's: its wait begins anew instead of being skipped.
            if visit.arrived and visit.limit_at is not None and visit.limit_at <= run.now:
                run.go(visit, outcome=Outcome.WAIT_OVER)
                continue
            until = UNTIL[self.mode](self, run, visit)
            if until is None:
                run.go(visit, outcome=Outcome.NO_DATE)
            elif until <= run.now:
                run.go(visit, outcome=Outcome.DATE_PASSED if until < run.now else Outcome.WAIT_OVER)
            else:
                run.wait(visit, until, limit=until, detail=until.isoformat(timespec="minutes"))

    def _until_conditions(self, run: StepRun) -> None:
        """Decided at arrival, at every wake-up and at the limit; never from memory."""
        met = run.meeting(self.conditions)
        recheck = RECHECK_TIMED if tree_changes_with_time(self.conditions) else RECHECK
        for visit in run.visits:
            limit = visit.limit_at if self.limited else None
            if self.limited and limit is None:
                limit = add_period(run.now, self.amount, self.unit, self.zone_of(run, visit))
            if visit.id in met:
                run.go(visit, outcome=Outcome.CONDITIONS_MET)
            elif limit is not None and limit <= run.now:
                run.go(visit, outcome=Outcome.LIMIT_REACHED)
            else:
                run.wait(visit, min(run.now + recheck, limit) if limit else run.now + recheck, limit)

    def zone_of(self, run: StepRun, visit: Visit) -> str:
        """The contact's zone where the step asks for it and the contact has one; else the account's."""
        if self.zone == "contact":
            return run.contacts[visit.contact_id].time_zone or run.zone
        return run.zone

    def watches(self) -> set[EventKind]:
        return tree_events(self.conditions) if self.mode == "conditions" else set()

    def references(self) -> set[tuple[str, int]]:
        if self.mode == "field" and self.field:
            return field_references(self.field)
        return tree_references(self.conditions) if self.mode == "conditions" else set()

    def describe(self) -> str:
        if self.mode == "conditions":
            text = _("Wait until the contact %s") % (describe_tree(self.conditions) or "…")
            return (
                _("%(text)s, at most %(period)s") % {"text": text, "period": self._length()}
                if self.limited
                else text
            )
        text = DESCRIBE[self.mode](self)
        return _("%s in the contact's time zone") % text if self.zone == "contact" else text

    def _length(self) -> str:
        """“1 day”, “3 weeks”."""
        return str(LENGTHS[self.unit](self.amount))

    def _time(self) -> str:
        return time_format(self.clock, "H:i") if self.clock else ""

    def _day(self, day: str) -> str:
        if not self.clock:
            return _("Wait until %s") % day
        return _("Wait until %(day)s at %(time)s") % {"day": day, "time": self._time()}


def _describe_period(step: WaitStep) -> str:
    if not step.clock:
        return _("Wait %s") % step._length()
    return _("Wait %(period)s, then until %(time)s") % {"period": step._length(), "time": step._time()}


def _describe_date(step: WaitStep) -> str:
    return step._day(date_format(step.on_date, "SHORT_DATE_FORMAT") if step.on_date else "…")


def _describe_field(step: WaitStep) -> str:
    field = _("the date in “%s”") % field_label(step.field) if step.field else "…"
    days = abs(step.offset_days)
    if step.offset_days > 0:
        field = ngettext("%(days)d day after %(field)s", "%(days)d days after %(field)s", days) % {
            "days": days, "field": field
        }  # fmt: skip
    elif step.offset_days < 0:
        field = ngettext("%(days)d day before %(field)s", "%(days)d days before %(field)s", days) % {
            "days": days, "field": field
        }  # fmt: skip
    return step._day(field)


def _describe_weekday(step: WaitStep) -> str:
    names = _(" or ").join(str(WEEKDAYS[int(day)]) for day in step.weekdays)
    return step._day(names) if names else _("Wait until %s") % (step._time() or "…")


def _period(step: WaitStep, run: StepRun, visit: Visit) -> datetime | None:
    zone = step.zone_of(run, visit)
    until = add_period(run.now, step.amount, step.unit, zone)
    return next_wall_time(until, zone, step.clock) if step.clock else until


def _date(step: WaitStep, run: StepRun, visit: Visit) -> datetime | None:
    assert step.on_date is not None  # noqa: S101 publishing demands it
    return at_wall_time(step.on_date, step.clock or time(), step.zone_of(run, visit))


def _field(step: WaitStep, run: StepRun, visit: Visit) -> datetime | None:
    """The field's day plus the offset; a date and time keeps its time unless the step gives one."""
    value = run.contacts[visit.contact_id].custom_values.get(step.field)
    zone = step.zone_of(run, visit)
    clock = step.clock or time()
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(zone))
        value, clock = local.date(), step.clock or local.time()
    if not isinstance(value, date):
        return None
    return at_wall_time(value + timedelta(days=step.offset_days), clock, zone)


def _weekday(step: WaitStep, run: StepRun, visit: Visit) -> datetime | None:
    days = [int(day) for day in step.weekdays]
    return next_wall_time(run.now, step.zone_of(run, visit), step.clock, days)


UNTIL: dict[str, Callable[[WaitStep, StepRun, Visit], datetime | None]] = {
    "period": _period,
    "date": _date,
    "field": _field,
    "weekday": _weekday,
}
DESCRIBE: dict[str, Callable[[WaitStep], str]] = {
    "period": _describe_period,
    "date": _describe_date,
    "field": _describe_field,
    "weekday": _describe_weekday,
}
