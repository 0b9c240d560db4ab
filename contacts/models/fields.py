"""Custom fields and their values: one typed column each, one row per value."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from contacts.field_types import FIELD_TYPES, FieldType, field_type_choices

from .base import Timestamped
from .contact import Contact
from .month_day import MonthDay, UtcMonthDay


class CustomField(Timestamped):
    """A field that users defined. `key` is how templates, imports and the API name it; it never changes."""

    class Entity(models.TextChoices):
        CONTACT = "contact", _("contact")
        ACCOUNT = "account", _("account")
        DEAL = "deal", _("deal")
        OBJECT = "object", _("custom object")

    entity = models.CharField(_("belongs to"), max_length=20, choices=Entity, default=Entity.CONTACT)
    object_type = models.ForeignKey(
        "contacts.ObjectType",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="fields",
        verbose_name=_("custom object"),
    )
    key = models.CharField(
        _("key"),
        max_length=60,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$", _("Use lower-case letters, digits and “_”, beginning with a letter.")
            )
        ],
        help_text=_("Used in personalisation, imports and the API. It can't be changed later."),
    )
    label = models.CharField(_("label"), max_length=100)
    type = models.CharField(_("type"), max_length=20, choices=field_type_choices)
    options = models.JSONField(
        _("options"),
        default=list,
        blank=True,
        help_text=_("The choices of a dropdown, radio or multi-select field."),
    )
    required = models.BooleanField(
        _("required"), default=False, help_text=_("Of a custom object: no record is without it.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["entity", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "key"],
                condition=models.Q(object_type=None),
                name="field_key",
                violation_error_message=_("A field with this key exists already."),
            ),
            models.UniqueConstraint(
                fields=["object_type", "key"],
                name="object_field_key",
                violation_error_message=_("A field with this key exists already."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def kind(self) -> FieldType:
        return FIELD_TYPES[self.type]

    @property
    def scope(self) -> str:
        """How services and selectors of fields name what it belongs to; see `contacts.entities`."""
        return self.entity if self.object_type_id is None else f"{self.entity}:{self.object_type_id}"

    def parse(self, raw: Any) -> Any:
        """The value as it is stored (None: empty), or ValidationError."""
        return self.kind.parse(raw, self.options)

    def to_text(self, value: Any) -> str:
        """The canonical text that facts keep."""
        return self.kind.to_text(value)

    def clean(self) -> None:
        from .custom_objects import clean_object_field

        clean_object_field(self)
        if self.key in self._reserved():
            raise ValidationError({"key": _("“%s” is a standard field; choose another key.") % self.key})
        if self.type in FIELD_TYPES:
            self._clean_options()

    def _reserved(self) -> frozenset[str]:
        from contacts.entities import entity_of

        if self.entity == self.Entity.CONTACT:
            return RESERVED_KEYS
        return entity_of(self.entity).reserved if self.entity in self.Entity.values else frozenset()

    def _clean_options(self) -> None:
        if not (isinstance(self.options, list) and all(isinstance(o, str) and o.strip() for o in self.options)):
            raise ValidationError({"options": _("Options are a list of texts.")})
        self.options = [option.strip() for option in self.options]
        if self.kind.has_options and not self.options:
            raise ValidationError({"options": _("A field of this type needs at least one option.")})
        # Options are matched without case.
        if len({option.casefold() for option in self.options}) != len(self.options):
            raise ValidationError({"options": _("Each option can stand only once.")})
        if any(len(option) > 500 for option in self.options):
            raise ValidationError({"options": _("An option has at most 500 characters.")})
        if self.kind.multiple and any(separator in o for o in self.options for separator in "|;\n"):
            raise ValidationError(
                {"options": _("An option can't contain “;”, “|” or a line break: these separate several.")}
            )


class FieldValue(models.Model):
    """The value of one custom field of one record; several rows only for a multi-select."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="+")
    ordinal = models.PositiveSmallIntegerField(default=0)
    # At most 500 characters so that it can stand in an index (PostgreSQL: 2,704 bytes); longer
    # texts exist only in textarea fields, which use `long_text` and are searched, not looked up.
    text = models.CharField(max_length=500, null=True)  # noqa: DJ001 empty means “not this column”
    long_text = models.TextField(null=True)  # noqa: DJ001
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    date = models.DateField(null=True)
    datetime = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.value)

    @property
    def value(self) -> Any:
        return self.field.kind.load(self)


class ContactFieldValue(FieldValue):
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="field_values")

    class Meta:
        verbose_name = _("field value")
        constraints = [models.UniqueConstraint(fields=["contact", "field", "ordinal"], name="contact_value_once")]
        indexes = [
            models.Index(models.F("field"), Upper("text"), name="contact_value_text"),
            models.Index(fields=["field", "number"], name="contact_value_number"),
            models.Index(fields=["field", "date"], name="contact_value_date"),
            models.Index(fields=["field", "datetime"], name="contact_value_datetime"),
            models.Index(
                models.F("field"),
                MonthDay("date"),
                condition=models.Q(date__isnull=False),
                name="contact_value_month_day",
            ),
            models.Index(
                models.F("field"),
                UtcMonthDay("datetime"),
                condition=models.Q(datetime__isnull=False),
                name="contact_value_utc_day",
            ),
        ]


RESERVED_KEYS = frozenset(
    {*Contact.TRACKED, "id", "owner", "tags", "lists", "created_at", "updated_at", "name", "contact"}
)
