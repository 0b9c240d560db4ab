"""The admin pages, one module per area."""

from . import customers, deliveries, orders, payments, person, products, stores

__all__ = ["customers", "deliveries", "orders", "payments", "person", "products", "stores"]
