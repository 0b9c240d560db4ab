"""How an order or a recurring payment stands."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.records.ecommerce import ORDER, PAYMENT
from ecommerce.models import OrderStatus, PaymentStatus

from .base import Moment, Settings
from .shop import ShopCondition, ask, is_field


class Status(ShopCondition):
    """The form's choices are the kind's statuses."""

    question = "status"

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(status=settings["status"])
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        field: Any = cls.Form.base_fields["status"]
        label = dict(field.choices).get(settings["status"], settings["status"])
        return (_("is “%s”") if settings["op"] == "is" else _("is not “%s”")) % label


def _form(choices: Any) -> type[SettingsForm]:
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=choices)
    return type("StatusForm", (SettingsForm,), {"op": is_field(), "status": status})


ask(Status, [(ORDER, gettext_lazy("Order: status"))], Form=_form(OrderStatus.choices))
ask(Status, [(PAYMENT, gettext_lazy("Recurring payment: status"))], Form=_form(PaymentStatus.choices))
