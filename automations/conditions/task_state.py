"""Whether a task is still to be done."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TASK_COMPLETED
from automations.forms import SettingsForm
from automations.records.task import TASK

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class StateForm(SettingsForm):
    state = forms.ChoiceField(
        label=gettext_lazy("Is"),
        choices=[
            ("open", gettext_lazy("to be done")),
            ("overdue", gettext_lazy("overdue")),
            ("done", gettext_lazy("done")),
        ],
        initial="open",
    )


@register_for_records
class TaskStateCondition(RecordCondition):
    slug = "task_state"
    label = gettext_lazy("Task is done")
    group = gettext_lazy("Tasks")
    kind = TASK
    Form = StateForm
    listens_to = (TASK_COMPLETED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        if settings["state"] == "overdue":
            return Q(done_at=None, due_at__lt=moment.now)
        return Q(done_at__isnull=settings["state"] == "open")

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings["state"] == "overdue")

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {"open": _("is to be done"), "overdue": _("is overdue"), "done": _("is done")}
        return texts[settings["state"]]
