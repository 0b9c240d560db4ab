"""Events that the contact did, or did not do: ever or within days, once or more often."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import EVENT_RECORDED
from automations.forms import SettingsForm
from automations.names import name_of
from contacts.models import CustomEvent, EventRecord

from .base import CONDITIONS, Condition, Moment, Settings


class EventForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("did", gettext_lazy("did")), ("did_not", gettext_lazy("did not do"))], initial="did"
    )
    event = forms.ModelChoiceField(label=gettext_lazy("Event"), queryset=CustomEvent.objects.all())
    times = forms.IntegerField(
        label=gettext_lazy("At least so many times (empty: once)"), min_value=1, max_value=10_000, required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )


@CONDITIONS.register
class EventCondition(Condition):
    slug = "event"
    label = gettext_lazy("Event")
    group = gettext_lazy("Site and events")
    Form = EventForm
    listens_to = (EVENT_RECORDED,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = EventRecord.objects.filter(event=settings["event"]).order_by()
        if settings.get("days"):
            rows = rows.filter(at__gte=moment.now - timedelta(days=settings["days"]))
        people: Any = rows.values("contact_id")
        if (settings.get("times") or 1) > 1:
            often = people.annotate(times=Count("pk")).filter(times__gte=settings["times"])
            people = often.values("contact_id")
        found = Q(pk__in=people)
        return found if settings["op"] == "did" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("did “%s”") if settings["op"] == "did" else _("did not do “%s”")
        parts = [text % name_of(CustomEvent, settings["event"])]
        times, days = settings.get("times") or 1, settings.get("days")
        if times > 1:
            parts.append(ngettext("at least %d time", "at least %d times", times) % times)
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)
