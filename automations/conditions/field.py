"""A standard or custom field of the contact, compared as its type asks."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import CONTACT_CREATED, FIELD_CHANGED
from automations.fields import FieldChoice, contact_fields, field_choices, field_label, field_references
from automations.forms import SettingsForm
from contacts.models import Contact, ContactFieldValue, CustomField

from .base import CONDITIONS, Condition, Moment, Settings

OPS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "contains_not": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("starts with"),
    "empty": gettext_lazy("is empty"),
    "not_empty": gettext_lazy("is not empty"),
    "greater": gettext_lazy("is greater than"),
    "less": gettext_lazy("is less than"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "last_days": gettext_lazy("is within the last days"),
    "next_days": gettext_lazy("is within the next days"),
}
NEGATED = {"is_not": "is", "contains_not": "contains", "empty": "not_empty"}
WITHOUT_VALUE = ("empty", "not_empty")
BY_COLUMN = {
    "text": ("is", "contains", "starts_with", "not_empty"),
    "long_text": ("contains", "starts_with", "not_empty"),
    "number": ("is", "greater", "less", "not_empty"),
    "date": ("is", "before", "after", "last_days", "next_days", "not_empty"),
    "datetime": ("is", "before", "after", "last_days", "next_days", "not_empty"),
}


class FieldForm(SettingsForm):
    depends = {"value": ("op", tuple(op for op in OPS if op not in ("empty", "not_empty")))}

    field = FieldChoice(label=gettext_lazy("Field"), choices=field_choices)
    op = forms.ChoiceField(label="", choices=list(OPS.items()), initial="is")
    value = forms.CharField(label=gettext_lazy("Value"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        key, op = data.get("field"), data.get("op")
        if not key or not op:
            return data
        custom = contact_fields().get(key)
        column = custom.kind.column if custom else "text"
        if NEGATED.get(op, op) not in BY_COLUMN[column]:
            raise ValidationError(
                {
                    "op": _("“%(op)s” doesn't fit the field “%(field)s”.")
                    % {"op": OPS[op], "field": field_label(key)}
                }
            )
        if op in WITHOUT_VALUE:
            data["value"] = ""
        elif not data.get("value"):
            raise ValidationError({"value": _("Give a value to compare with.")})
        elif op in ("last_days", "next_days"):
            _days(data["value"])
        elif column == "number" and custom is not None and custom.type != "checkbox":
            _number(data["value"])
        elif column in ("date", "datetime"):
            _date(data["value"])
        elif op in ("is", "is_not") and custom is not None:
            data["value"] = _option(custom, data["value"])
        return data


@CONDITIONS.register
class FieldCondition(Condition):
    slug = "field"
    label = gettext_lazy("Contact field")
    Form = FieldForm
    listens_to = (FIELD_CHANGED, CONTACT_CREATED)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        op: str = settings["op"]
        found = _compile(settings["field"], NEGATED.get(op, op), settings.get("value") or "", moment)
        return ~found if op in NEGATED else found

    @classmethod
    def describe(cls, settings: Settings) -> str:
        value = settings.get("value", "")
        comparison = " ".join(part for part in (str(OPS[settings["op"]]), f"“{value}”" if value else "") if part)
        return _("has a “%(field)s” that %(comparison)s") % {
            "field": field_label(settings["field"]),
            "comparison": comparison,
        }

    @classmethod
    def references(cls, settings: Settings) -> set[tuple[str, int]]:
        return field_references(settings["field"])


def _compile(key: str, op: str, value: str, moment: Moment) -> Q:
    if key in {name.removesuffix("_id") for name in Contact.TRACKED}:
        return _standard(key, op, value)
    # By key, in one subquery: no look-up of the field itself while an event is decided.
    rows = ContactFieldValue.objects.filter(field__entity=CustomField.Entity.CONTACT, field__key=key)
    return Q(pk__in=_custom(rows, op, value, moment).values("contact_id"))


def _standard(name: str, op: str, value: str) -> Q:
    if name == "owner":
        return Q(owner__isnull=False) if op == "not_empty" else Q(owner__username=value)
    if op == "not_empty":
        return ~Q(**{name: ""})
    if name == "email" and op == "is":
        return Q(email=value.strip().casefold())
    return Q(**{f"{name}__{ {'is': 'iexact', 'contains': 'icontains', 'starts_with': 'istartswith'}[op] }": value})


def _custom(rows: QuerySet[ContactFieldValue], op: str, value: str, moment: Moment) -> QuerySet[ContactFieldValue]:
    if op == "not_empty":
        return rows
    if op == "contains":
        return rows.filter(Q(text__icontains=value) | Q(long_text__icontains=value))
    if op == "starts_with":
        return rows.filter(Q(text__istartswith=value) | Q(long_text__istartswith=value))
    if op in ("greater", "less"):
        return rows.filter(**{"number__gt" if op == "greater" else "number__lt": Decimal(value)})
    if op in ("before", "after", "last_days", "next_days"):
        return rows.filter(_between(op, value, moment))
    return rows.filter(_equal(rows, value, moment))


def _equal(rows: QuerySet[ContactFieldValue], value: str, moment: Moment) -> Q:
    """Equality in whichever column the value can stand; a field fills only one of them."""
    found = Q(pk__in=rows.alias(upper=Upper("text")).filter(upper=Upper(Value(value)), number=None).values("pk"))
    number = {"yes": Decimal(1), "no": Decimal(0)}.get(value.casefold(), _number_or_none(value))
    if number is not None:
        found |= Q(number=number)
    day = _date_or_none(value)
    if day is not None:
        start = datetime.combine(day, time(), ZoneInfo(moment.zone))
        found |= Q(date=day) | Q(datetime__gte=start, datetime__lt=start + timedelta(days=1))
    return found


def _between(op: str, value: str, moment: Moment) -> Q:
    """Days are those of the account's zone."""
    zone = ZoneInfo(moment.zone)
    if op in ("before", "after"):
        day = _date(value)
        start = datetime.combine(day, time(), zone).astimezone(UTC)
        end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        return (
            Q(date__lt=day) | Q(datetime__lt=start) if op == "before" else Q(date__gt=day) | Q(datetime__gte=end)
        )
    days, today = timedelta(days=_days(value)), moment.now.astimezone(zone).date()
    if op == "last_days":
        return Q(date__gt=today - days, date__lte=today) | Q(
            datetime__gt=moment.now - days, datetime__lte=moment.now
        )
    return Q(date__gte=today, date__lt=today + days) | Q(datetime__gte=moment.now, datetime__lt=moment.now + days)


def _days(value: str) -> int:
    if not value.isdigit() or not 0 < int(value) <= 36_500:
        raise ValidationError({"value": _("Give a number of days, 1 or more.")})
    return int(value)


def _number_or_none(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _number(value: str) -> Decimal:
    number = _number_or_none(value)
    if number is None:
        raise ValidationError({"value": _("“%s” is not a number.") % value[:50]})
    return number


def _date_or_none(value: str) -> Any:
    try:
        return parse_date(value)
    except ValueError:
        return None


def _date(value: str) -> Any:
    day = _date_or_none(value)
    if day is None:
        raise ValidationError({"value": _("“%s” is not a date; write it like 2026-03-31.") % value[:50]})
    return day


def _option(field: CustomField, value: str) -> str:
    """The option or canonical value that `value` stands for; an option that isn't there is refused."""
    try:
        parsed = field.kind.parse([value] if field.kind.multiple else value, field.options)
    except ValidationError as error:
        raise ValidationError({"value": error.messages}) from None
    return value if field.kind.multiple else field.kind.to_text(parsed)
