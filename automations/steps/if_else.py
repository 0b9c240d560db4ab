"""Two branches by conditions, decided once, when the contact comes to it (spec: if / else)."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.conditions.fields import ConditionsField
from automations.conditions.tree import describe_tree, tree_references
from automations.forms import SettingsForm
from automations.models import Step
from automations.models.step import Arm
from automations.reasons import Outcome

from .base import STEPS, StepRun


@STEPS.register
class IfElseStep(Step):
    slug = "if_else"
    label = gettext_lazy("If / else")
    summary = gettext_lazy("Sends the contact down one of two branches.")
    family = "flow"
    icon = "call_split"

    conditions = models.JSONField(default=dict)

    class Form(SettingsForm):
        conditions = ConditionsField(label=gettext_lazy("Conditions"), required=True)

    def arms(self) -> tuple[Arm, ...]:
        return (Arm("yes", gettext_lazy("Yes")), Arm("no", gettext_lazy("No")))

    def run(self, run: StepRun) -> None:
        met = run.meeting(self.conditions)
        for visit in run.visits:
            if visit.id in met:
                run.go(visit, "yes", Outcome.CONDITIONS_MET)
            else:
                run.go(visit, "no", Outcome.CONDITIONS_NOT_MET)

    def references(self) -> set[tuple[str, int]]:
        return tree_references(self.conditions)

    def describe(self) -> str:
        text = describe_tree(self.conditions)
        return _("If the contact %s") % text if text else _("If … (no conditions yet)")
