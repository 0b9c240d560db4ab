"""A custom field or the expected close date of a deal."""

from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, DEAL_FIELD_CHANGED, PIPELINE_ENTERED
from automations.fields import FieldChoice
from automations.records.deal import DEAL

from .field import FieldForm, FieldQuestion
from .records import RecordCondition, register_for_records


class DealFieldForm(FieldForm):
    scope = "deal"
    field = FieldChoice(scope="deal", label=gettext_lazy("Field"))


@register_for_records
class DealFieldCondition(FieldQuestion, RecordCondition):
    slug = "deal_field"
    label = gettext_lazy("Deal field")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = DealFieldForm
    listens_to = (DEAL_FIELD_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)
