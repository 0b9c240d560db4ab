"""The ledger of outside effects: one row each, written with the move, delivered afterwards."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.reasons import Skip
from contacts.models import Campaign, Contact

from .automation import Automation, Version
from .enrollment import Enrollment


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    HELD = "held", _("held: the automation is inactive")
    CLAIMED = "claimed", _("claimed by a sender")
    SENDING = "sending", _("being handed over")
    SENT = "sent", _("sent")
    SKIPPED = "skipped", _("not sent")
    FAILED = "failed", _("failed")
    UNCERTAIN = "uncertain", _("uncertain: a crash left its fate open")


class Delivery(models.Model):
    """An e-mail, webhook or notification: of an automation's step, or (`campaign`) of a one-off campaign.

    held       its automation is inactive; pending again when that is activated
    claimed    a sender holds it until `lease_until`; nothing has left yet, so it may be taken over
    sending    the provider may have it; a crash from here on makes it `uncertain`, never sent twice
    """

    channel = models.CharField(_("channel"), max_length=20)
    automation = models.ForeignKey(Automation, models.CASCADE, null=True, related_name="deliveries")
    version = models.ForeignKey(Version, models.SET_NULL, null=True, related_name="+", db_index=False)
    enrollment = models.ForeignKey(
        Enrollment, models.SET_NULL, null=True, related_name="deliveries", db_index=False
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="deliveries")
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, null=True, related_name="deliveries", db_index=False, verbose_name=_("campaign")
    )
    step_key = models.CharField(max_length=12, blank=True)
    visit = models.PositiveIntegerField(default=0)
    target = models.CharField(_("to"), max_length=500, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    payload = models.JSONField(default=dict)
    status = models.CharField(_("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    skip_reason = models.CharField(_("reason"), max_length=20, choices=Skip, blank=True)
    error = models.TextField(_("error"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    message_id = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "step_key", "visit"], name="delivery_once"),
            # A one-off e-mail goes to a contact once, however often its recipients are worked out.
            models.UniqueConstraint(
                fields=["campaign", "contact"],
                condition=models.Q(campaign__isnull=False),
                name="delivery_once_a_campaign",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status="pending"), name="delivery_due"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(status__in=["claimed", "sending"]),
                name="delivery_leased",
            ),
            models.Index(fields=["automation"], condition=models.Q(status="held"), name="delivery_held"),
            models.Index(fields=["sent_at"], name="delivery_sent"),
            models.Index(fields=["automation", "step_key", "status"], name="delivery_figures"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} → {self.target}"


class SenderState(models.Model):
    """One row a channel: the pause after a provider's failure, and the lock of the sending rate."""

    channel = models.CharField(max_length=20, unique=True)
    paused_until = models.DateTimeField(_("paused until"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")

    def __str__(self) -> str:
        return self.channel
