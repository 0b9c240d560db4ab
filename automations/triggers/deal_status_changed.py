"""A deal is won, lost or opened again (spec: deal_status_changed)."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import DEAL_STATUS_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from contacts.quotes import quoted
from deals.models import DealStatus

from .base import TRIGGERS
from .deal_event import from_to

SIDES = [("any", gettext_lazy("any status")), *DealStatus.choices]


@TRIGGERS.register
class DealStatusChangedTrigger(Trigger):
    slug = "deal_status_changed"
    label = gettext_lazy("Deal status changes")
    summary = gettext_lazy("A deal is won, lost or opened again.")
    family = "deals"
    icon = "trophy"
    synonyms = (gettext_lazy("won"), gettext_lazy("lost"), gettext_lazy("closed"))
    availability = ADD_ONS
    listens_to = DEAL_STATUS_CHANGED
    record = "deal"
    multi_contact = True

    old = models.CharField(max_length=4, default="any")
    new = models.CharField(max_length=4, default="any")

    class Form(SettingsForm):
        old = forms.ChoiceField(label=gettext_lazy("From"), choices=SIDES, initial="any")
        new = forms.ChoiceField(label=gettext_lazy("To"), choices=SIDES, initial="any")

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("old") == data.get("new") != "any" and "new" in data:
                self.add_error("new", _("“From” and “to” are the same status: that is no change."))
            return data

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        return self.old in ("any", old) and self.new in ("any", new)

    def describe(self) -> str:
        labels = {value: quoted(label) for value, label in DealStatus.choices}
        if self.old == self.new == "any":
            return _("A deal's status changes")
        return _("A deal's status changes%s") % from_to(labels.get(self.old, ""), labels.get(self.new, ""))
