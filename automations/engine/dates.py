"""When a date's occurrences are due. Pure: a rule, a value and a zone in, moments out.

A value is a `date`, or an aware `datetime`. Each of its occurrences has a day: the value's own, or with
`yearly` its anniversary in a year; 29 February is 28 February where there is none. The occurrence is due
an offset before or after that day, at the rule's time of day, in the zone's wall time: see `at_wall_time`
for the hours that daylight saving skips or repeats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from .clock import at_wall_time

UNITS = ("hours", "days", "weeks", "months")
#: How far a zone's day may be from the UTC day, with an hour that daylight saving moves over midnight.
SLACK = timedelta(days=2)
#: How far apart two days are that a month shifts to the same one (28 to 31), and one more.
MONTH_SLACK = timedelta(days=4)

Value = date | datetime


@dataclass(frozen=True, slots=True)
class DateRule:
    """`amount` is negative before the date, and counts `unit`s: hours exactly, the others in wall time.

    Without a `clock` a moment keeps its own time of day, and a date begins at midnight.
    """

    amount: int = 0
    unit: str = "days"
    clock: time | None = None
    yearly: bool = False


class Occurrence(NamedTuple):
    """`of` tells a value's occurrences apart, and those of a changed value; a date's is midnight UTC."""

    due: datetime
    of: datetime
    day: date


def occurrences(rule: DateRule, value: Value, zone: str, after: datetime, until: datetime) -> list[Occurrence]:
    """Those due in `after` ≤ due ≤ `until`. A value at the end of the calendar has none."""
    try:
        found = [_occurrence(rule, value, zone, day) for day in _days(rule, value, zone, after, until)]
    except (OverflowError, ValueError):
        return []
    return [occurrence for occurrence in found if after <= occurrence.due <= until]


def base_days(rule: DateRule, after: datetime, until: datetime) -> tuple[date, date]:
    """The first and the last day of which an occurrence may be due then, in whatever zone: never too few."""
    first, last = after.astimezone(UTC).date() - SLACK, until.astimezone(UTC).date() + SLACK
    if rule.unit == "months":
        back = relativedelta(months=-rule.amount)
        return first + back - MONTH_SLACK, last + back + MONTH_SLACK
    shift = timedelta(**{rule.unit: rule.amount})
    # Of a few hours only the whole days count here; the rest is in the slack.
    return first - shift - timedelta(days=1), last - shift + timedelta(days=1)


def exact_days(rule: DateRule, zone: str, after: datetime, until: datetime) -> list[date]:
    """The days whose occurrences, as plain dates, are due then in this zone."""
    first, last = base_days(rule, after, until)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if after <= _occurrence(rule, day, zone, day).due <= until]


def anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def month_days(days: list[date]) -> set[int]:
    """The months and days (1231) of dates whose anniversaries these are."""
    found = {day.month * 100 + day.day for day in days}
    return found | {229 for day in days if anniversary(date(2000, 2, 29), day.year) == day}


def start_of_day(now: datetime, zone: str) -> datetime:
    return at_wall_time(now.astimezone(ZoneInfo(zone)).date(), time(), zone)


def _own(value: Value, zone: str) -> tuple[date, time]:
    """The day and time of day that the value has in the zone."""
    if not isinstance(value, datetime):
        return value, time()
    local = value.astimezone(ZoneInfo(zone))
    return local.date(), local.time()


def _days(rule: DateRule, value: Value, zone: str, after: datetime, until: datetime) -> Iterator[date]:
    """The days of the value that come into question."""
    own, _time = _own(value, zone)
    first, last = base_days(rule, after, until)
    if not rule.yearly:
        yield from [own] if first <= own <= last else []
        return
    for year in range(max(first.year, own.year), last.year + 1):
        day = anniversary(own, year)
        # A date has no anniversary before it.
        if own <= day and first <= day <= last:
            yield day


def _occurrence(rule: DateRule, value: Value, zone: str, day: date) -> Occurrence:
    own, clock = _own(value, zone)
    moment = at_wall_time(day, clock, zone)
    if isinstance(value, datetime):
        # Its own day has the value itself, be it in the hour that comes twice.
        of = moment = value.astimezone(UTC) if day == own else moment
    else:
        of = datetime.combine(day, time(), UTC)
    return Occurrence(_due(rule, moment, day, clock, zone), of, day)


def _due(rule: DateRule, moment: datetime, day: date, clock: time, zone: str) -> datetime:
    if rule.unit == "hours":
        return moment + timedelta(hours=rule.amount)
    if not rule.amount and rule.clock is None:
        return moment
    target = day + relativedelta(**{rule.unit: rule.amount})  # type: ignore[arg-type]  # a unit
    return at_wall_time(target, clock if rule.clock is None else rule.clock, zone)
