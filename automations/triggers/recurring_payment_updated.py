"""A recurring payment goes from one status to another (spec: recurring_payment_updated)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from automations.availability import PROFESSIONAL_AND_UP, Availability
from automations.events import PAYMENT_STATUS_CHANGED
from ecommerce.models import PaymentStatus

from .base import TRIGGERS
from .status_change import StatusTrigger, status_form


@TRIGGERS.register
class RecurringPaymentUpdatedTrigger(StatusTrigger):
    slug = "recurring_payment_updated"
    label = _("Recurring payment is updated")
    summary = _("A recurring payment goes from one status to another.")
    family = "ecommerce"
    icon = "published_with_changes"
    synonyms = (_("subscription"), _("churn"), "PayPal", "WooCommerce")
    availability = Availability(plans=PROFESSIONAL_AND_UP)
    listens_to = PAYMENT_STATUS_CHANGED
    record = "payment"
    sentence = _("A recurring payment's status changes")
    Form = status_form(PaymentStatus.choices)

    @classmethod
    def labels(cls) -> Mapping[str, Any]:
        return dict(PaymentStatus.choices)
