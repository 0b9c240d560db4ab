"""Forms of the builder that are not a type's own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from automations.conditions.fields import ConditionsField
from automations.models import Automation, Trigger
from automations.models.trigger import Recipients, Runs
from automations.trigger_rules import RULES, fit_to_records


class TriggerRulesForm(forms.Form):
    """What every trigger has: whom it concerns, and how often."""

    segment = ConditionsField(
        label=_("Who"),
        required=False,
        help_text=_("Only contacts who meet this at the moment of the event enter. Leave it empty for everyone."),
    )
    recipients = forms.ChoiceField(label=_("Which contacts"), choices=Recipients, widget=forms.RadioSelect)
    runs = forms.ChoiceField(label=_("How often"), choices=Runs, widget=forms.RadioSelect)

    def __init__(self, *args: Any, trigger: Trigger, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to_records(self, type(trigger))
        self.order_fields(RULES)
        if trigger.fixed_runs:
            field = self.fields["runs"]
            field.disabled, field.initial = True, trigger.fixed_runs
            field.help_text = _("This trigger has a fixed rule; it can't be changed.")


class AutomationForm(forms.ModelForm):
    class Meta:
        model = Automation
        fields = ("description", "entry_policy", "lists", "exit_on_unsubscribe", "exit_conversion", "clock")
        widgets = {"entry_policy": forms.RadioSelect, "clock": forms.RadioSelect}


class NewAutomationForm(forms.ModelForm):
    class Meta:
        model = Automation
        fields = ("name",)
