"""What an order or a cart has in it, or a recurring payment is for."""

from typing import ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.ecommerce import CART, ORDER, PAYMENT
from ecommerce.models import OrderItem, Product

from .base import Moment, Settings
from .shop import ShopCondition, ask

HAS = [("has", gettext_lazy("has")), ("has_not", gettext_lazy("does not have"))]


class ProductForm(SettingsForm):
    op = forms.ChoiceField(label="", choices=HAS, initial="has")
    product = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=Product.objects.select_related("store")
    )


class HasProduct(ShopCondition):
    question = "product"
    Form = ProductForm
    #: It has items; else one product of its own.
    items: ClassVar[bool] = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = Q(product=settings["product"])
        if cls.items:
            found = Q(pk__in=OrderItem.objects.filter(found).order_by().values("order_id"))
        elif settings["op"] != "has":
            # NULL is neither one product nor another one.
            found &= Q(product__isnull=False)
        return found if settings["op"] == "has" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("has “%s” in it") if settings["op"] == "has" else _("does not have “%s” in it")
        return text % name_of(Product, settings["product"])


ask(HasProduct, [(ORDER, gettext_lazy("Order: product")), (CART, gettext_lazy("Cart: product"))])
ask(HasProduct, [(PAYMENT, gettext_lazy("Recurring payment: product"))], items=False)
