"""A custom field or the expected close date of a deal changes (spec: deal_field_changed)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import DEAL_FIELD_CHANGED
from automations.fields import FieldChoice

from .base import TRIGGERS
from .field_change import FieldChangeForm, FieldChangeTrigger


@TRIGGERS.register
class DealFieldChangedTrigger(FieldChangeTrigger):
    slug = "deal_field_changed"
    label = gettext_lazy("Deal field changes")
    summary = gettext_lazy("A custom field or the expected close date of a deal gets another value.")
    family = "deals"
    icon = "edit_note"
    synonyms = (gettext_lazy("custom field"), gettext_lazy("expected close date"), gettext_lazy("attribute"))
    availability = ADD_ONS
    listens_to = DEAL_FIELD_CHANGED
    record = "deal"
    multi_contact = True
    scope = "deal"

    class Form(FieldChangeForm):
        scope = "deal"
        field = FieldChoice(scope="deal", label=gettext_lazy("Field"))

    def describe(self) -> str:
        return _("Deal: %s") % super().describe()
