"""The value of an existing deal changes (spec: deal_value_changed)."""

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.events import DEAL_VALUE_CHANGED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from deals.money import DECIMALS, DIGITS, currency_choices, plain

from .base import TRIGGERS
from .deal_event import from_to

SIDES = (("any", gettext_lazy("any amount")), ("amount", gettext_lazy("this amount")))


def _currencies() -> list[tuple[str, Any]]:
    return [("", gettext_lazy("any currency")), *currency_choices()]


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=0, max_digits=DIGITS, decimal_places=DECIMALS)


@TRIGGERS.register
class DealValueChangedTrigger(Trigger):
    slug = "deal_value_changed"
    label = gettext_lazy("Deal value changes")
    summary = gettext_lazy("The value of a deal that is there already becomes another.")
    family = "deals"
    icon = "payments"
    synonyms = (gettext_lazy("amount"), gettext_lazy("price"), gettext_lazy("currency"))
    availability = ADD_ONS
    listens_to = DEAL_VALUE_CHANGED
    record = "deal"
    multi_contact = True

    currency = models.CharField(max_length=3, blank=True)
    old = models.CharField(max_length=6, default="any")
    old_amount = models.DecimalField(max_digits=DIGITS, decimal_places=DECIMALS, null=True)
    new = models.CharField(max_length=6, default="any")
    new_amount = models.DecimalField(max_digits=DIGITS, decimal_places=DECIMALS, null=True)

    class Form(SettingsForm):
        depends = {"old_amount": ("old", ("amount",)), "new_amount": ("new", ("amount",))}

        currency = forms.ChoiceField(
            label=gettext_lazy("Currency"), choices=_currencies, required=False,
            help_text=gettext_lazy("Of the value that it has now."),
        )  # fmt: skip
        old = forms.ChoiceField(label=gettext_lazy("From"), choices=SIDES, initial="any")
        old_amount = _amount(gettext_lazy("From amount"))
        new = forms.ChoiceField(label=gettext_lazy("To"), choices=SIDES, initial="any")
        new_amount = _amount(gettext_lazy("To amount"))

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            for side in ("old", "new"):
                name = f"{side}_amount"
                if data.get(side) != "amount":
                    data[name] = None
                elif data.get(name) is None and name not in self.errors:
                    self.add_error(name, forms.ValidationError(_("Give the amount."), code="required"))
            same = data.get("old_amount") is not None and data.get("old_amount") == data.get("new_amount")
            if same and data.get("currency"):
                self.add_error("new_amount", _("“From” and “to” are the same amount: that is no change."))
            return data

    def index_keys(self) -> Iterable[Hashable]:
        return [self.currency or None]

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        return self._fits(self.old_amount, old) and self._fits(self.new_amount, new)

    def _fits(self, wanted: Decimal | None, text: str) -> bool:
        """Whether `12.5 EUR` is the amount, in the currency of the settings."""
        if wanted is None:
            return True
        amount, _space, currency = text.partition(" ")
        return currency in (self.currency or currency,) and Decimal(amount or "NaN") == wanted

    def describe(self) -> str:
        old, new = (self._shown(amount) for amount in (self.old_amount, self.new_amount))
        text = _("A deal's value changes%s") % from_to(old, new)
        return text if old or new or not self.currency else _("%(text)s, in %(currency)s") % {
            "text": text, "currency": self.currency,
        }  # fmt: skip

    def _shown(self, amount: Decimal | None) -> str:
        return "" if amount is None else f"{plain(amount)} {self.currency}".strip()
