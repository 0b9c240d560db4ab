"""What config.api registers for this app: (prefix, viewset)."""

from rest_framework.viewsets import GenericViewSet

from .deep_data_views import ConnectionViewSet, EcomCustomerViewSet, EcomOrderViewSet
from .orders import CartViewSet, CustomerViewSet, OrderViewSet, PaymentViewSet
from .products import CategoryViewSet, ProductViewSet
from .stores import StoreDeliveryViewSet, StoreViewSet

routes: list[tuple[str, type[GenericViewSet]]] = [
    ("carts", CartViewSet),
    ("connections", ConnectionViewSet),
    ("ecomCustomers", EcomCustomerViewSet),
    ("ecomOrders", EcomOrderViewSet),
    ("orders", OrderViewSet),
    ("product-categories", CategoryViewSet),
    ("products", ProductViewSet),
    ("recurring-payments", PaymentViewSet),
    ("store-customers", CustomerViewSet),
    ("store-deliveries", StoreDeliveryViewSet),
    ("stores", StoreViewSet),
]
