"""Who buys: a store's customers, with figures that every order keeps current."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.models.base import Timestamped

from .stores import Store

#: Where a store gives a guest no id, the address stands for one.
GUEST = "guest:"


class Customer(Timestamped):
    """A customer of one store, and the contact with the same address.

    The figures count orders of any status; carts are no orders.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="customers", verbose_name=_("store"))
    external_id = models.CharField(_("the store's id"), max_length=255)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="customers", verbose_name=_("contact")
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    accepts_marketing = models.BooleanField(_("accepts marketing"), default=False)
    orders_count = models.PositiveIntegerField(_("orders"), default=0, editable=False)
    first_order_at = models.DateTimeField(_("first order"), null=True, editable=False)
    last_order_at = models.DateTimeField(_("last order"), null=True, editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="customer_id",
                violation_error_message=_("The store has a customer with this id already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.email or self.external_id


class CustomerSpending(models.Model):
    """What a customer spent in one currency. Cancelled, refunded and failed orders don't count."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="spending", verbose_name=_("customer"))
    currency = models.CharField(_("currency"), max_length=3)
    spent = models.DecimalField(_("spent"), max_digits=18, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("customer's spending")
        verbose_name_plural = _("customers' spending")
        constraints = [models.UniqueConstraint(fields=["customer", "currency"], name="customer_spending_once")]

    def __str__(self) -> str:
        return f"{self.spent} {self.currency}"
