from .customers import Customer, CustomerSpending
from .orders import Cart, Order, OrderDiscount, OrderItem, OrderStatus, OrderStatusChange
from .payments import PaymentStatus, PaymentStatusChange, RecurringPayment
from .products import Category, Product
from .stores import Store, WebhookDelivery

__all__ = [
    "Cart",
    "Category",
    "Customer",
    "CustomerSpending",
    "Order",
    "OrderDiscount",
    "OrderItem",
    "OrderStatus",
    "OrderStatusChange",
    "PaymentStatus",
    "PaymentStatusChange",
    "Product",
    "RecurringPayment",
    "Store",
    "WebhookDelivery",
]
