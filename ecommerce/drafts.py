"""What connectors and the API make of what stores say, before it is saved. Texts fit their columns."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ecommerce.models import OrderStatus, PaymentStatus
from ecommerce.models.customers import GUEST


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """`email` is folded and valid, or "". `accepts_marketing` None: not said."""

    external_id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    accepts_marketing: bool | None = None

    @property
    def key(self) -> str:
        """What the customer is known by in the store; "" where nothing is known."""
        return self.external_id or (GUEST + self.email if self.email else "")


@dataclass(frozen=True, slots=True)
class ItemDraft:
    product_id: str
    name: str
    quantity: int = 1
    price: Decimal = Decimal(0)
    sku: str = ""
    url: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscountDraft:
    name: str
    amount: Decimal = Decimal(0)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order, or without `external_id` a cart.

    version       the store's time of this state; an older one never overwrites a newer one
    abandoned_at  the store says that the cart was abandoned
    historical    it starts nothing
    """

    external_id: str
    currency: str
    version: datetime
    placed_at: datetime
    checkout_id: str = ""
    number: str = ""
    customer: CustomerDraft = field(default_factory=CustomerDraft)
    items: tuple[ItemDraft, ...] = ()
    discounts: tuple[DiscountDraft, ...] = ()
    status: str = OrderStatus.PENDING
    store_status: str = ""
    total: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    url: str = ""
    abandoned_at: datetime | None = None
    historical: bool = False


@dataclass(frozen=True, slots=True)
class ProductDraft:
    external_id: str
    name: str
    version: datetime
    sku: str = ""
    url: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """A recurring payment. None and "" leave what is known."""

    external_id: str
    version: datetime
    status: str = PaymentStatus.PENDING
    store_status: str = ""
    customer: CustomerDraft = field(default_factory=CustomerDraft)
    product: ItemDraft | None = None
    name: str = ""
    currency: str = ""
    amount: Decimal | None = None
    every: int | None = None
    unit: str = ""
    started_at: datetime | None = None
    next_at: datetime | None = None
    ended_at: datetime | None = None
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """The store deleted an order: it counts as cancelled from then on."""

    external_id: str
    version: datetime


Draft = OrderDraft | CustomerDraft | ProductDraft | PaymentDraft | Removal
