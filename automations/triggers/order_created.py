"""A new order appears in a Shopify or WooCommerce store (spec: order_created)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import ORDER_PLACED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from ecommerce.connectors import STORES

from .base import TRIGGERS


@TRIGGERS.register
class OrderCreatedTrigger(Trigger):
    """All orders, or those that meet the conditions of “Which ones”."""

    slug = "order_created"
    label = gettext_lazy("Order is created")
    summary = gettext_lazy("A new order appears in Shopify or WooCommerce.")
    family = "ecommerce"
    icon = "receipt_long"
    synonyms = (gettext_lazy("new order"), "Shopify", "WooCommerce")
    listens_to = ORDER_PLACED
    record = "order"

    class Form(SettingsForm):
        pass

    def concerns(self, event: Event) -> bool:
        return STORES[event.data["kind"]].tells_orders

    def describe(self) -> str:
        return _("A new order appears")
