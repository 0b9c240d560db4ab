"""Sends the contact to another step of this automation (spec: go to)."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import remembered
from automations.reasons import Exit, Outcome

from .base import STEPS, StepRun


@STEPS.register
class GoToStep(Step):
    slug = "go_to"
    label = gettext_lazy("Go to")
    summary = gettext_lazy("Sends the contact to another step of this automation.")
    family = "flow"
    icon = "redo"
    synonyms = (gettext_lazy("loop"), gettext_lazy("jump"))
    terminal = True

    target = models.CharField(gettext_lazy("step"), max_length=12, blank=True)

    class Form(SettingsForm):
        target = forms.ChoiceField(
            label=gettext_lazy("Step"),
            error_messages={
                "invalid_choice": gettext_lazy("That step does not exist (any more); choose another.")
            },
        )

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            field = self.fields["target"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 declared above
            field.choices = other_steps(self.owner)

    def run(self, run: StepRun) -> None:
        known = self.target in run.plan.steps
        place = run.plan.place_of(self.target) if known else ""
        for visit in run.visits:
            if known:
                run.jump(visit, self.target, detail=place)
            else:
                run.end(visit, Exit.STEP_REMOVED, Outcome.STEP_REMOVED)

    def targets(self) -> set[str]:
        return {self.target} if self.target else set()

    def describe(self) -> str:
        if not self.target or self.automation_id is None:
            return _("Go to another step (not chosen yet)")
        target = remembered((Step, self.automation_id), self._siblings).get(self.target)
        if target is None or isinstance(target, GoToStep):
            return _("Go to another step (not chosen yet)")
        return _("Go to “%s”") % target.describe()

    def _siblings(self) -> dict[str, Step]:
        """The draft's steps by key; lists of steps give them beforehand (see `automations.names`)."""
        return {step.key: step for step in Step.objects.filter(automation=self.automation_id)}


def other_steps(step: Step | None) -> list[tuple[str, str]]:
    """The draft's steps that `step` can name, as choices."""
    if step is None or step.automation_id is None:
        return []
    steps = Step.objects.filter(automation=step.automation_id).exclude(key=step.key)
    return [(other.key, other.describe()) for other in steps if not isinstance(other, GoToStep)]
