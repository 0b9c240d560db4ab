"""One e-mail to one person, and what was done with it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Fact
from .campaigns import Campaign, CampaignLink
from .contact import Contact


class EmailKind(models.TextChoices):
    """The options of the e-mail triggers (spec: email_opened)."""

    CAMPAIGN = "campaign", _("campaign or automation e-mail")
    TRANSACTIONAL = "transactional", _("transactional e-mail")
    PERSONAL = "personal", _("personal e-mail")


class EmailAction(models.TextChoices):
    DELIVERED = "delivered", _("delivered")
    OPEN = "open", _("opened")
    CLICK = "click", _("link clicked")
    SHARE = "share", _("shared")
    FORWARD = "forward", _("forwarded")
    REPLY = "reply", _("replied")
    BOUNCE = "bounce", _("bounced")
    COMPLAINT = "complaint", _("reported as spam")
    UNSUBSCRIBE = "unsubscribe", _("unsubscribed")


class SentEmail(models.Model):
    """What tokens in links name, and what a provider's notices are found by.

    reference   the row of the ledger that sent it; null for what others sent (Postmark)
    message_id  the Message-ID header's, or the provider's
    lists       ids of the lists it was sent for: the campaign's, or the automation's
    details     what the kind has besides; transactional: server, stream, tag
    """

    kind = models.CharField(_("kind"), max_length=13, choices=EmailKind, default=EmailKind.CAMPAIGN)
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, null=True, related_name="emails", db_index=False, verbose_name=_("campaign")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, related_name="emails", db_index=False, verbose_name=_("contact")
    )
    reference = models.BigIntegerField(unique=True, null=True, editable=False)
    address = models.CharField(_("address"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    lists = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    sent_at = models.DateTimeField(_("sent"), null=True)
    opened_at = models.DateTimeField(_("first opened"), null=True)
    clicked_at = models.DateTimeField(_("first clicked"), null=True)
    replied_at = models.DateTimeField(_("first answered"), null=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True)

    class Meta:
        verbose_name = _("sent e-mail")
        verbose_name_plural = _("sent e-mails")
        indexes = [
            models.Index(fields=["campaign", "sent_at"], name="sent_email_campaign"),
            models.Index(fields=["contact", "sent_at"], name="sent_email_contact"),
            models.Index(fields=["message_id"], condition=~models.Q(message_id=""), name="sent_email_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.address}"


class EmailActivity(Fact):
    """Somebody, or (`machine`) something on their behalf, did something with an e-mail.

    link    the campaign's link, for a click
    detail  click: the address where it led; share: the network; bounce: the server's words
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="email_activity", verbose_name=_("contact"))
    email = models.ForeignKey(SentEmail, models.CASCADE, related_name="activity", verbose_name=_("e-mail"))
    campaign = models.ForeignKey(Campaign, models.CASCADE, null=True, related_name="+", db_index=False)
    action = models.CharField(_("action"), max_length=12, choices=EmailAction)
    link = models.ForeignKey(CampaignLink, models.SET_NULL, null=True, related_name="+", verbose_name=_("link"))
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    machine = models.BooleanField(_("by a machine"), default=False)

    class Meta:
        verbose_name = _("e-mail activity")
        verbose_name_plural = _("e-mail activity")
        indexes = [
            models.Index(fields=["contact", "at"], name="email_activity_timeline"),
            models.Index(fields=["campaign", "action", "at"], name="email_activity_report"),
            models.Index(
                fields=["action", "at", "contact"],
                condition=models.Q(machine=False),
                name="email_activity_condition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.email}"


class HeldClick(models.Model):
    """A click that may be a link scanner's: at `due_at` it is known what else was clicked, and it is settled."""

    email = models.ForeignKey(SentEmail, models.CASCADE, related_name="held_clicks", verbose_name=_("e-mail"))
    link = models.ForeignKey(CampaignLink, models.CASCADE, related_name="+", verbose_name=_("link"))
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"))
    due_at = models.DateTimeField(_("due"), db_index=True)

    class Meta:
        verbose_name = _("undecided click")
        verbose_name_plural = _("undecided clicks")

    def __str__(self) -> str:
        return f"{self.link}: {self.email}"
