"""Companies, and who works there."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import MaxValueValidator, URLValidator
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.values import normalise_phone, web_address

from .base import Fact, Timestamped
from .contact import Contact
from .facts import FieldFact
from .fields import FieldValue
from .notes import NoteText
from .tracked import Tracked

MAX_EMPLOYEES = 100_000_000


class Account(Tracked, Timestamped):
    """A company, known by its name (unique without case)."""

    TRACKED: ClassVar[tuple[str, ...]] = (
        "name", "url", "phone", "address_1", "address_2", "postal_code", "city", "region", "country",
        "industry", "employees", "owner_id", "description",
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=200)
    url = models.CharField(
        _("web address"), max_length=500, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    address_1 = models.CharField(_("address"), max_length=200, blank=True)
    address_2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    employees = models.PositiveIntegerField(
        _("employees"), null=True, blank=True, validators=[MaxValueValidator(MAX_EMPLOYEES)]
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("owner"),
        related_name="accounts",
    )
    description = models.TextField(_("description"), max_length=5_000, blank=True)
    contacts: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Contact, through="contacts.AccountContact", related_name="accounts", blank=True, verbose_name=_("contacts")
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="account_name",
                violation_error_message=_("An account with this name exists already."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="account_name_present"),
        ]
        indexes = [models.Index(fields=["owner"], name="account_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def domain(self) -> str:
        """The host of its web address, without “www.”; "" where it has none."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    def clean_fields(self, exclude: Any = None) -> None:
        """As Django's, on the cleaned form of what people type."""
        self.name = " ".join(self.name.split())
        self.url = web_address(self.url)
        self.phone = normalise_phone(self.phone)
        super().clean_fields(exclude)


class AccountFieldValue(FieldValue):
    account = models.ForeignKey(Account, models.CASCADE, related_name="field_values")

    class Meta:
        verbose_name = _("field value")
        constraints = [models.UniqueConstraint(fields=["account", "field", "ordinal"], name="account_value_once")]
        indexes = [
            models.Index(models.F("field"), Upper("text"), name="account_value_text"),
            models.Index(fields=["field", "number"], name="account_value_number"),
            models.Index(fields=["field", "date"], name="account_value_date"),
            models.Index(fields=["field", "datetime"], name="account_value_datetime"),
        ]


class AccountFieldChange(FieldFact):
    """A field of an account."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="field_changes")

    class Meta:
        verbose_name = _("field change of an account")
        indexes = [models.Index(fields=["account", "at"], name="account_change_timeline")]


class AccountContact(models.Model):
    """A contact who belongs to an account. Services write it: each joining and leaving is a fact."""

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="account_contacts", verbose_name=_("account")
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="account_contacts", verbose_name=_("contact")
    )
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    is_primary = models.BooleanField(
        _("primary"), default=False, help_text=_("At most one; without one it is who has belonged there longest.")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("contact of an account")
        verbose_name_plural = _("contacts of accounts")
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "contact"],
                name="account_contact_once",
                violation_error_message=_("This contact belongs to the account already."),
            ),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_primary=True), name="account_one_primary"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} – {self.account}"


class AccountContactChange(Fact):
    """A contact came to an account (`added`) or left it."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contact_changes")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="account_changes")
    added = models.BooleanField(_("added"))

    class Meta:
        verbose_name = _("change of an account's contacts")
        indexes = [
            models.Index(fields=["account", "at"], name="account_contact_timeline"),
            models.Index(fields=["contact", "at"], name="contact_account_timeline"),
        ]

    def __str__(self) -> str:
        return f"{'+' if self.added else '-'}{self.contact_id}"


class AccountNote(NoteText):
    account = models.ForeignKey(Account, models.CASCADE, related_name="notes", verbose_name=_("account"))

    class Meta:
        verbose_name = _("note on an account")
        verbose_name_plural = _("notes on accounts")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["account", "created_at"], name="account_note_timeline")]
