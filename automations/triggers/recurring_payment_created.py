"""A new recurring payment appears in a connected source (spec: recurring_payment_created)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PROFESSIONAL_AND_UP, Availability
from automations.events import PAYMENT_CREATED
from automations.forms import SettingsForm
from automations.models import Trigger

from .base import TRIGGERS


@TRIGGERS.register
class RecurringPaymentCreatedTrigger(Trigger):
    """All payments, or those that meet the conditions of “Which ones”."""

    slug = "recurring_payment_created"
    label = gettext_lazy("Recurring payment is created")
    summary = gettext_lazy(
        "A new recurring payment appears in PayPal, WooCommerce or a shop that speaks to the API."
    )
    family = "ecommerce"
    icon = "autorenew"
    synonyms = (gettext_lazy("subscription"), gettext_lazy("membership"), "PayPal", "WooCommerce")
    availability = Availability(plans=PROFESSIONAL_AND_UP)
    listens_to = PAYMENT_CREATED
    record = "payment"

    class Form(SettingsForm):
        pass

    def describe(self) -> str:
        return _("A new recurring payment appears")
