"""How a field's comparison becomes a piece of a query.

Texts are compared without case; accents count. What the databases fold differs outside ASCII
(SQLite folds nothing there), so a value with such letters is asked for in its usual spellings.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper

from contacts.entities import Entity, entity_of, scope_query
from contacts.models import FieldValue
from contacts.values import fold_email

from .base import Moment

TEXT_LOOKUPS = {"is": "iexact", "contains": "icontains", "starts_with": "istartswith", "ends_with": "iendswith"}
Rows = QuerySet[FieldValue]


def compile_field(key: str, op: str, value: str, moment: Moment, scope: str = "contact") -> Q:
    """A Q over the scope's records. `op` is one of the positive ones; `value` passed the form."""
    entity = entity_of(scope)
    if key in entity.standard:
        return _standard(entity, key, op, value, moment)
    # By key, in one subquery: no look-up of the field itself while an event is decided.
    rows = entity.values._default_manager.filter(field__key=key, **scope_query(scope, "field__"))
    return Q(pk__in=_custom(rows, op, value, moment).values(entity.owner_id))


def _standard(entity: Entity, key: str, op: str, value: str, moment: Moment) -> Q:
    field = entity.standard[key]
    name = field.column
    if op == "not_empty":
        return Q(**{f"{name}__isnull": False}) if field.empty is None else ~Q(**{name: ""})
    if field.of_users:
        return Q(**{name: int(value)})
    if field.kind.column == "number":
        lookup = {"is": name, "greater": f"{name}__gt", "less": f"{name}__lt"}[op]
        return Q(**{lookup: Decimal(value)})
    if field.kind.column == "date":
        return _day(name, op, value, moment)
    if field.kind.column == "datetime":
        return _instant(name, op, value, moment)
    if key == "email" and op == "is":
        return Q(email=fold_email(value))  # stored folded: an index look-up
    return _any(Q(**{f"{name}__{TEXT_LOOKUPS[op]}": spelling}) for spelling in _spellings(value))


def _custom(rows: Rows, op: str, value: str, moment: Moment) -> Rows:
    if op == "not_empty":
        return rows
    if op == "is":
        return rows.filter(_equal(rows, value, moment))
    if op in TEXT_LOOKUPS:
        # A money value's currency is a text too, beside its number.
        columns = ("text", "long_text")
        return rows.filter(
            _any(Q(**{f"{c}__{TEXT_LOOKUPS[op]}": s}) for c in columns for s in _spellings(value)), number=None
        )
    if op in ("greater", "less"):
        return rows.filter(**{"number__gt" if op == "greater" else "number__lt": Decimal(value)})
    # A field fills only one of the two columns.
    return rows.filter(_day("date", op, value, moment) | _instant("datetime", op, value, moment))


def _equal(rows: Rows, value: str, moment: Moment) -> Q:
    """Equality in whichever column the value can stand; a field fills only one of them."""
    texts = [Upper(Value(spelling)) for spelling in _spellings(value)]
    found = Q(pk__in=rows.alias(upper=Upper("text")).filter(upper__in=texts, number=None).values("pk"))
    number = {"yes": Decimal(1), "no": Decimal(0)}.get(value.casefold(), _number_or_none(value))
    if number is not None:
        found |= Q(number=number)
    day = _date_or_none(value)
    if day is not None:
        start, end = _bounds(day, moment.zone)
        found |= Q(date=day) | Q(datetime__gte=start, datetime__lt=end)
    return found


def _day(name: str, op: str, value: str, moment: Moment) -> Q:
    """A comparison of the date column `name`. Days are those of the account's zone."""
    if op in ("is", "before", "after"):
        suffix = {"is": "", "before": "__lt", "after": "__gt"}[op]
        return Q(**{f"{name}{suffix}": date.fromisoformat(value)})
    days = timedelta(days=int(value))
    today = moment.now.astimezone(ZoneInfo(moment.zone)).date()
    if op == "last_days":
        return Q(**{f"{name}__gt": today - days, f"{name}__lte": today})
    return Q(**{f"{name}__gte": today, f"{name}__lt": today + days})


def _instant(name: str, op: str, value: str, moment: Moment) -> Q:
    """The same of a date and time; its last and next days are spans of 24 hours."""
    if op in ("is", "before", "after"):
        start, end = _bounds(date.fromisoformat(value), moment.zone)
        found = {
            "is": {f"{name}__gte": start, f"{name}__lt": end},
            "before": {f"{name}__lt": start},
            "after": {f"{name}__gte": end},
        }
        return Q(**found[op])
    days, now = timedelta(days=int(value)), moment.now
    if op == "last_days":
        return Q(**{f"{name}__gt": now - days, f"{name}__lte": now})
    return Q(**{f"{name}__gte": now, f"{name}__lt": now + days})


def _bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The day's first moment, and the next day's."""
    first = datetime.combine(day, time(), ZoneInfo(zone))
    return first.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def _spellings(value: str) -> list[str]:
    if value.isascii():
        return [value]
    return sorted({value, value.lower(), value.upper(), value.title(), value.capitalize()})


def _any(parts: Iterable[Q]) -> Q:
    return reduce(or_, parts)


def _number_or_none(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    # Longer ones are texts that happen to consist of digits; no number field holds them.
    return number if number.is_finite() and abs(number.adjusted()) <= 15 else None


def _date_or_none(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1 < day.year < 9999 else None
