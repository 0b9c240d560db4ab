"""The person."""

import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contacts.values import address_hash, fold_email, normalise_phone

from .base import Timestamped
from .month_day import UtcMonthDay
from .tracked import Tracked


@cache
def _time_zones() -> frozenset[str]:
    """Reads hundreds of files; once a process."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(value: str) -> None:
    if value and value not in _time_zones():
        raise ValidationError(
            _("“%(value)s” is not a time zone; use a name such as Europe/Paris."), params={"value": value}
        )


class Contact(Tracked, Timestamped):
    """One person, known by one e-mail address (unique, case folded)."""

    # The standard fields whose changes leave FieldChange facts and can be used as “a field”.
    TRACKED: ClassVar[tuple[str, ...]] = (
        "email", "phone", "first_name", "last_name", "owner_id", "time_zone", "language",
    )  # fmt: skip

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("owner"),
        related_name="contacts",
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_time_zone])
    language = models.CharField(_("language"), max_length=10, blank=True)
    tags: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "contacts.Tag",
        through="contacts.ContactTag",
        related_name="contacts",
        blank=True,
        verbose_name=_("tags"),
    )
    lists: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "contacts.List",
        through="contacts.Subscription",
        related_name="contacts",
        blank=True,
        verbose_name=_("lists"),
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["last_name", "first_name"], name="contact_name"),
            models.Index(fields=["owner"], name="contact_owner"),
            models.Index(UtcMonthDay("created_at"), name="contact_created_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(email=""), name="contact_email_present"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def address_hash(self) -> str:
        return address_hash(self.email)

    @cached_property
    def score_points(self) -> dict[str, int]:
        """Points by the score's key, 0 where the contact has none; two queries, kept with the instance."""
        from contacts.selectors.scores import points_of

        return points_of([self.pk])[self.pk]

    def clean(self) -> None:
        self.email = fold_email(self.email)
        self.phone = normalise_phone(self.phone)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = fold_email(self.email)
        super().save(*args, **kwargs)
