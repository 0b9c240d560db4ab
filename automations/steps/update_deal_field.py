"""Sets, clears or calculates a field of a deal (spec: update deal, field)."""

from collections.abc import Mapping, Sequence

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.fields import FieldChoice

from .base import STEPS, StepRun
from .deal_target import WhichDealForm, deals_of
from .field_update import FieldUpdateForm, FieldUpdateStep


@STEPS.register
class UpdateDealFieldStep(FieldUpdateStep):
    slug = "update_deal_field"
    label = gettext_lazy("Update a deal field")
    summary = gettext_lazy("Sets, clears or calculates a custom field or the expected close date of the deal.")
    family = "crm"
    icon = "edit"
    availability = ADD_ONS
    scope = "deal"
    no_target = gettext_lazy("there is no such deal")

    which = models.CharField(max_length=7, default="one")

    class Form(FieldUpdateForm, WhichDealForm):
        scope = "deal"
        field_order = ["which", "field", "op", "value"]
        field = FieldChoice(scope="deal", label=gettext_lazy("Field"))

    def records_to_update(self, run: StepRun) -> Mapping[int, Sequence[int]]:
        return deals_of(run, self.which)

    def describe(self) -> str:
        return _("Deal: %s") % super().describe()
