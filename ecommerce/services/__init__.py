"""Everything that changes stores and what they hold. Each leaves its facts behind in the same transaction."""

from .carts import abandon_due_carts
from .deliveries import delete_old_deliveries, receive_delivery, replay_delivery
from .intake import take_in_deliveries
from .orders import Taken, remove_order, save_orders
from .payments import save_payment
from .people import customers_for
from .products import products_for, save_products
from .stores import save_store, webhook_address

__all__ = [
    "Taken",
    "abandon_due_carts",
    "customers_for",
    "delete_old_deliveries",
    "products_for",
    "receive_delivery",
    "remove_order",
    "replay_delivery",
    "save_orders",
    "save_payment",
    "save_products",
    "save_store",
    "take_in_deliveries",
    "webhook_address",
]
