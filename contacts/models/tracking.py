"""Event tracking: the account's key, the events' names, and who did what."""

import secrets
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Fact, Timestamped
from .contact import Contact


def new_account_number() -> int:
    return 100_000_000 + secrets.randbelow(900_000_000)


def new_tracking_key() -> str:
    return secrets.token_hex(20)


class IdentifyCalls(models.TextChoices):
    OFF = "off", _("nobody")
    ADDRESS = "address", _("whoever the site names, if it is a contact")
    PROOF = "proof", _("whom the site names with a proof")


class TrackingSettings(models.Model):
    """The one row that says who may send events, and what becomes of unknown names and addresses."""

    account_number = models.PositiveBigIntegerField(_("account number"), default=new_account_number)
    key = models.CharField(_("key"), max_length=64, default=new_tracking_key)
    allow_new_events = models.BooleanField(
        _("take new events"), default=False,
        help_text=_("An event whose name is not known yet is added. Otherwise it is refused."),
    )  # fmt: skip
    create_contacts = models.BooleanField(
        _("create contacts"), default=False,
        help_text=_("An address that is not known yet becomes a contact. Otherwise its events are only counted."),
    )  # fmt: skip
    wait_for_consent = models.BooleanField(
        _("wait for consent"), default=False,
        help_text=_("The script on your site does nothing until the site reports that the visitor agrees."),
    )  # fmt: skip
    identify_calls = models.CharField(
        _("identify call recognises"), max_length=8, choices=IdentifyCalls, default=IdentifyCalls.ADDRESS,
        help_text=_("Anybody can make the call with anybody's address; a proof only your server can make."),
    )  # fmt: skip
    earlier_visits_days = models.PositiveSmallIntegerField(
        _("earlier visits count for"), default=30, validators=[MaxValueValidator(3_650)],
        help_text=_("Days. When a visitor becomes known, visits of this time start automations, as far as these were active then. 0: none."),  # noqa: E501
    )  # fmt: skip
    visit_days = models.PositiveSmallIntegerField(
        _("keep visits for"), default=365, validators=[MinValueValidator(1), MaxValueValidator(3_650)],
        help_text=_("Days; older visits are deleted."),
    )  # fmt: skip
    event_days = models.PositiveSmallIntegerField(
        _("keep events for"), default=730, validators=[MaxValueValidator(3_650)],
        help_text=_("Days; older events are deleted, and conditions see them no more. 0: kept for ever."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("tracking settings")
        verbose_name_plural = _("tracking settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="tracking_only_one")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "TrackingSettings":
        """The row; made, with a random key, at first use."""
        found, _created = cls.objects.get_or_create(pk=1)
        return found


class CustomEvent(Timestamped):
    """The name of something contacts do, as the sender writes it. Case matters."""

    name = models.CharField(
        _("name"), max_length=100, unique=True,
        error_messages={"unique": _("An event with this name exists already.")},
    )  # fmt: skip
    description = models.CharField(_("description"), max_length=250, blank=True)
    unknown_contacts = models.PositiveBigIntegerField(
        _("from unknown addresses"), default=0, editable=False,
        help_text=_("How often it came with an address that is no contact's."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EventRecord(Fact):
    """A contact did it. `value` is free text of up to 1,000 characters, "" for none."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="event_records", verbose_name=_("contact"))
    event = models.ForeignKey(CustomEvent, models.CASCADE, related_name="records", verbose_name=_("event"))
    value = models.CharField(_("value"), max_length=1_000, blank=True)

    class Meta:
        verbose_name = _("recorded event")
        verbose_name_plural = _("recorded events")
        indexes = [
            models.Index(fields=["contact", "at"], name="event_record_timeline"),
            models.Index(fields=["event", "at", "contact"], name="event_record_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.value}" if self.value else str(self.event)
