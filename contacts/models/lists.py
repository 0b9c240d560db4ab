"""Mailing lists, and who is subscribed to them."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.origin import Source

from .base import Timestamped
from .contact import Contact


class List(Timestamped):
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(
        _("description"), max_length=250, blank=True, help_text=_("Shown on the preferences page.")
    )
    is_public = models.BooleanField(
        _("public"),
        default=True,
        help_text=_("Contacts can see the list on their preferences page and join it."),
    )

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="list_name",
                violation_error_message=_("A list with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SubscriptionStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    UNCONFIRMED = "unconfirmed", _("unconfirmed")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    BOUNCED = "bounced", _("bounced")


class Subscription(models.Model):
    """A contact's state on a list. Every change of status leaves a SubscriptionChange."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="subscriptions", verbose_name=_("contact"))
    list = models.ForeignKey(List, models.CASCADE, related_name="subscriptions", verbose_name=_("list"))
    status = models.CharField(
        _("status"), max_length=12, choices=SubscriptionStatus, default=SubscriptionStatus.ACTIVE
    )
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.SYSTEM)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("status since"), default=timezone.now)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [models.UniqueConstraint(fields=["contact", "list"], name="subscription_once")]
        indexes = [models.Index(fields=["list", "status", "contact"], name="subscription_members")]

    def __str__(self) -> str:
        return f"{self.list}: {self.get_status_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        from contacts.services.changes import record_subscription

        written = kwargs.get("update_fields")
        old = "" if self._state.adding else getattr(self, "_loaded_status", "")
        changed = old != self.status and (written is None or "status" in written)
        if changed:
            self.changed_at = timezone.now()
            if written is not None:
                kwargs["update_fields"] = {*written, "changed_at"}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if changed:
                record_subscription(subscription=self, old=old)
                self._loaded_status = self.status

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, *args: Any, **kwargs: Any
    ) -> None:
        names = None if fields is None else list(fields)
        super().refresh_from_db(using, names, *args, **kwargs)
        if names is None or "status" in names:
            self._loaded_status = self.status

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **kwargs: Any) -> "Subscription":
        subscription = super().from_db(db, field_names, values, **kwargs)
        subscription._loaded_status = subscription.__dict__.get("status", "")
        return subscription
