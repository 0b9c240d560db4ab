"""What kind of task it is."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import TASK_COMPLETED
from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.task import TASK
from deals.models import TaskType

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class TaskTypeForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))], initial="is"
    )
    task_type = forms.ModelChoiceField(label=gettext_lazy("Type"), queryset=TaskType.objects.all())


@register_for_records
class TaskTypeCondition(RecordCondition):
    slug = "task_type"
    label = gettext_lazy("Task's type")
    group = gettext_lazy("Tasks")
    kind = TASK
    Form = TaskTypeForm
    listens_to = (TASK_COMPLETED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(type=settings["task_type"])
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is of the type “%s”") if settings["op"] == "is" else _("is not of the type “%s”")
        return text % name_of(TaskType, settings["task_type"])
