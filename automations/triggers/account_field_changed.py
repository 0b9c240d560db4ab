"""A standard or custom field of an account changes (spec: account_field_changed)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import ENTERPRISE_ONLY, AddOn, Availability
from automations.events import ACCOUNT_FIELD_CHANGED
from automations.fields import FieldChoice

from .base import TRIGGERS
from .field_change import FieldChangeForm, FieldChangeTrigger


@TRIGGERS.register
class AccountFieldChangedTrigger(FieldChangeTrigger):
    slug = "account_field_changed"
    label = gettext_lazy("Account field changes")
    summary = gettext_lazy("A standard or custom field of an account gets another value.")
    family = "crm"
    icon = "domain"
    synonyms = (gettext_lazy("company"), gettext_lazy("custom field"), gettext_lazy("attribute"))
    availability = Availability(plans=ENTERPRISE_ONLY, addons=(AddOn.PIPELINES, AddOn.SALES_ENGAGEMENT))
    listens_to = ACCOUNT_FIELD_CHANGED
    record = "account"
    multi_contact = True
    scope = "account"

    class Form(FieldChangeForm):
        scope = "account"
        field = FieldChoice(scope="account", label=gettext_lazy("Field"))

    def describe(self) -> str:
        return _("Account: %s") % super().describe()
