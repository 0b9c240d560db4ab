"""Orders, and carts, which are orders in the making."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.models.base import Fact, Timestamped

from .customers import Customer
from .products import Product
from .stores import Store


class OrderStatus(models.TextChoices):
    """What stores call otherwise is mapped to these by their connectors; `store_status` keeps their word."""

    PENDING = "pending", _("waiting for payment")
    AUTHORIZED = "authorized", _("payment authorised")
    PARTLY_PAID = "partly_paid", _("partly paid")
    ON_HOLD = "on_hold", _("on hold")
    PAID = "paid", _("paid, in work")
    COMPLETED = "completed", _("completed")
    PARTLY_REFUNDED = "partly_refunded", _("partly refunded")
    REFUNDED = "refunded", _("refunded")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")
    OTHER = "other", _("another status of the store")


#: Orders of these bring no money.
VOID = (OrderStatus.REFUNDED, OrderStatus.CANCELLED, OrderStatus.FAILED)


class Order(Timestamped):
    """An order; while `external_id` is "", a cart (`checkout_id` names it).

    version         the store's own time of the change that was taken in last
    placed_at       when the order was placed; of a cart, when it was begun
    historical      it came by an import, or is older than the connection: nothing was started by it
    active_at       a cart's last activity
    abandon_at      when the cart will count as abandoned; None: it won't
    abandoned_at    when it was abandoned (once); kept when it becomes an order
    recovered_at    when an abandoned cart became an order
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="orders", verbose_name=_("store"))
    external_id = models.CharField(_("the store's id"), max_length=255, blank=True)
    checkout_id = models.CharField(_("the cart's id"), max_length=255, blank=True)
    number = models.CharField(_("number"), max_length=100, blank=True)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="orders", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="orders", verbose_name=_("contact")
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=OrderStatus, default=OrderStatus.PENDING)
    store_status = models.CharField(_("the store's status"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=16, decimal_places=2, default=Decimal(0))
    shipping = models.DecimalField(_("shipping"), max_digits=16, decimal_places=2, default=Decimal(0))
    tax = models.DecimalField(_("tax"), max_digits=16, decimal_places=2, default=Decimal(0))
    discount = models.DecimalField(_("discount"), max_digits=16, decimal_places=2, default=Decimal(0))
    url = models.CharField(_("page"), max_length=2_000, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    version = models.DateTimeField(editable=False)
    historical = models.BooleanField(_("historical"), default=False)
    # Its person was erased: later news of it brings nobody back.
    erased = models.BooleanField(default=False, editable=False)
    active_at = models.DateTimeField(_("last activity"), null=True, blank=True)
    abandon_at = models.DateTimeField(null=True, editable=False)
    abandoned_at = models.DateTimeField(_("abandoned"), null=True, blank=True)
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], condition=~Q(external_id=""), name="order_id"
            ),
            models.UniqueConstraint(
                fields=["store", "checkout_id"], condition=~Q(checkout_id=""), name="order_checkout_id"
            ),
            models.CheckConstraint(condition=~Q(external_id="", checkout_id=""), name="order_has_an_id"),
        ]
        indexes = [
            models.Index(fields=["contact", "placed_at"], name="order_of_contact"),
            models.Index(fields=["abandon_at"], condition=Q(abandon_at__isnull=False), name="cart_abandon_due"),
            models.Index(
                fields=["store", "recovered_at"], condition=Q(abandoned_at__isnull=False), name="cart_abandoned"
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.external_id or self.checkout_id

    @property
    def is_cart(self) -> bool:
        return not self.external_id


class CartManager(models.Manager["Cart"]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(Q(external_id="") | Q(abandoned_at__isnull=False))


class Cart(Order):
    """Carts that are open, abandoned, or were abandoned and recovered; the same rows as orders."""

    objects = CartManager()  # type: ignore[misc]  # a proxy with a manager of its own

    class Meta:
        proxy = True
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ["-id"]

    @property
    def state(self) -> str:
        if self.recovered_at:
            return str(_("recovered"))
        return str(_("abandoned")) if self.abandoned_at else str(_("open"))


class OrderItem(models.Model):
    """`price` is of one piece. Name and price as they were; the product may have changed since."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items", verbose_name=_("order"))
    product = models.ForeignKey(Product, models.CASCADE, related_name="order_items", verbose_name=_("product"))
    position = models.PositiveIntegerField(default=0, editable=False)
    name = models.CharField(_("name"), max_length=250)
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    price = models.DecimalField(_("price"), max_digits=16, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderDiscount(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts", verbose_name=_("order"))
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class OrderStatusChange(Fact):
    """An order went from one status to another; from "" when it was placed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="status_changes", verbose_name=_("order"))
    old = models.CharField(_("from"), max_length=20, choices=OrderStatus, blank=True)
    new = models.CharField(_("to"), max_length=20, choices=OrderStatus)
    store_status = models.CharField(_("the store's status"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("status change of an order")
        verbose_name_plural = _("status changes of orders")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order}: {self.old} → {self.new}"
