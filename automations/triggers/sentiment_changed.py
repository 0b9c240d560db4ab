"""The sentiment of a deal's e-mails changes (spec: sentiment_changed). What can't be read changes nothing."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import AddOn, Availability
from automations.events import SENTIMENT_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger

from .base import TRIGGERS

SENTIMENTS: dict[str, Any] = {
    "positive": gettext_lazy("positive"),
    "negative": gettext_lazy("negative"),
    "neutral": gettext_lazy("neutral"),
    "mixed": gettext_lazy("mixed"),
}
ANY = ("any", gettext_lazy("any"))
#: Before the deal's first e-mail that could be read.
NONE = ("none", gettext_lazy("none yet"))


@TRIGGERS.register
class SentimentChangedTrigger(Trigger):
    slug = "sentiment_changed"
    label = gettext_lazy("Sentiment of a deal changes")
    summary = gettext_lazy("A contact's e-mail about a deal is in another mood than the one before.")
    family = "deals"
    icon = "sentiment_satisfied"
    synonyms = (gettext_lazy("mood"), gettext_lazy("angry"), gettext_lazy("happy"))
    listens_to = SENTIMENT_CHANGED
    record = "deal"
    multi_contact = True
    availability = Availability(plans=(), addons=(AddOn.SALES_ENGAGEMENT,))

    old = models.CharField(gettext_lazy("from"), max_length=8, default="any")
    new = models.CharField(gettext_lazy("to"), max_length=8, default="any")

    class Form(SettingsForm):
        old = forms.ChoiceField(
            label=gettext_lazy("From"), choices=[ANY, NONE, *SENTIMENTS.items()], required=False, initial="any"
        )
        new = forms.ChoiceField(
            label=gettext_lazy("To"), choices=[ANY, *SENTIMENTS.items()], required=False, initial="any"
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            for name in ("old", "new"):
                if name not in self.errors:
                    data[name] = data.get(name) or "any"
            if data.get("old") == data.get("new") != "any":
                self.add_error("new", _("From and to are the same: that is no change."))
            return data

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        return self.old in ("any", old or "none") and self.new in ("any", new)

    def describe(self) -> str:
        names = dict([ANY, NONE, *SENTIMENTS.items()])
        if self.old == self.new == "any":
            return _("The sentiment of a deal changes")
        return _("The sentiment of a deal changes from %(old)s to %(new)s") % {
            "old": names[self.old],
            "new": names[self.new],
        }
