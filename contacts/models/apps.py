"""Connected apps (Calendly, Typeform, Unbounce ...): what they delivered, and what it said of whom."""

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.encryption import EncryptedTextField

from .base import Fact, Timestamped
from .contact import Contact
from .lists import List
from .tags import Tag


def new_public_id() -> str:
    return secrets.token_urlsafe(12)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class AppConnection(Timestamped):
    """One account of an app that sends here. `app` is a slug of `contacts.connectors`.

    secret   what deliveries are verified with: a signing key, or a part of the address
    token    the app's API key, for reading meeting types or forms; "" without one
    """

    app = models.CharField(_("app"), max_length=30)
    name = models.CharField(_("name"), max_length=100)
    public_id = models.CharField(max_length=40, unique=True, default=new_public_id, editable=False)
    secret = EncryptedTextField(_("secret"), default=new_secret)
    token = EncryptedTextField(_("API token"), blank=True, default="")
    is_active = models.BooleanField(
        _("switched on"), default=True,
        help_text=_("While it is off, deliveries are kept but nothing is done with them."),
    )  # fmt: skip
    lists = models.ManyToManyField(
        List, blank=True, verbose_name=_("lists"), related_name="+",
        help_text=_("Only where people agree to it in the app. Those who left a list are not put on it again."),
    )  # fmt: skip
    tags = models.ManyToManyField(Tag, blank=True, verbose_name=_("tags"), related_name="+")

    class Meta:
        verbose_name = _("app connection")
        verbose_name_plural = _("app connections")
        ordering = ["app", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["app", "name"], name="app_connection_name",
                violation_error_message=_("This app has a connection with this name already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class AppSource(Timestamped):
    """A meeting type, form or page of a connection, under the app's own id."""

    connection = models.ForeignKey(
        AppConnection, models.CASCADE, related_name="sources", verbose_name=_("connection")
    )
    external_id = models.CharField(_("the app's id"), max_length=255)
    name = models.CharField(_("name"), max_length=250)

    class Meta:
        verbose_name = _("app source")
        verbose_name_plural = _("app sources")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="app_source_id",
                violation_error_message=_("The connection knows this id already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class AppDelivery(models.Model):
    """What an app sent, once. The body goes after APP_DELIVERY_DAYS, with the row."""

    class Outcome(models.TextChoices):
        RECEIVED = "received", _("received")
        NOTED = "noted", _("noted, nothing to do")
        OFF = "off", _("kept: the connection was off")
        FAILED = "failed", _("failed")

    connection = models.ForeignKey(
        AppConnection, models.CASCADE, related_name="deliveries", verbose_name=_("connection")
    )
    external_id = models.CharField(_("the app's id"), max_length=255)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    error = models.TextField(_("error"), blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.TextField(_("body"), blank=True)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="app_deliveries", verbose_name=_("contact")
    )
    #: Finds what names a person although there is no contact (yet).
    address_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)

    class Meta:
        verbose_name = _("app delivery")
        verbose_name_plural = _("app deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="app_delivery_once")]

    def __str__(self) -> str:
        return self.external_id

    @property
    def replayable(self) -> bool:
        """It did not go in, and what it said is still kept."""
        return bool(self.body) and self.outcome in (self.Outcome.FAILED, self.Outcome.OFF)


class AppReceipt(Fact):
    """A contact booked, answered or submitted. `data` is what steps see as `event`."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="app_receipts", verbose_name=_("contact"))
    app_source = models.ForeignKey(
        AppSource, models.CASCADE, related_name="receipts", verbose_name=_("app source")
    )
    external_id = models.CharField(_("the app's id"), max_length=255)
    data = models.JSONField(_("data"), default=dict)

    class Meta:
        verbose_name = _("app receipt")
        verbose_name_plural = _("app receipts")
        constraints = [
            # Deliveries are deleted after a while; what counted once never counts again.
            models.UniqueConstraint(fields=["app_source", "external_id"], name="app_receipt_once")
        ]
        indexes = [
            models.Index(fields=["contact", "at"], name="app_receipt_timeline"),
            models.Index(fields=["app_source", "at", "contact"], name="app_receipt_source"),
        ]

    def __str__(self) -> str:
        return str(self.app_source)
