"""Of which product category something in an order or a cart is, or a recurring payment's product."""

from typing import ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.names import name_of
from automations.records.ecommerce import CART, ORDER, PAYMENT
from ecommerce.models import Category, OrderItem, Product

from .base import Moment, Settings
from .shop import ShopCondition, ask
from .shop_product import HAS


class CategoryForm(SettingsForm):
    op = forms.ChoiceField(label="", choices=HAS, initial="has")
    category = forms.ModelChoiceField(label=gettext_lazy("Product category"), queryset=Category.objects.all())


def products_of(category: int) -> Q:
    """Rows with a `product` of the category."""
    links = Product.categories.through.objects.filter(category_id=category).order_by()
    return Q(product__in=links.values("product_id"))


class HasCategory(ShopCondition):
    question = "category"
    Form = CategoryForm
    items: ClassVar[bool] = True

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        found = products_of(settings["category"])
        if cls.items:
            found = Q(pk__in=OrderItem.objects.filter(found).order_by().values("order_id"))
        elif settings["op"] != "has":
            found &= Q(product__isnull=False)
        return found if settings["op"] == "has" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("has a product of “%s” in it")
        if settings["op"] != "has":
            text = _("has no product of “%s” in it")
        return text % name_of(Category, settings["category"])


ask(
    HasCategory,
    [(ORDER, gettext_lazy("Order: product category")), (CART, gettext_lazy("Cart: product category"))],
)
ask(HasCategory, [(PAYMENT, gettext_lazy("Recurring payment: product category"))], items=False)
