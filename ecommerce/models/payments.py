"""Recurring payments: subscriptions that customers pay for again and again."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.models.base import Fact, Timestamped

from .customers import Customer
from .products import Product
from .stores import Store


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("waiting for approval")
    ACTIVE = "active", _("active")
    ON_HOLD = "on_hold", _("on hold")
    ENDING = "ending", _("cancelled at the end of the period")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    OTHER = "other", _("another status of the store")


class RecurringPayment(Timestamped):
    """`version` is the store's own time of the change that was taken in last."""

    class Unit(models.TextChoices):
        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")
        YEAR = "year", _("years")

    store = models.ForeignKey(Store, models.CASCADE, related_name="payments", verbose_name=_("store"))
    external_id = models.CharField(_("the store's id"), max_length=255)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="payments", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="payments", verbose_name=_("contact")
    )
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="payments", verbose_name=_("product")
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=250, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=PaymentStatus, default=PaymentStatus.PENDING)
    store_status = models.CharField(_("the store's status"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2, default=Decimal(0))
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit, blank=True)
    started_at = models.DateTimeField(_("started"))
    next_at = models.DateTimeField(_("next payment"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    version = models.DateTimeField(editable=False)
    historical = models.BooleanField(_("historical"), default=False)
    # Its person was erased: later news of it brings nobody back.
    erased = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("recurring payment")
        verbose_name_plural = _("recurring payments")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="recurring_payment_id")]
        indexes = [models.Index(fields=["contact", "started_at"], name="payment_of_contact")]

    def __str__(self) -> str:
        return self.name or self.external_id


class PaymentStatusChange(Fact):
    """A recurring payment went from one status to another; from "" when it was made."""

    payment = models.ForeignKey(
        RecurringPayment, models.CASCADE, related_name="status_changes", verbose_name=_("recurring payment")
    )
    old = models.CharField(_("from"), max_length=20, choices=PaymentStatus, blank=True)
    new = models.CharField(_("to"), max_length=20, choices=PaymentStatus)
    store_status = models.CharField(_("the store's status"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("status change of a recurring payment")
        verbose_name_plural = _("status changes of recurring payments")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.payment}: {self.old} → {self.new}"
