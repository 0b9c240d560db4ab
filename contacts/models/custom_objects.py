"""Custom objects: types that users or integrations define, and their records."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .accounts import Account
from .base import Timestamped
from .contact import Contact
from .facts import FieldFact
from .fields import CustomField, FieldValue
from .tracked import Tracked

KEY = RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("Use lower-case letters, digits and “_”, beginning with a letter."))
ICON = RegexValidator(r"^[a-z0-9_]*\Z", _("Give the name of a Material symbol, such as “event_seat”."))
# What texts call something else; and what their language has for itself.
RESERVED_KEYS = frozenset((
    "contact", "event", "links", "account", "deal", "order", "cart", "product", "customer", "payment",
    "task", "store", "custom_object", "object", "true", "false", "nil", "null", "empty", "blank", "and",
    "or", "not", "contains", "in", "if", "for", "case",
))  # fmt: skip


class ObjectType(Timestamped):
    """What the records are: “Booking”. Texts call one by `key`: `{{ booking.title }}`."""

    class Origin(models.TextChoices):
        OWN = "own", _("made here")
        APP = "app", _("an integration")

    key = models.CharField(
        _("key"),
        max_length=40,
        unique=True,
        validators=[KEY],
        help_text=_("Used in personalisation and the API. It can't be changed later."),
        error_messages={"unique": _("A custom object with this key exists already.")},
    )
    label = models.CharField(_("name of one"), max_length=60, help_text=_("Such as “Booking”."))
    plural = models.CharField(_("name of several"), max_length=60, help_text=_("Such as “Bookings”."))
    description = models.CharField(_("description"), max_length=250, blank=True)
    icon = models.CharField(_("icon"), max_length=40, default="deployed_code", validators=[ICON])
    origin = models.CharField(_("comes from"), max_length=3, choices=Origin, default=Origin.OWN)
    app = models.CharField(
        _("integration"), max_length=60, blank=True, help_text=_("The name of the integration that it comes from.")
    )
    unique_titles = models.BooleanField(
        _("titles are unique"), default=False, help_text=_("No two records have the same title, in any case.")
    )

    class Meta:
        verbose_name = _("custom object")
        verbose_name_plural = _("custom objects")
        ordering = ["plural", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def scope(self) -> str:
        """How services and selectors of fields name its fields."""
        return f"object:{self.pk}"

    def clean(self) -> None:
        if self.key in RESERVED_KEYS:
            raise ValidationError({"key": _("“%s” has a meaning already; choose another key.") % self.key})
        if self.origin == self.Origin.APP and not self.app:
            raise ValidationError({"app": _("Name the integration that it comes from.")})
        if self.origin == self.Origin.OWN:
            self.app = ""
        if self.unique_titles and self.pk:
            rows = ObjectRecord.objects.filter(type=self).exclude(title="").order_by()
            folded = rows.annotate(upper=Upper("title")).values("upper")
            twice = list(folded.annotate(n=models.Count("pk")).filter(n__gt=1).values_list("upper", flat=True)[:1])
            if twice:
                raise ValidationError({"unique_titles": _("Several records have the title “%s”.") % twice[0][:60]})


class ObjectRelation(Timestamped):
    """What records of a type are related to: one contact (or several), an account, a deal."""

    type = models.ForeignKey(ObjectType, models.CASCADE, related_name="relations", verbose_name=_("custom object"))
    key = models.CharField(
        _("key"), max_length=40, validators=[KEY], help_text=_("Used in the API and imports. It can't be changed.")
    )
    label = models.CharField(_("label"), max_length=60)
    # A key of `contacts.entities`: apps above add theirs.
    target = models.CharField(_("related to"), max_length=20)
    many = models.BooleanField(_("several"), default=False, help_text=_("Off: a record has at most one."))
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "key"],
                name="relation_key",
                violation_error_message=_("A relation with this key exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        from contacts.entities import related_to

        if self.target not in related_to():
            known = ", ".join(related_to())
            raise ValidationError({"target": _("A record can be related to: %s.") % known})
        if not self.many and self.pk:
            links = ObjectLink.objects.filter(relation=self).order_by().values("record")
            if links.annotate(n=models.Count("pk")).filter(n__gt=1).exists():
                raise ValidationError({"many": _("Some records have several already.")})


class ObjectRecord(Tracked, Timestamped):
    """A record of a type. Its fields are CustomFields of the type; its title is a standard field."""

    TRACKED: ClassVar[tuple[str, ...]] = ("title",)

    type = models.ForeignKey(ObjectType, models.CASCADE, related_name="records", verbose_name=_("custom object"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    external_id = models.CharField(
        _("external id"), max_length=200, blank=True, help_text=_("By which another system knows the record.")
    )

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "external_id"],
                condition=~models.Q(external_id=""),
                name="record_external_id",
                violation_error_message=_("A record with this external id exists already."),
            )
        ]
        indexes = [models.Index(models.F("type"), Upper("title"), name="record_title")]

    def __str__(self) -> str:
        return self.title or self.external_id or f"{self.type} {self.pk}"

    @property
    def scope(self) -> str:
        return f"object:{self.type_id}"

    @cached_property
    def linked(self) -> dict[str, list[int]]:
        """Ids by the relation's key; one query, kept with the instance."""
        from contacts.selectors.custom_objects import links_of

        return links_of([self.pk]).get(self.pk, {})


