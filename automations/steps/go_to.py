"""Sends the contact to another step of this automation (spec: go to)."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import remember, remembered
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
        titles = dict(other_steps(self))
        if self.target not in titles:
            return _("Go to another step (not chosen yet)")
        return _("Go to “%s”") % titles[self.target]


def other_steps(step: Step | None) -> list[tuple[str, str]]:
    """The draft's steps that `step` can name, as choices."""
    if step is None or step.automation_id is None:
        return []
    automation = step.automation_id
    titles = remembered(("step titles", automation), lambda: _titles(automation))
    return [(key, title) for key, title in titles if key != step.key]


def give_titles(automations: Collection[int]) -> None:
    """Read what the sentences of go-to steps need, in a fixed number of queries (see `remembered_names`)."""
    titles: dict[int, list[tuple[str, str]]] = {pk: [] for pk in automations}
    for step in Step.objects.filter(automation__in=titles):
        if not isinstance(step, GoToStep):
            titles[step.automation_id].append((step.key, step.describe()))
    for pk, found in titles.items():
        remember(("step titles", pk), found)


def _titles(automation: int) -> list[tuple[str, str]]:
    steps = Step.objects.filter(automation=automation)
    return [(step.key, step.describe()) for step in steps if not isinstance(step, GoToStep)]
