"""In which currency an order, a cart or a recurring payment is."""

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.records.ecommerce import CART, ORDER, PAYMENT

from .base import Moment, Settings
from .shop import ShopCondition, ask, is_field


class CurrencyForm(SettingsForm):
    op = is_field()
    currency = forms.CharField(
        label=gettext_lazy("Currency"), max_length=3,
        validators=[RegexValidator(r"^[A-Za-z]{3}$", gettext_lazy("Give three letters, such as EUR."))],
    )  # fmt: skip

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class Currency(ShopCondition):
    question = "currency"
    Form = CurrencyForm

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(currency=settings["currency"])
        return found if settings["op"] == "is" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("is in %s") if settings["op"] == "is" else _("is not in %s")
        return text % str(settings["currency"])


ask(
    Currency,
    [
        (ORDER, gettext_lazy("Order: currency")),
        (CART, gettext_lazy("Cart: currency")),
        (PAYMENT, gettext_lazy("Recurring payment: currency")),
    ],
)
