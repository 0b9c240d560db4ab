"""From which store an order, a cart or a recurring payment came."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.ecommerce import CART, ORDER, PAYMENT
from ecommerce.models import Store

from .base import Moment, Settings
from .shop import ShopCondition, ask, is_field


class StoreForm(SettingsForm):
    op = is_field()
    store = forms.ModelChoiceField(label=gettext_lazy("Store"), queryset=Store.objects.all())


class OfStore(ShopCondition):
    question = "store"
    Form = StoreForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(store=settings["store"])
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is from “%s”") if settings["op"] == "is" else _("is not from “%s”")
        return text % name_of(Store, settings["store"])


ask(
    OfStore,
    [
        (ORDER, gettext_lazy("Order: store")),
        (CART, gettext_lazy("Cart: store")),
        (PAYMENT, gettext_lazy("Recurring payment: store")),
    ],
)
