"""The date fields that a date_reached trigger can watch, and where the database keeps their values."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from automations.fields import contact_fields
from contacts.models import Contact, ContactFieldValue, CustomField, MonthDay, UtcMonthDay


@dataclass(frozen=True, slots=True)
class DateField:
    """`rows` has a row for each value. `value`, `record` and `zone` are paths from there."""

    key: str
    label: str
    #: Whether a value has a time of day.
    timed: bool
    rows: "QuerySet[Any]"
    value: str
    record: str
    zone: str

    def month_day(self) -> MonthDay:
        """As the index has it."""
        return UtcMonthDay(F(self.value)) if self.timed else MonthDay(F(self.value))


def date_field(key: str) -> DateField | None:
    """None where the field is gone, or no date any more."""
    if key == "created_at":
        return DateField(key, _("Date created"), True, Contact.objects.order_by(), "created_at", "pk", "time_zone")
    custom = contact_fields().get(key)
    return _custom(custom) if custom is not None and _is_date(custom) else None


def _is_date(field: CustomField) -> bool:
    return field.kind.column in ("date", "datetime")


def _custom(field: CustomField) -> DateField:
    column = field.kind.column
    rows = ContactFieldValue.objects.filter(field=field.pk, **{f"{column}__isnull": False}).order_by()
    return DateField(
        field.key, field.label, column == "datetime", rows, column, "contact_id", "contact__time_zone"
    )


def contact_date_keys() -> list[str]:
    return ["created_at", *(key for key, field in contact_fields().items() if _is_date(field))]


def date_field_choices() -> list[Any]:
    """For a form: contacts' own date and their custom date fields, in groups."""
    custom = [(field.key, field.label) for field in contact_fields().values() if _is_date(field)]
    groups: list[Any] = [(_("Standard fields"), [("created_at", _("Date created"))])]
    return [*groups, (_("Custom fields"), custom)] if custom else groups
