from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from automations.availability import AddOn, Plan
from contacts.models.contact import validate_time_zone


def every_addon() -> list[str]:
    return list(AddOn.values)


class Account(models.Model):
    """The one row of the installation's own settings: plan, add-ons, time zone. Starts with everything on."""

    plan = models.CharField(_("plan"), max_length=20, choices=Plan, default=Plan.ENTERPRISE)
    addons = models.JSONField(_("add-ons"), default=every_addon, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_time_zone])

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("account")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="account_only_one")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self) -> None:
        unknown = set(self.addons) - set(AddOn.values)
        if unknown:
            raise ValidationError({"addons": _("Unknown add-on: %s.") % ", ".join(sorted(unknown))})

    @classmethod
    def current(cls) -> "Account":
        """The row, or its defaults where it was never saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def zone(self) -> str:
        return self.time_zone or settings.TIME_ZONE
