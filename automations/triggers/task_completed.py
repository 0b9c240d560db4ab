"""A task of a deal or contact is marked done (spec: task_completed). Which tasks is for its conditions to say."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import TASK_COMPLETED
from automations.forms import SettingsForm
from automations.models import Trigger

from .base import TRIGGERS


@TRIGGERS.register
class TaskCompletedTrigger(Trigger):
    slug = "task_completed"
    label = gettext_lazy("Task is completed")
    summary = gettext_lazy("A task about a deal or a contact is marked as done.")
    family = "crm"
    icon = "task_alt"
    synonyms = (gettext_lazy("to do"), gettext_lazy("call"), gettext_lazy("outcome"))
    availability = ADD_ONS
    listens_to = TASK_COMPLETED
    record = "task"
    multi_contact = True

    class Form(SettingsForm):
        """Which tasks is asked by the conditions on the record."""

    def describe(self) -> str:
        return _("A task is completed")
