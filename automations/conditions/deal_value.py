"""How much a deal is worth. Amounts compare within a currency only."""

from decimal import Decimal

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED, DEAL_VALUE_CHANGED, PIPELINE_ENTERED
from automations.forms import SettingsForm
from automations.records.deal import DEAL
from deals.money import DECIMALS, DIGITS, currency_choices, plain

from .base import Moment, Settings
from .records import RecordCondition, register_for_records

LOOKUPS = {"above": "value__gt", "below": "value__lt", "equals": "value"}


class ValueForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[
            ("above", gettext_lazy("is worth more than")),
            ("below", gettext_lazy("is worth less than")),
            ("equals", gettext_lazy("is worth exactly")),
        ],
        initial="above",
    )
    value = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=0, max_digits=DIGITS, decimal_places=DECIMALS
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currency_choices, initial="EUR")


@register_for_records
class DealValueCondition(RecordCondition):
    slug = "deal_value"
    label = gettext_lazy("Deal's value")
    group = gettext_lazy("Deals")
    kind = DEAL
    Form = ValueForm
    listens_to = (DEAL_VALUE_CHANGED, PIPELINE_ENTERED, DEAL_CONTACTS_CHANGED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        return Q(**{LOOKUPS[settings["op"]]: Decimal(settings["value"])}, currency=settings["currency"])

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {
            "above": _("is worth more than %s"),
            "below": _("is worth less than %s"),
            "equals": _("is worth exactly %s"),
        }
        return texts[settings["op"]] % f"{plain(Decimal(settings['value']))} {settings['currency']}"
