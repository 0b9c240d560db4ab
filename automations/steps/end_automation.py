"""Ends this automation for the contact, or another one (spec: end this / another automation)."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Automation, Step
from automations.models.step import NEXT, Arm
from automations.names import name_of
from automations.reasons import Exit

from .base import STEPS, StepRun


@STEPS.register
class EndAutomationStep(Step):
    slug = "end_automation"
    label = gettext_lazy("End an automation")
    summary = gettext_lazy("Ends this automation for the contact, or another one.")
    family = "flow"
    icon = "stop_circle"
    synonyms = (gettext_lazy("stop"), gettext_lazy("exit"))

    # None stands for this automation.
    target = models.ForeignKey(
        Automation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("automation"),
    )

    class Form(SettingsForm):
        target = forms.ModelChoiceField(
            label=gettext_lazy("Automation"),
            queryset=Automation.objects.all(),
            required=False,
            empty_label=gettext_lazy("This automation"),
        )

    def arms(self) -> tuple[Arm, ...]:
        return NEXT if self._other else ()

    @property
    def _other(self) -> bool:
        return self.target_id is not None and self.target_id != self.automation_id

    def run(self, run: StepRun) -> None:
        if not self._other:
            for visit in run.visits:
                run.end(visit)
            return
        from automations.services import end_enrollments

        assert self.target_id is not None  # noqa: S101 `_other` says so
        ended = end_enrollments(
            automation=self.target_id, contacts=run.contact_ids, reason=Exit.ENDED_BY_AUTOMATION
        )
        run.go_all(ended)

    def describe(self) -> str:
        if not self._other:
            return _("End this automation")
        return _("End the automation “%s”") % name_of(Automation, self.target_id)
