"""A contact performs a custom event (spec: event_recorded), whoever reports it."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import EVENT_RECORDED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import CustomEvent

from .base import TRIGGERS


@TRIGGERS.register
class EventRecordedTrigger(Trigger):
    slug = "event_recorded"
    label = gettext_lazy("Event is recorded")
    summary = gettext_lazy("Your application or site reports that a contact did something.")
    family = "site"
    icon = "bolt"
    synonyms = (gettext_lazy("event tracking"), gettext_lazy("custom event"), gettext_lazy("activity"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = EVENT_RECORDED

    event = models.ForeignKey(
        CustomEvent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("event")
    )
    # "any" leaves the value open; the other two compare without regard to case.
    value_is = models.CharField(max_length=8, default="any")
    value = models.CharField(max_length=1_000, blank=True)

    class Form(SettingsForm):
        depends = {"value": ("value_is", ("equals", "contains"))}

        event = forms.ModelChoiceField(label=gettext_lazy("Event"), queryset=CustomEvent.objects.all())
        value_is = forms.ChoiceField(
            label=gettext_lazy("Its value"),
            choices=[
                ("any", gettext_lazy("any")),
                ("equals", gettext_lazy("equals")),
                ("contains", gettext_lazy("contains")),
            ],
            initial="any",
        )
        value = forms.CharField(
            label=gettext_lazy("Value"),
            required=False,
            max_length=1_000,
            help_text=gettext_lazy("Upper and lower case are the same."),
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("value_is") == "any":
                data["value"] = ""
            elif "value_is" in data and not data.get("value"):
                self.add_error("value", _("Give the value, or choose “any”."))
            return data

    def index_keys(self) -> Iterable[Hashable]:
        return [self.event_id]

    def match(self, event: Event) -> Sequence[int]:
        wanted, given = self.value.casefold(), str(event.data["value"]).casefold()
        matches = {"any": True, "equals": given == wanted, "contains": wanted in given}
        return event.contact_ids if matches[self.value_is] else []

    def describe(self) -> str:
        if not self.event_id:
            return _("An event is recorded (not chosen yet)")
        name = name_of(CustomEvent, self.event_id)
        text = {
            "any": _("The event “%(event)s” is recorded"),
            "equals": _("The event “%(event)s” is recorded with the value “%(value)s”"),
            "contains": _("The event “%(event)s” is recorded with a value that contains “%(value)s”"),
        }[self.value_is]
        shown = self.value if len(self.value) <= 100 else f"{self.value[:99]}…"
        return text % {"event": name, "value": shown}
