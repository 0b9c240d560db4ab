"""A contact leaves a cart for its store's abandonment time (spec: cart_abandoned), once for each cart."""

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import CART_ABANDONED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from ecommerce.models import Category, Product, Store

from .base import TRIGGERS

OPERATORS = [
    ("any", gettext_lazy("any value")),
    ("above", gettext_lazy("above")),
    ("below", gettext_lazy("below")),
    ("equals", gettext_lazy("exactly")),
]


@TRIGGERS.register
class CartAbandonedTrigger(Trigger):
    slug = "cart_abandoned"
    label = gettext_lazy("Cart is abandoned")
    summary = gettext_lazy("A contact leaves a cart in a connected store for as long as the store's settings say.")
    family = "ecommerce"
    icon = "remove_shopping_cart"
    synonyms = (gettext_lazy("abandoned cart"), gettext_lazy("checkout"), gettext_lazy("shop"))
    listens_to = CART_ABANDONED
    record = "cart"

    # Empty stands for any.
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("store")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("product")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=gettext_lazy("product category"),
    )  # fmt: skip
    value_is = models.CharField(max_length=8, default="any")
    value = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    class Form(SettingsForm):
        depends = {"value": ("value_is", ("above", "below", "equals"))}

        store = forms.ModelChoiceField(
            label=gettext_lazy("Store"), queryset=Store.objects.all(), required=False,
            empty_label=gettext_lazy("any store"),
        )  # fmt: skip
        product = forms.ModelChoiceField(
            label=gettext_lazy("Product"), queryset=Product.objects.select_related("store"), required=False,
            empty_label=gettext_lazy("any product"),
        )  # fmt: skip
        category = forms.ModelChoiceField(
            label=gettext_lazy("Product category"), queryset=Category.objects.all(), required=False,
            empty_label=gettext_lazy("any category"),
        )  # fmt: skip
        value_is = forms.ChoiceField(
            label=gettext_lazy("Cart value"), choices=OPERATORS, initial="any", required=False
        )
        value = forms.DecimalField(
            label=gettext_lazy("Amount"), required=False, min_value=0, max_digits=16, decimal_places=2,
            help_text=gettext_lazy("In the cart's own currency."),
        )  # fmt: skip

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if "value_is" in data:
                data["value_is"] = data["value_is"] or "any"
            if data.get("value_is") == "any":
                data["value"] = None
            elif "value_is" in data and "value" in data and data["value"] is None:
                self.add_error("value", _("Give an amount, or choose “any value”."))
            store, product = data.get("store"), data.get("product")
            if store and product and product.store_id != store.pk:
                self.add_error("product", _("This product is not of the chosen store."))
            return data

    def index_keys(self) -> Iterable[Hashable]:
        return [self.store_id]

    def concerns(self, event: Event) -> bool:
        if self.product_id is not None and self.product_id not in event.data["products"]:
            return False
        if self.category_id is not None and self.category_id not in event.data["categories"]:
            return False
        return self._fits(Decimal(event.data["value"]))

    def _fits(self, value: Decimal) -> bool:
        if self.value_is == "any" or self.value is None:
            return self.value_is == "any"
        return {"above": value > self.value, "below": value < self.value, "equals": value == self.value}[
            self.value_is
        ]

    def describe(self) -> str:
        parts = [_("A cart is abandoned")]
        if self.store_id is not None:
            parts.append(_("in “%s”") % name_of(Store, self.store_id))
        if self.product_id is not None:
            parts.append(_("with “%s”") % name_of(Product, self.product_id))
        if self.category_id is not None:
            parts.append(_("with a product of “%s”") % name_of(Category, self.category_id))
        if self.value_is != "any" and self.value is not None:
            texts = {"above": _("worth more than %s"), "below": _("worth less than %s"), "equals": _("worth %s")}
            parts.append(texts[self.value_is] % self.value)
        return " ".join(parts)
