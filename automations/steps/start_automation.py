"""Adds the contact to another automation (spec: start an automation)."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Automation, Step
from automations.names import name_of
from automations.reasons import Entry, Outcome

from .base import STEPS, StepRun


@STEPS.register
class StartAutomationStep(Step):
    slug = "start_automation"
    label = gettext_lazy("Start an automation")
    summary = gettext_lazy("Adds the contact to another automation.")
    family = "flow"
    icon = "play_circle"

    target = models.ForeignKey(
        Automation, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("automation")
    )

    class Form(SettingsForm):
        target = forms.ModelChoiceField(
            label=gettext_lazy("Automation"),
            queryset=Automation.objects.all(),
            help_text=gettext_lazy("Its own rules decide who may enter."),
        )

        def clean_target(self) -> Automation:
            target: Automation = self.cleaned_data["target"]
            if self.owner is not None and target.pk == self.owner.automation_id:
                # The loop guard would refuse every contact.
                raise ValidationError(_("An automation can't start itself; use “Go to” instead."))
            return target

    def run(self, run: StepRun) -> None:
        from automations.services import add_to_automation

        assert self.target_id is not None  # noqa: S101 publishing demands it
        carried = {visit.contact_id: visit.event for visit in run.visits if visit.event.get("record")}
        reasons = add_to_automation(automation=self.target_id, contacts=run.contact_ids, carried=carried)
        for visit in run.visits:
            reason = reasons.get(visit.contact_id, Entry.ENTERED)
            entered = reason == Entry.ENTERED
            run.go(
                visit,
                outcome=Outcome.DONE if entered else Outcome.NOTHING_TO_DO,
                detail="" if entered else str(Entry(reason).label),
            )

    def describe(self) -> str:
        if not self.target_id:
            return _("Start an automation (not chosen yet)")
        return _("Start the automation “%s”") % name_of(Automation, self.target_id)
