"""Connected stores, and what they sent."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.encryption import EncryptedTextField
from contacts.models import Contact, List
from contacts.models.apps import new_public_id
from contacts.models.base import Timestamped


class Store(Timestamped):
    """One shop, or one account of a payment provider. `kind` is a slug of `ecommerce.connectors`.

    secret  what deliveries are verified with; what it is, the connector says. "" where none is needed
    domain  the shop's host, in lower case: deliveries name it. "" where they don't
    """

    class Abandonment(models.TextChoices):
        AFTER = "after", _("after a time without activity")
        DECLARED = "declared", _("when the store says so")

    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    public_id = models.CharField(max_length=40, unique=True, default=new_public_id, editable=False)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    secret = EncryptedTextField(_("secret"), blank=True, default="")
    is_active = models.BooleanField(
        _("switched on"), default=True,
        help_text=_("While it is off, deliveries are kept but nothing is done with them."),
    )  # fmt: skip
    abandonment = models.CharField(
        _("a cart is abandoned"), max_length=10, choices=Abandonment, default=Abandonment.AFTER
    )
    abandonment_hours = models.PositiveSmallIntegerField(
        _("hours without activity"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 30)],
        help_text=_("1, 6, 10 and 24 are usual; at most 720."),
    )
    lists = models.ManyToManyField(
        List, blank=True, verbose_name=_("lists"), related_name="+",
        help_text=_("Customers who accept marketing go on these. Those who left a list are not put on it again."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="store_name",
                violation_error_message=_("There is a store with this name already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """What a store sent, once. The row goes after STORE_DELIVERY_DAYS; orders know their own versions."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting for the worker")
        RECEIVED = "received", _("received")
        OLDER = "older", _("older than what is known: nothing changed")
        NOTED = "noted", _("noted, nothing to do")
        OFF = "off", _("kept: the store was off")
        FAILED = "failed", _("failed")

    store = models.ForeignKey(Store, models.CASCADE, related_name="deliveries", verbose_name=_("store"))
    external_id = models.CharField(_("the store's id"), max_length=255)
    topic = models.CharField(_("topic"), max_length=100, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    error = models.TextField(_("error"), blank=True)
    body = models.TextField(_("body"), blank=True)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="store_deliveries",
        verbose_name=_("contact"),
    )  # fmt: skip
    #: Finds what names a person although there is no contact (yet).
    address_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)

    class Meta:
        verbose_name = _("store delivery")
        verbose_name_plural = _("store deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="store_delivery_once")]
        indexes = [
            models.Index(fields=["store", "id"], condition=Q(outcome="waiting"), name="store_delivery_waiting")
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def replayable(self) -> bool:
        """It did not go in, and what it said is still kept."""
        return bool(self.body) and self.outcome in (self.Outcome.FAILED, self.Outcome.OFF)
