"""Whether a deal is open, won or lost."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, DEAL_STATUS_CHANGED, PIPELINE_ENTERED
from automations.forms import SettingsForm
from automations.records.deal import DEAL
from deals.models import DealStatus

from .base import Moment, Settings
from .records import RecordCondition, register_for_records


class StatusForm(SettingsForm):
    op = forms.ChoiceField(
        label="", choices=[("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))], initial="is"
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=DealStatus.choices)


@register_for_records
class DealStatusCondition(RecordCondition):
    slug = "deal_status"
    label = gettext_lazy("Deal's status")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = StatusForm
    listens_to = (DEAL_STATUS_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(status=settings["status"])
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is %s") if settings["op"] == "is" else _("is not %s")
        return text % DealStatus(settings["status"]).label
