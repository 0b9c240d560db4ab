"""How much an order, a cart or a recurring payment comes to."""

from decimal import Decimal
from typing import ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.records.ecommerce import CART, ORDER, PAYMENT

from .base import Moment, Settings
from .shop import ShopCondition, ask

LOOKUPS = {"above": "gt", "below": "lt", "equals": "exact"}


class AmountForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[
            ("above", gettext_lazy("is above")),
            ("below", gettext_lazy("is below")),
            ("equals", gettext_lazy("is exactly")),
        ],
        initial="above",
    )
    amount = forms.DecimalField(label=gettext_lazy("Amount"), min_value=0, max_digits=16, decimal_places=2)
    currency = forms.CharField(
        label=gettext_lazy("Currency (empty: any)"), max_length=3, required=False,
        validators=[RegexValidator(r"^[A-Za-z]{3}$", gettext_lazy("Give three letters, such as EUR."))],
    )  # fmt: skip

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


def amount_text(settings: Settings) -> str:
    """“more than 12.50 EUR”."""
    texts = {"above": _("more than %s"), "below": _("less than %s"), "equals": _("exactly %s")}
    return texts[settings["op"]] % f"{settings['amount']} {settings.get('currency') or ''}".strip()


def amount_is(column: str, settings: Settings) -> Q:
    found = Q(**{f"{column}__{LOOKUPS[settings['op']]}": Decimal(settings["amount"])})
    return found & Q(currency=settings["currency"]) if settings.get("currency") else found


class Total(ShopCondition):
    question = "total"
    Form = AmountForm
    column: ClassVar[str] = "total"

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return amount_is(cls.column, settings)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        return _("comes to %s") % amount_text(settings)


class Amount(Total):
    question = "amount"
    column = "amount"


ask(Total, [(ORDER, gettext_lazy("Order: total")), (CART, gettext_lazy("Cart: value"))])
ask(Amount, [(PAYMENT, gettext_lazy("Recurring payment: amount"))])