class ObjectFieldValue(FieldValue):
    record = models.ForeignKey(ObjectRecord, models.CASCADE, related_name="field_values")

    class Meta:
        verbose_name = _("field value")
        constraints = [models.UniqueConstraint(fields=["record", "field", "ordinal"], name="object_value_once")]
        indexes = [
            models.Index(models.F("field"), Upper("text"), name="object_value_text"),
            models.Index(fields=["field", "number"], name="object_value_number"),
            models.Index(fields=["field", "date"], name="object_value_date"),
            models.Index(fields=["field", "datetime"], name="object_value_datetime"),
        ]


class ObjectFieldChange(FieldFact):
    """A field of a record changed after it was made."""

    record = models.ForeignKey(ObjectRecord, models.CASCADE, related_name="field_changes")

    class Meta:
        verbose_name = _("field change of a record")
        indexes = [models.Index(fields=["record", "at"], name="record_change_timeline")]


class ObjectLink(models.Model):
    """One thing that a record is related to. Of contacts and accounts the database knows; what else there
    is has its id in `target_id`, and takes its links along when it is deleted (`contacts.receivers`)."""

    record = models.ForeignKey(ObjectRecord, models.CASCADE, related_name="links")
    relation = models.ForeignKey(ObjectRelation, models.CASCADE, related_name="links")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="object_links")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="object_links")
    target_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("link of a record")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["record", "relation", "contact"], name="link_contact_once"),
            models.UniqueConstraint(fields=["record", "relation", "account"], name="link_account_once"),
            models.UniqueConstraint(fields=["record", "relation", "target_id"], name="link_target_once"),
        ]
        indexes = [models.Index(fields=["relation", "target_id"], name="link_target")]

    def __str__(self) -> str:
        return f"{self.relation}: {self.contact_id or self.account_id or self.target_id}"


def clean_object_field(field: CustomField) -> None:
    """What a custom field of an object must keep besides what every field must."""
    if field.entity == CustomField.Entity.OBJECT:
        # On one page with its fields, a new type has no id yet.
        if field.object_type_id is None and field.object_type is None:
            raise ValidationError({"object_type": _("Choose the custom object that it belongs to.")})
        if field.key in ("id", "title", "external_id", "type", "fields", "links", "created_at", "updated_at"):
            raise ValidationError({"key": _("“%s” is a standard field; choose another key.") % field.key})
    elif field.object_type_id is not None:
        raise ValidationError({"object_type": _("Only a field of a custom object has one.")})
    elif field.required:
        raise ValidationError({"required": _("Only a field of a custom object can be required.")})


def column_of(target: str) -> str:
    """The column of ObjectLink that holds ids of this kind."""
    return {"contact": "contact_id", "account": "account_id"}.get(target, "target_id")
