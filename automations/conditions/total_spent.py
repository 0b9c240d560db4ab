"""How much the contact has spent in one currency, in all stores or one. Who never bought has spent 0."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import PURCHASES_RECORDED
from automations.names import name_of
from ecommerce.models import CustomerSpending, Store

from .base import CONDITIONS, Condition, Moment, Settings
from .shop_total import LOOKUPS, AmountForm, amount_text


class TotalSpentForm(AmountForm):
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"), queryset=Store.objects.all(), required=False,
        empty_label=gettext_lazy("all stores"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Different currencies can't be added up.
        self.fields["currency"].required = True
        self.fields["currency"].label = gettext_lazy("Currency")


@CONDITIONS.register
class TotalSpentCondition(Condition):
    """Cancelled, refunded and failed orders don't count."""

    slug = "total_spent"
    label = gettext_lazy("Total spent")
    group = gettext_lazy("E-commerce")
    Form = TotalSpentForm
    listens_to = (PURCHASES_RECORDED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op, amount = settings["op"], Decimal(settings["amount"])
        rows = CustomerSpending.objects.filter(customer__contact__isnull=False, currency=settings["currency"])
        if settings.get("store"):
            rows = rows.filter(customer__store=settings["store"])
        sums = rows.order_by().values("customer__contact_id").annotate(sum=Sum("spent"))
        fits = Q(**{f"sum__{LOOKUPS[op]}": amount})
        if {"above": False, "below": amount > 0, "equals": amount == 0}[op]:
            # Whoever never bought has spent 0 and no row: all but those whom it doesn't fit.
            return ~Q(pk__in=sums.exclude(fits).values("customer__contact_id"))
        return Q(pk__in=sums.filter(fits).values("customer__contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        parts = [_("has spent %s") % amount_text(settings)]
        if settings.get("store"):
            parts.append(_("in “%s”") % name_of(Store, settings["store"]))
        return " ".join(parts)
