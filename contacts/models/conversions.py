"""Conversions: what counts as one, and who converted, for what value and after which touches."""

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .base import Fact, Timestamped
from .contact import Contact


class Conversion(Timestamped):
    """Something that contacts are hoped to do: a purchase, a demo, a sign-up."""

    class Counts(models.TextChoices):
        ONCE = "once", _("once per contact")
        EVERY = "every", _("every time")

    class ValueFrom(models.TextChoices):
        FIXED = "fixed", _("always the same")
        EVENT = "event", _("the event's own, where it has one")

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=250, blank=True)
    counts = models.CharField(_("counts"), max_length=8, choices=Counts, default=Counts.ONCE)
    value_from = models.CharField(_("its value is"), max_length=8, choices=ValueFrom, default=ValueFrom.FIXED)
    value = models.DecimalField(
        _("value"),
        max_digits=16,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("Of one conversion."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Give three capital letters, such as EUR."))],
    )

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="conversion_name",
                violation_error_message=_("A conversion with this name exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ConversionRecord(Fact):
    """A contact converted. The touches are what led there: the first and the last known before it."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="conversions", verbose_name=_("contact"))
    conversion = models.ForeignKey(
        Conversion, models.CASCADE, related_name="records", verbose_name=_("conversion")
    )
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=2, default=Decimal(0))
    currency = models.CharField(_("currency"), max_length=3)
    detail = models.CharField(_("detail"), max_length=250, blank=True)
    first_touch = models.CharField(_("first touch"), max_length=200, blank=True)
    first_touch_at = models.DateTimeField(null=True, blank=True)
    last_touch = models.CharField(_("last touch"), max_length=200, blank=True)
    last_touch_at = models.DateTimeField(null=True, blank=True)
    # Of a conversion that counts once: the database itself refuses a second one.
    once = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("recorded conversion")
        verbose_name_plural = _("recorded conversions")
        indexes = [
            models.Index(fields=["contact", "at"], name="conversion_timeline"),
            models.Index(fields=["conversion", "at", "contact"], name="conversion_at"),
            models.Index(fields=["at"], name="conversion_period"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversion", "contact"], condition=Q(once=True), name="conversion_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.conversion)
