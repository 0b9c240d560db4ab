"""A contact places an order in a connected store (spec: purchase_made): of any status, in real time."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import ORDER_PLACED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from ecommerce.models import Product

from .base import TRIGGERS


@TRIGGERS.register
class PurchaseMadeTrigger(Trigger):
    slug = "purchase_made"
    label = gettext_lazy("Purchase is made")
    summary = gettext_lazy("A contact places an order in a connected store, whether it is paid for yet or not.")
    family = "ecommerce"
    icon = "shopping_bag"
    synonyms = (gettext_lazy("order"), gettext_lazy("sale"), gettext_lazy("shop"))
    listens_to = ORDER_PLACED
    record = "order"

    # Empty stands for any.
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("product")
    )

    class Form(SettingsForm):
        product = forms.ModelChoiceField(
            label=gettext_lazy("Product"),
            queryset=Product.objects.select_related("store"),
            required=False,
            empty_label=gettext_lazy("any product"),
        )

    def concerns(self, event: Event) -> bool:
        return self.product_id is None or self.product_id in event.data["products"]

    def describe(self) -> str:
        if self.product_id is None:
            return _("A purchase is made")
        return _("“%s” is bought") % name_of(Product, self.product_id)
