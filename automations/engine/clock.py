"""Wall time. Pure functions: zones, daylight saving and calendar arithmetic live here and in `dates` only."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

UNITS = ("minutes", "hours", "days", "weeks", "months")


def at_wall_time(day: date, clock: time, zone: str) -> datetime:
    """The UTC moment at which clocks in `zone` show `clock` on `day`.

    In a gap (spring) the moment that many minutes after the gap began: 02:30 becomes 03:30.
    In an overlap (autumn) the first of the two.
    """
    return datetime.combine(day, clock.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def add_period(start: datetime, amount: int, unit: str, zone: str) -> datetime:
    """`start` moved by a period. Minutes and hours are exact; days, weeks and months keep the wall time.

    A month from the 31st ends on the last day of a shorter month.
    """
    if unit in ("minutes", "hours"):
        return start + timedelta(**{unit: amount})
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    moved = local + relativedelta(**{unit: amount})  # type: ignore[arg-type]  # a unit
    return at_wall_time(moved.date(), moved.time(), zone)


def next_wall_time(after: datetime, zone: str, clock: time | None, weekdays: Collection[int] = ()) -> datetime:
    """The first moment not before `after` on one of `weekdays` (Monday 0; none: every day) at `clock`.

    Without a `clock` the whole day counts: `after` itself when its day is one of them, otherwise
    the start of the next such day.
    """
    today = after.astimezone(ZoneInfo(zone)).date()
    if clock is None and (not weekdays or today.weekday() in weekdays):
        return after
    # From yesterday: a gap before midnight moves yesterday's time into today (America/Nuuk).
    for ahead in range(0 if clock is None else -1, 9):
        day = today + timedelta(days=ahead)
        if weekdays and day.weekday() not in weekdays:
            continue
        for moment in _moments(day, clock or time(), zone):
            if moment >= after:
                return moment
    raise ValueError("no such weekday")


def _moments(day: date, clock: time, zone: str) -> list[datetime]:
    """When clocks show it: once, or twice in an overlap."""
    first = at_wall_time(day, clock, zone)
    second = datetime.combine(day, clock.replace(fold=1), ZoneInfo(zone)).astimezone(UTC)
    return [first, second] if second > first else [first]
