"""What a task is called."""

from django.db.models import Q
from django.utils.translation import gettext_lazy

from automations.events import TASK_COMPLETED
from automations.records.task import TASK

from .base import Moment, Settings
from .records import RecordCondition, register_for_records
from .title import TitleForm, describe_title, title_is


@register_for_records
class TaskTitleCondition(RecordCondition):
    slug = "task_title"
    label = gettext_lazy("Task's title")
    group = gettext_lazy("Tasks")
    kind = TASK
    Form = TitleForm
    listens_to = (TASK_COMPLETED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return title_is(settings)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return describe_title(settings)
