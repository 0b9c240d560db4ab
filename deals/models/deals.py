"""The deal, and the contacts it is made with."""

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from contacts.models import Account, Contact, FieldValue, MonthDay, UtcMonthDay
from contacts.models.base import Timestamped
from contacts.models.tracked import Tracked
from deals.money import DECIMALS, DIGITS, currency_choices, shown

from .pipelines import Pipeline, Stage, validate_currency


class DealStatus(models.TextChoices):
    OPEN = "open", _("open")
    WON = "won", _("won")
    LOST = "lost", _("lost")


class Deal(Tracked, Timestamped):
    """What may be sold to somebody. It stands in one stage; its pipeline is always that stage's."""

    # The attributes whose changes leave DealChange facts; value and currency are one fact.
    TRACKED: ClassVar[tuple[str, ...]] = (
        "title", "value", "currency", "owner_id", "status", "stage_id", "pipeline_id", "expected_close",
        "account_id",
    )  # fmt: skip

    title = models.CharField(_("title"), max_length=250)
    value = models.DecimalField(
        _("value"),
        max_digits=DIGITS,
        decimal_places=DECIMALS,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", choices=currency_choices, validators=[validate_currency]
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("owner"),
    )
    status = models.CharField(_("status"), max_length=4, choices=DealStatus, default=DealStatus.OPEN)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", verbose_name=_("stage"))
    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, related_name="deals", editable=False, verbose_name=_("pipeline")
    )
    account = models.ForeignKey(
        Account,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("account"),
    )
    expected_close = models.DateField(_("expected close date"), null=True, blank=True)
    contacts: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Contact, through="deals.DealContact", related_name="deals", verbose_name=_("contacts")
    )
    # When it came to its stage, and when it was won or lost; null while it is open.
    stage_since = models.DateTimeField(_("in the stage since"), null=True, editable=False)
    closed_at = models.DateTimeField(_("won or lost"), null=True, editable=False)

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        ordering = ["-id"]
        indexes = [
            # The board's columns, and their totals.
            models.Index(fields=["stage", "status", "-stage_since"], name="deal_board"),
            models.Index(fields=["pipeline", "status"], name="deal_pipeline"),
            models.Index(fields=["expected_close"], name="deal_expected_close"),
            models.Index(
                MonthDay("expected_close"),
                condition=models.Q(expected_close__isnull=False),
                name="deal_close_month_day",
            ),
            models.Index(UtcMonthDay("created_at"), name="deal_created_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(value__gte=0), name="deal_value_positive"),
            models.CheckConstraint(condition=~models.Q(title=""), name="deal_title_present"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def shown_value(self) -> str:
        """The value as people of the language in use write it."""
        return shown(self.value, self.currency)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and leave a DealChange for everything that really changed."""
        from deals.services.changes import follow, record_saved

        before = None if self._state.adding else self._stored(self.TRACKED)
        written = kwargs.get("update_fields")
        derived = follow(deal=self, before=before)
        if written is not None:
            kwargs["update_fields"] = {*written, *derived}
        with transaction.atomic():
            models.Model.save(self, *args, **kwargs)
            record_saved(deal=self, before=before, written=kwargs.get("update_fields"))
        self._remember(kwargs.get("update_fields"))


class DealFieldValue(FieldValue):
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="field_values")

    class Meta:
        verbose_name = _("field value")
        constraints = [models.UniqueConstraint(fields=["deal", "field", "ordinal"], name="deal_value_once")]
        indexes = [
            models.Index(models.F("field"), Upper("text"), name="deal_value_text"),
            models.Index(fields=["field", "number"], name="deal_value_number"),
            models.Index(fields=["field", "date"], name="deal_value_date"),
            models.Index(fields=["field", "datetime"], name="deal_value_datetime"),
            models.Index(
                models.F("field"),
                MonthDay("date"),
                condition=models.Q(date__isnull=False),
                name="deal_value_month_day",
            ),
            models.Index(
                models.F("field"),
                UtcMonthDay("datetime"),
                condition=models.Q(datetime__isnull=False),
                name="deal_value_utc_day",
            ),
        ]


class DealContact(models.Model):
    """A contact's part in a deal. At most one of a deal's contacts is the primary one."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="participants", verbose_name=_("deal"))
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="participations", verbose_name=_("contact"))
    role = models.CharField(
        _("role"), max_length=100, blank=True, help_text=_("For example: decides, buys, uses it.")
    )
    is_primary = models.BooleanField(_("primary contact"), default=False)

    class Meta:
        verbose_name = _("deal's contact")
        verbose_name_plural = _("deals' contacts")
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "contact"],
                name="deal_contact_once",
                violation_error_message=_("This contact belongs to the deal already."),
            ),
            models.UniqueConstraint(
                fields=["deal"],
                condition=models.Q(is_primary=True),
                name="deal_primary_once",
                violation_error_message=_("The deal has a primary contact already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} ({self.role})" if self.role else str(self.contact)


class Rotation(models.Model):
    """Whose turn it is where owners take turns: how many turns were given so far, by name."""

    name = models.CharField(max_length=100, unique=True)
    turns = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("rotation")

    def __str__(self) -> str:
        return self.name
