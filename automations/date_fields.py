"""The date fields that a date_reached trigger can watch, and where the database keeps their values.

A field's key is the contact's own (“birthday”), or has the scope before it (“deal.expected_close”). Kinds
of record besides contacts register here how they lead to contacts.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from automations.fields import custom_fields
from contacts.entities import Entity, StandardField, entity_of
from contacts.models import CustomField, MonthDay, UtcMonthDay

CONTACT = "contact"
CREATED = "created_at"
#: Types of field whose values are days or moments.
COLUMNS = ("date", "datetime")


class People(NamedTuple):
    """A record's contacts, and the primary one among them."""

    contacts: Sequence[int]
    primary: int | None


@dataclass(frozen=True, slots=True)
class DatedRecords:
    """A kind of record whose dates can start automations.

    label   over its fields in a list: “Deals”
    people  the contacts of records, by id; a fixed number of queries
    zone    the time zone of a record's primary contact, for the records of a queryset by the path to their id
    """

    scope: str
    label: Any
    people: Callable[[Collection[int]], Mapping[int, People]]
    zone: Callable[[str], "Subquery[Any]"]


_records: dict[str, DatedRecords] = {}


def register_dated(kind: DatedRecords) -> None:
    _records[kind.scope] = kind


@dataclass(frozen=True, slots=True)
class DateField:
    """`rows` has a row for each value; `value` and `record` are paths from there. `timed`: with a time of day."""

    key: str
    label: str
    timed: bool
    rows: "QuerySet[Any]"
    value: str
    record: str
    #: The contact's time zone, or the record's primary contact's: "" where it has none.
    zone: Coalesce | F
    #: None for the contacts' own fields.
    records: DatedRecords | None = None

    def month_day(self) -> MonthDay:
        """As the index has it."""
        return UtcMonthDay(F(self.value)) if self.timed else MonthDay(F(self.value))

    @property
    def model_label(self) -> str:
        """Of the records that events are about."""
        assert self.records is not None  # noqa: S101 a contact's date is about the contact
        return entity_of(self.records.scope).model._meta.label_lower


def split_key(key: str) -> tuple[str, str]:
    """(scope, field's own key)."""
    scope, _dot, name = key.rpartition(".")
    return scope or CONTACT, name


def date_field(key: str) -> DateField | None:
    """None where the field is gone, or no date any more."""
    scope, name = split_key(key)
    if scope != CONTACT and scope not in _records:
        return None
    entity = entity_of(scope)
    if name == CREATED:
        return _of_model(key, entity, name, _("Date created"), timed=True)
    field = entity.standard.get(name) or custom_fields(scope).get(name)
    if field is None or not _is_date(field):
        return None
    timed = field.kind.column == "datetime"
    if isinstance(field, StandardField):
        return _of_model(key, entity, field.column, str(field.label), timed=timed)
    return _of_values(key, entity, field, timed=timed)


def _of_model(key: str, entity: Entity, column: str, label: str, *, timed: bool) -> DateField:
    rows = entity.model._default_manager.filter(**{f"{column}__isnull": False}).order_by()
    records = _records.get(entity.key)
    return DateField(key, label, timed, rows, column, "pk", _zone(records, "pk", "time_zone"), records)


def _of_values(key: str, entity: Entity, field: CustomField, *, timed: bool) -> DateField:
    column, records = field.kind.column, _records.get(entity.key)
    rows = entity.values._default_manager.filter(field=field.pk, **{f"{column}__isnull": False}).order_by()
    zone = _zone(records, entity.owner_id, f"{entity.owner}__time_zone")
    return DateField(key, field.label, timed, rows, column, entity.owner_id, zone, records)


def _zone(records: DatedRecords | None, record: str, own: str) -> Coalesce | F:
    if records is None:
        return F(own)
    return Coalesce(records.zone(record), Value(""), output_field=CharField())


def _is_date(field: StandardField | CustomField) -> bool:
    return field.kind.column in COLUMNS


def contact_date_keys() -> list[str]:
    return [key for key, _label in _choices_of(CONTACT)]


def date_field_choices() -> list[Any]:
    """For a form: groups of (key, label)."""
    groups: list[Any] = [(_("Contacts"), _choices_of(CONTACT))]
    return [*groups, *((kind.label, _choices_of(scope)) for scope, kind in _records.items())]


def _choices_of(scope: str) -> list[tuple[str, str]]:
    prefix = "" if scope == CONTACT else f"{scope}."
    fields: list[StandardField | CustomField] = [
        *entity_of(scope).standard.values(),
        *custom_fields(scope).values(),
    ]
    dated = [(f"{prefix}{field.key}", str(field.label)) for field in fields if _is_date(field)]
    return [(f"{prefix}{CREATED}", _("Date created")), *dated]
