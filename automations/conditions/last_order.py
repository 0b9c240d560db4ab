"""How long ago the contact ordered last (or first)."""

from typing import Any

from django import forms
from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import PURCHASES_RECORDED
from ecommerce.models import Customer

from .base import CONDITIONS, Condition, Moment, Settings
from .since import SinceForm, ago, since


class LastOrderForm(SinceForm):
    which = forms.ChoiceField(
        label="",
        choices=[("last", gettext_lazy("The last order was")), ("first", gettext_lazy("The first order was"))],
        initial="last",
    )
    field_order = ["which", "op", "days"]


@CONDITIONS.register
class LastOrderCondition(Condition):
    """Who never ordered does not meet it, either way."""

    slug = "last_order"
    label = gettext_lazy("Last order")
    group = gettext_lazy("E-commerce")
    Form = LastOrderForm
    listens_to = (PURCHASES_RECORDED,)
    changes_with_time = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        customers = Customer.objects.filter(contact__isnull=False, orders_count__gt=0).order_by()
        people: Any = customers.values("contact_id")
        of = Max("last_order_at") if settings["which"] == "last" else Min("first_order_at")
        return Q(pk__in=people.annotate(at=of).filter(since("at", settings, moment)).values("contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("placed the last order %s") if settings["which"] == "last" else _("placed the first order %s")
        return str(text % ago(settings))
