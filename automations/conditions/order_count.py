"""How many orders the contact has placed, in all stores or one. Who never ordered has 0."""

from django import forms
from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import PURCHASES_RECORDED
from automations.forms import SettingsForm
from automations.names import name_of
from ecommerce.models import Customer, Store

from .base import CONDITIONS, Condition, Moment, Settings


class OrderCountForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[
            ("above", gettext_lazy("is above")),
            ("below", gettext_lazy("is below")),
            ("equals", gettext_lazy("is exactly")),
        ],
        initial="above",
    )
    count = forms.IntegerField(label=gettext_lazy("Orders"), min_value=0, max_value=10**6)
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"), queryset=Store.objects.all(), required=False,
        empty_label=gettext_lazy("all stores"),
    )  # fmt: skip


@CONDITIONS.register
class OrderCountCondition(Condition):
    slug = "order_count"
    label = gettext_lazy("Number of orders")
    group = gettext_lazy("E-commerce")
    Form = OrderCountForm
    listens_to = (PURCHASES_RECORDED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        """Where 0 fits, those who have no customer at all are meant too: all but the ones that don't fit."""
        op, count = settings["op"], settings["count"]
        customers = Customer.objects.filter(contact__isnull=False)
        if settings.get("store"):
            customers = customers.filter(store=settings["store"])
        lookup = {"above": "gt", "below": "lt", "equals": "exact"}[op]
        nobody_fits = {"above": False, "below": count > 0, "equals": count == 0}[op]
        sums = customers.order_by().values("contact_id").annotate(sum=Sum("orders_count"))
        if not nobody_fits:
            return Q(pk__in=sums.filter(**{f"sum__{lookup}": count}).values("contact_id"))
        return ~Q(pk__in=sums.exclude(**{f"sum__{lookup}": count}).values("contact_id"))

    @classmethod
    def describe(cls, settings: Settings) -> str:
        texts = {
            "above": _("placed more than %(count)d orders"),
            "below": _("placed fewer than %(count)d orders"),
            "equals": _("placed exactly %(count)d orders"),
        }
        parts = [texts[settings["op"]] % {"count": settings["count"]}]
        if settings.get("store"):
            parts.append(_("in “%s”") % name_of(Store, settings["store"]))
        return " ".join(parts)
