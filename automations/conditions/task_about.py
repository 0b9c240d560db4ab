"""Whether a task is about a contact or about a deal."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.records.task import TASK

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class AboutForm(SettingsForm):
    about = forms.ChoiceField(
        label=gettext_lazy("Is about"),
        choices=[("deal", gettext_lazy("a deal")), ("contact", gettext_lazy("a contact"))],
        initial="deal",
    )


@register_for_records
class TaskAboutCondition(RecordCondition):
    slug = "task_about"
    label = gettext_lazy("Task is about")
    group = gettext_lazy("Tasks")
    kind = TASK
    Form = AboutForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return Q(deal__isnull=settings["about"] != "deal")

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return _("is about a deal") if settings["about"] == "deal" else _("is about a contact")
