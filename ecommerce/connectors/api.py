"""Any shop that speaks to the API itself."""

from django.utils.translation import gettext_lazy

from .base import STORES, StoreConnector


@STORES.register
class Api(StoreConnector):
    slug = "api"
    label = gettext_lazy("Another shop (API)")
    icon = "api"
    delivers = False
    api_orders = True
    api_carts = True
    has_payments = True
    steps = (
        gettext_lazy("Make an API token for the shop: a user of its own, in the group “editor”."),
        gettext_lazy("Send customers to /api/v1/ecomCustomers/, and orders and carts to /api/v1/ecomOrders/, with the number of this store as “connectionid”."),  # noqa: E501 a sentence
        gettext_lazy("An order without “externalid” is a cart; it becomes an order when it comes again with one."),
        gettext_lazy("Send earlier orders with “source” 0, up to 1,000 at a time, to /api/v1/ecomOrders/bulk/: they start nothing."),  # noqa: E501 a sentence
    )  # fmt: skip
