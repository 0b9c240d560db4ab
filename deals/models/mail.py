"""Personal e-mails, out and in: one table, so that a conversation is one query."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Account, Contact, SentEmail

from .deals import Deal
from .mailbox import Mailbox


class Direction(models.TextChoices):
    OUT = "out", _("sent")
    IN = "in", _("received")


class SentFrom(models.TextChoices):
    """Where it was written; the personal options of the triggers depend on it (spec: email_link_clicked)."""

    OVERVIEW = "overview", _("the list of contacts")
    CONTACT = "contact", _("a contact")
    ACCOUNT = "account", _("an account")
    DEAL = "deal", _("a deal")
    AUTOMATION = "automation", _("an automation")


class Sentiment(models.TextChoices):
    POSITIVE = "positive", _("positive")
    NEGATIVE = "negative", _("negative")
    NEUTRAL = "neutral", _("neutral")
    MIXED = "mixed", _("mixed")
    UNKNOWN = "unknown", _("unknown")


class PersonalEmail(models.Model):
    """One e-mail between a user and a contact.

    sent_from    of one that was sent; "" of one that came in
    email        what counts opens and clicks; of one that came in: null
    delivery     the ledger's row that sends it; it holds the state. Null of one that came in
    html, text   as the contact sees it, without what counts; of one that came in `html` is empty
    thread       the Message-ID of the conversation's first e-mail
    automatic    an out-of-office answer or the like
    files        names of the files that came with it; those that were sent have rows (MailAttachment)
    sentiment    of one that came in and is about a deal; "" of the others
    """

    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    sent_from = models.CharField(_("written from"), max_length=10, choices=SentFrom, blank=True)
    mailbox = models.ForeignKey(
        Mailbox, models.SET_NULL, null=True, blank=True, related_name="emails", verbose_name=_("mailbox")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="personal_emails", db_index=False, verbose_name=_("contact")
    )
    account = models.ForeignKey(
        Account, models.SET_NULL, null=True, blank=True, related_name="personal_emails", verbose_name=_("account")
    )
    deal = models.ForeignKey(
        Deal, models.SET_NULL, null=True, blank=True, related_name="emails", db_index=False, verbose_name=_("deal")
    )
    email = models.OneToOneField(
        SentEmail, models.SET_NULL, null=True, blank=True, related_name="personal", verbose_name=_("sent e-mail")
    )
    delivery = models.BigIntegerField(unique=True, null=True, editable=False)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    recipient = models.CharField(_("to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    html = models.TextField(_("content"), blank=True)
    text = models.TextField(_("plain text"), blank=True)
    message_id = models.CharField(max_length=250, blank=True, editable=False)
    in_reply_to = models.CharField(max_length=250, blank=True, editable=False)
    references = models.TextField(blank=True, editable=False)
    thread = models.CharField(max_length=250, db_index=True, editable=False)
    automatic = models.BooleanField(_("automatic answer"), default=False)
    files = models.JSONField(_("files"), default=list, blank=True)
    sentiment = models.CharField(_("sentiment"), max_length=8, choices=Sentiment, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("personal e-mail")
        verbose_name_plural = _("personal e-mails")
        ordering = ["-id"]
        constraints = [
            # A mail that is read twice is taken in once.
            models.UniqueConstraint(
                fields=["mailbox", "message_id"],
                condition=models.Q(direction="in") & ~models.Q(message_id=""),
                name="personal_email_once",
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "at"], name="personal_email_contact"),
            models.Index(fields=["deal", "at"], name="personal_email_deal"),
            models.Index(
                fields=["message_id"], condition=~models.Q(message_id=""), name="personal_email_message_id"
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("(no subject)"))
