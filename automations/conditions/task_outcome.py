"""How a task ended."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TASK_COMPLETED
from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.task import TASK
from deals.models import TaskOutcome

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class OutcomeForm(SettingsForm):
    depends = {"outcome": ("op", ("is", "is_not"))}

    op = forms.ChoiceField(
        label="",
        choices=[
            ("is", gettext_lazy("ended with")),
            ("is_not", gettext_lazy("did not end with")),
            ("none", gettext_lazy("has no outcome")),
        ],
        initial="is",
    )
    outcome = forms.ModelChoiceField(
        label=gettext_lazy("Outcome"), queryset=TaskOutcome.objects.all(), required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("op") == "none":
            data["outcome"] = None
        elif not data.get("outcome") and "outcome" not in self.errors:
            self.add_error("outcome", forms.ValidationError(_("Choose the outcome."), code="required"))
        return data


@register_for_records
class TaskOutcomeCondition(RecordCondition):
    slug = "task_outcome"
    label = gettext_lazy("Task's outcome")
    group = gettext_lazy("Tasks")
    kind = TASK
    Form = OutcomeForm
    listens_to = (TASK_COMPLETED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        if settings["op"] == "none":
            return Q(outcome=None)
        # A task without an outcome did not end with this one either.
        found = Q(outcome=settings["outcome"], outcome__isnull=False)
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        if settings["op"] == "none":
            return _("has no outcome")
        text = _("ended with “%s”") if settings["op"] == "is" else _("did not end with “%s”")
        return text % name_of(TaskOutcome, settings["outcome"])
