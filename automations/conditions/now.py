"""The current date, day of the week and time of day, in the account's time zone."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm

from .base import CONDITIONS, Condition, Moment, Settings


class NowForm(SettingsForm):
    """Each part narrows; at least one is needed."""

    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        required=False,
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    after_time = forms.TimeField(
        label=gettext_lazy("From (time of day)"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    before_time = forms.TimeField(
        label=gettext_lazy("Until (time of day)"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    after_date = forms.DateField(
        label=gettext_lazy("From (date)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    before_date = forms.DateField(
        label=gettext_lazy("Until (date, inclusive)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.values()) and not self.errors:
            raise ValidationError(_("Choose days, a time or a date."))
        return data


@CONDITIONS.register
class NowCondition(Condition):
    slug = "now"
    label = gettext_lazy("Current date and time")
    group = gettext_lazy("Time")
    Form = NowForm
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        # The answer is the same for every contact: everyone, or nobody.
        return ~Q(pk__in=[]) if _holds(settings, moment) else Q(pk__in=[])

    @classmethod
    def describe(cls, settings: Settings) -> str:
        parts = []
        if settings.get("weekdays"):
            parts.append(
                _("is looked at on %s") % _(" or ").join(str(WEEKDAYS[int(day)]) for day in settings["weekdays"])
            )
        for name, text in (
            ("after_time", _("is looked at from %s on")),
            ("before_time", _("is looked at before %s")),
        ):
            if settings.get(name):
                parts.append(text % settings[name][:5])
        for name, text in (
            ("after_date", _("is looked at on %s or later")),
            ("before_date", _("is looked at on %s at the latest")),
        ):
            day = parse_date(settings[name]) if settings.get(name) else None
            if day:
                parts.append(text % date_format(day, "SHORT_DATE_FORMAT"))
        return _(" and ").join(parts)


def _holds(settings: Settings, moment: Moment) -> bool:
    local = moment.now.astimezone(ZoneInfo(moment.zone))
    clock, day = local.time(), local.date().isoformat()
    after, before = settings.get("after_time"), settings.get("before_time")
    start = time.fromisoformat(after) if after else time.min
    end = time.fromisoformat(before) if before else None
    if end is None:
        in_hours = clock >= start
    elif start <= end:
        in_hours = start <= clock < end
    else:  # over midnight: from 22:00 until 06:00
        in_hours = clock >= start or clock < end
    return (
        in_hours
        and (not settings.get("weekdays") or str(local.weekday()) in settings["weekdays"])
        and (not settings.get("after_date") or day >= settings["after_date"])
        and (not settings.get("before_date") or day <= settings["before_date"])
    )
