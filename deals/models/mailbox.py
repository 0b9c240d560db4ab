"""Users' own mailboxes, which personal e-mails leave by and answers come back to."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.encryption import EncryptedTextField
from contacts.models.base import Timestamped


class Security(models.TextChoices):
    STARTTLS = "starttls", _("STARTTLS")
    TLS = "tls", _("TLS")
    NONE = "none", _("none (unencrypted)")


def _port(label: Any, default: int) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        label, default=default, validators=[MinValueValidator(1), MaxValueValidator(65_535)]
    )


class Mailbox(Timestamped):
    """Its e-mails bear `address` as their sender. `signature` is HTML or plain text, below every e-mail.

    uid_validity, last_uid  how far it was read; 0 before it was read for the first time
    next_poll_at            when it is read again; later and later while that fails
    failures, error         of reading it, in a row; "" when the last time went well
    skipped, skip_error     mails that could not be taken in, and why the last of them
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mailboxes", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100)
    address = models.EmailField(_("address"), max_length=254)
    sender_name = models.CharField(_("sender's name"), max_length=100, blank=True)
    signature = models.TextField(_("signature"), blank=True, max_length=20_000)
    is_active = models.BooleanField(_("connected"), default=True)

    smtp_host = models.CharField(_("SMTP server"), max_length=253)
    smtp_port = _port(_("SMTP port"), 587)
    smtp_security = models.CharField(
        _("SMTP encryption"), max_length=8, choices=Security, default=Security.STARTTLS
    )
    smtp_user = models.CharField(_("SMTP user"), max_length=254, blank=True)
    smtp_password = EncryptedTextField(_("SMTP password"), blank=True, default="")

    imap_host = models.CharField(_("IMAP server"), max_length=253)
    imap_port = _port(_("IMAP port"), 993)
    imap_security = models.CharField(_("IMAP encryption"), max_length=8, choices=Security, default=Security.TLS)
    imap_user = models.CharField(_("IMAP user"), max_length=254)
    imap_password = EncryptedTextField(_("IMAP password"), default="")

    uid_validity = models.BigIntegerField(default=0, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    polled_at = models.DateTimeField(_("last read"), null=True, editable=False)
    next_poll_at = models.DateTimeField(_("next read"), default=timezone.now, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    error = models.TextField(_("last error"), blank=True, editable=False)
    skipped = models.PositiveIntegerField(_("mails that could not be taken in"), default=0, editable=False)
    skip_error = models.TextField(_("why the last of them"), blank=True, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="mailbox_name",
                violation_error_message=_("This user has a mailbox with this name already."),
            )
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["next_poll_at"], condition=models.Q(is_active=True), name="mailbox_due"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"
