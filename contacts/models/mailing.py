"""What comes back of e-mails: providers' notices, answers, forwards to friends; and Postmark's servers."""

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.encryption import EncryptedTextField

from .base import Timestamped
from .contact import Contact
from .engagement import SentEmail


def new_webhook_key() -> str:
    return secrets.token_urlsafe(24)


class PostmarkServer(Timestamped):
    """A server at Postmark that sends somebody's transactional e-mail, and reports here of it.

    key       stands in the address that Postmark posts to
    token     Postmark's “Server API token”; without it no subject is known of an e-mail that was opened
    streams   ids of its message streams, as they were seen
    """

    name = models.CharField(
        _("name"), max_length=100, unique=True,
        error_messages={"unique": _("A server with this name exists already.")},
    )  # fmt: skip
    key = models.CharField(max_length=64, default=new_webhook_key, editable=False)
    token = EncryptedTextField(_("server API token"), blank=True, default="")
    streams = models.JSONField(_("message streams"), default=list, editable=False)
    unknown_contacts = models.PositiveBigIntegerField(_("from unknown addresses"), default=0, editable=False)
    last_at = models.DateTimeField(_("last notice"), null=True, editable=False)

    class Meta:
        verbose_name = _("Postmark server")
        verbose_name_plural = _("Postmark servers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProviderNotice(models.Model):
    """A provider's notice, so that a second one of the same counts nothing; or one that waits to be settled.

    key      a hash of what makes the notice that one
    payload  of a waiting one; null afterwards
    due_at   when it is to be tried (again); null for one that is settled
    """

    key = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    server = models.ForeignKey(PostmarkServer, models.CASCADE, null=True, related_name="notices")
    payload = models.JSONField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("provider's notice")
        verbose_name_plural = _("providers' notices")
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="notice_due"),
        ]

    def __str__(self) -> str:
        return self.key[:12]


class EmailReply(models.Model):
    """An answer to an e-mail: who wrote, and the beginning of what.

    forward_to    to whom of the team it is passed on; "" for nobody
    forwarded_at  when that was done
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="replies", verbose_name=_("contact"))
    email = models.ForeignKey(SentEmail, models.CASCADE, related_name="replies", verbose_name=_("e-mail"))
    sender = models.CharField(_("from"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    forward_to = models.CharField(_("passed on to"), max_length=254, blank=True)
    forwarded_at = models.DateTimeField(_("passed on"), null=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["contact", "at"], name="email_reply_timeline"),
            models.Index(
                fields=["at"],
                condition=models.Q(forwarded_at__isnull=True) & ~models.Q(forward_to=""),
                name="email_reply_to_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.email)


class EmailForward(models.Model):
    """That a friend was sent an e-mail once. Of the address only a hash is kept."""

    email = models.ForeignKey(SentEmail, models.CASCADE, related_name="forwards", db_index=False)
    friend_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("forward to a friend")
        verbose_name_plural = _("forwards to friends")
        constraints = [models.UniqueConstraint(fields=["email", "friend_hash"], name="email_forward_once")]

    def __str__(self) -> str:
        return self.friend_hash[:12]
