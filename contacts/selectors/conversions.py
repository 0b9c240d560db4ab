"""Figures of conversions in a period: by day, by conversion, by touch. Currencies are never added up."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from contacts.models import ConversionRecord

ROWS = 25


@dataclass(slots=True)
class Line:
    """`values` holds the sum for each currency."""

    label: str
    count: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    total: Line
    days: list[tuple[date, int]]
    by_conversion: list[Line]
    by_first: list[Line]
    by_last: list[Line]

    @property
    def most(self) -> int:
        """The highest number of a day, at least 1."""
        return max([1, *(count for _day, count in self.days)])


def report(*, now: datetime, days: int, conversion: int | None = None) -> Report:
    """The last `days` days; four queries. `now` is in the zone whose days are meant."""
    first = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ConversionRecord.objects.filter(at__gte=first, at__lte=now).order_by()
    if conversion is not None:
        rows = rows.filter(conversion=conversion)
    counted: Any = rows.annotate(day=TruncDate("at", tzinfo=now.tzinfo)).values_list("day")
    by_day = dict(counted.annotate(n=Count("pk")))
    by_conversion = _lines(rows, "conversion__name")
    total = Line("")
    for line in by_conversion:
        total.count += line.count
        for currency, value in line.values.items():
            total.values[currency] = total.values.get(currency, Decimal(0)) + value
    span = [first.date() + timedelta(days=n) for n in range(days)]
    return Report(
        total=total,
        days=[(day, by_day.get(day, 0)) for day in span],
        by_conversion=by_conversion[:ROWS],
        by_first=_lines(rows, "first_touch")[:ROWS],
        by_last=_lines(rows, "last_touch")[:ROWS],
    )


def _lines(rows: QuerySet[ConversionRecord], column: str) -> list[Line]:
    lines: dict[str, Line] = defaultdict(lambda: Line(""))
    sums = rows.values_list(column, "currency").annotate(n=Count("pk"), v=Sum("value"))
    for label, currency, count, value in sums:
        line = lines[label]
        line.label = label
        line.count += count
        if value:
            line.values[currency] = value
    return sorted(lines.values(), key=lambda line: (-line.count, line.label))
