"""Conversions of the contact: ever or within days, once or more often."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import CONVERSION_OCCURRED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import Conversion, ConversionRecord

from .base import CONDITIONS, Condition, Moment, Settings


class ConversionForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("has", gettext_lazy("has converted")), ("has_not", gettext_lazy("has not converted"))],
        initial="has",
    )
    conversion = forms.ModelChoiceField(
        label=gettext_lazy("Conversion"),
        queryset=Conversion.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any conversion"),
    )
    times = forms.IntegerField(
        label=gettext_lazy("At least so many times (empty: once)"), min_value=1, max_value=10_000, required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )


@CONDITIONS.register
class ConversionCondition(Condition):
    slug = "conversion"
    label = gettext_lazy("Conversion")
    Form = ConversionForm
    listens_to = (CONVERSION_OCCURRED,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = ConversionRecord.objects.order_by()
        if settings.get("conversion"):
            rows = rows.filter(conversion=settings["conversion"])
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        people: Any = rows.values("contact_id")
        if (settings.get("times") or 1) > 1:
            often = people.annotate(times=Count("pk")).filter(times__gte=settings["times"])
            people = often.values("contact_id")
        found = Q(pk__in=people)
        return found if settings["op"] == "has" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        named = settings.get("conversion")
        texts = {
            ("has", True): _("has converted: “%s”"),
            ("has_not", True): _("has not converted: “%s”"),
            ("has", False): _("has converted"),
            ("has_not", False): _("has not converted"),
        }
        text = texts[settings["op"], bool(named)]
        parts = [text % name_of(Conversion, named) if named else text]
        times, days = settings.get("times") or 1, settings.get("days")
        if times > 1:
            parts.append(ngettext("at least %d time", "at least %d times", times) % times)
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)
