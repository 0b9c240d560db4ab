"""What the contact bought, or did not: which product or category, how often, how long ago."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.events import PURCHASES_RECORDED
from automations.forms import SettingsForm
from automations.names import name_of
from ecommerce.models import Category, Order, OrderItem, Product

from .base import CONDITIONS, Condition, Moment, Settings
from .shop_category import products_of


class BoughtForm(SettingsForm):
    depends = {"product": ("what", ("product",)), "category": ("what", ("category",))}

    op = forms.ChoiceField(
        label="",
        choices=[("bought", gettext_lazy("bought")), ("not_bought", gettext_lazy("did not buy"))],
        initial="bought",
    )
    what = forms.ChoiceField(
        label="",
        choices=[
            ("any", gettext_lazy("anything")),
            ("product", gettext_lazy("this product")),
            ("category", gettext_lazy("a product of this category")),
        ],
        initial="product",
    )
    product = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=Product.objects.select_related("store"), required=False
    )
    category = forms.ModelChoiceField(
        label=gettext_lazy("Product category"), queryset=Category.objects.all(), required=False
    )
    times = forms.IntegerField(
        label=gettext_lazy("In at least so many orders (empty: one)"),
        min_value=1,
        max_value=10_000,
        required=False,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within the last days (empty: ever)"), min_value=1, max_value=36_500, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, text in (("product", _("Choose a product.")), ("category", _("Choose a category."))):
            if data.get("what") != name:
                data[name] = None
            elif name in data and data[name] is None:
                self.add_error(name, text)
        return data


@CONDITIONS.register
class BoughtCondition(Condition):
    """Orders of any status count, carts don't."""

    slug = "bought"
    label = gettext_lazy("Bought")
    group = gettext_lazy("E-commerce")
    Form = BoughtForm
    listens_to = (PURCHASES_RECORDED,)

    @classmethod
    def timed(cls, settings: Settings) -> bool:
        return bool(settings.get("days"))

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        orders = Order.objects.filter(contact__isnull=False).exclude(external_id="").order_by()
        if settings.get("days"):
            orders = orders.filter(placed_at__gte=moment.now - timedelta(days=settings["days"]))
        wanted = Q(product=settings["product"]) if settings.get("product") else None
        if settings.get("category"):
            wanted = products_of(settings["category"])
        if wanted is not None:
            orders = orders.filter(pk__in=OrderItem.objects.filter(wanted).order_by().values("order_id"))
        people: Any = orders.values("contact_id")
        if (settings.get("times") or 1) > 1:
            often = people.annotate(times=Count("pk")).filter(times__gte=settings["times"])
            people = often.values("contact_id")
        found = Q(pk__in=people)
        return found if settings["op"] == "bought" else ~found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        text = _("bought %s") if settings["op"] == "bought" else _("did not buy %s")
        parts = [text % _what(settings)]
        times, days = settings.get("times") or 1, settings.get("days")
        if times > 1:
            parts.append(ngettext("at least %d time", "at least %d times", times) % times)
        if days:
            parts.append(ngettext("within the last %d day", "within the last %d days", days) % days)
        return " ".join(parts)


def _what(settings: Settings) -> str:
    if settings.get("product"):
        return _("“%s”") % name_of(Product, settings["product"])
    if settings.get("category"):
        return _("a product of “%s”") % name_of(Category, settings["category"])
    return _("anything")
