"""An order goes from one status to another (spec: order_updated); Shopify and WooCommerce."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from automations.events import ORDER_STATUS_CHANGED, Event
from ecommerce.connectors import STORES
from ecommerce.models import OrderStatus

from .base import TRIGGERS
from .status_change import StatusTrigger, status_form


@TRIGGERS.register
class OrderUpdatedTrigger(StatusTrigger):
    slug = "order_updated"
    label = _("Order is updated")
    summary = _("An order in Shopify or WooCommerce goes from one status to another.")
    family = "ecommerce"
    icon = "local_shipping"
    synonyms = (_("shipped"), _("refund"), _("order status"), "Shopify", "WooCommerce")
    listens_to = ORDER_STATUS_CHANGED
    record = "order"
    sentence = _("An order's status changes")
    Form = status_form(OrderStatus.choices)

    @classmethod
    def labels(cls) -> Mapping[str, Any]:
        return dict(OrderStatus.choices)

    def concerns(self, event: Event) -> bool:
        return STORES[event.data["kind"]].tells_orders and super().concerns(event)
