"""What became of a cart: it is open, was abandoned, or was bought after all."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.records.ecommerce import CART

from .base import Moment, Settings
from .shop import ShopCondition, ask

STATES = [
    ("open", gettext_lazy("is open")),
    ("abandoned", gettext_lazy("was abandoned and not bought")),
    ("recovered", gettext_lazy("was abandoned and bought later")),
]


class CartStateForm(SettingsForm):
    state = forms.ChoiceField(label="", choices=STATES, initial="abandoned")


class CartState(ShopCondition):
    question = "state"
    Form = CartStateForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return {
            "open": Q(external_id="", abandoned_at=None),
            "abandoned": Q(external_id="", abandoned_at__isnull=False),
            "recovered": Q(recovered_at__isnull=False),
        }[settings["state"]]

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return str(dict(STATES)[settings["state"]])


ask(CartState, [(CART, gettext_lazy("Cart: state"))])
