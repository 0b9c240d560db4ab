"""Membership and history of automations."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import ENTERED_AUTOMATION, LEFT_AUTOMATION
from automations.forms import SettingsForm
from automations.models import Automation, Enrollment
from automations.models.enrollment import INSIDE, EnrollmentStatus
from automations.names import name_of

from .base import CONDITIONS, Condition, Moment, Settings

OPS = {
    "inside": gettext_lazy("is in"),
    "not_inside": gettext_lazy("is not in"),
    "entered": gettext_lazy("has ever entered"),
    "not_entered": gettext_lazy("has never entered"),
    "completed": gettext_lazy("has completed"),
    "not_completed": gettext_lazy("has not completed"),
}


class AutomationForm(SettingsForm):
    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="inside")
    automation = forms.ModelChoiceField(label=gettext_lazy("Automation"), queryset=Automation.objects.all())


@CONDITIONS.register
class AutomationCondition(Condition):
    slug = "automation"
    label = gettext_lazy("Automation")
    group = gettext_lazy("Automations")
    Form = AutomationForm
    listens_to = (ENTERED_AUTOMATION, LEFT_AUTOMATION)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = Enrollment.objects.filter(automation=settings["automation"])
        op = settings["op"].removeprefix("not_")
        if op == "inside":
            rows = rows.filter(status__in=INSIDE)
        elif op == "completed":
            rows = rows.filter(status=EnrollmentStatus.COMPLETED)
        found = Q(pk__in=rows.values("contact_id"))
        return ~found if settings["op"].startswith("not_") else found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        name = name_of(Automation, settings["automation"])
        return _("%(op)s the automation “%(name)s”") % {"op": OPS[settings["op"]], "name": name}
